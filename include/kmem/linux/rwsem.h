/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/rwsem.h - locks of one writer or many readers, which may sleep
 */
#ifndef KMEM_LINUX_RWSEM_H
#define KMEM_LINUX_RWSEM_H

#include <linux/rwlock.h>

struct rw_semaphore {
	rwlock_t kmem_lock;
};

#define DECLARE_RWSEM(name)                                                    \
	struct rw_semaphore name = { __RW_LOCK_UNLOCKED(name) }

static inline void init_rwsem(struct rw_semaphore *sem)
{
	rwlock_init(&sem->kmem_lock);
}

static inline void down_read(struct rw_semaphore *sem)
{
	read_lock(&sem->kmem_lock);
}

static inline void down_write(struct rw_semaphore *sem)
{
	write_lock(&sem->kmem_lock);
}

static inline int down_read_trylock(struct rw_semaphore *sem)
{
	return read_trylock(&sem->kmem_lock);
}

static inline int down_write_trylock(struct rw_semaphore *sem)
{
	return write_trylock(&sem->kmem_lock);
}

static inline void up_read(struct rw_semaphore *sem)
{
	read_unlock(&sem->kmem_lock);
}

static inline void up_write(struct rw_semaphore *sem)
{
	write_unlock(&sem->kmem_lock);
}

#endif /* KMEM_LINUX_RWSEM_H */
