/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/rwlock.h - locks of one writer or many readers
 */
#ifndef KMEM_LINUX_RWLOCK_H
#define KMEM_LINUX_RWLOCK_H

#include <pthread.h>

#include <linux/spinlock.h>

typedef struct {
	pthread_rwlock_t kmem_rwlock;
} rwlock_t;

#define __RW_LOCK_UNLOCKED(name)                                               \
	{                                                                      \
		PTHREAD_RWLOCK_INITIALIZER                                     \
	}
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)

static inline void rwlock_init(rwlock_t *lock)
{
	pthread_rwlock_init(&lock->kmem_rwlock, NULL);
}

/* It fails for the lock's own writer, which would wait for itself. */
static inline void read_lock(rwlock_t *lock)
{
	BUG_ON(pthread_rwlock_rdlock(&lock->kmem_rwlock) != 0);
}

static inline void write_lock(rwlock_t *lock)
{
	BUG_ON(pthread_rwlock_wrlock(&lock->kmem_rwlock) != 0);
}

static inline int read_trylock(rwlock_t *lock)
{
	return pthread_rwlock_tryrdlock(&lock->kmem_rwlock) == 0;
}

static inline int write_trylock(rwlock_t *lock)
{
	return pthread_rwlock_trywrlock(&lock->kmem_rwlock) == 0;
}

static inline void read_unlock(rwlock_t *lock)
{
	pthread_rwlock_unlock(&lock->kmem_rwlock);
}

static inline void write_unlock(rwlock_t *lock)
{
	pthread_rwlock_unlock(&lock->kmem_rwlock);
}

#define read_lock_irq(lock) read_lock(lock)
#define read_unlock_irq(lock) read_unlock(lock)
#define read_lock_bh(lock) read_lock(lock)
#define read_unlock_bh(lock) read_unlock(lock)
#define write_lock_irq(lock) write_lock(lock)
#define write_unlock_irq(lock) write_unlock(lock)
#define write_lock_bh(lock) write_lock(lock)
#define write_unlock_bh(lock) write_unlock(lock)
#define read_lock_irqsave(lock, flags)                                         \
	do {                                                                   \
		KMEM_NO_FLAGS(flags);                                          \
		read_lock(lock);                                               \
	} while (0)
#define write_lock_irqsave(lock, flags)                                        \
	do {                                                                   \
		KMEM_NO_FLAGS(flags);                                          \
		write_lock(lock);                                              \
	} while (0)
static inline void read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	(void)flags;
	read_unlock(lock);
}

static inline void write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	(void)flags;
	write_unlock(lock);
}

#endif /* KMEM_LINUX_RWLOCK_H */
