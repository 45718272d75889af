/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.c - measuring what a pair of calls costs
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

long bench_resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f) {
		if (fscanf(f, "%*d %ld", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double run_once(struct bench_case *c)
{
	uint64_t start = bench_now_ns();

	c->run(c->arg, c->pairs);
	return (double)(bench_now_ns() - start) / (double)c->pairs;
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return *x < *y ? -1 : *x > *y;
}

double bench_median(double *numbers, size_t n)
{
	qsort(numbers, n, sizeof(numbers[0]), compare_doubles);
	return numbers[n / 2];
}

void bench_run(const char *title, struct bench_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_once(&cases[i]);
	for (int round = 0; round < BENCH_ROUNDS; round++) {
		for (size_t i = 0; i < n; i++)
			cases[i].ns[round] = run_once(&cases[i]);
	}
	printf("\n%-44s %9s %9s %9s\n", title, "median", "least", "most");
	for (size_t i = 0; i < n; i++) {
		double *ns = cases[i].ns;
		double median = bench_median(ns, BENCH_ROUNDS);

		printf("  %-42s %9.2f %9.2f %9.2f\n", cases[i].name, median,
		       ns[0], ns[BENCH_ROUNDS - 1]);
	}
}
