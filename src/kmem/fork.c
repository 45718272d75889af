/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fork.c - what a child process gets
 *
 * An anonymous arena is copied on write: the child goes on with an allocator of
 * its own, in the state of the moment of the fork. An arena that is a memfd or
 * a file is not inherited, or two processes would allocate from the same
 * memory without knowing of each other: the child starts without a stack and
 * may set one up.
 *
 * All locks are taken before, in the order of their ranks, so that every
 * structure is whole at that moment. Locks of records are not: what they
 * guard changes under a lock of node, zone or list as well, and their words
 * are cleared in the child, where their owners are gone. So the child loses at
 * most what another thread had in its hands: an object popped and not yet
 * returned.
 *
 * Threads that wait in a pool, and requests that are parked there, stay with
 * the parent.
 */
#include <stdlib.h>

#include "internal.h"

/* clang-format off */
static void (*const in_rank_order[])(enum fork_step step) = {
	kmem_fork,
	caches_fork,
	pools_fork,
	background_fork,
	shrinkers_fork,
	page_wait_fork,
	sysctl_fork,
	ticker_fork,
	rcu_fork,
	iomem_fork,
	threads_fork,
	slabs_fork,
	stacks_fork,
	zones_fork,
	vm_areas_fork,
	highmem_fork,
	meta_fork,
	report_fork,
};
/* clang-format on */

/* The ranks are not for a thread that takes every lock there is. */
void fork_mutex(pthread_mutex_t *m, enum fork_step step)
{
	if (step == FORK_PREPARE)
		pthread_mutex_lock(m);
	else
		pthread_mutex_unlock(m);
}

/* Locks inside an arena that the child does not get need not be taken. */
bool fork_inherits(void)
{
	return kmem.ready && kmem.arena.fd < 0;
}

static void prepare(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(in_rank_order); i++)
		in_rank_order[i](FORK_PREPARE);
}

static void let_go(enum fork_step step)
{
	for (unsigned int i = ARRAY_SIZE(in_rank_order); i > 0; i--)
		in_rank_order[i - 1](step);
}

static void in_parent(void)
{
	let_go(FORK_PARENT);
}

static void in_child(void)
{
	let_go(kmem.ready && !fork_inherits() ? FORK_ORPHAN : FORK_CHILD);
}

static void register_handlers(void)
{
	pthread_atfork(prepare, in_parent, in_child);
}

/* Once per process, however often the stack is set up. */
void fork_setup(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, register_handlers);
}
