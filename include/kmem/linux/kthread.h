/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/kthread.h - threads that are asked to stop
 */
#ifndef KMEM_LINUX_KTHREAD_H
#define KMEM_LINUX_KTHREAD_H

#include <linux/err.h>
#include <linux/sched.h>

#pragma GCC visibility push(default)

/**
 * kthread_create() - a thread that begins when wake_up_process() says so
 * @threadfn: what it does; what it returns is handed to who stops it
 * @data: for @threadfn
 * @namefmt: its name, up to 15 bytes
 *
 * Every thread must be stopped by kthread_stop(), once, even if it ended.
 *
 * Context: may sleep. Return: the thread, or an error pointer.
 */
struct task_struct *kthread_create(int (*threadfn)(void *data), void *data,
				   const char *namefmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The node is where the kernel takes the stack from. */
#define kthread_create_on_node(threadfn, data, node, namefmt, ...)             \
	((void)(node), kthread_create(threadfn, data, namefmt, ##__VA_ARGS__))
/* The same, and it begins. */
#define kthread_run(threadfn, data, namefmt, ...)                              \
	__extension__({                                                        \
		struct task_struct *kmem_task = kthread_create(                \
			threadfn, data, namefmt, ##__VA_ARGS__);               \
                                                                               \
		if (!IS_ERR(kmem_task))                                        \
			wake_up_process(kmem_task);                            \
		kmem_task;                                                     \
	})

/**
 * kthread_stop() - ask a thread to stop, wake it, wait for its end
 *
 * Context: may sleep; not by the thread itself.
 * Return: what its function returned; -EINTR when it never began.
 */
int kthread_stop(struct task_struct *task);

/**
 * kthread_should_stop() - was the calling thread asked to stop?
 */
bool kthread_should_stop(void);

#pragma GCC visibility pop

#endif /* KMEM_LINUX_KTHREAD_H */
