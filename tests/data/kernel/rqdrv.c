// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rqdrv.c - a driver of a device that is not there, as one writes it for the
 * kernel: requests come from a cache, with a pool for hard times, are queued
 * under a spinlock, and a thread serves them in order of their sectors.
 *
 * Nothing in here knows that it runs in user space.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "rqdrv.h"

#define RQ_MIN_NR 4
#define RQ_HASH_BITS 3
#define RQ_TAGS 64

struct rq {
	struct list_head queue;
	struct hlist_node hash;
	struct completion *done;
	sector_t sector;
	unsigned int tag;
	int error;
	char data[];
};

struct rqdrv {
	struct kref ref;
	char *name;
	struct kmem_cache *cache;
	mempool_t *pool;

	spinlock_t lock; /* protects the four below */
	struct list_head queue;
	struct hlist_head busy[1 << RQ_HASH_BITS];
	DECLARE_BITMAP(tags, RQ_TAGS);
	bool broken;

	wait_queue_head_t more;
	wait_queue_head_t idle;
	atomic_t inflight;
	struct task_struct *worker;

	struct mutex log_lock;
	u32 *log;
	size_t log_len, log_room;
};

static struct rqdrv *drv;

static inline struct hlist_head *rq_bucket(struct rqdrv *d, sector_t sector)
{
	return &d->busy[sector & (ARRAY_SIZE(d->busy) - 1)];
}

/* Caller holds the lock. */
static struct rq *rq_find(struct rqdrv *d, sector_t sector)
{
	struct rq *rq;

	lockdep_assert_held(&d->lock);
	hlist_for_each_entry(rq, rq_bucket(d, sector), hash)
		if (rq->sector == sector)
			return rq;
	return NULL;
}

static void rq_insert_sorted(struct rqdrv *d, struct rq *rq)
{
	struct rq *pos;

	lockdep_assert_held(&d->lock);
	list_for_each_entry_reverse(pos, &d->queue, queue)
		if (pos->sector <= rq->sector)
			break;
	list_add(&rq->queue, &pos->queue);
	hlist_add_head(&rq->hash, rq_bucket(d, rq->sector));
}

static int rq_log(struct rqdrv *d, u32 sector)
{
	u32 *log;
	size_t room;

	guard(mutex)(&d->log_lock);
	if (d->log_len == d->log_room) {
		room = max_t(size_t, 8, 2 * d->log_room);
		log = krealloc_array(d->log, room, sizeof(*log),
				     GFP_KERNEL | __GFP_ZERO);
		if (!log)
			return -ENOMEM;
		d->log = log;
		d->log_room = room;
	}
	d->log[d->log_len++] = sector;
	return 0;
}

static void rq_end(struct rqdrv *d, struct rq *rq)
{
	struct completion *done = rq->done;
	unsigned long flags;

	if (rq->error)
		pr_warn("sector %llu: %pe\n", rq->sector, ERR_PTR(rq->error));
	spin_lock_irqsave(&d->lock, flags);
	hlist_del_init(&rq->hash);
	__clear_bit(rq->tag, d->tags);
	spin_unlock_irqrestore(&d->lock, flags);
	mempool_free(rq, d->pool);
	if (done)
		complete(done);
	if (atomic_dec_and_test(&d->inflight))
		wake_up_all(&d->idle);
}

static struct rq *rq_next(struct rqdrv *d)
{
	struct rq *rq;

	spin_lock_irq(&d->lock);
	rq = list_first_entry_or_null(&d->queue, struct rq, queue);
	if (rq)
		list_del_init(&rq->queue);
	spin_unlock_irq(&d->lock);
	return rq;
}

static int rqdrv_worker(void *data)
{
	struct rqdrv *d = data;
	struct rq *rq;

	while (!kthread_should_stop()) {
		wait_event_interruptible(d->more,
					 !list_empty(&d->queue) ||
						 kthread_should_stop());
		while ((rq = rq_next(d)) != NULL) {
			rq->error = READ_ONCE(d->broken) ? -EIO : 0;
			if (!rq->error)
				rq->error =
					rq_log(d, lower_32_bits(rq->sector));
			rq_end(d, rq);
		}
	}
	return 0;
}

