/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/kref.h - references to an object, and what ends it
 */
#ifndef KMEM_LINUX_KREF_H
#define KMEM_LINUX_KREF_H

#include <linux/refcount.h>

struct kref {
	refcount_t refcount;
};

#define KREF_INIT(n)                                                           \
	{                                                                      \
		REFCOUNT_INIT(n)                                               \
	}

static inline void kref_init(struct kref *kref)
{
	refcount_set(&kref->refcount, 1);
}

static inline unsigned int kref_read(const struct kref *kref)
{
	return refcount_read(&kref->refcount);
}

static inline void kref_get(struct kref *kref)
{
	refcount_inc(&kref->refcount);
}

static inline int __must_check kref_get_unless_zero(struct kref *kref)
{
	return refcount_inc_not_zero(&kref->refcount);
}

/**
 * kref_put() - give a reference back
 * @release: called for the last one
 *
 * Return: 1 when @release was called, else 0.
 */
static inline int kref_put(struct kref *kref,
			   void (*release)(struct kref *kref))
{
	if (!refcount_dec_and_test(&kref->refcount))
		return 0;
	release(kref);
	return 1;
}

/**
 * kref_put_mutex(), kref_put_lock() - the same for an object that is found
 * under a lock
 * @release: called for the last one, with @lock held, which it must let go
 *
 * Return: 1 when @release was called, else 0.
 */
static inline int kref_put_mutex(struct kref *kref,
				 void (*release)(struct kref *kref),
				 struct mutex *lock)
{
	if (!refcount_dec_and_mutex_lock(&kref->refcount, lock))
		return 0;
	release(kref);
	return 1;
}

static inline int kref_put_lock(struct kref *kref,
				void (*release)(struct kref *kref),
				spinlock_t *lock)
{
	if (!refcount_dec_and_lock(&kref->refcount, lock))
		return 0;
	release(kref);
	return 1;
}

#endif /* KMEM_LINUX_KREF_H */
