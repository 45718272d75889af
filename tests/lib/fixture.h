/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fixture.h - a fresh allocator stack for each test, and what tests share:
 * captured reports, seeded random numbers, snapshots of the free lists, threads
 *
 * ck_assert_…() belongs to the thread that runs the test. Other threads note
 * what they find and leave the verdict to it.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/introspect.h>

/* ---- the stack ----------------------------------------------------------- */

#define MIB (1024ul * 1024)
#define TEST_MEMORY (64 * MIB)

/**
 * kmem_up() - 64 MiB of anonymous memory, two CPUs, reports captured
 */
void kmem_up(void);
void kmem_up_memfd(void);
void kmem_up_with(const struct kmem_config *config);

/**
 * kmem_down() - validate everything, take the stack down
 *
 * Fails the test when a report was made that it did not take.
 */
void kmem_down(void);

/* ---- reports ------------------------------------------------------------- */

/**
 * reports_capture() - remember reports from now on; kmem_up() does it too
 */
void reports_capture(void);

/**
 * reports_take() - how many reports were made since the last call
 */
unsigned long reports_take(void);

/**
 * reports_mention() - does one of the latest reports contain @word?
 */
bool reports_mention(const char *word);

/**
 * reports_last() - the latest report, or ""
 */
const char *reports_last(void);

/**
 * failures_take() - how many reports of failed allocations were made since the
 * last call; they are no faults, and not among the reports
 */
unsigned long failures_take(void);

/**
 * failure_last() - the latest of them, or ""
 */
const char *failure_last(void);

/* ---- tunables ------------------------------------------------------------ */

/**
 * sysctl_set() - kmem_sysctl_set() of one number, by name
 */
int sysctl_set(const char *name, int64_t value);
int64_t sysctl_get(const char *name);

/**
 * no_reserves() - all marks and reserves are 0, so that zones are used up one
 * after the other
 */
void no_reserves(void);

/* ---- random numbers ------------------------------------------------------ */

/* A splitmix64 generator: a word of state, good enough and the same anywhere. */
struct prng {
	uint64_t state;
};

/**
 * test_seed() - ALLOCFS_SEED, or else the clock; printed either way
 */
uint64_t test_seed(const char *test);

/**
 * test_steps() - ALLOCFS_STEPS, or else @usual
 */
unsigned long test_steps(unsigned long usual);

uint64_t prng_next(struct prng *prng);

/**
 * prng_below() - 0 .. @n - 1
 */
unsigned int prng_below(struct prng *prng, unsigned int n);

/* ---- bytes --------------------------------------------------------------- */

/**
 * bytes_are() - is each of the @n bytes at @p a @byte?
 *
 * One assertion for all: Check does some work for each that it makes.
 */
bool bytes_are(const void *p, size_t n, unsigned char byte);

/* ---- free lists ---------------------------------------------------------- */

#define BUDDYINFO_ZONES 20

struct buddyinfo {
	unsigned int zones;
	unsigned long nr_free[BUDDYINFO_ZONES][KMEM_NR_ORDERS];
};

void buddyinfo_read(struct buddyinfo *ret_info);

/**
 * buddyinfo_assert_as() - fail the test when the free lists differ from @was
 *
 * Page lists of threads are drained first.
 */
void buddyinfo_assert_as(const struct buddyinfo *was);

unsigned long free_pages_now(void);

/* ---- threads ------------------------------------------------------------- */

#define THREADS_MAX 64

typedef void thread_fn(unsigned int index, void *arg);

/**
 * threads_run() - run @fn in @n threads at once and wait for all of them
 */
void threads_run(unsigned int n, thread_fn *fn, void *arg);

/**
 * thread_run() - run @fn in a thread of its own, which exits, index 0
 */
void thread_run(thread_fn *fn, void *arg);

/**
 * wait_for() - sleep in small steps until @ready says so
 *
 * The timeout of the test case is what bounds it.
 */
void wait_for(bool (*ready)(void *arg), void *arg);

#endif /* TESTS_FIXTURE_H */
