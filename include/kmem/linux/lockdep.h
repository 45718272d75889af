/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/lockdep.h - what spinlocks and mutexes are made of
 *
 * Either is a mutex of the threads library that knows its owner, so that what
 * the kernel's debugging finds is found here always: a lock that is taken
 * again by its owner, or let go by somebody else, is a bug (a message with the
 * stack, then abort(3)). A lock of all zeroes is a lock that is free.
 */
#ifndef KMEM_LINUX_LOCKDEP_H
#define KMEM_LINUX_LOCKDEP_H

#include <pthread.h>

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

/**
 * struct kmem_lock - private
 * @mutex: the lock
 * @owner: a word of the thread that has it, or NULL
 */
struct kmem_lock {
	pthread_mutex_t mutex;
	void *owner;
};

#define KMEM_LOCK_INIT                                                         \
	{                                                                      \
		PTHREAD_MUTEX_INITIALIZER, NULL                                \
	}

/* What spin_lock(), mutex_lock() and relatives call; @what is for messages. */
void kmem_lock_init(struct kmem_lock *lock);
void kmem_lock_take(struct kmem_lock *lock, const char *what);
bool kmem_lock_try(struct kmem_lock *lock);
void kmem_lock_drop(struct kmem_lock *lock, const char *what);
bool kmem_lock_held(const struct kmem_lock *lock);

#pragma GCC visibility pop

/* By anybody? True a moment ago. */
static inline bool kmem_lock_taken(const struct kmem_lock *lock)
{
	return READ_ONCE(lock->owner) != NULL;
}

/* By the calling thread? For a spinlock_t and a struct mutex. */
#define lockdep_is_held(lock) kmem_lock_held(&(lock)->kmem_lock)
#define lockdep_assert_held(lock) WARN_ON(!lockdep_is_held(lock))
#define lockdep_assert_held_once(lock) WARN_ON_ONCE(!lockdep_is_held(lock))
#define lockdep_assert_not_held(lock) WARN_ON(lockdep_is_held(lock))

#endif /* KMEM_LINUX_LOCKDEP_H */
