/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/spinlock.h - short locks
 *
 * They sleep instead of spinning: the owner may be off its CPU here. There are
 * no interrupts, so the forms that switch them off are the plain ones, and
 * @flags, which must be an unsigned long, means nothing.
 */
#ifndef KMEM_LINUX_SPINLOCK_H
#define KMEM_LINUX_SPINLOCK_H

#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/processor.h>
#include <linux/types.h>

typedef struct spinlock {
	struct kmem_lock kmem_lock;
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name)                                             \
	{                                                                      \
		KMEM_LOCK_INIT                                                 \
	}
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)

static inline void spin_lock_init(spinlock_t *lock)
{
	kmem_lock_init(&lock->kmem_lock);
}

static inline void spin_lock(spinlock_t *lock)
{
	kmem_lock_take(&lock->kmem_lock, "spinlock");
}

static inline void spin_unlock(spinlock_t *lock)
{
	kmem_lock_drop(&lock->kmem_lock, "spinlock");
}

/* Return: 1 when it was free and is the caller's now, else 0. */
static inline int spin_trylock(spinlock_t *lock)
{
	return kmem_lock_try(&lock->kmem_lock);
}

static inline int spin_is_locked(const spinlock_t *lock)
{
	return kmem_lock_taken(&lock->kmem_lock);
}

#define assert_spin_locked(lock) BUG_ON(!spin_is_locked(lock))

/* The type of @flags is checked, its value is 0. */
#define KMEM_NO_FLAGS(flags)                                                   \
	do {                                                                   \
		unsigned long *kmem_flags = &(flags);                          \
                                                                               \
		*kmem_flags = 0;                                               \
	} while (0)

#define spin_lock_irqsave(lock, flags)                                         \
	do {                                                                   \
		KMEM_NO_FLAGS(flags);                                          \
		spin_lock(lock);                                               \
	} while (0)
#define spin_trylock_irqsave(lock, flags)                                      \
	__extension__({                                                        \
		KMEM_NO_FLAGS(flags);                                          \
		spin_trylock(lock);                                            \
	})

static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	(void)flags;
	spin_unlock(lock);
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	spin_lock(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
}

static inline int spin_trylock_irq(spinlock_t *lock)
{
	return spin_trylock(lock);
}

static inline void spin_lock_bh(spinlock_t *lock)
{
	spin_lock(lock);
}

static inline void spin_unlock_bh(spinlock_t *lock)
{
	spin_unlock(lock);
}

static inline int spin_trylock_bh(spinlock_t *lock)
{
	return spin_trylock(lock);
}

/* Another lock of the same kind, on purpose. */
#define spin_lock_nested(lock, subclass) spin_lock(lock)
#define spin_lock_irqsave_nested(lock, flags, subclass)                        \
	spin_lock_irqsave(lock, flags)

/* Locks that never sleep, elsewhere: here they are the same. */
typedef spinlock_t raw_spinlock_t;

#define __RAW_SPIN_LOCK_UNLOCKED(name) __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) DEFINE_SPINLOCK(name)
#define raw_spin_lock_init(lock) spin_lock_init(lock)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_trylock(lock) spin_trylock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)
#define raw_spin_lock_irq(lock) spin_lock_irq(lock)
#define raw_spin_unlock_irq(lock) spin_unlock_irq(lock)
#define raw_spin_lock_irqsave(lock, flags) spin_lock_irqsave(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags)                                \
	spin_unlock_irqrestore(lock, flags)

DEFINE_GUARD(raw_spinlock, raw_spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(spinlock, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(spinlock_irq, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(spinlock_irqsave, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(spinlock_bh, spinlock_t *, spin_lock(_T), spin_unlock(_T))

/* For atomic_t, which comes with the locks in the kernel, too. */
#include <linux/atomic.h>
#include <linux/rwlock.h>

#endif /* KMEM_LINUX_SPINLOCK_H */
