/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/jiffies.h - the time, in milliseconds
 */
#ifndef KMEM_LINUX_JIFFIES_H
#define KMEM_LINUX_JIFFIES_H

#include <asm/param.h>
#include <time.h>

#include <linux/types.h>

/* What <asm/param.h> has is the unit of times(2). */
#undef HZ
#define HZ 1000
#define MAX_JIFFY_OFFSET ((__LONG_MAX__ >> 1) - 1)

#define MSEC_PER_SEC 1000l
#define USEC_PER_MSEC 1000l
#define NSEC_PER_USEC 1000l
#define NSEC_PER_MSEC 1000000l
#define USEC_PER_SEC 1000000l
#define NSEC_PER_SEC 1000000000l

static inline u64 kmem_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000ull + (u64)now.tv_nsec;
}

static inline u64 get_jiffies_64(void)
{
	return kmem_now_ns() / (1000000000ull / HZ);
}

/* To be read only. */
#define jiffies ((unsigned long)get_jiffies_64())

/* Right, too, when the counter has wrapped. */
#define time_after(a, b) ((long)((unsigned long)(b) - (unsigned long)(a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) (!time_before(a, b))
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_in_range(a, b, c) (time_after_eq(a, b) && time_before_eq(a, c))
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return (int)ms < 0 ? (unsigned long)MAX_JIFFY_OFFSET
			   : (unsigned long)ms * HZ / 1000;
}

static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return ((unsigned long)us * HZ + 999999) / 1000000;
}

static inline unsigned long nsecs_to_jiffies(u64 ns)
{
	return (unsigned long)(ns / (1000000000ull / HZ));
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return (unsigned int)(j * 1000 / HZ);
}

static inline unsigned int jiffies_to_usecs(unsigned long j)
{
	return (unsigned int)(j * 1000000 / HZ);
}

#endif /* KMEM_LINUX_JIFFIES_H */
