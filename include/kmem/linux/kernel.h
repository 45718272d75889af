/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/kernel.h - what kernel code has always found here
 */
#include_next <linux/kernel.h>

#ifndef KMEM_LINUX_KERNEL_H
#define KMEM_LINUX_KERNEL_H

#include <stdarg.h>

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/byteorder/generic.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/stddef.h>
#include <linux/stringify.h>
#include <linux/types.h>

#define READ 0
#define WRITE 1

#define upper_32_bits(n) ((u32)(((u64)(n)) >> 32))
#define lower_32_bits(n) ((u32)((n)&0xffffffffu))

#define typecheck(type, x)                                                     \
	__extension__({                                                        \
		type *kmem_type = (__typeof__(x) *)0;                          \
                                                                               \
		(void)kmem_type;                                               \
		1;                                                             \
	})

/* A place that may sleep. Nothing here must not, so it says nothing. */
#define might_sleep() ((void)0)
#define might_sleep_if(condition) ((void)(condition))

#endif /* KMEM_LINUX_KERNEL_H */
