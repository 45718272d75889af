/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/semaphore.h - locks that so many may have at once
 *
 * One is a completion that counts what is free; who takes it need not be who
 * gives it back. No signal interrupts who waits.
 */
#ifndef KMEM_LINUX_SEMAPHORE_H
#define KMEM_LINUX_SEMAPHORE_H

#include <linux/completion.h>
#include <linux/errno.h>

struct semaphore {
	struct completion kmem_free;
};

#define __SEMAPHORE_INITIALIZER(name, n)                                       \
	{                                                                      \
		{                                                              \
			n, __WAIT_QUEUE_HEAD_INITIALIZER(                      \
				   (name).kmem_free.wait)                      \
		}                                                              \
	}
#define DEFINE_SEMAPHORE(name, n)                                              \
	struct semaphore name = __SEMAPHORE_INITIALIZER(name, n)

static inline void sema_init(struct semaphore *sem, int n)
{
	init_completion(&sem->kmem_free);
	sem->kmem_free.done = (unsigned int)n;
}

static inline void down(struct semaphore *sem)
{
	wait_for_completion(&sem->kmem_free);
}

static inline int __must_check down_interruptible(struct semaphore *sem)
{
	down(sem);
	return 0;
}

static inline int __must_check down_killable(struct semaphore *sem)
{
	down(sem);
	return 0;
}

/* Unlike the other trylocks. Return: 0 when it was taken, else 1. */
static inline int __must_check down_trylock(struct semaphore *sem)
{
	return !try_wait_for_completion(&sem->kmem_free);
}

/* @timeout is in jiffies. Return: 0, or -ETIME. */
static inline int __must_check down_timeout(struct semaphore *sem, long timeout)
{
	unsigned long left = timeout > 0 ? (unsigned long)timeout : 0;

	return wait_for_completion_timeout(&sem->kmem_free, left) ? 0 : -ETIME;
}

static inline void up(struct semaphore *sem)
{
	complete(&sem->kmem_free);
}

#endif /* KMEM_LINUX_SEMAPHORE_H */
