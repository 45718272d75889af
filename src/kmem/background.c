/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * background.c - the library's own thread, for what nobody else has time for
 *
 * A word of bits says what there is to do. Whoever finds something sets its bit,
 * without a lock, and wakes the thread if the bit is new; the thread takes all
 * bits at once, does what they say, and sleeps.
 *
 *	balance   a request found all zones below their low mark, or marks were
 *	          boosted (watermark.c): reclaim until all zones are above their
 *	          high mark, or nothing more can be had, and end the boosts.
 *	          Only where kmem_config.background asks for it
 *	waiters   a page became free, and somebody waits for one (page_wait.c)
 *	look      a block became free that may go back to the system, and
 *	          nobody looks (page_release.c). Only with background reclaim
 *
 * While somebody waits for pages the thread also looks by itself from time to
 * time, since objects that are freed tell nobody of the slabs that they leave
 * empty. Where it balances it looks every ten seconds for memory that may go
 * back to the system, as long as there is any. Else it sleeps until it is woken,
 * for ever if need be.
 *
 * The thread is there from kmem_init() on where background reclaim is asked
 * for, else from the first request on that waits, until kmem_exit(). A child
 * process has none of its parent's; it gets one of its own when it is needed.
 *
 * Where it differs from the kernel: one thread serves all nodes, and balances
 * every zone, not just one that the request could use. After 16 rounds in vain
 * it takes no orders for a second, or until direct reclaim has success.
 */
#include <errno.h>

#include "internal.h"
#include "util/worker.h"

enum work {
	WORK_BALANCE = 1,
	WORK_WAITERS = 2,
	WORK_LOOK = 4,
	WORK_STOP = 8,
};

#define FOREVER_NS (UINT64_MAX / 4)
#define FIRST_LOOK_NS (10 * 1000000ull)
#define LAST_LOOK_NS (1000 * 1000000ull)

#define HOPELESS 16
#define HOPELESS_NS (1000 * 1000000ull)

static struct {
	pthread_mutex_t lock; /* LOCK_BACKGROUND: thread, running, stopped */
	pthread_t thread;
	bool running; /* read without */
	bool stopped; /* by kmem_exit(): it is not to start again */
	bool balances; /* constant after kmem_init() */

	uint32_t work; /* bits of enum work; anybody's */
	unsigned int failures; /* rounds in vain, one after the other */
	uint64_t hopeful_ns; /* no orders before then */
	bool looks; /* for blocks to release, within a period */
} background = { .lock = PTHREAD_MUTEX_INITIALIZER };

static __thread bool is_background;

static void ask(enum work work)
{
	uint32_t was = __atomic_fetch_or(&background.work, (uint32_t)work,
					 __ATOMIC_RELEASE);

	if (!(was & (uint32_t)work))
		wake_word(&background.work);
}

/* ---- balancing ---- */

static bool all_balanced(void)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		if (!zone_is_balanced(&kmem.zone[i]))
			return false;
	return true;
}

static void balance(void)
{
	unsigned long progress = 1;

	vm_event(KMEM_VM_EVENT_pageoutrun, 1);
	while (progress && !all_balanced()) {
		progress = reclaim(GFP_KERNEL, true);
		vm_event(KMEM_VM_EVENT_pgsteal_kswapd, progress);
	}
	zones_end_boosts();
	if (progress) {
		counter_set(background.failures, 0);
	} else if (counter_read(background.failures) < HOPELESS) {
		counter_add(background.failures, 1);
	} else {
		counter_set(background.hopeful_ns, os_now_ns() + HOPELESS_NS);
	}
}

/* There is something to balance. Context: any lock may be held. */
void background_order(void)
{
	if (!background.balances)
		return;
	if (unlikely(counter_read(background.failures) >= HOPELESS) &&
	    os_now_ns() < counter_read(background.hopeful_ns))
		return;
	ask(WORK_BALANCE);
}

/*
 * A request found no zone above its low mark. A child process has no thread
 * yet. Context: no locks.
 */
