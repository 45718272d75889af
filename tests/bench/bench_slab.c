/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_slab.c - caches and kmalloc() beside other allocators
 *
 * Three parts: how much memory a million objects take, what a pair of alloc
 * and free costs, and how fast a cache fills and empties. With --quick there
 * are fewer and shorter rounds. Peers that are not installed are left out.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/introspect.h>

#include "bench.h"
#include "peers.h"
#include "workload.h"

#define MILLION 1000000ul
#define ROUNDS 7
#define QUICK_ROUNDS 3
#define ROUND_NS 25e6
#define QUICK_ROUND_NS 5e6
/* A first run tells how many pairs fill a round. */
#define FIRST_PAIRS 20000ul

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const size_t sizes[] = { 16, 64, 256, 1024, 4096 };
static int rounds = ROUNDS;
static double round_ns = ROUND_NS;

static size_t available_memory(void)
{
	return (size_t)sysconf(_SC_AVPHYS_PAGES) *
	       (size_t)sysconf(_SC_PAGESIZE);
}

static void init_or_die(void)
{
	int error = kmem_init(NULL);

	if (error) {
		fprintf(stderr, "bench_slab: kmem_init: error %d\n", -error);
		exit(EXIT_FAILURE);
	}
}

static void print_head(const char *title)
{
	printf("\n%-37s", title);
	for (size_t i = 0; i < nr_peers; i++)
		printf(" %10s", peers[i].name);
	putchar('\n');
}

/* ---- nanoseconds per pair ------------------------------------------------ */

/**
 * struct job - one cell of the table
 * @source: where its objects come from
 * @worker: its threads
 * @pairs: of a round, by each thread
 * @ns: nanoseconds per pair, of each round
 */
struct job {
	struct source source;
	struct worker worker[MAX_WORKERS];
	unsigned long pairs;
	double ns[ROUNDS];
};

/* One thread of a job, with what it measures by itself. */
struct task {
	const struct workload *workload;
	struct worker *worker;
	pthread_barrier_t *barrier;
	uint64_t start;
	uint64_t end;
};

static void *task_main(void *arg)
{
	struct task *task = arg;
	struct worker *w = task->worker;

	worker_fill(w);
	pthread_barrier_wait(task->barrier);
	task->start = bench_now_ns();
	task->workload->run(w);
	task->end = bench_now_ns();
	worker_drain(w);
	return NULL;
}

/* Nanoseconds from the first thread's start to the last one's end. */
static double run_threads(const struct workload *workload, struct job *job)
{
	pthread_t thread[MAX_WORKERS];
	struct task task[MAX_WORKERS];
	pthread_barrier_t barrier;
	uint64_t start = UINT64_MAX, end = 0;

	pthread_barrier_init(&barrier, NULL, workload->workers);
	for (unsigned int i = 0; i < workload->workers; i++) {
		task[i] = (struct task){ workload, &job->worker[i], &barrier, 0,
					 0 };
		if (pthread_create(&thread[i], NULL, task_main, &task[i]))
			bench_no_memory();
	}
	for (unsigned int i = 0; i < workload->workers; i++) {
		pthread_join(thread[i], NULL);
		start = task[i].start < start ? task[i].start : start;
		end = task[i].end > end ? task[i].end : end;
	}
	pthread_barrier_destroy(&barrier);
	return (double)(end - start);
}

/* Nanoseconds per pair of each thread. */
static double run_job(const struct workload *workload, struct job *job,
		      unsigned long pairs)
{
	uint64_t start;

	for (unsigned int i = 0; i < workload->workers; i++)
		job->worker[i].pairs = pairs;
	if (workload->workers > 1)
		return run_threads(workload, job) / (double)pairs;
	start = bench_now_ns();
	workload->run(&job->worker[0]);
	return (double)(bench_now_ns() - start) / (double)pairs;
}

static void job_open(const struct workload *workload, struct job *job,
		     const struct peer *peer, size_t size)
{
	unsigned long first = workload->nr_live + FIRST_PAIRS;

	source_open(&job->source, peer, size);
	for (unsigned int i = 0; i < workload->workers; i++) {
		job->worker[i] = (struct worker){
			.from = &job->source,
			.index = i,
			.nr_live = workload->nr_live,
			.order = workload->order,
			.bulk = workload->bulk,
			.random = i + 1,
		};
	}
	if (workload->workers == 1)
		worker_fill(&job->worker[0]);
	run_job(workload, job, first);
	job->pairs =
		(unsigned long)(round_ns / run_job(workload, job, FIRST_PAIRS));
	job->pairs -= job->pairs % BATCH;
	if (!job->pairs)
		job->pairs = BATCH;
}

static void job_close(const struct workload *workload, struct job *job)
{
	if (workload->workers == 1)
		worker_drain(&job->worker[0]);
	source_close(&job->source);
}

/* Does every peer's live set fit at the same time? */
static bool fits(const struct workload *workload, size_t size)
{
	return workload->nr_live * workload->workers * size * nr_peers <=
	       available_memory() / 2;
}

static void measure_row(const struct workload *workload, size_t size)
{
	/* Other allocators have no bulk calls; the caches are the first. */
	size_t n = workload->bulk ? 1 : nr_peers;
	struct job job[MAX_PEERS];

	printf("  %-35s", workload->name);
	fflush(stdout);
	if (!fits(workload, size)) {
		printf(" too large for this machine\n");
		return;
	}
	for (size_t i = 0; i < n; i++)
		job_open(workload, &job[i], &peers[i], size);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n; i++)
			job[i].ns[round] =
				run_job(workload, &job[i], job[i].pairs);
	}
	for (size_t i = 0; i < n; i++) {
		printf(" %10.2f", bench_median(job[i].ns, (size_t)rounds));
		job_close(workload, &job[i]);
	}
	for (size_t i = n; i < nr_peers; i++)
		printf(" %10s", "-");
	putchar('\n');
}

