/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_zone.c - zones as the kernel prints them: proc/buddyinfo,
 * proc/pagetypeinfo, proc/zoneinfo and debug/extfrag/
 *
 * Programs parse these files by column, some crash on anything else: formats
 * are exact to the byte. The kernel knows a type Device, which never has pages
 * here, and has HighMem only where an architecture needs it, so it is left out
 * unless it is configured: so that zoneinfo is what it is on x86-64.
 *
 * Where it differs from the kernel: a zone's counters that are about a page
 * cache, locked or compressed pages are there for their names, and 0.
 */
#include "view.h"

/* ---- what there is ------------------------------------------------------- */

static bool has_highmem(void)
{
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		if (zone.type == KMEM_ZONE_HIGHMEM)
			return true;
	return false;
}

bool zone_type_shown(unsigned int type)
{
	return type != KMEM_ZONE_HIGHMEM || has_highmem();
}

static void zone_head(struct strbuf *sb, const struct kmem_zone_info *zone)
{
	strbuf_addf(sb, "Node %u, zone %8s", zone->node, zone->name);
}

/* ---- proc/buddyinfo ------------------------------------------------------ */

static int buddyinfo_show(struct call *call, struct strbuf *sb)
{
	struct kmem_zone_info zone;

	(void)call;
	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++) {
		zone_head(sb, &zone);
		strbuf_addc(sb, ' ');
		for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
			strbuf_addf(sb, "%6lu ", zone.nr_free[o]);
		strbuf_addc(sb, '\n');
	}
	return 0;
}
ATTR_RO(buddyinfo, "free blocks of each zone and order");

/* ---- proc/pagetypeinfo --------------------------------------------------- */

static const char *const migrate_names[] = {
	[MIGRATE_UNMOVABLE] = "Unmovable",
	[MIGRATE_MOVABLE] = "Movable",
	[MIGRATE_RECLAIMABLE] = "Reclaimable",
	[MIGRATE_HIGHATOMIC] = "HighAtomic",
};

static void show_free_types(struct strbuf *sb,
			    const struct kmem_zone_info *zone)
{
	for (unsigned int type = 0; type < MIGRATE_TYPES; type++) {
		strbuf_addf(sb, "Node %4u, zone %8s, type %12s ", zone->node,
			    zone->name, migrate_names[type]);
		for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
			strbuf_addf(sb, "%6lu ", zone->nr_free_type[type][o]);
		strbuf_addc(sb, '\n');
	}
}

/* Both tables for each node, as the kernel has it, under one head. */
static void show_node_types(struct strbuf *sb, unsigned int node)
{
	struct kmem_zone_info zone;
	unsigned int i;

	strbuf_addf(sb, "%-43s ", "Free pages count per migrate type at order");
	for (i = 0; i < KMEM_NR_ORDERS; i++)
		strbuf_addf(sb, "%6u ", i);
	strbuf_addc(sb, '\n');
	for (i = 0; kmem_zone_info(i, &zone); i++)
		if (zone.node == node)
			show_free_types(sb, &zone);
	strbuf_addf(sb, "\n%-23s", "Number of blocks type ");
	for (i = 0; i < MIGRATE_TYPES; i++)
		strbuf_addf(sb, "%12s ", migrate_names[i]);
	strbuf_addc(sb, '\n');
	for (i = 0; kmem_zone_info(i, &zone); i++) {
		if (zone.node != node)
			continue;
		zone_head(sb, &zone);
		strbuf_addc(sb, ' ');
		for (unsigned int type = 0; type < MIGRATE_TYPES; type++)
			strbuf_addf(sb, "%12lu ", zone.nr_pageblocks[type]);
		strbuf_addc(sb, '\n');
	}
}

static int pagetypeinfo_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	for (unsigned int node = 0; node < kmem_nr_nodes(); node++) {
		strbuf_addf(sb, "Page block order: %u\n", KMEM_PAGEBLOCK_ORDER);
		strbuf_addf(sb, "Pages per block:  %lu\n\n",
			    1ul << KMEM_PAGEBLOCK_ORDER);
		show_node_types(sb, node);
	}
	return 0;
}
ATTR_RO(pagetypeinfo, "free blocks by migrate type");

/* ---- proc/zoneinfo ------------------------------------------------------- */

static void show_marks(struct strbuf *sb, const struct kmem_zone_info *zone)
{
	const char *sep = "";

	strbuf_addf(sb, "  pages free     %lu\n", zone->free);
	strbuf_addf(sb, "        boost    %lu\n", zone->boost);
	strbuf_addf(sb, "        min      %lu\n", zone->min);
	strbuf_addf(sb, "        low      %lu\n", zone->low);
	strbuf_addf(sb, "        high     %lu\n", zone->high);
	strbuf_addf(sb, "        promo    %lu\n", zone->promo);
	strbuf_addf(sb, "        spanned  %lu\n", zone->spanned);
	strbuf_addf(sb, "        present  %lu\n", zone->present);
	strbuf_addf(sb, "        managed  %lu\n", zone->managed);
	strbuf_addf(sb, "        cma      %u\n", 0);
	strbuf_adds(sb, "        protection: (");
	for (unsigned int type = 0; type < KMEM_NR_ZONE_TYPES; type++) {
		if (!zone_type_shown(type))
			continue;
		strbuf_addf(sb, "%s%lu", sep, zone->lowmem_reserve[type]);
		sep = ", ";
	}
	/* Device is above Movable and adds nothing. */
	strbuf_addf(sb, ", %lu)\n",
		    zone->lowmem_reserve[KMEM_NR_ZONE_TYPES - 1]);
}

/*
 * How far the kernel's per-CPU differences of counters may grow before they are
 * added up: by its formula for the zone's size, although ours are exact.
 */
