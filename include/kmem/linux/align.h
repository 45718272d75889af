/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/align.h - multiples of powers of two
 */
#ifndef KMEM_LINUX_ALIGN_H
#define KMEM_LINUX_ALIGN_H

/* clang-format off */
#define KMEM_ALIGN_MASK(x, mask) (((x) + (mask)) & ~(mask))
#define ALIGN(x, a) KMEM_ALIGN_MASK((x), (__typeof__(x))(a) - 1)
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define PTR_ALIGN_DOWN(p, a) \
	((__typeof__(p))ALIGN_DOWN((unsigned long)(p), (a)))
#define PTR_IS_ALIGNED(p, a) (IS_ALIGNED((unsigned long)(p), (a)))
/* clang-format on */

#endif /* KMEM_LINUX_ALIGN_H */