/* With GFP_ATOMIC it may fail, with GFP_KERNEL the pool makes it wait. */
int rqdrv_submit(sector_t sector, gfp_t gfp, struct completion *done)
{
	struct rqdrv *d = drv;
	unsigned long tag;
	struct rq *rq;

	might_sleep_if(gfpflags_allow_blocking(gfp));
	rq = mempool_alloc(d->pool, gfp);
	if (unlikely(!rq))
		return -ENOMEM;
	memset(rq, 0, sizeof(*rq));
	rq->sector = sector;
	rq->done = done;
	INIT_LIST_HEAD(&rq->queue);

	spin_lock(&d->lock);
	tag = find_first_zero_bit(d->tags, RQ_TAGS);
	if (tag == RQ_TAGS || rq_find(d, sector)) {
		spin_unlock(&d->lock);
		mempool_free(rq, d->pool);
		return -EBUSY;
	}
	__set_bit(tag, d->tags);
	rq->tag = tag;
	atomic_inc(&d->inflight);
	rq_insert_sorted(d, rq);
	spin_unlock(&d->lock);
	wake_up(&d->more);
	return 0;
}

int rqdrv_drain(unsigned int ms)
{
	if (!wait_event_timeout(drv->idle, !atomic_read(&drv->inflight),
				msecs_to_jiffies(ms)))
		return -ETIMEDOUT;
	return 0;
}

void rqdrv_break(bool broken)
{
	WRITE_ONCE(drv->broken, broken);
}

/* What was served so far, for kfree(). */
char *rqdrv_report(void)
{
	char *text __free(kfree) = kasprintf(GFP_KERNEL, "%s:", drv->name);
	size_t i;

	guard(mutex)(&drv->log_lock);
	for (i = 0; text && i < drv->log_len; i++) {
		char *more = kasprintf(GFP_KERNEL, "%s %u", text, drv->log[i]);

		kfree(text);
		text = more;
	}
	return_ptr(text);
}

static void rqdrv_release(struct kref *ref)
{
	struct rqdrv *d = container_of(ref, struct rqdrv, ref);

	WARN_ON(!list_empty(&d->queue));
	if (!IS_ERR_OR_NULL(d->worker))
		kthread_stop(d->worker);
	mempool_destroy(d->pool);
	kmem_cache_destroy(d->cache);
	kfree(d->log);
	kfree(d->name);
	kfree_sensitive(d);
}

static int __init rqdrv_init(void)
{
	struct rqdrv *d;
	int i, err = -ENOMEM;

	BUILD_BUG_ON(RQ_TAGS < RQ_MIN_NR);
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	kref_init(&d->ref);
	spin_lock_init(&d->lock);
	mutex_init(&d->log_lock);
	INIT_LIST_HEAD(&d->queue);
	for (i = 0; i < (int)ARRAY_SIZE(d->busy); i++)
		INIT_HLIST_HEAD(&d->busy[i]);
	init_waitqueue_head(&d->more);
	init_waitqueue_head(&d->idle);
	d->name = kstrdup("rq0", GFP_KERNEL);
	d->cache = kmem_cache_create("rqdrv",
				     struct_size_t(struct rq, data, 64),
				     __alignof__(struct rq), SLAB_HWCACHE_ALIGN,
				     NULL);
	if (!d->name || !d->cache)
		goto fail;
	d->pool = mempool_create_slab_pool(RQ_MIN_NR, d->cache);
	if (!d->pool)
		goto fail;
	d->worker = kthread_run(rqdrv_worker, d, "rqdrv/%d", 0);
	if (IS_ERR(d->worker)) {
		err = PTR_ERR(d->worker);
		goto fail;
	}
	drv = d;
	pr_info("%u bytes each, %d in reserve\n", kmem_cache_size(d->cache),
		RQ_MIN_NR);
	return 0;
fail:
	kref_put(&d->ref, rqdrv_release);
	return err;
}

static void __exit rqdrv_exit(void)
{
	rqdrv_drain(10 * MSEC_PER_SEC);
	kref_put(&drv->ref, rqdrv_release);
	drv = NULL;
	pr_info("gone\n");
}

module_init(rqdrv_init);
module_exit(rqdrv_exit);

MODULE_DESCRIPTION("requests for a device that is not there");
MODULE_LICENSE("GPL");
