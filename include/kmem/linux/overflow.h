/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/overflow.h - sums and products that may not fit
 */
#ifndef KMEM_LINUX_OVERFLOW_H
#define KMEM_LINUX_OVERFLOW_H

#include <linux/compiler.h>
#include <linux/types.h>

/* True when the result does not fit into *@d. */
#define check_add_overflow(a, b, d) __builtin_add_overflow((a), (b), (d))
#define check_sub_overflow(a, b, d) __builtin_sub_overflow((a), (b), (d))
#define check_mul_overflow(a, b, d) __builtin_mul_overflow((a), (b), (d))

/* SIZE_MAX when it does not fit: no allocator has that much. */
static inline size_t __must_check size_add(size_t a, size_t b)
{
	size_t bytes;

	return check_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_mul(size_t a, size_t b)
{
	size_t bytes;

	return check_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_sub(size_t a, size_t b)
{
	size_t bytes;

	return a == SIZE_MAX || b == SIZE_MAX ||
			       check_sub_overflow(a, b, &bytes)
		       ? SIZE_MAX
		       : bytes;
}

#define array_size(a, b) size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)
#define flex_array_size(p, member, count) size_mul(count, sizeof(*(p)->member))
#define struct_size(p, member, count)                                          \
	size_add(sizeof(*(p)), flex_array_size(p, member, count))
#define struct_size_t(type, member, count)                                     \
	struct_size((type *)NULL, member, count)

#endif /* KMEM_LINUX_OVERFLOW_H */
