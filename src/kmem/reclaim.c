/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reclaim.c - getting pages back from whoever keeps them
 *
 * There are no pages of files to write out. What can be had is in threads' page
 * lists, in empty slabs and what threads and barns keep of them, in objects
 * that a program's shrinkers can free, and in the atomic reserve. Cheap things
 * come first: a direct reclaim drains the page lists, and goes on to the rest
 * when that was not enough.
 *
 * Whoever reclaims is in a noreclaim scope: what is needed meanwhile comes from
 * the reserves, so reclaim never enters itself.
 *
 * Where it differs from the kernel: progress is not what reclaim says of
 * itself but whether there are more free pages than before.
 */
#include "internal.h"

/* The kernel's: shares of 1/4096 first, all in the end. */
#define FIRST_PRIORITY 12
/* Objects that are enough for one round, the kernel's SWAP_CLUSTER_MAX. */
#define ENOUGH 32

static unsigned long free_in_zones(void)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		pages += counter_read(kmem.zone[i].free_pages);
	return pages;
}

static void shrink_programs(gfp_t gfp)
{
	unsigned int priority = FIRST_PRIORITY + 1;

	if (!shrinkers_exist())
		return;
	while (priority-- > 0)
		if (shrinkers_run(gfp, priority) >= ENOUGH)
			break;
}

/*
 * Page lists first, so that slabs which shrink next find whole blocks; again
 * after it, for the pages that went through this thread's own lists.
 */
static void reclaim_objects(gfp_t gfp)
{
	shrink_programs(gfp);
	caches_shrink();
	drain_all_pages();
}

/**
 * reclaim() - make pages free
 * @gfp: of the request that needs them; bits that scopes take away are gone
 * @all: the page lists were drained before, go on to objects
 *
 * Context: no locks. Return: how many more pages are free; others may have had
 * a part in it, either way.
 */
unsigned long reclaim(gfp_t gfp, bool all)
{
	unsigned int scope = memalloc_noreclaim_save();
	unsigned long before = free_in_zones(), after;

	drain_all_pages();
	if (all)
		reclaim_objects(gfp);
	memalloc_noreclaim_restore(scope);
	after = free_in_zones();
	return after > before ? after - before : 0;
}

/* For drop_caches: everything that can be made again. */
void reclaim_everything(void)
{
	unsigned int scope = memalloc_noreclaim_save();
	unsigned long enough = 1;

	/* As the kernel: again, with less patience each time. */
	while (shrinkers_run(GFP_KERNEL, 0) / enough > 1)
		enough *= 2;
	caches_shrink();
	drain_all_pages();
	memalloc_noreclaim_restore(scope);
}

/*
 * Atomic requests lose their reserve before others fail. Return: whether they
 * had one.
 */
bool reclaim_highatomic(enum migratetype type)
{
	bool any = false;

	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		any |= zone_unreserve_highatomic(&kmem.zone[i], type, true);
	return any;
}
