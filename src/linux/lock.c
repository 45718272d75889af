/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock.c - the locks of kernel-style code
 *
 * A lock knows its owner by the address of a word that each thread has. The
 * owner is written by the thread that has the mutex, and only a thread's own
 * address means something to it: reading it without the mutex is right for
 * "is it mine?", whatever others do meanwhile.
 */
#include <stdlib.h>

#include <linux/lockdep.h>

static __thread char self;

static void lock_bug(const char *what, const char *why,
		     const struct kmem_lock *lock, void *caller)
{
	printk(KERN_EMERG "BUG: %s %s, lock: %px, by %pB\n", what, why, lock,
	       caller);
	dump_stack();
	abort();
}

void kmem_lock_init(struct kmem_lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	WRITE_ONCE(lock->owner, NULL);
}

bool kmem_lock_held(const struct kmem_lock *lock)
{
	return READ_ONCE(lock->owner) == &self;
}

void kmem_lock_take(struct kmem_lock *lock, const char *what)
{
	if (unlikely(kmem_lock_held(lock)))
		lock_bug(what, "recursion", lock, __builtin_return_address(0));
	pthread_mutex_lock(&lock->mutex);
	WRITE_ONCE(lock->owner, &self);
}

bool kmem_lock_try(struct kmem_lock *lock)
{
	if (pthread_mutex_trylock(&lock->mutex) != 0)
		return false;
	WRITE_ONCE(lock->owner, &self);
	return true;
}

void kmem_lock_drop(struct kmem_lock *lock, const char *what)
{
	if (unlikely(!kmem_lock_held(lock)))
		lock_bug(what,
			 kmem_lock_taken(lock) ? "wrong owner"
					       : "already unlocked",
			 lock, __builtin_return_address(0));
	WRITE_ONCE(lock->owner, NULL);
	pthread_mutex_unlock(&lock->mutex);
}
