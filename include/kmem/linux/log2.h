/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/log2.h - powers of two
 */
#ifndef KMEM_LINUX_LOG2_H
#define KMEM_LINUX_LOG2_H

#include <linux/types.h>

/* Rounded down; of 0, undefined. A constant of a constant. */
#define ilog2(n) (63 - __builtin_clzll((unsigned long long)(n)))

static inline bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* Of 0, undefined, as all that follow. */
#define roundup_pow_of_two(n)                                                  \
	((n) <= 1 ? 1ul                                                        \
		  : 1ul << (64 - __builtin_clzll((unsigned long long)(n)-1)))
#define rounddown_pow_of_two(n) (1ul << ilog2(n))
#define order_base_2(n)                                                        \
	((n) <= 1 ? 0 : 64 - __builtin_clzll((unsigned long long)(n)-1))

#endif /* KMEM_LINUX_LOG2_H */
