/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memalloc.h - what all requests of a thread may do, for a stretch of its code
 *
 * As in <linux/sched/mm.h>: a scope is entered by a save function and left by
 * the restore function of the same name, which gets what save returned. Scopes
 * nest. Within one, requests of the calling thread lose bits of their masks, or
 * gain reserves, whoever makes them on its behalf.
 */
#ifndef KMEM_MEMALLOC_H
#define KMEM_MEMALLOC_H

#include <kmem/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* A thread's flags: the kernel's names and values. */
#define PF_MEMALLOC 0x800u
#define PF_MEMALLOC_NOFS 0x40000u
#define PF_MEMALLOC_NOIO 0x80000u
#define PF_MEMALLOC_PIN 0x10000000u

/**
 * memalloc_flags_save() - set flags of the calling thread
 * @flags: any of PF_MEMALLOC...
 *
 * Return: those that were not set before, for memalloc_flags_restore().
 */
unsigned int memalloc_flags_save(unsigned int flags);

/**
 * memalloc_flags_restore() - clear what memalloc_flags_save() set
 * @flags: what it returned
 */
void memalloc_flags_restore(unsigned int flags);

/**
 * memalloc_noio_save() - from here on, no IO: __GFP_IO and __GFP_FS are lost
 *
 * Return: for memalloc_noio_restore().
 */
static inline unsigned int memalloc_noio_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_NOIO);
}

static inline void memalloc_noio_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/**
 * memalloc_nofs_save() - from here on, no calls into a file system: __GFP_FS
 * is lost
 *
 * Return: for memalloc_nofs_restore().
 */
static inline unsigned int memalloc_nofs_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_NOFS);
}

static inline void memalloc_nofs_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/**
 * memalloc_pin_save() - from here on, pages to stay: __GFP_MOVABLE is lost
 *
 * Return: for memalloc_pin_restore().
 */
static inline unsigned int memalloc_pin_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC_PIN);
}

static inline void memalloc_pin_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/**
 * memalloc_noreclaim_save() - from here on, no reclaim and no watermarks
 *
 * For code that frees memory and needs some for it, as reclaim itself: requests
 * may use the last page, unless they have __GFP_NOMEMALLOC.
 *
 * Return: for memalloc_noreclaim_restore().
 */
static inline unsigned int memalloc_noreclaim_save(void)
{
	return memalloc_flags_save(PF_MEMALLOC);
}

static inline void memalloc_noreclaim_restore(unsigned int flags)
{
	memalloc_flags_restore(flags);
}

/**
 * current_gfp_context() - a mask without what the thread's scopes take away
 * @gfp: the mask
 *
 * Return: the mask that alloc_pages() works with.
 */
gfp_t current_gfp_context(gfp_t gfp);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_MEMALLOC_H */
