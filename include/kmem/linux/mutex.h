/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/mutex.h - locks whose owner may sleep
 *
 * No signal interrupts who waits for one: the _interruptible and _killable
 * forms always succeed.
 */
#ifndef KMEM_LINUX_MUTEX_H
#define KMEM_LINUX_MUTEX_H

#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>

struct mutex {
	struct kmem_lock kmem_lock;
};

#define __MUTEX_INITIALIZER(name)                                              \
	{                                                                      \
		KMEM_LOCK_INIT                                                 \
	}
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

static inline void mutex_init(struct mutex *lock)
{
	kmem_lock_init(&lock->kmem_lock);
}

/* Destroying a lock that somebody has is a bug. */
static inline void mutex_destroy(struct mutex *lock)
{
	BUG_ON(kmem_lock_taken(&lock->kmem_lock));
}

static inline void mutex_lock(struct mutex *lock)
{
	kmem_lock_take(&lock->kmem_lock, "mutex");
}

static inline int __must_check mutex_lock_interruptible(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

static inline int __must_check mutex_lock_killable(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

/* Return: 1 when it was free and is the caller's now, else 0. */
static inline int mutex_trylock(struct mutex *lock)
{
	return kmem_lock_try(&lock->kmem_lock);
}

static inline void mutex_unlock(struct mutex *lock)
{
	kmem_lock_drop(&lock->kmem_lock, "mutex");
}

static inline bool mutex_is_locked(const struct mutex *lock)
{
	return kmem_lock_taken(&lock->kmem_lock);
}

/* Another lock of the same kind, on purpose. */
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))

#endif /* KMEM_LINUX_MUTEX_H */
