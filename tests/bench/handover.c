/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handover.c - how long from the `free` of one client to the return of the
 * blocked `alloc` of another, beside two bare round trips to the daemon
 *
 *	handover POOL
 *
 * POOL is a folder of a mount: min_nr 1, its element out, its backing empty. A
 * round trip is a stat that must ask the daemon. Both are measured in turns;
 * the medians are printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 2000

static const char *pool;
static _Atomic uint64_t returned_at; /* 0: the other client is blocked */

static int open_file(const char *name, int flags)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pool, name);
	fd = open(path, flags);
	if (fd < 0) {
		fprintf(stderr, "handover: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		fprintf(stderr, "handover: %s: %s\n", text, strerror(errno));
		exit(1);
	}
}

static void *waiter_main(void *arg)
{
	int fd = open_file("alloc", O_WRONLY);

	for (int i = 0; i < ROUNDS; i++) {
		put(fd, "1");
		atomic_store(&returned_at, bench_now_ns());
		while (atomic_load(&returned_at))
			usleep(20);
	}
	close(fd);
	return arg;
}

static void await_waiter(int fd)
{
	char text[16];

	do
		usleep(50);
	while (pread(fd, text, sizeof(text), 0) < 1 || text[0] != '1');
	usleep(200);
}

static double two_round_trips(int fd)
{
	uint64_t start = bench_now_ns();
	struct statx st;

	for (int i = 0; i < 2; i++)
		if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC,
			  STATX_BASIC_STATS, &st))
			abort();
	return (double)(bench_now_ns() - start);
}

static double hand_over(int fd)
{
	uint64_t start = bench_now_ns(), end;

	put(fd, "oldest 1");
	/* Asleep, as another process would be: the daemon needs the CPU. */
	while (!(end = atomic_load(&returned_at)))
		usleep(50);
	return (double)(end - start);
}

int main(int argc, char **argv)
{
	static double trips[ROUNDS], handovers[ROUNDS];
	int waiters, release;
	pthread_t waiter;
	double a, b;

	if (argc != 2) {
		fprintf(stderr, "usage: handover POOL\n");
		return 2;
	}
	pool = argv[1];
	waiters = open_file("waiters", O_RDONLY);
	release = open_file("free", O_WRONLY);
	if (pthread_create(&waiter, NULL, waiter_main, NULL))
		abort();
	for (int i = 0; i < ROUNDS; i++) {
		await_waiter(waiters);
		trips[i] = two_round_trips(waiters);
		handovers[i] = hand_over(release);
		atomic_store(&returned_at, 0);
	}
	pthread_join(waiter, NULL);
	a = bench_median(trips, ROUNDS);
	b = bench_median(handovers, ROUNDS);
	printf("  %-42s %9.1f us\n", "two bare round trips", a / 1000);
	printf("  %-42s %9.1f us\n", "free to the return of a blocked alloc",
	       b / 1000);
	printf("  %-42s %9.2f\n", "ratio", b / a);
	return 0;
}
