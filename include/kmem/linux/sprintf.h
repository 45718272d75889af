/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/sprintf.h - sprintf() and relatives with the kernel's formats
 *
 * In kernel-style code snprintf() means the kernel's, which has %pe and the
 * like. As macros with arguments they leave everything else of these names
 * alone; the C library's declarations must come first.
 */
#ifndef KMEM_LINUX_SPRINTF_H
#define KMEM_LINUX_SPRINTF_H

#include <limits.h>
#include <stdio.h>

#include <kmem/sprintf.h>

#undef snprintf
#undef vsnprintf
#undef sprintf
#undef vsprintf
#define snprintf(buf, size, ...) kmem_snprintf(buf, size, __VA_ARGS__)
#define vsnprintf(buf, size, format, args)                                     \
	kmem_vsnprintf(buf, size, format, args)
#define sprintf(buf, ...) kmem_snprintf(buf, INT_MAX, __VA_ARGS__)
#define vsprintf(buf, format, args) kmem_vsnprintf(buf, INT_MAX, format, args)

#endif /* KMEM_LINUX_SPRINTF_H */
