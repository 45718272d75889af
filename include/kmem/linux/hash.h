/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/hash.h - numbers spread over a table
 */
#ifndef KMEM_LINUX_HASH_H
#define KMEM_LINUX_HASH_H

#include <linux/types.h>

/* By the golden ratio: neighbours go far from one another. The upper bits of
 * the product are the good ones. */
#define GOLDEN_RATIO_32 0x61C88647
#define GOLDEN_RATIO_64 0x61C8864680B583EBull

static inline u32 hash_32(u32 value, unsigned int bits)
{
	return (value * GOLDEN_RATIO_32) >> (32 - bits);
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
	return (u32)((value * GOLDEN_RATIO_64) >> (64 - bits));
}

#define hash_long(value, bits) hash_64(value, bits)

static inline u32 hash_ptr(const void *p, unsigned int bits)
{
	return hash_64((unsigned long)p, bits);
}

#endif /* KMEM_LINUX_HASH_H */
