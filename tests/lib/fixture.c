/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fixture.c - a fresh allocator stack for each test, captured reports, seeded
 * random numbers, snapshots of the free lists, threads
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kmem/rcu.h>

#include "fixture.h"

/* ---- reports ------------------------------------------------------------- */

#define REPORTS_KEPT 16
#define REPORT_LENGTH 512
#define FAILURE_LENGTH 24576

/* Reports come from any thread; the lock is a leaf. */
static struct {
	pthread_mutex_t lock;
	unsigned long made;
	unsigned long taken;
	char text[REPORTS_KEPT][REPORT_LENGTH];
	unsigned long failures;
	char failure[FAILURE_LENGTH];
} reports = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void report_hook(void *arg, const char *text)
{
	(void)arg;
	pthread_mutex_lock(&reports.lock);
	if (strstr(text, "page allocation failure: ")) {
		reports.failures++;
		snprintf(reports.failure, FAILURE_LENGTH, "%s", text);
	} else {
		snprintf(reports.text[reports.made++ % REPORTS_KEPT],
			 REPORT_LENGTH, "%s", text);
	}
	pthread_mutex_unlock(&reports.lock);
}

void reports_capture(void)
{
	pthread_mutex_lock(&reports.lock);
	reports.made = 0;
	reports.taken = 0;
	reports.failures = 0;
	reports.failure[0] = '\0';
	memset(reports.text, 0, sizeof(reports.text));
	pthread_mutex_unlock(&reports.lock);
	kmem_set_report(report_hook, NULL);
}

unsigned long reports_take(void)
{
	unsigned long n;

	pthread_mutex_lock(&reports.lock);
	n = reports.made - reports.taken;
	reports.taken = reports.made;
	pthread_mutex_unlock(&reports.lock);
	return n;
}

bool reports_mention(const char *word)
{
	bool found = false;

	pthread_mutex_lock(&reports.lock);
	for (unsigned int i = 0; i < REPORTS_KEPT; i++)
		found |= strstr(reports.text[i], word) != NULL;
	pthread_mutex_unlock(&reports.lock);
	return found;
}

const char *reports_last(void)
{
	if (!reports.made)
		return "";
	return reports.text[(reports.made - 1) % REPORTS_KEPT];
}

unsigned long failures_take(void)
{
	unsigned long n;

	pthread_mutex_lock(&reports.lock);
	n = reports.failures;
	reports.failures = 0;
	pthread_mutex_unlock(&reports.lock);
	return n;
}

const char *failure_last(void)
{
	return reports.failure;
}

/* ---- tunables ------------------------------------------------------------ */

int sysctl_set(const char *name, int64_t value)
{
	const struct kmem_sysctl *sysctl = kmem_sysctl_find(name);

	ck_assert_ptr_nonnull(sysctl);
	return kmem_sysctl_set(sysctl, &value, 1);
}

int64_t sysctl_get(const char *name)
{
	int64_t values[KMEM_SYSCTL_VALUES];

	ck_assert_int_eq(kmem_sysctl_get(kmem_sysctl_find(name), values), 0);
	return values[0];
}

void no_reserves(void)
{
	static const int64_t none[KMEM_NR_ZONE_TYPES];

	ck_assert_int_eq(sysctl_set("min_free_kbytes", 0), 0);
	ck_assert_int_eq(sysctl_set("watermark_scale_factor", 1), 0);
	ck_assert_int_eq(
		kmem_sysctl_set(kmem_sysctl_find("lowmem_reserve_ratio"), none,
				KMEM_NR_ZONE_TYPES),
		0);
}

/* ---- the stack ----------------------------------------------------------- */

void kmem_up_with(const struct kmem_config *config)
{
	reports_capture();
	ck_assert_int_eq(kmem_init(config), 0);
}

void kmem_up(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = KMEM_ANON,
		.cpus = 2,
	};

	kmem_up_with(&config);
}

void kmem_up_memfd(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = KMEM_MEMFD,
		.cpus = 2,
	};

	kmem_up_with(&config);
}

