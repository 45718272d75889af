/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/wait.h - waiting for a condition that another thread makes true
 *
 *	wait_event(queue, atomic_read(&ready));         one thread
 *	atomic_set(&ready, 1), wake_up(&queue);         another
 *
 * The condition is evaluated again after each wake-up. No wake-up is lost: who
 * waits is on the queue before it looks. A condition of plain variables needs
 * a lock, or READ_ONCE() and WRITE_ONCE(), as in the kernel.
 *
 * No signal interrupts a wait: the _interruptible and _killable forms never
 * give -ERESTARTSYS.
 */
#ifndef KMEM_LINUX_WAIT_EARLY_H
#define KMEM_LINUX_WAIT_EARLY_H

/* The C library's enumerators must come before the UAPI's macros of the same
 * names and values, which then have done their duty. */
#include <sys/wait.h>

#endif /* KMEM_LINUX_WAIT_EARLY_H */

#include_next <linux/wait.h>

#ifndef KMEM_LINUX_WAIT_H
#define KMEM_LINUX_WAIT_H

#undef P_ALL
#undef P_PID
#undef P_PGID
#undef P_PIDFD

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

#define WQ_FLAG_EXCLUSIVE 0x01

struct wait_queue_entry;
struct wait_queue_head;

/**
 * typedef wait_queue_func_t - wakes one entry of a queue
 * @entry: which one
 * @mode: TASK_…: the states to wake
 * @flags: 0
 * @key: as given to the wake-up
 *
 * Called with the queue's lock held. Return: above 0 when it woke somebody, 0
 * when not, below 0 to end the wake-up here.
 */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry,
				 unsigned int mode, int flags, void *key);

struct wait_queue_entry {
	unsigned int flags;
	void *private; /* the thread */
	wait_queue_func_t func;
	struct list_head entry;
};
typedef struct wait_queue_entry wait_queue_entry_t;

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name)                                    \
	{                                                                      \
		__SPIN_LOCK_UNLOCKED((name).lock), LIST_HEAD_INIT((name).head) \
	}
#define DECLARE_WAIT_QUEUE_HEAD(name)                                          \
	struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)

static inline void init_waitqueue_head(struct wait_queue_head *wq)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
}

/* ---- entries ------------------------------------------------------------- */

/* Wakes the thread; the second one also takes the entry off its queue. */
int default_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			  int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			     int flags, void *key);

#define DEFINE_WAIT_FUNC(name, function)                                       \
	struct wait_queue_entry name = { 0, current, function,                 \
					 LIST_HEAD_INIT((name).entry) }
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)
#define DECLARE_WAITQUEUE(name, task)                                          \
	struct wait_queue_entry name = { 0, task, default_wake_function,       \
					 LIST_HEAD_INIT((name).entry) }

static inline void init_waitqueue_entry(struct wait_queue_entry *entry,
					struct task_struct *task)
{
	entry->flags = 0;
	entry->private = task;
	entry->func = default_wake_function;
	INIT_LIST_HEAD(&entry->entry);
}

static inline void init_waitqueue_func_entry(struct wait_queue_entry *entry,
					     wait_queue_func_t func)
{
	entry->flags = 0;
	entry->private = NULL;
	entry->func = func;
	INIT_LIST_HEAD(&entry->entry);
}

/* Onto a queue, first or, if exclusive, last; and off it. */
void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry);
void add_wait_queue_exclusive(struct wait_queue_head *wq,
			      struct wait_queue_entry *entry);
void remove_wait_queue(struct wait_queue_head *wq,
		       struct wait_queue_entry *entry);

/**
 * prepare_to_wait() - onto the queue, if it is not, and set_current_state()
 * @wq: the queue
 * @entry: of DEFINE_WAIT()
 * @state: TASK_…
 *
 * The exclusive one: behind all others, and woken one at a time.
 */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
		     int state);
bool prepare_to_wait_exclusive(struct wait_queue_head *wq,
			       struct wait_queue_entry *entry, int state);

/**
 * finish_wait() - off the queue, and TASK_RUNNING
 */
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry);

/* ---- waking -------------------------------------------------------------- */

/**
 * __wake_up() - wake those who wait
 * @wq: the queue
 * @mode: TASK_…: the states to wake
 * @nr_exclusive: so many exclusive ones; 0: all. The others are all woken
 * @key: handed to the entries
 *
 * Context: any thread. What the caller wrote before is seen by who wakes up.
 * Return: how many exclusive ones were woken.
 */
int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr_exclusive,
	      void *key);
void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr);

#pragma GCC visibility pop

#define wake_up(wq) __wake_up(wq, TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr) __wake_up(wq, TASK_NORMAL, nr, NULL)
#define wake_up_all(wq) __wake_up(wq, TASK_NORMAL, 0, NULL)
#define wake_up_locked(wq) __wake_up_locked(wq, TASK_NORMAL, 1)
#define wake_up_all_locked(wq) __wake_up_locked(wq, TASK_NORMAL, 0)
#define wake_up_interruptible(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(wq, nr)                                       \
	__wake_up(wq, TASK_INTERRUPTIBLE, nr, NULL)
#define wake_up_interruptible_all(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(wq) wake_up_interruptible(wq)
#define wake_up_sync(wq) wake_up(wq)

