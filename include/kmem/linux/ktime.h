/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/ktime.h - the time, in nanoseconds
 */
#ifndef KMEM_LINUX_KTIME_H
#define KMEM_LINUX_KTIME_H

#include <linux/jiffies.h>

typedef s64 ktime_t;

static inline ktime_t ktime_get(void)
{
	return (ktime_t)kmem_now_ns();
}

static inline u64 ktime_get_ns(void)
{
	return kmem_now_ns();
}

static inline ktime_t ktime_get_real(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (ktime_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

static inline ktime_t ms_to_ktime(u64 ms)
{
	return (ktime_t)(ms * 1000000);
}

static inline s64 ktime_to_ns(ktime_t t)
{
	return t;
}

static inline s64 ktime_to_us(ktime_t t)
{
	return t / 1000;
}

static inline s64 ktime_to_ms(ktime_t t)
{
	return t / 1000000;
}

static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_us(later - earlier);
}

static inline s64 ktime_ms_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_ms(later - earlier);
}

#define ktime_add(a, b) ((a) + (b))
#define ktime_sub(a, b) ((a) - (b))
#define ktime_add_ns(t, ns) ((t) + (s64)(ns))
#define ktime_add_us(t, us) ((t) + (s64)(us)*1000)
#define ktime_add_ms(t, ms) ((t) + (s64)(ms)*1000000)
#define ktime_before(a, b) ((a) < (b))
#define ktime_after(a, b) ((a) > (b))

#endif /* KMEM_LINUX_KTIME_H */
