/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/refcount.h - references that must not begin again at 0
 *
 * Misuse is warned of once and saturates the counter: what is counted leaks,
 * which is better than to be freed while in use.
 */
#ifndef KMEM_LINUX_REFCOUNT_H
#define KMEM_LINUX_REFCOUNT_H

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)                                                       \
	{                                                                      \
		ATOMIC_INIT(n)                                                 \
	}
/* As far from 0 as from the smallest number: what many threads add or take
 * before one of them notices leads to neither. */
#define REFCOUNT_SATURATED ((-__INT_MAX__ - 1) / 2)

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

static inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	int old = atomic_fetch_add_unless(&r->refs, 1, 0);

	if (old < 0 || old == __INT_MAX__) {
		refcount_set(r, REFCOUNT_SATURATED);
		WARN_ONCE(true, "refcount_t: saturated; leaking memory.\n");
	}
	return old != 0;
}

static inline void refcount_inc(refcount_t *r)
{
	if (refcount_inc_not_zero(r))
		return;
	refcount_set(r, REFCOUNT_SATURATED);
	WARN_ONCE(true, "refcount_t: addition on 0; use-after-free.\n");
}

static inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	int old = atomic_fetch_sub(1, &r->refs);

	if (old == 1)
		return true;
	if (old <= 0) {
		refcount_set(r, REFCOUNT_SATURATED);
		WARN_ONCE(true, "refcount_t: underflow; use-after-free.\n");
	}
	return false;
}

static inline void refcount_dec(refcount_t *r)
{
	if (!refcount_dec_and_test(r))
		return;
	refcount_set(r, REFCOUNT_SATURATED);
	WARN_ONCE(true, "refcount_t: decrement hit 0; leaking memory.\n");
}

/* Return: false: it was the last one, and still is there. */
static inline bool __must_check refcount_dec_not_one(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (old == REFCOUNT_SATURATED)
			return true;
		if (old == 1)
			return false;
		if (old <= 0) {
			WARN_ONCE(true, "refcount_t: underflow; "
					"use-after-free.\n");
			return true;
		}
	} while (!atomic_try_cmpxchg(&r->refs, &old, old - 1));
	return true;
}

/* The last one is given back with the lock held, and only then: nobody who
 * looks for the object under that lock finds one without references.
 * Return: true: it was the last one, and the caller has the lock. */
static inline bool __must_check refcount_dec_and_mutex_lock(refcount_t *r,
							    struct mutex *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	mutex_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	mutex_unlock(lock);
	return false;
}

static inline bool __must_check refcount_dec_and_lock(refcount_t *r,
						      spinlock_t *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);
	return false;
}

#endif /* KMEM_LINUX_REFCOUNT_H */
