/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/stringify.h - text out of what a macro is
 */
#ifndef KMEM_LINUX_STRINGIFY_H
#define KMEM_LINUX_STRINGIFY_H

#include <linux/compiler.h> /* __stringify() */

#endif /* KMEM_LINUX_STRINGIFY_H */
