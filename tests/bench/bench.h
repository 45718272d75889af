/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.h - measuring what a pair of calls costs
 *
 * Candidates run in turns, so that a slow second of the machine hits all of
 * them, and the median of the rounds is what counts.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS 7

/**
 * struct bench_case - one candidate
 * @name: its row in the table
 * @run: does @pairs pairs of alloc and free
 * @arg: handed to it
 * @pairs: per round
 * @ns: nanoseconds per pair of each round, filled by bench_run()
 */
struct bench_case {
	const char *name;
	void (*run)(void *arg, unsigned long pairs);
	void *arg;
	unsigned long pairs;
	double ns[BENCH_ROUNDS];
};

/**
 * bench_run() - measure all candidates in turns and print a table
 */
void bench_run(const char *title, struct bench_case *cases, size_t n);

/**
 * bench_median() - the middle one of @n numbers, which are sorted for it
 */
double bench_median(double *numbers, size_t n);

uint64_t bench_now_ns(void);

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
