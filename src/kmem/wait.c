/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wait.c - sleeping threads, and the clock of those that do not sleep
 *
 * A thread waits on a word of its own until it changes. A parked request has
 * no thread, so somebody must look after the five seconds after which it
 * retries: the ticker, a thread that exists from the first parked request on
 * and is only awake while one is parked.
 *
 * What a retry is belongs to the pools; they register it here, so that caches
 * (a raised limit) can ask for one without knowing pools.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "util/worker.h"

static void (*wait_retry_fn)(bool timed);

void wait_set_retry(void (*retry)(bool timed))
{
	__atomic_store_n(&wait_retry_fn, retry, __ATOMIC_RELEASE);
}

/* Something changed that waiting requests may be glad of. */
void wait_retry(void)
{
	void (*retry)(bool timed) =
		__atomic_load_n(&wait_retry_fn, __ATOMIC_ACQUIRE);

	if (retry)
		retry(false);
}

/*
 * Sleeps while *@word is @value, for at most @timeout_ns. The end of it is a
 * point in time, so that signals do not put it off.
 * Return: false when the time was up.
 */
bool wait_word(uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	uint64_t due_ns = os_now_ns() + timeout_ns;
	struct timespec due = {
		.tv_sec = (time_t)(due_ns / 1000000000u),
		.tv_nsec = (long)(due_ns % 1000000000u),
	};

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
		if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value,
			    &due, NULL, FUTEX_BITSET_MATCH_ANY) == 0 ||
		    errno == EAGAIN || errno == EINTR)
			continue;
		return __atomic_load_n(word, __ATOMIC_ACQUIRE) != value;
	}
	return true;
}

/*
 * Wakes whoever waits on the word. Its memory may be gone already: the waiter
 * saw the new value by itself and returned. The kernel then wakes nobody.
 */
void wake_word(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* ---- the ticker ---- */

static struct {
	pthread_mutex_t lock; /* LOCK_TICKER: all below */
	pthread_cond_t changed;
	pthread_t thread;
	bool running;
	bool stop;
	unsigned int parked;
} ticker = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void sleep_until_due(void)
{
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += (time_t)(WAIT_RETRY_NS / 1000000000u);
	while (!ticker.stop && ticker.parked &&
	       pthread_cond_timedwait(&ticker.changed, &ticker.lock, &due) == 0)
		;
}

static void *ticker_main(void *arg)
{
	void (*retry)(bool timed);

	lock(&ticker.lock, LOCK_TICKER);
	while (!ticker.stop) {
		if (!ticker.parked) {
			pthread_cond_wait(&ticker.changed, &ticker.lock);
			continue;
		}
		sleep_until_due();
		if (ticker.stop || !ticker.parked)
			continue;
		unlock(&ticker.lock);
		retry = __atomic_load_n(&wait_retry_fn, __ATOMIC_ACQUIRE);
		if (retry)
			retry(true);
		lock(&ticker.lock, LOCK_TICKER);
	}
	unlock(&ticker.lock);
	return arg;
}

static int start_ticker(void)
{
	pthread_condattr_t attr;
	int err;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ticker.changed, &attr);
	pthread_condattr_destroy(&attr);
	ticker.stop = false;
	err = worker_start(&ticker.thread, ticker_main, NULL);
	ticker.running = err == 0;
	return err;
}

/* One request more is parked. Fails when no thread can be started. */
int ticker_arm(void)
{
	int err = 0;

	lock(&ticker.lock, LOCK_TICKER);
	if (!ticker.running)
		err = start_ticker();
	if (!err && ticker.parked++ == 0)
		pthread_cond_signal(&ticker.changed);
	unlock(&ticker.lock);
	return err;
}

void ticker_disarm(void)
{
	lock(&ticker.lock, LOCK_TICKER);
	if (--ticker.parked == 0)
		pthread_cond_signal(&ticker.changed);
	unlock(&ticker.lock);
}

/* By kmem_exit(), with nothing parked any more. */
void ticker_stop(void)
{
	bool running;

	lock(&ticker.lock, LOCK_TICKER);
	running = ticker.running;
	ticker.stop = true;
	if (running)
		pthread_cond_signal(&ticker.changed);
	unlock(&ticker.lock);
	if (!running)
		return;
	pthread_join(ticker.thread, NULL);
	pthread_cond_destroy(&ticker.changed);
	ticker.running = false;
}

/* The ticker is a thread, and none of the parked requests is the child's. */
void ticker_fork(enum fork_step step)
{
	fork_mutex(&ticker.lock, step);
	if (step == FORK_CHILD || step == FORK_ORPHAN) {
		ticker.running = false;
		ticker.parked = 0;
	}
}
