/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/stddef.h - offsets and sizes of members
 */
#include_next <linux/stddef.h>

#ifndef KMEM_LINUX_STDDEF_H
#define KMEM_LINUX_STDDEF_H

#include <stddef.h>

#define sizeof_field(type, member) sizeof((((type *)0)->member))
#define offsetofend(type, member)                                              \
	(offsetof(type, member) + sizeof_field(type, member))

#endif /* KMEM_LINUX_STDDEF_H */
