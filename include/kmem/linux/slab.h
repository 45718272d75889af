/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/slab.h - caches of equal objects, and kmalloc()
 */
#ifndef KMEM_LINUX_SLAB_H
#define KMEM_LINUX_SLAB_H

#include <kmem/rcu.h>
#include <kmem/slab.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/string.h> /* kmemdup() and memset() are neighbours */
#include <linux/types.h>

#define ARCH_KMALLOC_MINALIGN 8

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

#endif /* KMEM_LINUX_SLAB_H */
