/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_slab.c - what a pair of alloc and free costs, with caches, kmalloc() and
 * other allocators
 *
 * One table per workload, with a cell for each peer and size: the median of the
 * rounds, the fastest and the slowest. Peers take turns within a cell's rounds.
 * What counts is CPU time: that of the thread or, of two threads, that of the
 * one that needed more. At the end the limits that the project set itself are
 * compared with what came out (limits.c). With --quick there are fewer and
 * shorter rounds. Peers that are not installed are left out.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "limits.h"
#include "peers.h"
#include "workload.h"

#define QUICK_ROUNDS 3
#define ROUND_NS 4e6
#define QUICK_ROUND_NS 1e6
/* A first run tells how many pairs fill a round. */
#define FIRST_PAIRS 20000ul

static const size_t sizes[NR_SIZES] = { 16, 64, 256, 1024, 4096 };
static int rounds = BENCH_ROUNDS;
static double round_ns = ROUND_NS;
static struct cell cells[NR_WORKLOADS][NR_SIZES][MAX_PEERS];

static size_t available_memory(void)
{
	return (size_t)sysconf(_SC_AVPHYS_PAGES) *
	       (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- one peer at one workload -------------------------------------------- */

/**
 * struct job - one cell of the table
 * @workload: what is done
 * @source: where its objects come from
 * @worker: its threads
 * @pairs: of a round, by each thread
 * @ns: nanoseconds per pair, of each round
 */
struct job {
	const struct workload *workload;
	struct source source;
	struct worker worker[MAX_WORKERS];
	unsigned long pairs;
	double ns[BENCH_ROUNDS];
};

/* One thread of a job, with what it measures by itself. */
struct task {
	const struct workload *workload;
	struct worker *worker;
	pthread_barrier_t *barrier;
	uint64_t ns;
};

static void *task_main(void *arg)
{
	struct task *task = arg;
	struct worker *w = task->worker;
	uint64_t start;

	bench_pin(w->index);
	source_enter(w->from);
	worker_fill(w);
	pthread_barrier_wait(task->barrier);
	start = bench_cpu_ns();
	task->workload->run(w);
	task->ns = bench_cpu_ns() - start;
	/* A table that is shared is not drained under the other thread. */
	pthread_barrier_wait(task->barrier);
	worker_drain(w);
	source_leave(w->from);
	return NULL;
}

/* Nanoseconds of the thread that needed more. */
static double run_threads(struct job *job)
{
	const unsigned int workers = job->workload->workers;
	pthread_t thread[MAX_WORKERS];
	struct task task[MAX_WORKERS];
	pthread_barrier_t barrier;
	uint64_t ns = 0;

	pthread_barrier_init(&barrier, NULL, workers);
	for (unsigned int i = 0; i < workers; i++) {
		task[i] = (struct task){ job->workload, &job->worker[i],
					 &barrier, 0 };
		if (pthread_create(&thread[i], NULL, task_main, &task[i]))
			bench_no_memory();
	}
	for (unsigned int i = 0; i < workers; i++) {
		pthread_join(thread[i], NULL);
		ns = task[i].ns > ns ? task[i].ns : ns;
	}
	pthread_barrier_destroy(&barrier);
	return (double)ns;
}

/* Nanoseconds per pair of each thread. */
static double run_job(struct job *job, unsigned long pairs)
{
	uint64_t start;

	for (unsigned int i = 0; i < job->workload->workers; i++)
		job->worker[i].pairs = pairs;
	if (job->workload->workers > 1)
		return run_threads(job) / (double)pairs;
	start = bench_cpu_ns();
	job->workload->run(&job->worker[0]);
	return (double)(bench_cpu_ns() - start) / (double)pairs;
}

static void make_workers(struct job *job)
{
	const struct workload *workload = job->workload;
	const size_t nr_table = workload->nr_live * workload->workers;
	void **table = NULL;

	if (workload->shared) {
		table = calloc(nr_table, sizeof(table[0]));
		if (!table)
			bench_no_memory();
	}
	for (unsigned int i = 0; i < workload->workers; i++) {
		job->worker[i] = (struct worker){
			.from = &job->source,
			.index = i,
			.nr_live = workload->nr_live,
			.table = table,
			.nr_table = nr_table,
			.batch = workload->batch,
			.order = workload->order,
			.bulk = workload->bulk,
			.random = i + 1,
		};
	}
}

static unsigned long pairs_per_round(struct job *job)
{
	unsigned long step = job->workload->batch;
	unsigned long pairs;

	if (job->workload->bulk)
		step = job->workload->bulk;
	if (!step)
		step = 1;
	pairs = (unsigned long)(round_ns / run_job(job, FIRST_PAIRS));
	return pairs < step ? step : pairs - pairs % step;
}

static void job_open(const struct workload *workload, struct job *job,
		     const struct peer *peer, size_t size)
{
	const size_t nr = workload->nr_live * workload->workers;

	*job = (struct job){ .workload = workload };
	source_open(&job->source, peer, size, nr + MAX_WORKERS * BATCH);
	make_workers(job);
	if (workload->workers == 1)
		worker_fill(&job->worker[0]);
	run_job(job, workload->nr_live + FIRST_PAIRS);
	job->pairs = pairs_per_round(job);
}

static void job_close(struct job *job)
{
	if (job->workload->workers == 1)
		worker_drain(&job->worker[0]);
	free(job->worker[0].table);
	source_close(&job->source);
}

/* ---- all peers at one workload ------------------------------------------- */

static bool can(const struct workload *workload, const struct peer *peer)
{
	if (workload->bulk)
		return peer->id == ID_CACHE || peer->id == ID_RTE;
	/* The list of the thread that frees would only grow. */
	return !workload->crosses || peer->kind != PEER_FLOOR_LIST;
}

/* Does every peer's live set fit at the same time? */
static bool fits(const struct workload *workload, size_t size)
{
	return workload->nr_live * workload->workers * size * nr_peers <=
	       available_memory() / 2;
}

static void measure_cells(const struct workload *workload, size_t size,
			  struct cell *row)
{
	static struct job jobs[MAX_PEERS];
	size_t n = 0;

	if (!fits(workload, size))
		return;
	for (size_t i = 0; i < nr_peers; i++) {
		if (can(workload, &peers[i]))
			job_open(workload, &jobs[n++], &peers[i], size);
	}
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n; i++)
			jobs[i].ns[round] = run_job(&jobs[i], jobs[i].pairs);
	}
	for (size_t i = 0; i < n; i++) {
		struct cell *cell = &row[jobs[i].source.peer->id];

		cell->known = true;
		cell->ns = bench_spread(jobs[i].ns, (size_t)rounds);
		job_close(&jobs[i]);
	}
}

