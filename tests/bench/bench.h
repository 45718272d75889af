/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.h - measuring what a pair of calls costs
 *
 * Candidates run in turns, so that a slow second of the machine hits all of
 * them, and the median of the rounds is what counts. What one thread does is
 * measured in CPU time of that thread: other programs of the machine then take
 * caches from it, but no time.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS 11

/**
 * struct bench_spread - what the rounds of one candidate gave
 * @median: the middle one
 * @least: the fastest
 * @most: the slowest
 */
struct bench_spread {
	double median;
	double least;
	double most;
};

/**
 * struct bench_case - one candidate
 * @name: its row in the table
 * @run: does @pairs pairs of alloc and free
 * @arg: handed to it
 * @pairs: per round
 * @ns: nanoseconds per pair of each round, filled by bench_run() and sorted
 */
struct bench_case {
	const char *name;
	void (*run)(void *arg, unsigned long pairs);
	void *arg;
	unsigned long pairs;
	double ns[BENCH_ROUNDS];
};

/**
 * bench_start() - stay on one CPU, beside an idle thread
 *
 * A C library leaves locks out in a process that never had a second thread, and
 * no program of interest is like that.
 */
void bench_start(void);

/**
 * bench_pin() - keep the calling thread on one of the CPUs that it may use
 * @index: which; more than there are begin again with the first
 */
void bench_pin(unsigned int index);

/**
 * bench_rounds() - measure all candidates in turns
 */
void bench_rounds(struct bench_case *cases, size_t n);

/**
 * bench_run() - measure all candidates in turns and print a table
 */
void bench_run(const char *title, struct bench_case *cases, size_t n);

/**
 * bench_median() - the middle one of @n numbers, which are sorted for it
 */
double bench_median(double *numbers, size_t n);

/**
 * bench_spread() - of @n numbers, which are sorted for it
 */
struct bench_spread bench_spread(double *numbers, size_t n);

/**
 * bench_limit_head() - the head of a table of limits
 */
void bench_limit_head(void);

/**
 * bench_limit() - a line of it; results.sh collects them by their first word
 * @name: what is compared
 * @of: how many cells kept it, or ""
 * @value: the worst
 * @limit: at most that
 * @met: whether it is kept as a whole
 */
void bench_limit(const char *name, const char *of, double value, double limit,
		 bool met);

/* The median of a case that ran, and a limit of two of them. */
double bench_middle(const struct bench_case *c);
void bench_limit_ratio(const char *name, const struct bench_case *ours,
		       const struct bench_case *other, double limit);

uint64_t bench_now_ns(void);

/**
 * bench_cpu_ns() - CPU time of the calling thread
 */
uint64_t bench_cpu_ns(void);

/**
 * bench_resident_kib() - memory of this process that is really there
 */
long bench_resident_kib(void);

/**
 * bench_keep() - make the compiler believe that @p is used
 */
static inline void bench_keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif /* BENCH_H */
