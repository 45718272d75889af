/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_watch.c - what it costs a program that it is watched: metrics/allocfs.prom
 * and proc/slabinfo of its own mount, read ten times a second by another process
 *
 * Rounds with the reader and without take turns; what counts is the median of
 * how much slower one is than its neighbour. The program allocates and frees one object at a time
 * and a thousand, so that threads' arrays, slabs and pages are all used.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <allocfs/allocfs.h>
#include <kmem/introspect.h>

#include "bench.h"

#define ROUNDS 21
#define ROUND_NS 500000000u
#define PERIOD_NS 100000000
#define BATCH 1000
#define SINGLES 20000
#define POOLS 10

static const char *const files[] = { "metrics/allocfs.prom", "proc/slabinfo" };

/* ---- the reader, a process ------------------------------------------------- */

static size_t read_file(const char *mount, const char *name)
{
	static char buf[1 << 20];
	char path[4096];
	size_t all = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", mount, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		all += (size_t)n;
	close(fd);
	return all;
}

/* A byte begins a round and another one ends it; each is answered. */
static void reader_main(const char *mount, int commands, int answers)
{
	const struct timespec period = { 0, PERIOD_NS };
	char c;

	fcntl(commands, F_SETFL, O_NONBLOCK);
	for (bool at_work = false;; nanosleep(&period, NULL)) {
		ssize_t n = read(commands, &c, 1);

		if (!n)
			_exit(0);
		if (n == 1) {
			at_work = c == '1';
			if (write(answers, &c, 1) != 1)
				_exit(1);
		}
		for (int i = 0; at_work && i < 2; i++)
			if (!read_file(mount, files[i]))
				_exit(1);
	}
}

static int to_reader[2], from_reader[2];

static pid_t start_reader(const char *mount)
{
	pid_t pid;

	if (pipe(to_reader) || pipe(from_reader))
		return -1;
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(to_reader[1]);
	close(from_reader[0]);
	reader_main(mount, to_reader[0], from_reader[1]);
	_exit(0);
}

static void tell_reader(char c)
{
	if (write(to_reader[1], &c, 1) != 1 ||
	    read(from_reader[0], &c, 1) != 1) {
		fprintf(stderr, "bench_watch: the reader ended\n");
		exit(1);
	}
}

/* ---- the program ----------------------------------------------------------- */

static struct kmem_cache *cache;

static void work(void)
{
	static void *batch[BATCH];

	for (int i = 0; i < SINGLES; i++) {
		void *p = kmem_cache_alloc(cache, GFP_KERNEL);

		bench_keep(p);
		kmem_cache_free(cache, p);
	}
	for (int i = 0; i < BATCH; i++)
		batch[i] = kmalloc(i % 8 ? 256 : 6000, GFP_KERNEL);
	for (int i = 0; i < BATCH; i++)
		kfree(batch[i]);
}

/* What a round took for each piece of work: of time, and of the CPU. */
struct took {
	double wall_ns;
	double cpu_ns;
};

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct took measure(bool watched)
{
	uint64_t start, cpu, now;
	unsigned long n = 0;

	tell_reader(watched ? '1' : '0');
	start = bench_now_ns();
	cpu = cpu_now_ns();
	do {
		work();
		n++;
		now = bench_now_ns();
	} while (now - start < ROUND_NS);
	return (struct took){ (double)(now - start) / (double)n,
			      (double)(cpu_now_ns() - cpu) / (double)n };
}

static void report(const char *what, double *alone, double *watched,
		   double *slower)
{
	printf("  %-42s %9.1f %9.1f us %7.2f %%\n", what,
	       bench_median(alone, ROUNDS) / 1000,
	       bench_median(watched, ROUNDS) / 1000,
	       bench_median(slower, ROUNDS));
}

/* On a machine that has other things to do only the CPU's time is steady. */
static void measure_all(void)
{
	double wall[3][ROUNDS], cpu[3][ROUNDS];

	measure(false);
	for (int i = 0; i < ROUNDS; i++) {
		struct took took[2];

		took[i % 2] = measure(i % 2);
		took[!(i % 2)] = measure(!(i % 2));
		for (int j = 0; j < 2; j++) {
			wall[j][i] = took[j].wall_ns;
			cpu[j][i] = took[j].cpu_ns;
		}
		wall[2][i] = 100 * (wall[1][i] / wall[0][i] - 1);
		cpu[2][i] = 100 * (cpu[1][i] / cpu[0][i] - 1);
	}
	printf("  %-42s %9s %9s %13s\n", "a piece of work, median of 21 rounds",
	       "alone", "watched", "slower");
	report("time", wall[0], wall[1], wall[2]);
	report("CPU time of its thread", cpu[0], cpu[1], cpu[2]);
}

static void report_files(const char *mount)
{
	for (int i = 0; i < 2; i++) {
		uint64_t start = bench_now_ns();
		size_t size = read_file(mount, files[i]);
		double ms = (double)(bench_now_ns() - start) / 1e6;
		char what[64];

		snprintf(what, sizeof(what), "%s, %zu bytes", files[i], size);
		printf("  %-42s %9.2f ms\n", what, ms);
	}
}

/* A mount of the reader's own process would wait for itself: it comes first. */
static int watch(const char *mount)
{
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
	mempool_t *pools[POOLS];
	pid_t reader = start_reader(mount);
	struct allocfs *fs;
	int err;

	if (reader < 0)
		return -errno;
	close(to_reader[0]);
	close(from_reader[1]);
	err = allocfs_start(mount, &options, &fs);
	if (err) {
		printf("left out: no mount: %s\n", strerror(-err));
		close(to_reader[1]);
		return 0;
	}
	cache = kmem_cache_create("bench", 192, 0, 0, NULL);
	for (int i = 0; i < POOLS; i++)
		pools[i] = mempool_create_slab_pool(4, cache);
	report_files(mount);
	measure_all();
	close(to_reader[1]);
	waitpid(reader, NULL, 0);
	for (int i = 0; i < POOLS; i++)
		mempool_destroy(pools[i]);
	kmem_cache_destroy(cache);
	allocfs_stop(fs);
	return 0;
}

int main(void)
{
	char mount[] = "/tmp/allocfs-bench.XXXXXX";
	int err;

	if (!mkdtemp(mount))
		return 1;
	err = watch(mount);
	rmdir(mount);
	return err ? 1 : 0;
}
