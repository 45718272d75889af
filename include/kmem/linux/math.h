/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/math.h - division and rounding of whole numbers
 */
#ifndef KMEM_LINUX_MATH_H
#define KMEM_LINUX_MATH_H

/* Declares a function abs(), which it could not behind our macro. */
#include <stdlib.h>

#include <linux/compiler.h>
#include <linux/types.h>

/* clang-format off */
/* To multiples of a power of two. */
#define __round_mask(x, y) ((__typeof__(x))((y) - 1))
#define round_up(x, y) ((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y) ((x) & ~__round_mask(x, y))
/* clang-format on */

#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define DIV_ROUND_UP_ULL(n, d)                                                 \
	(((unsigned long long)(n) + (d)-1) / (unsigned long long)(d))
#define DIV_ROUND_DOWN_ULL(n, d)                                               \
	((unsigned long long)(n) / (unsigned long long)(d))

/* To multiples of any number. <sys/param.h> has the first one, too. */
#undef roundup
#define roundup(x, y) KMEM_ROUNDUP(x, y, __UNIQUE_ID(y_))
#define KMEM_ROUNDUP(x, y, uy)                                                 \
	__extension__({                                                        \
		__typeof__(y) uy = (y);                                        \
                                                                               \
		(((x) + (uy - 1)) / uy) * uy;                                  \
	})
#define rounddown(x, y) KMEM_ROUNDDOWN(x, y, __UNIQUE_ID(x_))
#define KMEM_ROUNDDOWN(x, y, ux)                                               \
	__extension__({                                                        \
		__typeof__(x) ux = (x);                                        \
                                                                               \
		ux - (ux % (y));                                               \
	})

/* To the nearest; halves away from 0. */
#define DIV_ROUND_CLOSEST(x, d)                                                \
	KMEM_DIV_CLOSEST(x, d, __UNIQUE_ID(x_), __UNIQUE_ID(d_))
#define KMEM_DIV_CLOSEST(x, d, ux, ud)                                         \
	__extension__({                                                        \
		__typeof__(x) ux = (x);                                        \
		__typeof__(d) ud = (d);                                        \
                                                                               \
		((__typeof__(x))-1 > 0 || (__typeof__(d))-1 > 0 ||             \
		 ((ux > 0) == (ud > 0)))                                       \
			? ((ux + (ud / 2)) / ud)                               \
			: ((ux - (ud / 2)) / ud);                              \
	})

/* x * n / d without the overflow of the product. */
#define mult_frac(x, n, d)                                                     \
	KMEM_MULT_FRAC(x, n, d, __UNIQUE_ID(x_), __UNIQUE_ID(n_),              \
		       __UNIQUE_ID(d_))
#define KMEM_MULT_FRAC(x, n, d, ux, un, ud)                                    \
	__extension__({                                                        \
		__typeof__(x) ux = (x);                                        \
		__typeof__(n) un = (n);                                        \
		__typeof__(d) ud = (d);                                        \
                                                                               \
		ux / ud *un + ux % ud *un / ud;                                \
	})

/* Of any signed type, and of that type. */
#undef abs
#define abs(x) KMEM_ABS(x, __UNIQUE_ID(x_))
#define KMEM_ABS(x, ux)                                                        \
	__extension__({                                                        \
		__typeof__((x) + 0) ux = (x);                                  \
                                                                               \
		ux < 0 ? -ux : ux;                                             \
	})

static inline u32 reciprocal_scale(u32 value, u32 ceiling)
{
	return (u32)(((u64)value * ceiling) >> 32);
}

/**
 * int_sqrt() - the largest number whose square is not above @x
 */
static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (int shift = BITS_PER_LONG / 2 - 1; shift >= 0; shift--) {
		unsigned long next = root | 1ul << shift;

		if (next <= x / next)
			root = next;
	}
	return root;
}

#endif /* KMEM_LINUX_MATH_H */