void background_wake(void)
{
	if (background.balances && unlikely(!counter_read(background.running)))
		background_start();
	background_order();
}

/* Direct reclaim had success, so another round may have. */
void background_hope(void)
{
	if (unlikely(counter_read(background.failures)))
		counter_set(background.failures, 0);
}

bool background_balances(void)
{
	return background.balances;
}

/* ---- memory that may go back to the system ---- */

/*
 * A zone has large blocks, and had none. Context: the zone's lock, any other
 * may be held.
 */
void background_look(void)
{
	if (background.balances && !counter_read(background.looks))
		ask(WORK_LOOK);
}

/*
 * Is it worth waking up for that? A block that becomes free now is either seen
 * here or sees that nobody looks: both sides hold the zone's lock.
 */
static bool may_release(void)
{
	bool any;

	counter_set(background.looks, false);
	any = page_release_pending();
	counter_set(background.looks, any);
	return any;
}

/* ---- those who wait for pages ---- */

/* A page became free. Context: any lock may be held. */
void background_serve(void)
{
	if (!(thread_flags & PF_SERVES))
		ask(WORK_WAITERS);
}

/*
 * How long to sleep: short at first, when what is missing may come soon.
 */
static uint64_t next_look(uint64_t last_ns, bool woken)
{
	if (!page_waiters_exist())
		return background.balances && may_release() ? RELEASE_PERIOD_NS
							    : FOREVER_NS;
	if (woken || last_ns >= RELEASE_PERIOD_NS)
		return FIRST_LOOK_NS;
	return MIN(last_ns * 2, LAST_LOOK_NS);
}

static void look_after_waiters(bool woken)
{
	if (!page_waiters_exist())
		return;
	if (!woken)
		reclaim(GFP_KERNEL, true);
	page_waiters_serve();
}

/* ---- the thread ---- */

bool background_is_self(void)
{
	return is_background;
}

static void *background_main(void *arg)
{
	uint64_t sleep_ns = FOREVER_NS;
	uint32_t work = 0;

	is_background = true;
	while (!(work & WORK_STOP)) {
		bool woken = wait_word(&background.work, 0, sleep_ns);

		work = __atomic_exchange_n(&background.work, 0,
					   __ATOMIC_ACQUIRE);
		if (work & WORK_STOP)
			break;
		if (work & WORK_BALANCE)
			balance();
		look_after_waiters(woken);
		if (background.balances)
			page_release_idle(os_now_ns());
		sleep_ns = next_look(sleep_ns, woken);
	}
	return arg;
}

/* Unless it is there. Fails when no thread can be started, or none any more. */
int background_start(void)
{
	int err = 0;

	lock(&background.lock, LOCK_BACKGROUND);
	if (background.stopped) {
		err = -ENODEV;
	} else if (!background.running) {
		err = worker_start(&background.thread, background_main, NULL);
		counter_set(background.running, err == 0);
	}
	unlock(&background.lock);
	return err;
}

int background_init(const struct kmem_config *config)
{
	background.balances = config->background;
	background.stopped = false;
	background.work = 0;
	background.failures = 0;
	background.hopeful_ns = 0;
	background.looks = false;
	return config->background ? background_start() : 0;
}

/* By kmem_exit(), before anything is taken down. */
void background_stop(void)
{
	bool running;

	lock(&background.lock, LOCK_BACKGROUND);
	running = background.running;
	counter_set(background.running, false);
	background.stopped = true;
	unlock(&background.lock);
	if (!running)
		return;
	ask(WORK_STOP);
	pthread_join(background.thread, NULL);
}

/*
 * The child's copy of the thread does not exist. What it was to do is still to
 * be done there, once somebody asks again; a child without the arena has
 * nothing left to balance.
 */
void background_fork(enum fork_step step)
{
	if (step == FORK_CHILD || step == FORK_ORPHAN) {
		background.running = false;
		background.work = 0;
		background.looks = false;
	}
	if (step == FORK_ORPHAN)
		background.balances = false;
	fork_mutex(&background.lock, step);
}
