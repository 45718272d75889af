/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/llist.h - lists that need no lock to add to
 *
 * Any number of threads may add while one takes all, llist_del_all(). Who takes
 * single elements, llist_del_first(), must be alone in that.
 */
#ifndef KMEM_LINUX_LLIST_H
#define KMEM_LINUX_LLIST_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/types.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD_INIT(name)                                                  \
	{                                                                      \
		NULL                                                           \
	}
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)

static inline void init_llist_head(struct llist_head *list)
{
	list->first = NULL;
}

static inline bool llist_empty(const struct llist_head *head)
{
	return !READ_ONCE(head->first);
}

static inline struct llist_node *llist_next(struct llist_node *node)
{
	return node->next;
}

/* @first to @last, which are linked. Return: was the list empty? */
static inline bool llist_add_batch(struct llist_node *first,
				   struct llist_node *last,
				   struct llist_head *head)
{
	struct llist_node *old = READ_ONCE(head->first);

	do {
		last->next = old;
	} while (!try_cmpxchg(&head->first, &old, first));
	return !old;
}

static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	return llist_add_batch(node, node, head);
}

/* The last one that was added comes first. */
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return xchg(&head->first, NULL);
}

static inline struct llist_node *llist_del_first(struct llist_head *head)
{
	struct llist_node *old = smp_load_acquire(&head->first);

	while (old && !try_cmpxchg(&head->first, &old, READ_ONCE(old->next)))
		;
	return old;
}

static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
	struct llist_node *reversed = NULL;

	while (node) {
		struct llist_node *next = node->next;

		node->next = reversed;
		reversed = node;
		node = next;
	}
	return reversed;
}

#define llist_entry(ptr, type, member) container_of(ptr, type, member)

/* Of what llist_del_all() gave; with _safe, the element may be freed. */
#define llist_for_each(pos, node) for (pos = (node); pos; pos = pos->next)
#define llist_for_each_safe(pos, n, node)                                      \
	for (pos = (node); pos && (n = pos->next, 1); pos = n)
#define KMEM_LLIST_ENTRY(pos, node, member)                                    \
	__extension__({                                                        \
		struct llist_node *kmem_node = (node);                         \
                                                                               \
		kmem_node ? llist_entry(kmem_node, __typeof__(*(pos)), member) \
			  : NULL;                                              \
	})
#define llist_for_each_entry(pos, node, member)                                \
	for (pos = KMEM_LLIST_ENTRY(pos, node, member); pos;                   \
	     pos = KMEM_LLIST_ENTRY(pos, (pos)->member.next, member))
#define llist_for_each_entry_safe(pos, n, node, member)                        \
	for (pos = KMEM_LLIST_ENTRY(pos, node, member);                        \
	     pos &&                                                            \
	     (n = KMEM_LLIST_ENTRY(pos, (pos)->member.next, member), 1);       \
	     pos = n)

#endif /* KMEM_LINUX_LLIST_H */