static void print_row(enum workload_id id, const struct peer *peer)
{
	printf("  %-18s", peer->name);
	for (size_t i = 0; i < NR_SIZES; i++) {
		const struct cell *cell = &cells[id][i][peer->id];

		if (cell->known)
			printf(" %7.2f (%6.2f %7.2f)", cell->ns.median,
			       cell->ns.least, cell->ns.most);
		else
			printf(" %24s", "-");
	}
	putchar('\n');
}

static void measure_workload(enum workload_id id)
{
	for (size_t i = 0; i < NR_SIZES; i++)
		measure_cells(&workloads[id], sizes[i], cells[id][i]);
	printf("\n%s, ns per pair: median (least most)\n  %-18s",
	       workloads[id].name, "bytes");
	for (size_t i = 0; i < NR_SIZES; i++)
		printf(" %7zu %16s", sizes[i], "");
	putchar('\n');
	for (size_t i = 0; i < nr_peers; i++) {
		if (can(&workloads[id], &peers[i]))
			print_row(id, &peers[i]);
	}
	fflush(stdout);
}

/* For instructions.sh: the hot pair of one peer, and nothing else. */
static int count_pairs(const char *name, unsigned long pairs)
{
	struct job job = { .workload = &workloads[HOT] };

	for (size_t i = 0; i < nr_peers; i++) {
		if (strcmp(peers[i].name, name) != 0)
			continue;
		source_open(&job.source, &peers[i], sizes[1], 1);
		make_workers(&job);
		run_job(&job, pairs);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "bench_slab: %s is not here\n", name);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const bool count = argc == 4 && strcmp(argv[1], "--count") == 0;

	peers_reserve_tls(argv);
	if (argc > 1 && strcmp(argv[1], "--quick") == 0) {
		rounds = QUICK_ROUNDS;
		round_ns = QUICK_ROUND_NS;
	} else if (argc > 1 && !count) {
		fprintf(stderr, "usage: bench_slab [--quick | --count PEER "
				"PAIRS]\n");
		return EXIT_FAILURE;
	}
	bench_start();
	/* DPDK does not start below valgrind. */
	peers_find(!count);
	workloads_init();
	if (kmem_init(NULL))
		bench_no_memory();
	if (count)
		return count_pairs(argv[2], strtoul(argv[3], NULL, 10));
	for (enum workload_id id = 0; id < NR_WORKLOADS; id++)
		measure_workload(id);
	limits_of_pairs(cells);
	kmem_exit();
	return 0;
}
