/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/cache.h - lines of the cache
 */
#ifndef KMEM_LINUX_CACHE_H
#define KMEM_LINUX_CACHE_H

#include <linux/align.h>
#include <linux/compiler.h>

#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES L1_CACHE_BYTES
#define L1_CACHE_ALIGN(x) ALIGN(x, L1_CACHE_BYTES)

#define ____cacheline_aligned __aligned(SMP_CACHE_BYTES)
#define ____cacheline_aligned_in_smp ____cacheline_aligned
#define __cacheline_aligned ____cacheline_aligned
#define __cacheline_aligned_in_smp ____cacheline_aligned

/* There are no sections for these. */
#define __read_mostly
#define __ro_after_init

#endif /* KMEM_LINUX_CACHE_H */
