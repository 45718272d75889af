/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.c - measuring what a pair of calls costs
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* ---- where and beside what it runs --------------------------------------- */

/* What the process may use, before anything was pinned. */
static cpu_set_t allowed;

static void read_allowed(void)
{
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		CPU_SET(0, &allowed);
}

void bench_pin(unsigned int index)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	cpu_set_t one;
	int cpu = -1;

	pthread_once(&once, read_allowed);
	index %= (unsigned int)CPU_COUNT(&allowed);
	do {
		cpu++;
		if (CPU_ISSET((size_t)cpu, &allowed) && !index--)
			break;
	} while (cpu < CPU_SETSIZE - 1);
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	/* Where that is forbidden the figures are what they are. */
	(void)sched_setaffinity(0, sizeof(one), &one);
}

static void *idle_main(void *arg)
{
	for (;;)
		pause();
	return arg;
}

void bench_start(void)
{
	pthread_t idle;

	if (pthread_create(&idle, NULL, idle_main, NULL)) {
		fprintf(stderr, "bench: no second thread\n");
		exit(EXIT_FAILURE);
	}
	pthread_detach(idle);
	bench_pin(0);
}

/* ---- memory -------------------------------------------------------------- */

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

/* ---- rounds -------------------------------------------------------------- */

static double run_once(struct bench_case *c)
{
	uint64_t start = bench_cpu_ns();

	c->run(c->arg, c->pairs);
	return (double)(bench_cpu_ns() - start) / (double)c->pairs;
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

struct bench_spread bench_spread(double *numbers, size_t n)
{
	const double median = bench_median(numbers, n);

	return (struct bench_spread){ median, numbers[0], numbers[n - 1] };
}

void bench_rounds(struct bench_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_once(&cases[i]);
	for (int round = 0; round < BENCH_ROUNDS; round++) {
		for (size_t i = 0; i < n; i++)
			cases[i].ns[round] = run_once(&cases[i]);
	}
}

void bench_run(const char *title, struct bench_case *cases, size_t n)
{
	bench_rounds(cases, n);
	printf("\n%-44s %9s %9s %9s\n", title, "median", "least", "most");
	for (size_t i = 0; i < n; i++) {
		double *ns = cases[i].ns;
		double median = bench_median(ns, BENCH_ROUNDS);

		printf("  %-42s %9.2f %9.2f %9.2f\n", cases[i].name, median,
		       ns[0], ns[BENCH_ROUNDS - 1]);
	}
}

/* ---- limits -------------------------------------------------------------- */

void bench_limit_head(void)
{
	printf("\n       %-46s %9s %9s %9s\n", "limits", "kept in", "worst",
	       "at most");
}

void bench_limit(const char *name, const char *of, double value, double limit,
		 bool met)
{
	printf("limit: %-46s %9s %9.3f %9.3f %s\n", name, of, value, limit,
	       met ? "met" : "missed");
}

double bench_middle(const struct bench_case *c)
{
	return c->ns[BENCH_ROUNDS / 2];
}

void bench_limit_ratio(const char *name, const struct bench_case *ours,
		       const struct bench_case *other, double limit)
{
	const double ratio = bench_middle(ours) / bench_middle(other);

	bench_limit(name, "", ratio, limit, ratio <= limit);
}
