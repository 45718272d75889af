/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * summary.c - what is said of the memory, and of all rows of a view together
 */
#include <math.h>

#include "top/top.h"

/* Sums of what is known. */
static double sum(const struct list *list, unsigned int place)
{
	double total = 0;

	for (size_t i = 0; i < list->nr_shown; i++) {
		double value = list->shown[i]->value[place];

		if (!isnan(value))
			total += value;
	}
	return total;
}

static void add_number(struct strbuf *sb, const char *before, double value,
		       const char *after, const struct look *look)
{
	strbuf_adds(sb, before);
	format_count(sb, value, 9, look);
	strbuf_adds(sb, after);
}

static void add_size(struct strbuf *sb, const char *before, double bytes,
		     const char *after, const struct look *look)
{
	strbuf_adds(sb, before);
	format_size(sb, bytes, 7, look);
	strbuf_adds(sb, after);
}

void cache_totals(struct strbuf *sb, const struct list *list,
		  const struct look *look)
{
	double pages = 0, active = sum(list, CACHE_ACTIVE);
	size_t used = 0;

	for (size_t i = 0; i < list->nr_shown; i++) {
		const double *value = list->shown[i]->value;

		pages += value[CACHE_SLABS] * value[CACHE_SLAB_PAGES];
		used += value[CACHE_ACTIVE] > 0;
	}
	add_number(sb, "Caches ", (double)list->nr_shown, ", ", look);
	add_number(sb, "in use ", (double)used, "; ", look);
	add_number(sb, "objects active ", active, " of ", look);
	add_number(sb, "", sum(list, CACHE_TOTAL), "; ", look);
	add_number(sb, "slabs ", sum(list, CACHE_SLABS), ", ", look);
	add_size(sb, "", pages * PAGE_BYTES, "", look);
}

void pool_totals(struct strbuf *sb, const struct list *list,
		 const struct look *look)
{
	size_t below = 0, waited = 0;

	for (size_t i = 0; i < list->nr_shown; i++) {
		const double *value = list->shown[i]->value;

		below += value[POOL_CURR] < value[POOL_MIN];
		waited += value[POOL_WAITERS] > 0;
	}
	add_number(sb, "Pools ", (double)list->nr_shown, ", ", look);
	add_number(sb, "below their reserve ", (double)below, "; ", look);
	add_number(sb, "requests waiting ", sum(list, POOL_WAITERS), "", look);
	add_number(sb, ", in pools ", (double)waited, "", look);
}

void zone_totals(struct strbuf *sb, const struct list *list,
		 const struct look *look)
{
	add_number(sb, "Zones ", (double)list->nr_shown, "; free ", look);
	add_size(sb, "", sum(list, ZONE_FREE) * PAGE_BYTES, " of ", look);
	add_size(sb, "", sum(list, ZONE_MANAGED) * PAGE_BYTES, "", look);
}

void order_totals(struct strbuf *sb, const struct list *list,
		  const struct look *look)
{
	double pages = 0;

	for (size_t i = 0; i < list->nr_shown; i++)
		pages += ldexp(list->shown[i]->value[ORDER_BLOCKS],
			       (int)list->shown[i]->value[ORDER_ORDER]);
	add_number(sb, "Free blocks ", sum(list, ORDER_BLOCKS), ", ", look);
	add_size(sb, "", pages * PAGE_BYTES, "", look);
}

void memory_summary(struct strbuf *sb, const struct memory *memory, int bar,
		    const struct look *look)
{
	double used = memory->total - memory->free;

	strbuf_adds(sb, "Memory ");
	if (bar && !isnan(used)) {
		format_bar(sb, used / memory->total, bar, look);
		strbuf_addc(sb, ' ');
	}
	add_size(sb, "used ", used, " of ", look);
	add_size(sb, "", memory->total, "; ", look);
	add_size(sb, "slabs ", memory->slab, ", ", look);
	add_size(sb, "vmalloc ", memory->vmalloc, "", look);
}
