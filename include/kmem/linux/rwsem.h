/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/rwsem.h - locks of one writer or many readers, which may sleep
 *
 * Who comes first gets the lock first: a writer that waits keeps later readers
 * out, so a thread must not take a lock for reading that it has already.
 * No signal interrupts who waits for one.
 */
#ifndef KMEM_LINUX_RWSEM_H
#define KMEM_LINUX_RWSEM_H

#include <linux/cleanup.h>
#include <linux/rwlock.h>

/**
 * struct rw_semaphore - private
 * @kmem_turn: who has it is the next to take the lock, and waits for that
 * @kmem_rwlock: the lock
 */
struct rw_semaphore {
	spinlock_t kmem_turn;
	rwlock_t kmem_rwlock;
};

#define __RWSEM_INITIALIZER(name)                                              \
	{                                                                      \
		__SPIN_LOCK_UNLOCKED((name).kmem_turn),                        \
			__RW_LOCK_UNLOCKED((name).kmem_rwlock)                 \
	}
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

static inline void init_rwsem(struct rw_semaphore *sem)
{
	spin_lock_init(&sem->kmem_turn);
	rwlock_init(&sem->kmem_rwlock);
}

static inline void down_read(struct rw_semaphore *sem)
{
	spin_lock(&sem->kmem_turn);
	read_lock(&sem->kmem_rwlock);
	spin_unlock(&sem->kmem_turn);
}

static inline void down_write(struct rw_semaphore *sem)
{
	spin_lock(&sem->kmem_turn);
	write_lock(&sem->kmem_rwlock);
	spin_unlock(&sem->kmem_turn);
}

/* These return 0: the lock is the caller's. */
static inline int __must_check down_read_interruptible(struct rw_semaphore *sem)
{
	down_read(sem);
	return 0;
}

static inline int __must_check down_read_killable(struct rw_semaphore *sem)
{
	down_read(sem);
	return 0;
}

static inline int __must_check down_write_killable(struct rw_semaphore *sem)
{
	down_write(sem);
	return 0;
}

/* Return: 1 when the lock is the caller's now, else 0. */
static inline int down_read_trylock(struct rw_semaphore *sem)
{
	int taken;

	if (!spin_trylock(&sem->kmem_turn))
		return 0;
	taken = read_trylock(&sem->kmem_rwlock);
	spin_unlock(&sem->kmem_turn);
	return taken;
}

static inline int down_write_trylock(struct rw_semaphore *sem)
{
	return write_trylock(&sem->kmem_rwlock);
}

static inline void up_read(struct rw_semaphore *sem)
{
	read_unlock(&sem->kmem_rwlock);
}

static inline void up_write(struct rw_semaphore *sem)
{
	write_unlock(&sem->kmem_rwlock);
}

/* Another lock of the same kind, on purpose. */
#define down_read_nested(sem, subclass) down_read(sem)
#define down_write_nested(sem, subclass) down_write(sem)

DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))

#endif /* KMEM_LINUX_RWSEM_H */
