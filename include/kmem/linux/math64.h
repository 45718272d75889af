/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/math64.h - division of numbers of 64 bits
 */
#ifndef KMEM_LINUX_MATH64_H
#define KMEM_LINUX_MATH64_H

#include <linux/compiler.h>
#include <linux/math.h>
#include <linux/types.h>

/* @n becomes the quotient; the value is the remainder. */
#define do_div(n, base)                                                        \
	__extension__({                                                        \
		u32 kmem_base = (base), kmem_rest = (u32)((n) % kmem_base);    \
                                                                               \
		(n) /= kmem_base;                                              \
		kmem_rest;                                                     \
	})

static inline u64 div_u64_rem(u64 n, u32 d, u32 *ret_rest)
{
	*ret_rest = (u32)(n % d);
	return n / d;
}

static inline s64 div_s64_rem(s64 n, s32 d, s32 *ret_rest)
{
	*ret_rest = (s32)(n % d);
	return n / d;
}

static inline u64 div64_u64_rem(u64 n, u64 d, u64 *ret_rest)
{
	*ret_rest = n % d;
	return n / d;
}

static inline u64 div_u64(u64 n, u32 d)
{
	return n / d;
}

static inline s64 div_s64(s64 n, s32 d)
{
	return n / d;
}

static inline u64 div64_u64(u64 n, u64 d)
{
	return n / d;
}

static inline s64 div64_s64(s64 n, s64 d)
{
	return n / d;
}

#define div64_ul(n, d) div64_u64(n, d)
#define div64_long(n, d) div64_s64(n, d)
#define DIV64_U64_ROUND_UP(n, d) KMEM_DIV64_UP(n, d, __UNIQUE_ID(d_))
#define KMEM_DIV64_UP(n, d, ud)                                                \
	__extension__({                                                        \
		u64 ud = (d);                                                  \
                                                                               \
		div64_u64((n) + ud - 1, ud);                                   \
	})

#endif /* KMEM_LINUX_MATH64_H */
