/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/completion.h - waiting until something is done
 */
#ifndef KMEM_LINUX_COMPLETION_H
#define KMEM_LINUX_COMPLETION_H

#include <linux/wait.h>

#pragma GCC visibility push(default)

/**
 * struct completion - how often it is done already; private
 * @done: waits that need not sleep; UINT_MAX: all
 * @wait: who waits; its lock protects @done
 */
struct completion {
	unsigned int done;
	struct wait_queue_head wait;
};

#define COMPLETION_INITIALIZER(name)                                           \
	{                                                                      \
		0, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait)                  \
	}
#define COMPLETION_INITIALIZER_ONSTACK(name) COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION(name)                                               \
	struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name) DECLARE_COMPLETION(name)

static inline void init_completion(struct completion *x)
{
	x->done = 0;
	init_waitqueue_head(&x->wait);
}

/* To be used again after complete_all(). */
static inline void reinit_completion(struct completion *x)
{
	x->done = 0;
}

/* One wait may end; all waits may. */
void complete(struct completion *x);
void complete_all(struct completion *x);

void wait_for_completion(struct completion *x);

/* Return: what is left of @timeout, at least 1; 0: the time is over. */
unsigned long wait_for_completion_timeout(struct completion *x,
					  unsigned long timeout);

/* Without sleeping. Return: whether it was done. */
bool try_wait_for_completion(struct completion *x);

/* Does nobody have to sleep? */
bool completion_done(struct completion *x);

#pragma GCC visibility pop

#define wait_for_completion_io(x) wait_for_completion(x)

#define wait_for_completion_io_timeout(x, timeout)                             \
	wait_for_completion_timeout(x, timeout)

static inline int wait_for_completion_interruptible(struct completion *x)
{
	wait_for_completion(x);
	return 0;
}

static inline int wait_for_completion_killable(struct completion *x)
{
	wait_for_completion(x);
	return 0;
}

static inline long
wait_for_completion_interruptible_timeout(struct completion *x,
					  unsigned long timeout)
{
	return (long)wait_for_completion_timeout(x, timeout);
}

static inline long wait_for_completion_killable_timeout(struct completion *x,
							unsigned long timeout)
{
	return (long)wait_for_completion_timeout(x, timeout);
}

#endif /* KMEM_LINUX_COMPLETION_H */
