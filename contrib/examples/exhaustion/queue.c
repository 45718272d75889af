/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "queue.h"

struct message {
	struct list_head link;
	char text[120];
};

struct queue {
	struct kmem_cache *cache;
	mempool_t *pool;
	struct list_head messages;
};

struct queue *queue_create(void)
{
	struct queue *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	INIT_LIST_HEAD(&q->messages);
	q->cache = KMEM_CACHE(message, 0);
	if (q->cache)
		q->pool = mempool_create_slab_pool(2, q->cache);
	if (!q->pool) {
		queue_destroy(q);
		return NULL;
	}
	mempool_set_name(q->pool, "message");
	return q;
}

void queue_destroy(struct queue *q)
{
	struct message *m, *next;

	if (!q)
		return;
	list_for_each_entry_safe(m, next, &q->messages, link)
		mempool_free(m, q->pool);
	mempool_destroy(q->pool);
	kmem_cache_destroy(q->cache);
	kfree(q);
}

int queue_push(struct queue *q, const char *text, bool urgent)
{
	struct message *m;

	if (urgent)
		m = mempool_alloc(q->pool, GFP_ATOMIC);
	else
		m = mempool_alloc_noreserve(q->pool, GFP_NOWAIT);
	if (!m)
		return -ENOMEM;
	strscpy(m->text, text);
	list_add_tail(&m->link, &q->messages);
	return 0;
}

char *queue_pop(struct queue *q)
{
	struct message *m;
	char *text;

	m = list_first_entry_or_null(&q->messages, struct message, link);
	text = m ? kstrdup(m->text, GFP_KERNEL) : NULL;
	if (text) {
		list_del(&m->link);
		mempool_free(m, q->pool);
	}
	return text;
}

size_t queue_length(const struct queue *q)
{
	return list_count_nodes(&q->messages);
}
