/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/minmax.h - the smaller, the larger, and what lies between
 *
 * Each argument is evaluated once. A signed and an unsigned one do not compare
 * as numbers do, so both together do not compile, unless one is a constant
 * that is not negative; min_t() and max_t() say which type is meant.
 */
#ifndef KMEM_LINUX_MINMAX_H
#define KMEM_LINUX_MINMAX_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define KMEM_SIGNED(x) ((__typeof__((x) + 0))-1 < (__typeof__((x) + 0))1)
#define KMEM_NOT_NEGATIVE(x)                                                   \
	((long long)__builtin_choose_expr(__builtin_constant_p(x), (x), -1) >= \
	 0)
#define KMEM_COMPARABLE(x, y)                                                  \
	(KMEM_SIGNED(x) == KMEM_SIGNED(y) || KMEM_NOT_NEGATIVE(x) ||           \
	 KMEM_NOT_NEGATIVE(y))

/* A macro for a type looks like a call. */
/* clang-format off */
#define KMEM_CHOOSE(x, op, y, ux, uy)                                          \
	__extension__({                                                        \
		__auto_type ux = (x);                                          \
		__auto_type uy = (y);                                          \
                                                                               \
		_Static_assert(KMEM_COMPARABLE(x, y),                          \
			       "signed and unsigned: use min_t() or max_t()"); \
		KMEM_COMMON(ux, uy)                                            \
			(ux) op KMEM_COMMON(ux, uy)(uy)                        \
			? KMEM_COMMON(ux, uy)(ux)                              \
			: KMEM_COMMON(ux, uy)(uy);                             \
	})
/* clang-format on */
#define KMEM_COMMON(x, y) (__typeof__((x) + (y)))
#define min(x, y) KMEM_CHOOSE(x, <, y, __UNIQUE_ID(x_), __UNIQUE_ID(y_))
#define max(x, y) KMEM_CHOOSE(x, >, y, __UNIQUE_ID(x_), __UNIQUE_ID(y_))
#define min3(x, y, z) min(min(x, y), z)
#define max3(x, y, z) max(max(x, y), z)

#define min_not_zero(x, y)                                                     \
	KMEM_MIN_NOT_ZERO(x, y, __UNIQUE_ID(x_), __UNIQUE_ID(y_))
#define KMEM_MIN_NOT_ZERO(x, y, ux, uy)                                        \
	__extension__({                                                        \
		__auto_type ux = (x);                                          \
		__auto_type uy = (y);                                          \
                                                                               \
		ux == 0 ? uy : uy == 0 ? ux : ux < uy ? ux : uy;               \
	})

#define clamp(value, low, high) min(max(value, low), high)
#define in_range(value, start, length)                                         \
	((u64)(value) - (u64)(start) < (u64)(length))

/* Exchanges two variables. */
#define swap(a, b) KMEM_SWAP(a, b, __UNIQUE_ID(swap_))
#define KMEM_SWAP(a, b, tmp)                                                   \
	do {                                                                   \
		__typeof__(a) tmp = (a);                                       \
		(a) = (b);                                                     \
		(b) = tmp;                                                     \
	} while (0)

#define KMEM_CHOOSE_T(type, x, op, y, ux, uy)                                  \
	__extension__({                                                        \
		type ux = (type)(x);                                           \
		type uy = (type)(y);                                           \
                                                                               \
		ux op uy ? ux : uy;                                            \
	})
#define min_t(type, x, y)                                                      \
	KMEM_CHOOSE_T(type, x, <, y, __UNIQUE_ID(x_), __UNIQUE_ID(y_))
#define max_t(type, x, y)                                                      \
	KMEM_CHOOSE_T(type, x, >, y, __UNIQUE_ID(x_), __UNIQUE_ID(y_))
#define clamp_t(type, value, low, high)                                        \
	min_t(type, max_t(type, value, low), high)
#define clamp_val(value, low, high) clamp_t(__typeof__(value), value, low, high)

#endif /* KMEM_LINUX_MINMAX_H */
