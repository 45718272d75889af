/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sysctl.c - what can be tuned while the allocator runs
 *
 * One table has a row for each value of the kernel's /proc/sys/vm that means
 * something here: its name, its range, how it is read and how it is set. Who
 * shows them as files walks the table.
 *
 * A value is checked, then stored and made to take effect under one lock, so
 * that the numbers derived from it belong to the newest.
 *
 * Where it differs from the kernel: a value above its range is -ERANGE.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static const struct watermark_tunables defaults = {
	.scale_factor = 10,
	.boost_factor = 15000,
	.reserve_ratio = {
		[ZONE_DMA] = 256,
		[ZONE_DMA32] = 256,
		[ZONE_NORMAL] = 32,
		/* Who may use these may use no zone above: nothing to keep. */
		[ZONE_HIGHMEM] = 0,
		[ZONE_MOVABLE] = 0,
	},
};

/* LOCK_SYSCTL: written and made to take effect under it */
static struct watermark_tunables tunables;
static pthread_mutex_t sysctl_lock = PTHREAD_MUTEX_INITIALIZER;

/* Context: any lock may be held. */
unsigned int tunable_boost_factor(void)
{
	return counter_read(tunables.boost_factor);
}

/* ---- the rows ---- */

static void show_one(int64_t *values, uint64_t value)
{
	values[0] = (int64_t)value;
}

static void min_free_kbytes_get(int64_t *values)
{
	show_one(values, counter_read(tunables.min_free_kbytes));
}

/* More than half the memory kept free is a mistake, not a setting. */
static unsigned long min_free_kbytes_max(void)
{
	return kmem.nr_pages << (KMEM_PAGE_SHIFT - 10) >> 1;
}

static int min_free_kbytes_set(const int64_t *values, unsigned int nr)
{
	(void)nr;
	if ((uint64_t)values[0] > min_free_kbytes_max())
		return -ERANGE;
	counter_set(tunables.min_free_kbytes, (unsigned long)values[0]);
	zones_set_watermarks(&tunables);
	return 0;
}

static void watermark_scale_factor_get(int64_t *values)
{
	show_one(values, counter_read(tunables.scale_factor));
}

static int watermark_scale_factor_set(const int64_t *values, unsigned int nr)
{
	(void)nr;
	counter_set(tunables.scale_factor, (unsigned int)values[0]);
	zones_set_watermarks(&tunables);
	return 0;
}

static void watermark_boost_factor_get(int64_t *values)
{
	show_one(values, counter_read(tunables.boost_factor));
}

/* Of boosts to come; those that are there are worked off. */
static int watermark_boost_factor_set(const int64_t *values, unsigned int nr)
{
	(void)nr;
	counter_set(tunables.boost_factor, (unsigned int)values[0]);
	return 0;
}

static void lowmem_reserve_ratio_get(int64_t *values)
{
	for (int type = 0; type < NR_ZONE_TYPES; type++)
		values[type] =
			(int64_t)counter_read(tunables.reserve_ratio[type]);
}

/* The first @nr of them; less than 1 is "keep nothing". */
static int lowmem_reserve_ratio_set(const int64_t *values, unsigned int nr)
{
	for (unsigned int type = 0; type < nr; type++)
		counter_set(tunables.reserve_ratio[type],
			    (unsigned int)MAX(values[type], 0));
	zones_set_watermarks(&tunables);
	return 0;
}

static void percpu_pagelist_high_fraction_get(int64_t *values)
{
	show_one(values, counter_read(kmem.page_list_fraction));
}

/* Lists that are longer than they may be now begin anew. */
static int percpu_pagelist_high_fraction_set(const int64_t *values,
					     unsigned int nr)
{
	(void)nr;
	if (values[0] && values[0] < 8)
		return -EINVAL;
	counter_set(kmem.page_list_fraction, (unsigned int)values[0]);
	zones_set_page_sets();
	drain_all_pages();
	return 0;
}

#define DROP_PAGES 1
#define DROP_SLAB 2

/* Caches first: their blocks are to be given back, too. */
static int drop_caches_set(const int64_t *values, unsigned int nr)
{
	(void)nr;
	if (values[0] & DROP_SLAB) {
		reclaim_everything();
		vm_event(KMEM_VM_EVENT_drop_slab, 1);
	}
	if (values[0] & DROP_PAGES) {
		kmem_release_free_pages();
		vm_event(KMEM_VM_EVENT_drop_pagecache, 1);
	}
	return 0;
}

static const struct kmem_sysctl table[] = {
	{ "drop_caches", "1 returns free blocks, 2 shrinks caches, 3 both", 1,
	  1, 7, NULL, drop_caches_set },
	{ "lowmem_reserve_ratio", "what zones keep from requests for others",
	  NR_ZONE_TYPES, INT32_MIN, INT32_MAX, lowmem_reserve_ratio_get,
	  lowmem_reserve_ratio_set },
	{ "min_free_kbytes", "what the min marks are made from", 1, 0,
	  INT64_MAX, min_free_kbytes_get, min_free_kbytes_set },
	{ "percpu_pagelist_high_fraction",
	  "part of a zone that page lists may hold", 1, 0, INT32_MAX,
	  percpu_pagelist_high_fraction_get,
	  percpu_pagelist_high_fraction_set },
	{ "watermark_boost_factor", "most that fallbacks raise the marks by", 1,
	  0, INT32_MAX, watermark_boost_factor_get,
	  watermark_boost_factor_set },
	{ "watermark_scale_factor", "distance of the marks, in 1/10000", 1, 1,
	  3000, watermark_scale_factor_get, watermark_scale_factor_set },
};

/* ---- reading and setting ---- */

const struct kmem_sysctl *kmem_sysctl(unsigned int i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

const struct kmem_sysctl *kmem_sysctl_find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

int kmem_sysctl_get(const struct kmem_sysctl *sysctl, int64_t *values)
{
	if (!sysctl->get)
		return -EACCES;
	if (!kmem_up())
		return -ENOMEM;
	sysctl->get(values);
	return 0;
}

static int check(const struct kmem_sysctl *sysctl, const int64_t *values,
		 unsigned int nr)
{
	if (nr == 0 || nr > sysctl->nr)
		return -EINVAL;
	for (unsigned int i = 0; i < nr; i++) {
		if (values[i] < sysctl->min)
			return -EINVAL;
		if (values[i] > sysctl->max)
			return -ERANGE;
	}
	return 0;
}

int kmem_sysctl_set(const struct kmem_sysctl *sysctl, const int64_t *values,
		    unsigned int nr)
{
	int err = check(sysctl, values, nr);

	if (err)
		return err;
	if (!kmem_up())
		return -ENOMEM;
	/* One that cannot be read keeps nothing that a lock would protect. */
	if (!sysctl->get)
		return sysctl->set(values, nr);
	lock(&sysctl_lock, LOCK_SYSCTL);
	err = sysctl->set(values, nr);
	unlock(&sysctl_lock);
	/* Marks may be below what is free now. */
	if (page_waiters_exist())
		background_serve();
	return err;
}

/* ---- set-up ---- */

int sysctl_init(const struct kmem_config *config)
{
	if (config->min_free_kbytes > min_free_kbytes_max())
		return -EINVAL;
	tunables = defaults;
	tunables.min_free_kbytes = config->min_free_kbytes;
	if (!tunables.min_free_kbytes)
		tunables.min_free_kbytes = zones_default_min(config->thp);
	zones_set_watermarks(&tunables);
	return 0;
}

void sysctl_fork(enum fork_step step)
{
	fork_mutex(&sysctl_lock, step);
}
