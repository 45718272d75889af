/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wait.c - queues of waiting threads, and completions
 *
 * Entries that are not exclusive stand before those that are, so a wake-up
 * reaches all of the first kind and as many of the second as it likes. An
 * entry is on the stack of who waits: it leaves the queue, by whichever hand,
 * under the queue's lock, and who waits takes that lock once more before it
 * returns.
 *
 * Where it differs from the kernel: that last lock is always taken, not only
 * when the entry is still on the queue, because a thread's task ends with it.
 */
#include <limits.h>

#include <linux/completion.h>
#include <linux/wait.h>

/* ---- entries ------------------------------------------------------------- */

/* Under the queue's lock, as the next one. */
static void add_first(struct wait_queue_head *wq,
		      struct wait_queue_entry *entry)
{
	entry->flags &= ~(unsigned int)WQ_FLAG_EXCLUSIVE;
	list_add(&entry->entry, &wq->head);
}

static void add_last(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	list_add_tail(&entry->entry, &wq->head);
}

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	spin_lock(&wq->lock);
	add_first(wq, entry);
	spin_unlock(&wq->lock);
}

void add_wait_queue_exclusive(struct wait_queue_head *wq,
			      struct wait_queue_entry *entry)
{
	spin_lock(&wq->lock);
	add_last(wq, entry);
	spin_unlock(&wq->lock);
}

void remove_wait_queue(struct wait_queue_head *wq,
		       struct wait_queue_entry *entry)
{
	spin_lock(&wq->lock);
	list_del_init(&entry->entry);
	spin_unlock(&wq->lock);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
		     int state)
{
	spin_lock(&wq->lock);
	if (list_empty(&entry->entry))
		add_first(wq, entry);
	set_current_state((unsigned int)state);
	spin_unlock(&wq->lock);
}

/* Return: whether the queue was empty. */
bool prepare_to_wait_exclusive(struct wait_queue_head *wq,
			       struct wait_queue_entry *entry, int state)
{
	bool was_empty = false;

	spin_lock(&wq->lock);
	if (list_empty(&entry->entry)) {
		was_empty = list_empty(&wq->head);
		add_last(wq, entry);
	}
	set_current_state((unsigned int)state);
	spin_unlock(&wq->lock);
	return was_empty;
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	set_current_state(TASK_RUNNING);
	remove_wait_queue(wq, entry);
}

/* ---- waking -------------------------------------------------------------- */

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			  int flags, void *key)
{
	(void)flags;
	(void)key;
	return wake_up_state(entry->private, mode);
}

int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			     int flags, void *key)
{
	int woken = default_wake_function(entry, mode, flags, key);

	if (woken)
		list_del_init(&entry->entry);
	return woken;
}

/* Under the queue's lock. */
static int wake_entries(struct wait_queue_head *wq, unsigned int mode,
			int nr_exclusive, void *key)
{
	struct wait_queue_entry *entry, *next;
	int exclusive = 0;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		unsigned int flags = entry->flags;
		int woken = entry->func(entry, mode, 0, key);

		if (woken < 0)
			break;
		if (woken && flags & WQ_FLAG_EXCLUSIVE &&
		    ++exclusive == nr_exclusive)
			break;
	}
	return exclusive;
}

int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr_exclusive,
	      void *key)
{
	int exclusive;

	spin_lock(&wq->lock);
	exclusive = wake_entries(wq, mode, nr_exclusive, key);
	spin_unlock(&wq->lock);
	return exclusive;
}

void __wake_up_locked(struct wait_queue_head *wq, unsigned int mode, int nr)
{
	lockdep_assert_held(&wq->lock);
	wake_entries(wq, mode, nr, NULL);
}

/* ---- completions --------------------------------------------------------- */

void complete(struct completion *x)
{
	spin_lock(&x->wait.lock);
	if (x->done != UINT_MAX)
		x->done++;
	wake_up_locked(&x->wait);
	spin_unlock(&x->wait.lock);
}

void complete_all(struct completion *x)
{
	spin_lock(&x->wait.lock);
	x->done = UINT_MAX;
	wake_up_all_locked(&x->wait);
	spin_unlock(&x->wait.lock);
}

bool try_wait_for_completion(struct completion *x)
{
	bool done;

	spin_lock(&x->wait.lock);
	done = x->done != 0;
	if (done && x->done != UINT_MAX)
		x->done--;
	spin_unlock(&x->wait.lock);
	return done;
}

bool completion_done(struct completion *x)
{
	bool done;

	spin_lock(&x->wait.lock);
	done = x->done != 0;
	spin_unlock(&x->wait.lock);
	return done;
}

unsigned long wait_for_completion_timeout(struct completion *x,
					  unsigned long timeout)
{
	bool done;
	long left = timeout < MAX_SCHEDULE_TIMEOUT ? (long)timeout
						   : MAX_SCHEDULE_TIMEOUT;
	DEFINE_WAIT(entry);

	for (;;) {
		prepare_to_wait_exclusive(&x->wait, &entry,
					  TASK_UNINTERRUPTIBLE);
		done = try_wait_for_completion(x);
		if (done || !left)
			break;
		left = schedule_timeout(left);
	}
	finish_wait(&x->wait, &entry);
	if (!done)
		return 0;
	return left ? (unsigned long)left : 1;
}

void wait_for_completion(struct completion *x)
{
	wait_for_completion_timeout(x, MAX_SCHEDULE_TIMEOUT);
}
