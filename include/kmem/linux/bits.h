/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/bits.h - single bits and runs of them
 */
#ifndef KMEM_LINUX_BITS_H
#define KMEM_LINUX_BITS_H

#include <linux/types.h>

#define BIT(nr) (1ul << (nr))
#define BIT_ULL(nr) (1ull << (nr))
#define BIT_MASK(nr) (1ul << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)

/* From bit @low to bit @high, both included. */
#define GENMASK(high, low)                                                     \
	((~0ul << (low)) & (~0ul >> (BITS_PER_LONG - 1 - (high))))
#define GENMASK_ULL(high, low)                                                 \
	((~0ull << (low)) & (~0ull >> (BITS_PER_LONG_LONG - 1 - (high))))

#endif /* KMEM_LINUX_BITS_H */