static void measure_pairs(void)
{
	char title[64];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(title, sizeof(title), "%zu bytes, ns per pair",
			 sizes[i]);
		print_head(title);
		for (size_t row = 0; row < nr_workloads; row++)
			measure_row(&workloads[row], sizes[i]);
	}
}

/* ---- memory -------------------------------------------------------------- */

/* Resident bytes per requested byte. */
struct usage {
	double full;
	double freed;
	double trimmed;
};

static double resident_per_byte(long before, size_t size)
{
	return (double)(bench_resident_kib() - before) * 1024 /
	       (double)(MILLION * size);
}

/* In a process of its own: what others left behind does not count. */
static void measure_usage(const struct peer *peer, size_t size,
			  struct usage *usage)
{
	const size_t array = MILLION * sizeof(void *);
	void **live = mmap(NULL, array, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct source source;
	long before;

	if (live == MAP_FAILED)
		bench_no_memory();
	before = bench_resident_kib();
	if (peer->kind != PEER_MALLOC)
		init_or_die();
	source_open(&source, peer, size);
	for (size_t i = 0; i < MILLION; i++) {
		live[i] = source_alloc(&source, peer->kind);
		((char *)live[i])[size - 1] = 1;
	}
	usage->full = resident_per_byte(before, size);
	for (size_t i = 0; i < MILLION; i++)
		source_free(&source, peer->kind, live[i]);
	usage->freed = resident_per_byte(before, size);
	if (peer->trim)
		peer->trim();
	usage->trimmed = resident_per_byte(before, size);
	munmap(live, array);
}

static bool fork_usage(const struct peer *peer, size_t size,
		       struct usage *usage)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		measure_usage(peer, size, usage);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void print_usage_cell(double value, bool known)
{
	if (known)
		printf(" %10.3f", value);
	else
		printf(" %10s", "-");
}

static void measure_memory_of(size_t size, struct usage *usage)
{
	bool enough = MILLION * size * 3 / 2 <= available_memory();
	bool known[MAX_PEERS];

	for (size_t i = 0; i < nr_peers; i++)
		known[i] = enough && fork_usage(&peers[i], size, &usage[i]);
	printf("  %4zu bytes, %-23s", size, "all in use");
	for (size_t i = 0; i < nr_peers; i++)
		print_usage_cell(usage[i].full, known[i]);
	printf("\n              %-23s", "all freed");
	for (size_t i = 0; i < nr_peers; i++)
		print_usage_cell(usage[i].freed, known[i]);
	printf("\n              %-23s", "and given back");
	for (size_t i = 0; i < nr_peers; i++)
		print_usage_cell(usage[i].trimmed, known[i]);
	putchar('\n');
}

static void measure_memory(void)
{
	const size_t size = MAX_PEERS * sizeof(struct usage);
	struct usage *usage = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (usage == MAP_FAILED)
		bench_no_memory();
	print_head("1 million objects, resident per byte");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		measure_memory_of(sizes[i], usage);
	munmap(usage, size);
}

/* ---- one large cache ----------------------------------------------------- */

static double ms_since(uint64_t start)
{
	return (double)(bench_now_ns() - start) / 1e6;
}

static unsigned long pages_free(void)
{
	struct kmem_memory_info info;

	kmem_memory_info(&info);
	return info.free_pages + info.cached_pages;
}

static void measure_cache_of(size_t size, void **live)
{
	unsigned long before = pages_free(), after;
	struct source source;
	uint64_t start = bench_now_ns();
	double full, freed, shrunk;

	source_open(&source, &peers[0], size);
	for (size_t i = 0; i < MILLION; i++)
		live[i] = source_alloc(&source, PEER_CACHE);
	full = ms_since(start);
	start = bench_now_ns();
	for (size_t i = 0; i < MILLION; i++)
		source_free(&source, PEER_CACHE, live[i]);
	freed = ms_since(start);
	start = bench_now_ns();
	kmem_cache_shrink(source.cache);
	shrunk = ms_since(start);
	after = pages_free();
	source_close(&source);
	printf("  %4zu bytes %14.1f %10.1f %10.3f", size, full, freed, shrunk);
	if (after == before)
		printf("   yes\n");
	else
		printf("   no, %ld missing\n", (long)(before - after));
}

static void measure_cache(void)
{
	void **live = calloc(MILLION, sizeof(live[0]));

	if (!live)
		bench_no_memory();
	printf("\n%-12s %14s %10s %10s   %s\n", "1 million, ms", "create, fill",
	       "free", "shrink", "all pages back");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (MILLION * sizes[i] * 3 / 2 <= available_memory())
			measure_cache_of(sizes[i], live);
	}
	free(live);
}

/*
 * A library loaded late gets its thread-local storage from a reserve, which is
 * too small for jemalloc unless the program was started with a larger one.
 */
static void reserve_tls(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384", 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	reserve_tls(argv);
	if (argc > 1 && strcmp(argv[1], "--quick") == 0) {
		rounds = QUICK_ROUNDS;
		round_ns = QUICK_ROUND_NS;
	} else if (argc > 1) {
		fprintf(stderr, "usage: bench_slab [--quick]\n");
		return EXIT_FAILURE;
	}
	peers_find();
	workloads_init();
	measure_memory();
	init_or_die();
	measure_pairs();
	measure_cache();
	kmem_exit();
	return 0;
}
