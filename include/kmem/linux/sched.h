/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/sched.h - the calling thread, and how it sleeps
 *
 *	set_current_state(TASK_UNINTERRUPTIBLE);
 *	if (!condition)
 *		schedule();             until wake_up_process()
 *	__set_current_state(TASK_RUNNING);
 *
 * No signal wakes a thread that sleeps here, interruptible or not.
 */
#include_next <linux/sched.h>

#ifndef KMEM_LINUX_SCHED_H
#define KMEM_LINUX_SCHED_H

#include <limits.h>
#include <pthread.h>

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/processor.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

#define TASK_RUNNING 0x0
#define TASK_INTERRUPTIBLE 0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_WAKEKILL 0x100
#define TASK_NOLOAD 0x400
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define TASK_COMM_LEN 16
#define MAX_SCHEDULE_TIMEOUT LONG_MAX

/**
 * struct task_struct - a thread
 * @pid: its number, as gettid(2)
 * @tgid: that of the process
 * @comm: its name
 * @__state: private, as are all that follow
 * @lock: protects the state
 * @wake: the state changed
 */
struct task_struct {
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	unsigned int __state;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/**
 * kmem_current() - what current is: the calling thread, until it ends
 */
struct task_struct *kmem_current(void);

#define current kmem_current()

static inline pid_t task_pid_nr(const struct task_struct *task)
{
	return task->pid;
}

static inline pid_t task_tgid_nr(const struct task_struct *task)
{
	return task->tgid;
}

/**
 * set_current_state() - say that the thread is about to sleep
 * @state: TASK_…; a wake-up from now on makes it TASK_RUNNING
 *
 * Context: what the thread reads afterwards was written before the wake-up
 * that it did not get, or the wake-up finds it.
 */
void set_current_state(unsigned int state);

#define __set_current_state(state) set_current_state(state)

/**
 * schedule() - sleep until the state is TASK_RUNNING
 *
 * Gives other threads the CPU when it is already.
 */
void schedule(void);

/**
 * schedule_timeout() - the same for a limited time
 * @timeout: in jiffies; MAX_SCHEDULE_TIMEOUT: without a limit
 *
 * Return: what is left of @timeout; 0 when it is over. The state is
 * TASK_RUNNING.
 */
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_uninterruptible(long timeout);
long schedule_timeout_killable(long timeout);
long schedule_timeout_idle(long timeout);

#define io_schedule() schedule()
#define io_schedule_timeout(timeout) schedule_timeout(timeout)

/**
 * wake_up_process() - let a thread go on that sleeps, or is about to
 *
 * Return: 1 when it was not running, else 0.
 */
int wake_up_process(struct task_struct *task);
int wake_up_state(struct task_struct *task, unsigned int state);

#pragma GCC visibility pop

/* Signals are the process's business and none of this code's. */
static inline int signal_pending(struct task_struct *task)
{
	(void)task;
	return 0;
}

static inline int fatal_signal_pending(struct task_struct *task)
{
	return signal_pending(task);
}

static inline void yield(void)
{
	sched_yield();
}

/* Return: whether another thread ran: nobody knows. */
static inline int cond_resched(void)
{
	sched_yield();
	return 0;
}

#endif /* KMEM_LINUX_SCHED_H */
