/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memalloc.c - scopes that bind all requests of a thread
 *
 * A word of flags per thread. Only slow paths look at it: the fast path takes
 * a page that is there already, for which nothing is done that a scope could
 * forbid. The exception is __GFP_MOVABLE, which chooses the list.
 */
#include "internal.h"

__thread unsigned int thread_flags;

unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int added = flags & ~thread_flags;

	thread_flags |= added;
	return added;
}

void memalloc_flags_restore(unsigned int flags)
{
	thread_flags &= ~flags;
}

gfp_t current_gfp_context(gfp_t gfp)
{
	if (likely(!thread_flags))
		return gfp;
	/* Who may not start IO may not call into a file system either. */
	if (thread_flags & PF_MEMALLOC_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	else if (thread_flags & PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	if (thread_flags & PF_MEMALLOC_PIN)
		gfp &= ~__GFP_MOVABLE;
	return gfp;
}
