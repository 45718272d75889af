/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_node.c - the nodes of the memory and their zones: nodes/, and
 * sys/devices/system/node/ as the kernel has it
 *
 * The memory is divided once, when the stack is set up, so these directories
 * are fixed: the tree is written out with one for each node and zone, and a
 * file finds out from its place which one it is about.
 */
#include <stdlib.h>

#include "util/text.h"

#include "view.h"

/* ---- which there are ----------------------------------------------------- */

static bool numa_nodes(unsigned int about, unsigned int i, char *name,
		       size_t size, unsigned int *ret_about)
{
	(void)about;
	if (i >= kmem_nr_nodes())
		return false;
	text_format(name, size, "node%u", i);
	*ret_about = i;
	return true;
}

/* The zones of a node that have pages; a file is about the populated zone. */
static bool zones_of_node(unsigned int node, unsigned int i, char *name,
			  size_t size, unsigned int *ret_about)
{
	struct kmem_zone_info zone;

	for (unsigned int z = 0; kmem_zone_info(z, &zone); z++) {
		if (zone.node != node || i--)
			continue;
		text_copy(name, size, zone.name);
		*ret_about = z;
		return true;
	}
	return false;
}

/* ---- nodes/nodeN/ZONE ---------------------------------------------------- */

/* name, help */
#define ZONE_NUMBERS(X)                                                        \
	X(free, "free pages")                                                  \
	X(min, "mark that only urgent requests go below")                      \
	X(low, "mark at which background reclaim begins")                      \
	X(high, "mark at which it ends")                                       \
	X(spanned, "pages from its first to its last")                         \
	X(present, "of those, pages that exist")                               \
	X(managed, "of those, pages that the allocator owns")                  \
	X(start_pfn, "its first page frame")

#define ZONE_ATTR(name, help)                                                  \
	static int zone_##name##_show(struct call *call, struct strbuf *sb)    \
	{                                                                      \
		struct kmem_zone_info zone;                                    \
                                                                               \
		kmem_zone_info(call->place.about, &zone);                      \
		return show_number(sb, zone.name);                             \
	}                                                                      \
	static ATTR_RO(zone_##name, help);

ZONE_NUMBERS(ZONE_ATTR)

static int lowmem_reserve_show(struct call *call, struct strbuf *sb)
{
	struct kmem_zone_info zone;
	const char *sep = "";

	kmem_zone_info(call->place.about, &zone);
	for (unsigned int type = 0; type < KMEM_NR_ZONE_TYPES; type++) {
		if (!zone_type_shown(type))
			continue;
		strbuf_addf(sb, "%s%lu", sep, zone.lowmem_reserve[type]);
		sep = " ";
	}
	strbuf_addc(sb, '\n');
	return 0;
}
static ATTR_RO(lowmem_reserve, "pages kept from requests for higher zones");

static int distance_show(struct call *call, struct strbuf *sb)
{
	struct kmem_node_info node;

	kmem_node_info(call->place.about, &node);
	for (unsigned int to = 0; to < kmem_nr_nodes(); to++)
		strbuf_addf(sb, "%s%u", to ? " " : "", node.distance[to]);
	strbuf_addc(sb, '\n');
	return 0;
}
static ATTR_RO(distance, "how far it is to the memory of each node");

#define ZONE_NODE(name, help) FILE(#name, zone_##name##_attr),

static const struct node zone_table[] = {
	ZONE_NUMBERS(ZONE_NODE) FILE("lowmem_reserve", lowmem_reserve_attr),
	FILE("map", zone_map_attr),
	NODES_END,
};

static const struct node node_table[] = {
	FILE("distance", distance_attr),
	MANY_DIRS(zones_of_node, zone_table),
	NODES_END,
};

const struct node nodes_table[] = {
	MANY_DIRS(numa_nodes, node_table),
	NODES_END,
};

/* ---- sys/devices/system/node --------------------------------------------- */

static const struct node sys_node_table[] = {
	FILE("distance", distance_attr),
	FILE("meminfo", node_meminfo_attr),
	FILE("numastat", numastat_attr),
	FILE("vmstat", node_vmstat_attr),
	NODES_END,
};

static const struct node sys_nodes_table[] = {
	MANY_DIRS(numa_nodes, sys_node_table),
	NODES_END,
};

static const struct node sys_system_table[] = {
	DIR("node", sys_nodes_table),
	NODES_END,
};

static const struct node sys_devices_table[] = {
	DIR("system", sys_system_table),
	NODES_END,
};

static const struct node sys_kernel_table[] = {
	SYMLINK("slab", "../../caches"),
	NODES_END,
};

const struct node sys_table[] = {
	DIR("devices", sys_devices_table),
	DIR("kernel", sys_kernel_table),
	EACH_THIRD("slab", cache_kind),
	NODES_END,
};