static unsigned int stat_threshold(const struct kmem_zone_info *zone,
				   unsigned int cpus)
{
	unsigned long units = zone->managed >> (27 - KMEM_PAGE_SHIFT);
	unsigned int bits = units ? 64 - (unsigned int)__builtin_clzl(units)
				  : 0;
	unsigned int threshold =
		2 * (32 - (unsigned int)__builtin_clz(cpus)) * (1 + bits);

	return threshold < 125 ? threshold : 125;
}

static void show_pagesets(struct strbuf *sb, unsigned int i,
			  const struct kmem_zone_info *zone)
{
	struct kmem_memory_info memory;
	struct kmem_pageset_info set;

	kmem_memory_info(&memory);
	strbuf_adds(sb, "  pagesets\n");
	for (unsigned int cpu = 0; kmem_pageset_info(i, cpu, &set); cpu++) {
		strbuf_addf(sb, "    cpu: %u\n", cpu);
		strbuf_addf(sb, "              count:    %lu\n", set.count);
		strbuf_addf(sb, "              high:     %u\n", set.high);
		strbuf_addf(sb, "              batch:    %u\n", set.batch);
		strbuf_addf(sb, "              high_min: %u\n", set.high_min);
		strbuf_addf(sb, "              high_max: %u\n", set.high_max);
		strbuf_addf(sb, "  vm stats threshold: %u\n",
			    stat_threshold(zone, memory.cpus));
	}
}

/* The index of a zone among those that have pages. */
static unsigned int populated_index(const struct kmem_zone_info *zone)
{
	struct kmem_zone_info other;
	unsigned int i;

	for (i = 0; kmem_zone_info(i, &other); i++)
		if (other.node == zone->node && other.type == zone->type)
			break;
	return i;
}

static void show_zone(struct strbuf *sb, const struct kmem_zone_info *zone,
		      bool first)
{
	unsigned int i;

	zone_head(sb, zone);
	strbuf_addc(sb, '\n');
	if (first) {
		strbuf_adds(sb, "  per-node stats\n");
		show_node_counters(sb, zone->node, "      %-12s %llu\n");
	}
	show_marks(sb, zone);
	if (!zone->managed)
		return;
	i = populated_index(zone);
	show_zone_counters(sb, i, "      %-12s %llu\n");
	show_pagesets(sb, i, zone);
	strbuf_addf(sb, "  node_unreclaimable:  %u\n", 0);
	strbuf_addf(sb, "  start_pfn:           %lu\n", zone->start_pfn);
}

static int zoneinfo_show(struct call *call, struct strbuf *sb)
{
	struct kmem_zone_info zone;

	(void)call;
	for (unsigned int node = 0; node < kmem_nr_nodes(); node++) {
		bool first = true;

		for (unsigned int type = 0;
		     kmem_node_zone_info(node, type, &zone); type++) {
			if (!zone_type_shown(type))
				continue;
			show_zone(sb, &zone, first && zone.managed);
			first = first && !zone.managed;
		}
		zone = (struct kmem_zone_info){ .node = node,
						.name = "Device" };
		show_zone(sb, &zone, false);
	}
	return 0;
}
ATTR_RO(zoneinfo, "marks, counters and page lists of each zone");

/* ---- debug/extfrag ------------------------------------------------------- */

/* What the free blocks of a zone are worth to a request for an order. */
struct fragments {
	unsigned long pages; /* free */
	unsigned long blocks; /* free, of any order */
	unsigned long suitable; /* free, large enough, in units of the order */
};

static void fragments_of(const struct kmem_zone_info *zone, unsigned int order,
			 struct fragments *ret)
{
	*ret = (struct fragments){ 0 };
	for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++) {
		ret->blocks += zone->nr_free[o];
		ret->pages += zone->nr_free[o] << o;
		if (o >= order)
			ret->suitable += zone->nr_free[o] << (o - order);
	}
}

int zone_unusable_index(const struct kmem_zone_info *zone, unsigned int order)
{
	struct fragments f;

	fragments_of(zone, order, &f);
	if (!f.pages)
		return 1000;
	return (int)((f.pages - (f.suitable << order)) * 1000 / f.pages);
}

/*
 * With a single free block the kernel's formula falls below 0, which it prints
 * as "0.-500": 0 says the same.
 */
int zone_extfrag_index(const struct kmem_zone_info *zone, unsigned int order)
{
	unsigned long wanted = 1ul << order;
	struct fragments f;
	int index;

	fragments_of(zone, order, &f);
	if (!f.blocks)
		return 0;
	if (f.suitable)
		return -1000;
	index = 1000 - (int)((1000 + f.pages * 1000 / wanted) / f.blocks);
	return index > 0 ? index : 0;
}

static void show_indices(struct strbuf *sb,
			 int (*index)(const struct kmem_zone_info *,
				      unsigned int),
			 const char *format)
{
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++) {
		zone_head(sb, &zone);
		strbuf_addc(sb, ' ');
		for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++) {
			int value = index(&zone, o);

			strbuf_addf(sb, format, value / 1000, value % 1000);
		}
		strbuf_addc(sb, '\n');
	}
}

static int unusable_index_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	show_indices(sb, zone_unusable_index, "%d.%03d ");
	return 0;
}
static ATTR_RO(unusable_index,
	       "part of the free pages unusable for each order");

static int extfrag_index_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	show_indices(sb, zone_extfrag_index, "%2d.%03d ");
	return 0;
}
static ATTR_RO(extfrag_index, "whether a failure would be for fragmentation");

const struct node extfrag_table[] = {
	FILE("unusable_index", unusable_index_attr),
	FILE("extfrag_index", extfrag_index_attr),
	NODES_END,
};
