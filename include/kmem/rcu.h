/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rcu.h - freeing after the readers are gone
 *
 * Grace periods are those of liburcu (flavour memb): a reader is between
 * urcu_memb_read_lock() and urcu_memb_read_unlock(). A library that was built
 * without liburcu has no readers to wait for, and says so in a report; caches
 * with SLAB_TYPESAFE_BY_RCU then release their slabs at once.
 *
 * A process that forks while one of its threads reads has a child whose grace
 * periods never end, as liburcu has it: fork outside of readers.
 */
#ifndef KMEM_RCU_H
#define KMEM_RCU_H

#include <stdbool.h>
#include <stddef.h>

#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Room for what kfree_rcu() notes in an object; liburcu's rcu_head does, too. */
struct kmem_rcu_head {
	void *words[2];
};

/**
 * kfree_rcu(), kvfree_rcu() - kvfree() after a grace period
 * @ptr: an object of kmalloc(), kvmalloc(), vmalloc() or of any cache
 * @member: a struct kmem_rcu_head, or anything else of two words, in it
 *
 * Context: any thread, does not sleep; within a reader as well.
 */
#define kfree_rcu(ptr, member)                                                 \
	do {                                                                   \
		_Static_assert(sizeof((ptr)->member) >= 2 * sizeof(void *),    \
			       "kfree_rcu() needs room for two words");        \
		kmem_free_rcu(&(ptr)->member, (ptr));                          \
	} while (0)

#define kvfree_rcu(ptr, member) kfree_rcu(ptr, member)

/**
 * kmem_free_rcu() - what kfree_rcu() calls
 * @head: two words of the object, free to be written
 * @object: NULL is a no-op
 */
void kmem_free_rcu(void *head, void *object);

/**
 * kfree_rcu_mightsleep(), kvfree_rcu_mightsleep() - kvfree() after a grace
 * period that is waited for
 *
 * Context: may sleep; not within a reader.
 */
void kfree_rcu_mightsleep(void *object);

#define kvfree_rcu_mightsleep(object) kfree_rcu_mightsleep(object)

/**
 * kmem_rcu_barrier() - wait until all that was freed so far is really free
 *
 * Context: may sleep; not within a reader.
 */
void kmem_rcu_barrier(void);

/**
 * kmem_has_rcu() - was the library built with liburcu?
 */
bool kmem_has_rcu(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_RCU_H */
