/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/delay.h - waiting for time alone
 */
#ifndef KMEM_LINUX_DELAY_H
#define KMEM_LINUX_DELAY_H

#include <linux/jiffies.h>

/* Sleeps through signals. */
static inline void kmem_sleep_ns(u64 ns)
{
	struct timespec left = { (time_t)(ns / 1000000000u),
				 (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) != 0)
		;
}

static inline void kmem_spin_ns(u64 ns)
{
	u64 end = kmem_now_ns() + ns;

	while (kmem_now_ns() < end)
		;
}

static inline void msleep(unsigned int ms)
{
	kmem_sleep_ns(ms * 1000000ull);
}

/* Return: what was left to sleep: 0, no signal ends it. */
static inline unsigned long msleep_interruptible(unsigned int ms)
{
	msleep(ms);
	return 0;
}

static inline void ssleep(unsigned int seconds)
{
	kmem_sleep_ns(seconds * 1000000000ull);
}

static inline void usleep_range(unsigned long least, unsigned long most)
{
	(void)most;
	kmem_sleep_ns(least * 1000ull);
}

static inline void fsleep(unsigned long us)
{
	kmem_sleep_ns(us * 1000ull);
}

static inline void ndelay(unsigned long ns)
{
	kmem_spin_ns(ns);
}

static inline void udelay(unsigned long us)
{
	kmem_spin_ns(us * 1000ull);
}

static inline void mdelay(unsigned long ms)
{
	kmem_spin_ns(ms * 1000000ull);
}

#endif /* KMEM_LINUX_DELAY_H */
