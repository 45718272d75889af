/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_linux_wait.c - locks, wait queues, completions and threads of
 * kernel-style code
 *
 * Threads note what they find; the verdict is the test's.
 */
#include <signal.h>
#include <stdlib.h>

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "fixture.h"
#include "runner.h"

#define THREADS 8

static void quiet(void *arg, int level, const char *text)
{
	(void)arg;
	(void)level;
	(void)text;
}

/* Long enough for never. */
#define HANG msecs_to_jiffies(60000)

/* ---- locks --------------------------------------------------------------- */

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);
static unsigned long count;

static void count_under_spinlock(unsigned int index, void *arg)
{
	unsigned long flags;

	(void)arg;
	for (int i = 0; i < 5000; i++) {
		if (index % 2) {
			spin_lock_irqsave(&spin, flags);
			count++;
			spin_unlock_irqrestore(&spin, flags);
		} else {
			guard(spinlock)(&spin);
			count++;
		}
	}
}

static void count_under_mutex(unsigned int index, void *arg)
{
	(void)arg;
	for (int i = 0; i < 5000; i++) {
		if (index % 2) {
			mutex_lock(&mutex);
			count++;
			mutex_unlock(&mutex);
		} else {
			scoped_guard(mutex, &mutex)
				count++;
		}
	}
}

static void count_under_rwsem(unsigned int index, void *arg)
{
	(void)index;
	(void)arg;
	for (int i = 0; i < 5000; i++) {
		down_write(&rwsem);
		count++;
		up_write(&rwsem);
		down_read(&rwsem);
		up_read(&rwsem);
	}
}

static thread_fn *const counters[] = { count_under_spinlock, count_under_mutex,
				       count_under_rwsem };

START_TEST(test_locks_exclude)
{
	count = 0;
	threads_run(THREADS, counters[_i], NULL);
	ck_assert_uint_eq(count, THREADS * 5000);
}
END_TEST

static atomic_t readers_inside, written;

/* There is a reader at any time, until the writer was there. */
static void read_or_write(unsigned int index, void *arg)
{
	(void)arg;
	if (index == 0) {
		while (atomic_read(&readers_inside) < 2)
			cond_resched();
		down_write(&rwsem);
		atomic_set(&written, 1);
		up_write(&rwsem);
		return;
	}
	while (!atomic_read(&written)) {
		unsigned long end = jiffies + 2 + index;

		down_read(&rwsem);
		atomic_inc(&readers_inside);
		while (time_before(jiffies, end) && !atomic_read(&written))
			cond_resched();
		up_read(&rwsem);
	}
}

START_TEST(test_readers_do_not_keep_a_writer_out)
{
	atomic_set(&readers_inside, 0);
	atomic_set(&written, 0);
	threads_run(4, read_or_write, NULL);
	ck_assert_int_eq(atomic_read(&written), 1);
}
END_TEST

static void try_both(unsigned int index, void *arg)
{
	int *got = arg;

	(void)index;
	got[0] = spin_trylock(&spin);
	got[1] = mutex_trylock(&mutex);
}

START_TEST(test_trylock_and_who_holds)
{
	int got[2];

	ck_assert_int_eq(spin_trylock(&spin), 1);
	ck_assert_int_eq(mutex_trylock(&mutex), 1);
	ck_assert(spin_is_locked(&spin));
	ck_assert(mutex_is_locked(&mutex));
	ck_assert(lockdep_is_held(&spin));
	thread_run(try_both, got);
	ck_assert_int_eq(got[0] | got[1], 0);
	spin_unlock(&spin);
	mutex_unlock(&mutex);
	ck_assert(!spin_is_locked(&spin));
	ck_assert(!lockdep_is_held(&mutex));
}
END_TEST

START_TEST(test_a_zeroed_lock_is_free)
{
	spinlock_t lock;

	memset(&lock, 0, sizeof(lock));
	spin_lock(&lock);
	spin_unlock(&lock);
}
END_TEST

START_TEST(test_recursion_is_a_bug)
{
	kmem_set_printk(quiet, NULL);
	spin_lock(&spin);
	spin_lock(&spin);
}
END_TEST

START_TEST(test_unlock_of_a_free_lock_is_a_bug)
{
	kmem_set_printk(quiet, NULL);
	mutex_unlock(&mutex);
}
END_TEST

/* ---- wait queues --------------------------------------------------------- */

static DECLARE_WAIT_QUEUE_HEAD(wq);
static atomic_t tokens = ATOMIC_INIT(0);
static atomic_t ended = ATOMIC_INIT(0);

static unsigned int sleepers(void)
{
	unsigned int n;

	spin_lock(&wq.lock);
	n = (unsigned int)list_count_nodes(&wq.head);
	spin_unlock(&wq.lock);
	return n;
}

static bool all_sleep(void *arg)
{
	return sleepers() == *(unsigned int *)arg;
}

static int wait_for_token(void *arg)
{
	(void)arg;
	wait_event(wq, atomic_dec_if_positive(&tokens) >= 0);
	atomic_inc(&ended);
	return 0;
}