/* Without the lock: needs a barrier behind the change, which the second has. */
static inline int waitqueue_active(struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

static inline bool wq_has_sleeper(struct wait_queue_head *wq)
{
	smp_mb();
	return waitqueue_active(wq);
}

/* ---- waiting for a condition --------------------------------------------- */

/* What all the forms below are made of; @sleep is what a round ends with. */
#define KMEM_WAIT(wq, condition, state, exclusive, sleep)                      \
	do {                                                                   \
		DEFINE_WAIT(kmem_entry);                                       \
                                                                               \
		for (;;) {                                                     \
			if (exclusive)                                         \
				prepare_to_wait_exclusive(&(wq), &kmem_entry,  \
							  (state));            \
			else                                                   \
				prepare_to_wait(&(wq), &kmem_entry, (state));  \
			if (condition)                                         \
				break;                                         \
			sleep;                                                 \
		}                                                              \
		finish_wait(&(wq), &kmem_entry);                               \
	} while (0)

#define KMEM_WAIT_EVENT(wq, condition, state, exclusive, sleep)                \
	do {                                                                   \
		if (!(condition))                                              \
			KMEM_WAIT(wq, condition, state, exclusive, sleep);     \
	} while (0)

/* The same with a value: 0, no signal was there. */
#define KMEM_WAIT_EVENT_INT(wq, condition, state, exclusive, sleep)            \
	__extension__({                                                        \
		KMEM_WAIT_EVENT(wq, condition, state, exclusive, sleep);       \
		0;                                                             \
	})

/* At least 1 while the condition holds, however late that was. */
#define KMEM_OR_TIME_OUT(condition, left)                                      \
	__extension__({                                                        \
		bool kmem_holds = (condition);                                 \
                                                                               \
		if (kmem_holds && !left)                                       \
			left = 1;                                              \
		kmem_holds || !left;                                           \
	})

#define KMEM_WAIT_TIMEOUT(wq, condition, timeout, state)                       \
	__extension__({                                                        \
		long kmem_left = (timeout);                                    \
                                                                               \
		KMEM_WAIT_EVENT(wq, KMEM_OR_TIME_OUT(condition, kmem_left),    \
				state, false,                                  \
				kmem_left = schedule_timeout(kmem_left));      \
		kmem_left;                                                     \
	})

#define wait_event(wq, condition)                                              \
	KMEM_WAIT_EVENT(wq, condition, TASK_UNINTERRUPTIBLE, false, schedule())
#define wait_event_idle(wq, condition)                                         \
	KMEM_WAIT_EVENT(wq, condition, TASK_IDLE, false, schedule())
#define wait_event_idle_exclusive(wq, condition)                               \
	KMEM_WAIT_EVENT(wq, condition, TASK_IDLE, true, schedule())
#define io_wait_event(wq, condition) wait_event(wq, condition)

/* Return: 0. */
#define wait_event_interruptible(wq, condition)                                \
	KMEM_WAIT_EVENT_INT(wq, condition, TASK_INTERRUPTIBLE, false,          \
			    schedule())
#define wait_event_interruptible_exclusive(wq, condition)                      \
	KMEM_WAIT_EVENT_INT(wq, condition, TASK_INTERRUPTIBLE, true, schedule())
#define wait_event_killable(wq, condition)                                     \
	KMEM_WAIT_EVENT_INT(wq, condition, TASK_KILLABLE, false, schedule())
#define wait_event_killable_exclusive(wq, condition)                           \
	KMEM_WAIT_EVENT_INT(wq, condition, TASK_KILLABLE, true, schedule())

/* Return: 0 when the time is over and the condition does not hold; else what
 * is left of it, at least 1. In jiffies. */
#define wait_event_timeout(wq, condition, timeout)                             \
	KMEM_WAIT_TIMEOUT(wq, condition, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_idle_timeout(wq, condition, timeout)                        \
	KMEM_WAIT_TIMEOUT(wq, condition, timeout, TASK_IDLE)
#define wait_event_interruptible_timeout(wq, condition, timeout)               \
	KMEM_WAIT_TIMEOUT(wq, condition, timeout, TASK_INTERRUPTIBLE)
#define wait_event_killable_timeout(wq, condition, timeout)                    \
	KMEM_WAIT_TIMEOUT(wq, condition, timeout, TASK_KILLABLE)

/* With something to be done before and after each sleep. */
#define wait_event_cmd(wq, condition, before, after)                           \
	KMEM_WAIT_EVENT(wq, condition, TASK_UNINTERRUPTIBLE, false, before;    \
			schedule(); after)
#define wait_event_exclusive_cmd(wq, condition, before, after)                 \
	KMEM_WAIT_EVENT(wq, condition, TASK_UNINTERRUPTIBLE, true, before;     \
			schedule(); after)

/* The condition is evaluated with @lock held, which is dropped to sleep. */
#define wait_event_lock_irq(wq, condition, lock)                               \
	wait_event_cmd(wq, condition, spin_unlock_irq(&(lock)),                \
		       spin_lock_irq(&(lock)))
#define wait_event_lock_irq_cmd(wq, condition, lock, cmd)                      \
	wait_event_cmd(wq, condition, spin_unlock_irq(&(lock));                \
		       cmd, spin_lock_irq(&(lock)))
#define wait_event_interruptible_lock_irq(wq, condition, lock)                 \
	KMEM_WAIT_EVENT_INT(wq, condition, TASK_INTERRUPTIBLE, false,          \
			    spin_unlock_irq(&(lock));                          \
			    schedule(); spin_lock_irq(&(lock)))

#endif /* KMEM_LINUX_WAIT_H */
