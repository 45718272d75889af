/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * init.c - how long the library takes to set itself up
 *
 * Each round is a process of its own, as in a program that begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/kmem.h>

#include "bench.h"

#define ROUNDS 21
#define LIMIT_MS 1.0

static double init_once(void)
{
	struct kmem_config config = { .memory = 64u << 20 };
	uint64_t start = bench_now_ns();

	if (kmem_init(&config))
		abort();
	return (double)(bench_now_ns() - start) / 1e6;
}

static double measure(void)
{
	double ms = 0;
	int ends[2], status;

	if (pipe(ends))
		abort();
	if (!fork()) {
		ms = init_once();
		_exit(write(ends[1], &ms, sizeof(ms)) != sizeof(ms));
	}
	if (read(ends[0], &ms, sizeof(ms)) != sizeof(ms) || wait(&status) < 0 ||
	    status)
		abort();
	close(ends[0]);
	close(ends[1]);
	return ms;
}

int main(void)
{
	double ms[ROUNDS], median;

	for (int i = 0; i < ROUNDS; i++)
		ms[i] = measure();
	median = bench_median(ms, ROUNDS);
	printf("  %-42s %9.2f %9.2f %9.2f ms (limit %.0f) %s\n",
	       "kmem_init() of 64 MiB", median, ms[0], ms[ROUNDS - 1], LIMIT_MS,
	       median <= LIMIT_MS ? "met" : "missed");
	return 0;
}