static int wait_exclusively(void *arg)
{
	int err;

	(void)arg;
	err = wait_event_interruptible_exclusive(
		wq, atomic_dec_if_positive(&tokens) >= 0);
	atomic_inc(&ended);
	return err;
}

static bool has_ended(void *arg)
{
	return atomic_read(&ended) == *(int *)arg;
}

START_TEST(test_wake_up_all)
{
	struct task_struct *task[THREADS];
	unsigned int all = THREADS;
	int n = THREADS;

	for (int i = 0; i < THREADS; i++)
		task[i] = kthread_run(wait_for_token, NULL, "waiter/%d", i);
	wait_for(all_sleep, &all);
	atomic_set(&tokens, THREADS);
	ck_assert_int_eq(wake_up_all(&wq), 0);
	wait_for(has_ended, &n);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(kthread_stop(task[i]), 0);
	ck_assert(!waitqueue_active(&wq));
}
END_TEST

START_TEST(test_exclusive_waiters_wake_one_by_one)
{
	struct task_struct *task[THREADS];
	unsigned int left = THREADS;

	for (int i = 0; i < THREADS; i++)
		task[i] = kthread_run(wait_exclusively, NULL, "waiter/%d", i);
	wait_for(all_sleep, &left);
	atomic_set(&tokens, THREADS);
	for (int i = 1; i <= THREADS; i++) {
		ck_assert_int_eq(wake_up(&wq), 1);
		wait_for(has_ended, &i);
		ck_assert_uint_eq(sleepers(), THREADS - (unsigned int)i);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(kthread_stop(task[i]), 0);
}
END_TEST

START_TEST(test_interruptible_wake_ups_leave_others_asleep)
{
	unsigned int one = 1;
	int n = 1;
	struct task_struct *task = kthread_run(wait_for_token, NULL, "deep");

	wait_for(all_sleep, &one);
	atomic_set(&tokens, 1);
	wake_up_interruptible_all(&wq);
	ck_assert_uint_eq(sleepers(), 1);
	ck_assert_int_eq(atomic_read(&ended), 0);
	wake_up(&wq);
	wait_for(has_ended, &n);
	kthread_stop(task);
}
END_TEST

START_TEST(test_timeouts)
{
	unsigned long start = jiffies;

	ck_assert_int_eq(wait_event_timeout(wq, false, 3), 0);
	ck_assert(time_after_eq(jiffies, start + 3));
	ck_assert_int_eq(wait_event_timeout(wq, true, 0), 1);
	ck_assert_int_eq(wait_event_timeout(wq, true, 5), 5);
	ck_assert_int_eq(wait_event_interruptible(wq, true), 0);
	set_current_state(TASK_INTERRUPTIBLE);
	ck_assert_int_eq(schedule_timeout(2), 0);
	ck_assert_uint_eq(current->__state, TASK_RUNNING);
	ck_assert(!waitqueue_active(&wq));
}
END_TEST

/* A wake-up between the look and the sleep is not lost. */
START_TEST(test_wake_up_before_schedule)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(&wq, &wait, TASK_UNINTERRUPTIBLE);
	wake_up(&wq);
	schedule();
	finish_wait(&wq, &wait);
	ck_assert(!waitqueue_active(&wq));
}
END_TEST

/* Two threads hand a ball to and fro: each turn is a wake-up that must come. */
#define TURNS 20000

static atomic_t turn;

static void play(unsigned int index, void *arg)
{
	(void)arg;
	for (int i = (int)index; i < TURNS; i += 2) {
		wait_event(wq, atomic_read(&turn) == i);
		atomic_set(&turn, i + 1);
		wake_up(&wq);
	}
}

START_TEST(test_no_wake_up_is_lost)
{
	atomic_set(&turn, 0);
	threads_run(2, play, NULL);
	ck_assert_int_eq(atomic_read(&turn), TURNS);
}
END_TEST

static int locked_value;

static void give_under_lock(unsigned int index, void *arg)
{
	(void)index;
	(void)arg;
	spin_lock_irq(&spin);
	locked_value = 42;
	spin_unlock_irq(&spin);
	wake_up(&wq);
}

static int take_under_lock(void *arg)
{
	(void)arg;
	spin_lock_irq(&spin);
	wait_event_lock_irq(wq, locked_value != 0, spin);
	locked_value++;
	spin_unlock_irq(&spin);
	return locked_value;
}

START_TEST(test_condition_under_a_lock)
{
	struct task_struct *task = kthread_run(take_under_lock, NULL, "taker");
	unsigned int one = 1;

	wait_for(all_sleep, &one);
	thread_run(give_under_lock, NULL);
	ck_assert_int_eq(kthread_stop(task), 43);
}
END_TEST

/* ---- completions --------------------------------------------------------- */

static int complete_it(void *x)
{
	complete(x);
	return 0;
}

