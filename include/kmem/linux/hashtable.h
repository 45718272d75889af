/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/hashtable.h - tables of a fixed size, of hlists
 */
#ifndef KMEM_LINUX_HASHTABLE_H
#define KMEM_LINUX_HASHTABLE_H

#include <linux/array_size.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>

/* clang-format off */
#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits)                                           \
	struct hlist_head name[1 << (bits)] = {                                \
		[0 ... ((1 << (bits)) - 1)] = HLIST_HEAD_INIT                  \
	}
/* clang-format on */

/* Of an array, not of a pointer to one. */
#define HASH_SIZE(name) (ARRAY_SIZE(name))
#define HASH_BITS(name) ilog2(HASH_SIZE(name))

#define hash_min(value, bits)                                                  \
	(sizeof(value) <= 4 ? hash_32((u32)(value), bits)                      \
			    : hash_64((u64)(value), bits))
#define KMEM_HASH_HEAD(name, key) (&(name)[hash_min(key, HASH_BITS(name))])

static inline void __hash_init(struct hlist_head *table, size_t n)
{
	while (n--)
		INIT_HLIST_HEAD(&table[n]);
}

static inline bool __hash_empty(const struct hlist_head *table, size_t n)
{
	while (n--)
		if (!hlist_empty(&table[n]))
			return false;
	return true;
}

#define hash_init(table) __hash_init(table, HASH_SIZE(table))
#define hash_empty(table) __hash_empty(table, HASH_SIZE(table))
#define hash_add(table, node, key)                                             \
	hlist_add_head(node, KMEM_HASH_HEAD(table, key))

static inline bool hash_hashed(const struct hlist_node *node)
{
	return !hlist_unhashed(node);
}

static inline void hash_del(struct hlist_node *node)
{
	hlist_del_init(node);
}

/* All elements; @bucket is an int. With _safe, @tmp is a struct hlist_node *
 * and the element may be freed. */
#define hash_for_each(table, bucket, pos, member)                              \
	for ((bucket) = 0, pos = NULL;                                         \
	     !pos && (bucket) < (int)HASH_SIZE(table); (bucket)++)             \
		hlist_for_each_entry(pos, &(table)[bucket], member)
#define hash_for_each_safe(table, bucket, tmp, pos, member)                    \
	for ((bucket) = 0, pos = NULL;                                         \
	     !pos && (bucket) < (int)HASH_SIZE(table); (bucket)++)             \
		hlist_for_each_entry_safe(pos, tmp, &(table)[bucket], member)

/* Those that may have @key: all of its bucket. */
#define hash_for_each_possible(table, pos, member, key)                        \
	hlist_for_each_entry(pos, KMEM_HASH_HEAD(table, key), member)
#define hash_for_each_possible_safe(table, pos, tmp, member, key)              \
	hlist_for_each_entry_safe(pos, tmp, KMEM_HASH_HEAD(table, key), member)

#endif /* KMEM_LINUX_HASHTABLE_H */