void kmem_down(void)
{
	unsigned int faults = kmem_ready() ? kmem_validate() : 0;
	unsigned long n = reports_take();

	kmem_exit();
	kmem_set_report(NULL, NULL);
	ck_assert_msg(faults == 0, "%u faults, the last: %s", faults,
		      reports_last());
	ck_assert_msg(n == 0, "%lu reports not taken, the last: %s", n,
		      reports_last());
}

/* ---- random numbers ------------------------------------------------------ */

static uint64_t number_of_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

uint64_t test_seed(const char *test)
{
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = number_of_environment("ALLOCFS_SEED",
				     (uint64_t)now.tv_sec * 1000000007u ^
					     (uint64_t)now.tv_nsec);
	printf("# %s: ALLOCFS_SEED=%" PRIu64 "\n", test, seed);
	fflush(stdout);
	return seed;
}

unsigned long test_steps(unsigned long usual)
{
	return number_of_environment("ALLOCFS_STEPS", usual);
}

/* Constants of Steele, Lea and Flood's splitmix64. */
uint64_t prng_next(struct prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned int prng_below(struct prng *prng, unsigned int n)
{
	return prng_next(prng) % n;
}

/* ---- bytes --------------------------------------------------------------- */

bool bytes_are(const void *p, size_t n, unsigned char byte)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != byte)
			return false;
	}
	return true;
}

/* ---- free lists ---------------------------------------------------------- */

void buddyinfo_read(struct buddyinfo *ret_info)
{
	struct kmem_zone_info zone;

	memset(ret_info, 0, sizeof(*ret_info));
	while (ret_info->zones < BUDDYINFO_ZONES &&
	       kmem_zone_info(ret_info->zones, &zone)) {
		memcpy(ret_info->nr_free[ret_info->zones], zone.nr_free,
		       sizeof(zone.nr_free));
		ret_info->zones++;
	}
}

void buddyinfo_assert_as(const struct buddyinfo *was)
{
	struct buddyinfo now;

	kmem_rcu_barrier();
	drain_all_pages();
	buddyinfo_read(&now);
	ck_assert_uint_eq(now.zones, was->zones);
	for (unsigned int z = 0; z < now.zones; z++) {
		for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
			ck_assert_msg(now.nr_free[z][o] == was->nr_free[z][o],
				      "zone %u order %u: %lu free, was %lu", z,
				      o, now.nr_free[z][o], was->nr_free[z][o]);
	}
}

unsigned long free_pages_now(void)
{
	struct kmem_memory_info info;

	kmem_memory_info(&info);
	return info.free_pages;
}

/* ---- threads ------------------------------------------------------------- */

struct thread {
	pthread_t id;
	unsigned int index;
	thread_fn *fn;
	void *arg;
	pthread_barrier_t *start;
};

static void *thread_main(void *arg)
{
	struct thread *thread = arg;

	pthread_barrier_wait(thread->start);
	thread->fn(thread->index, thread->arg);
	return NULL;
}

void threads_run(unsigned int n, thread_fn *fn, void *arg)
{
	struct thread threads[THREADS_MAX];
	pthread_barrier_t start;

	ck_assert_uint_le(n, THREADS_MAX);
	pthread_barrier_init(&start, NULL, n);
	for (unsigned int i = 0; i < n; i++) {
		threads[i] = (struct thread){
			.index = i, .fn = fn, .arg = arg, .start = &start
		};
		if (pthread_create(&threads[i].id, NULL, thread_main,
				   &threads[i])) {
			perror("pthread_create");
			abort();
		}
	}
	for (unsigned int i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
	pthread_barrier_destroy(&start);
}

void thread_run(thread_fn *fn, void *arg)
{
	threads_run(1, fn, arg);
}

void wait_for(bool (*ready)(void *arg), void *arg)
{
	const struct timespec step = { .tv_nsec = 200000 };

	while (!ready(arg))
		nanosleep(&step, NULL);
}
