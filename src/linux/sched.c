/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sched.c - threads, and how they sleep and stop
 *
 * A thread sleeps on a condition variable of its own until its state, which
 * its lock protects, is TASK_RUNNING. It says that it is about to sleep before
 * it looks at what it waits for, so that a wake-up in between makes it running
 * again and it does not sleep at all:
 *
 *	sleeper                         waker
 *	set_current_state(not running)  change the condition
 *	look at the condition           wake_up_process(): state = running
 *	schedule(): while not running
 *
 * Both take the task's lock. If the sleeper takes it first, the waker finds the
 * state; if the waker does, the sleeper finds the condition changed.
 *
 * The task of a thread that kthread_create() made lives until kthread_stop();
 * that of any other thread is a variable of it and is gone with it.
 *
 * Where it differs from the kernel: signals wake nobody, and a thread that was
 * not stopped stays until the program ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

/* A thread of kthread_create(). */
struct kthread {
	struct task_struct task;
	struct list_head link; /* kthreads_lock */
	pthread_t thread;
	int (*threadfn)(void *data);
	void *data;
	bool should_stop;
	int result;
};

static DEFINE_SPINLOCK(kthreads_lock);
static LIST_HEAD(kthreads);

static __thread struct task_struct own_task = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
};
static __thread struct kthread *own_kthread;

/* ---- the calling thread -------------------------------------------------- */

static void name_task(struct task_struct *task)
{
	task->pid = gettid();
	task->tgid = getpid();
}

struct task_struct *kmem_current(void)
{
	struct task_struct *task = own_kthread ? &own_kthread->task : &own_task;

	if (unlikely(!task->pid)) {
		name_task(task);
		prctl(PR_GET_NAME, task->comm);
	}
	return task;
}

/* A child process has its parent's variables and another number. */
static void in_child(void)
{
	name_task(kmem_current());
}

__attribute__((constructor)) static void register_handler(void)
{
	pthread_atfork(NULL, NULL, in_child);
}

void set_current_state(unsigned int state)
{
	struct task_struct *task = current;

	pthread_mutex_lock(&task->lock);
	task->__state = state;
	pthread_mutex_unlock(&task->lock);
	/* Pairs with that of wq_has_sleeper(), and of who asks
	 * waitqueue_active(): letting go of a lock orders no later read. */
	smp_mb();
}

/* ---- sleeping and waking ------------------------------------------------- */

void schedule(void)
{
	struct task_struct *task = current;
	bool slept = false;

	pthread_mutex_lock(&task->lock);
	while (task->__state != TASK_RUNNING) {
		slept = true;
		pthread_cond_wait(&task->wake, &task->lock);
	}
	pthread_mutex_unlock(&task->lock);
	if (!slept)
		sched_yield();
}

/* Return: false when the time was over. */
static bool sleep_until(struct task_struct *task, u64 due_ns)
{
	struct timespec due = {
		.tv_sec = (time_t)(due_ns / 1000000000u),
		.tv_nsec = (long)(due_ns % 1000000000u),
	};
	int err = 0;

	pthread_mutex_lock(&task->lock);
	while (task->__state != TASK_RUNNING && err != ETIMEDOUT)
		err = pthread_cond_clockwait(&task->wake, &task->lock,
					     CLOCK_MONOTONIC, &due);
	task->__state = TASK_RUNNING;
	pthread_mutex_unlock(&task->lock);
	return err != ETIMEDOUT;
}

long schedule_timeout(long timeout)
{
	const u64 tick_ns = 1000000000ull / HZ;
	u64 due_ns, now_ns;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (WARN_ON(timeout < 0)) {
		set_current_state(TASK_RUNNING);
		return 0;
	}
	/* What no clock can count to does not end. */
	if ((u64)timeout > U64_MAX / 4 / tick_ns)
		timeout = (long)(U64_MAX / 4 / tick_ns);
	due_ns = kmem_now_ns() + (u64)timeout * tick_ns;
	if (!sleep_until(current, due_ns))
		return 0;
	now_ns = kmem_now_ns();
	return now_ns < due_ns ? (long)((due_ns - now_ns) / tick_ns) : 0;
}

static long sleep_in_state(unsigned int state, long timeout)
{
	set_current_state(state);
	return schedule_timeout(timeout);
}

long schedule_timeout_interruptible(long timeout)
{
	return sleep_in_state(TASK_INTERRUPTIBLE, timeout);
}

long schedule_timeout_uninterruptible(long timeout)
{
	return sleep_in_state(TASK_UNINTERRUPTIBLE, timeout);
}

long schedule_timeout_killable(long timeout)
{
	return sleep_in_state(TASK_KILLABLE, timeout);
}

long schedule_timeout_idle(long timeout)
{
	return sleep_in_state(TASK_IDLE, timeout);
}

int wake_up_state(struct task_struct *task, unsigned int state)
{
	bool woken;

	pthread_mutex_lock(&task->lock);
	woken = task->__state & state;
	if (woken) {
		task->__state = TASK_RUNNING;
		pthread_cond_signal(&task->wake);
	}
	pthread_mutex_unlock(&task->lock);
	return woken;
}

int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL);
}

/* ---- threads that are asked to stop -------------------------------------- */

/* Sleeps before its function begins, as kthread_create() promises. */
static void *kthread_main(void *arg)
{
	struct kthread *k = arg;

	own_kthread = k;
	prctl(PR_SET_NAME, k->task.comm);
	pthread_mutex_lock(&k->task.lock);
	name_task(&k->task);
	pthread_cond_signal(&k->task.wake);
	pthread_mutex_unlock(&k->task.lock);
	schedule();
	if (READ_ONCE(k->should_stop))
		k->result = -EINTR;
	else
		k->result = k->threadfn(k->data);
	return NULL;
}

struct task_struct *kthread_create(int (*threadfn)(void *data), void *data,
				   const char *namefmt, ...)
{
	struct kthread *k = calloc(1, sizeof(*k));
	va_list args;
	int err;

	if (!k)
		return ERR_PTR(-ENOMEM);
	k->threadfn = threadfn;
	k->data = data;
	va_start(args, namefmt);
	vscnprintf(k->task.comm, sizeof(k->task.comm), namefmt, args);
	va_end(args);
	k->task.__state = TASK_UNINTERRUPTIBLE;
	pthread_mutex_init(&k->task.lock, NULL);
	pthread_cond_init(&k->task.wake, NULL);
	err = pthread_create(&k->thread, NULL, kthread_main, k);
	if (err) {
		free(k);
		return ERR_PTR(-err);
	}
	/* Who made it may ask for its number. */
	pthread_mutex_lock(&k->task.lock);
	while (!k->task.pid)
		pthread_cond_wait(&k->task.wake, &k->task.lock);
	pthread_mutex_unlock(&k->task.lock);
	spin_lock(&kthreads_lock);
	list_add_tail(&k->link, &kthreads);
	spin_unlock(&kthreads_lock);
	return &k->task;
}

int kthread_stop(struct task_struct *task)
{
	struct kthread *k = container_of(task, struct kthread, task);
	int result;

	WRITE_ONCE(k->should_stop, true);
	wake_up_process(task);
	pthread_join(k->thread, NULL);
	result = k->result;
	spin_lock(&kthreads_lock);
	list_del(&k->link);
	spin_unlock(&kthreads_lock);
	pthread_mutex_destroy(&task->lock);
	pthread_cond_destroy(&task->wake);
	free(k);
	return result;
}

bool kthread_should_stop(void)
{
	return own_kthread && READ_ONCE(own_kthread->should_stop);
}