START_TEST(test_completion)
{
	DECLARE_COMPLETION_ONSTACK(x);
	struct task_struct *task;

	ck_assert(!try_wait_for_completion(&x));
	ck_assert_uint_eq(wait_for_completion_timeout(&x, 2), 0);
	task = kthread_run(complete_it, &x, "completer");
	ck_assert_uint_ge(wait_for_completion_timeout(&x, HANG), 1);
	kthread_stop(task);
	ck_assert(!completion_done(&x));
	complete(&x);
	complete(&x);
	ck_assert(completion_done(&x));
	wait_for_completion(&x);
	wait_for_completion(&x);
	ck_assert(!try_wait_for_completion(&x));
	complete_all(&x);
	for (int i = 0; i < 3; i++)
		ck_assert(try_wait_for_completion(&x));
	reinit_completion(&x);
	ck_assert(!try_wait_for_completion(&x));
}
END_TEST

static DEFINE_SEMAPHORE(two_inside, 2);
static atomic_t inside, most;

static void go_inside(unsigned int index, void *arg)
{
	(void)index;
	(void)arg;
	for (int i = 0; i < 500; i++) {
		int n, old;

		down(&two_inside);
		n = atomic_inc_return(&inside);
		old = atomic_read(&most);
		while (n > old && !atomic_try_cmpxchg(&most, &old, n))
			;
		cond_resched();
		atomic_dec(&inside);
		up(&two_inside);
	}
}

START_TEST(test_semaphore)
{
	struct semaphore sem;

	threads_run(THREADS, go_inside, NULL);
	ck_assert_int_eq(atomic_read(&inside), 0);
	ck_assert_int_le(atomic_read(&most), 2);
	sema_init(&sem, 1);
	ck_assert_int_eq(down_interruptible(&sem), 0);
	ck_assert_int_eq(down_trylock(&sem), 1);
	ck_assert_int_eq(down_timeout(&sem, 2), -ETIME);
	up(&sem);
	ck_assert_int_eq(down_trylock(&sem), 0);
}
END_TEST

START_TEST(test_ratelimit)
{
	DEFINE_RATELIMIT_STATE(rs, 3600 * HZ, 2);

	kmem_set_printk(quiet, NULL);
	ck_assert(__ratelimit(&rs) && __ratelimit(&rs));
	ck_assert(!__ratelimit(&rs));
	ck_assert_int_eq(rs.missed, 1);
	/* The interval is over. */
	rs.begin -= 3601 * HZ;
	ck_assert(__ratelimit(&rs));
	ck_assert_int_eq(rs.missed, 0);
	ratelimit_state_init(&rs, 0, 1);
	ck_assert(__ratelimit(&rs) && __ratelimit(&rs));
	kmem_set_printk(NULL, NULL);
}
END_TEST

/* ---- threads ------------------------------------------------------------- */

static atomic_t running = ATOMIC_INIT(0);

static int until_stopped(void *arg)
{
	strscpy((char *)arg, current->comm, 16);
	atomic_set_release(&running, 1);
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 7;
}

static bool runs(void *arg)
{
	return atomic_read_acquire(arg);
}

START_TEST(test_kthread)
{
	struct task_struct *task;
	char name[16] = "";

	ck_assert(!kthread_should_stop());
	task = kthread_run(until_stopped, name, "worker/%d", 3);
	ck_assert(!IS_ERR(task));
	wait_for(runs, &running);
	ck_assert_int_eq(kthread_stop(task), 7);
	ck_assert_str_eq(name, "worker/3");
	ck_assert_int_eq(task_tgid_nr(current), current->tgid);

	name[0] = '\0';
	task = kthread_create(until_stopped, name, "unborn");
	ck_assert_int_gt(task_pid_nr(task), 0);
	ck_assert_int_eq(kthread_stop(task), -EINTR);
	ck_assert_str_eq(name, "");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("linux_wait");
	TCase *tc = suite_add(s, "locks", NULL, NULL);

	tcase_add_loop_test(tc, test_locks_exclude, 0, 3);
	tcase_add_test(tc, test_readers_do_not_keep_a_writer_out);
	tcase_add_test(tc, test_trylock_and_who_holds);
	tcase_add_test(tc, test_a_zeroed_lock_is_free);
	tcase_add_test_raise_signal(tc, test_recursion_is_a_bug, SIGABRT);
	tcase_add_test_raise_signal(tc, test_unlock_of_a_free_lock_is_a_bug,
				    SIGABRT);
	tc = suite_add(s, "queues", NULL, NULL);
	tcase_add_test(tc, test_wake_up_all);
	tcase_add_test(tc, test_exclusive_waiters_wake_one_by_one);
	tcase_add_test(tc, test_interruptible_wake_ups_leave_others_asleep);
	tcase_add_test(tc, test_timeouts);
	tcase_add_test(tc, test_wake_up_before_schedule);
	tcase_add_test(tc, test_no_wake_up_is_lost);
	tcase_add_test(tc, test_condition_under_a_lock);
	tc = suite_add(s, "completions and threads", NULL, NULL);
	tcase_add_test(tc, test_completion);
	tcase_add_test(tc, test_semaphore);
	tcase_add_test(tc, test_ratelimit);
	tcase_add_test(tc, test_kthread);
	return s;
}
