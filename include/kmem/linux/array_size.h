/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/array_size.h - how many elements an array has
 */
#ifndef KMEM_LINUX_ARRAY_SIZE_H
#define KMEM_LINUX_ARRAY_SIZE_H

#include <linux/build_bug.h>

/* A pointer is no array, and does not compile. */
#define ARRAY_SIZE(array)                                                      \
	(sizeof(array) / sizeof((array)[0]) +                                  \
	 (unsigned long)BUILD_BUG_ON_ZERO(__builtin_types_compatible_p(        \
		 __typeof__(array), __typeof__(&(array)[0]))))

#endif /* KMEM_LINUX_ARRAY_SIZE_H */
