/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/types.h - the kernel's names for types
 *
 * C libraries include <linux/types.h> themselves, for the UAPI's part of it,
 * which comes first.
 */
#include_next <linux/types.h>

#ifndef KMEM_LINUX_TYPES_H
#define KMEM_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <kmem/gfp.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef phys_addr_t resource_size_t;
typedef u64 sector_t;
typedef unsigned long pgoff_t;
typedef unsigned int fmode_t;
typedef unsigned short umode_t;

#define BITS_PER_BYTE 8
#define BITS_PER_TYPE(type) (sizeof(type) * BITS_PER_BYTE)
#ifndef BITS_PER_LONG
#define BITS_PER_LONG __LONG_WIDTH__
#endif
#define BITS_PER_LONG_LONG 64
#define BITS_TO_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

/* What kfree_rcu() needs of an object; liburcu's does as well. */
#ifndef _URCU_CALL_RCU_H
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
#endif

#endif /* KMEM_LINUX_TYPES_H */
