/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/container_of.h - from a member to the struct around it
 */
#ifndef KMEM_LINUX_CONTAINER_OF_H
#define KMEM_LINUX_CONTAINER_OF_H

#include <stddef.h>

/* A pointer to something else than the member does not compile. */
#define container_of(ptr, type, member)                                        \
	__extension__({                                                        \
		_Static_assert(__builtin_types_compatible_p(                   \
				       __typeof__(*(ptr)),                     \
				       __typeof__(((type *)0)->member)) ||     \
				       __builtin_types_compatible_p(           \
					       __typeof__(*(ptr)), void),      \
			       "pointer type mismatch in container_of()");     \
		(type *)((char *)(ptr)-offsetof(type, member));                \
	})

#define typeof_member(type, member) __typeof__(((type *)0)->member)

#endif /* KMEM_LINUX_CONTAINER_OF_H */
