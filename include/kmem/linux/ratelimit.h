/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/ratelimit.h - what may not happen often
 */
#ifndef KMEM_LINUX_RATELIMIT_H
#define KMEM_LINUX_RATELIMIT_H

#include <linux/bug.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST 10

/**
 * struct ratelimit_state - @burst times in @interval jiffies
 * @lock: protects what follows
 * @interval: 0: no limit
 * @burst: see above
 * @printed: how often in the interval that runs
 * @missed: how often not
 * @begin: when it began; 0: none runs
 */
struct ratelimit_state {
	spinlock_t lock;
	int interval;
	int burst;
	int printed;
	int missed;
	unsigned long begin;
};

#define RATELIMIT_STATE_INIT(name, interval, burst)                            \
	{                                                                      \
		__SPIN_LOCK_UNLOCKED((name).lock), interval, burst, 0, 0, 0    \
	}
#define DEFINE_RATELIMIT_STATE(name, interval, burst)                          \
	struct ratelimit_state name =                                          \
		RATELIMIT_STATE_INIT(name, interval, burst)

static inline void ratelimit_state_init(struct ratelimit_state *rs,
					int interval, int burst)
{
	spin_lock_init(&rs->lock);
	rs->interval = interval;
	rs->burst = burst;
	rs->printed = 0;
	rs->missed = 0;
	rs->begin = 0;
}

/* @func is who asks, for the message about those that were not allowed. */
static inline int ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	int allowed;

	if (!rs->interval)
		return 1;
	spin_lock(&rs->lock);
	if (!rs->begin ||
	    time_after(jiffies, rs->begin + (unsigned long)rs->interval)) {
		if (rs->missed)
			printk(KERN_WARNING "%s: %d callbacks suppressed\n",
			       func, rs->missed);
		rs->begin = jiffies;
		rs->printed = 0;
		rs->missed = 0;
	}
	allowed = rs->printed < rs->burst;
	if (allowed)
		rs->printed++;
	else
		rs->missed++;
	spin_unlock(&rs->lock);
	return allowed;
}

/* Return: 1: go on; 0: it was too often. */
#define __ratelimit(state) ___ratelimit(state, __func__)

#define WARN_ON_RATELIMIT(condition, state)                                    \
	WARN_ON((condition) && __ratelimit(state))

#endif /* KMEM_LINUX_RATELIMIT_H */
