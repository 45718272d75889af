/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_metrics.c - metrics/allocfs.prom: all numbers for Prometheus
 *
 * A folder with one file, to be given to node_exporter as the folder of its
 * textfile collector. Where node_exporter has a metric, of the kernel's files in
 * proc/, ours has the same name and labels behind another prefix; the others
 * have what the view calls things.
 *
 * To add a metric is to add a line to a table: name with unit, type, help, and
 * the number, an expression over i, the object. Each table is one set (see
 * metrics.h), filled by the function below it, which walks the objects. Here are
 * those of the memory; those of what is allocated in are in metrics_source.c.
 */
#include <string.h>

#include "metrics.h"
#include "view.h"

#define BYTES_OF(pages) ((uint64_t)(pages) << KMEM_PAGE_SHIFT)

static uint64_t largest_block(const struct kmem_zone_info *zone)
{
	unsigned int order = KMEM_NR_ORDERS;

	while (order > 0)
		if (zone->nr_free[--order])
			return KMEM_PAGE_SIZE << order;
	return 0;
}

/* ---- the program, and its memory as a whole -------------------------------- */

struct arena {
	struct kmem_memory_info memory;
	struct kmem_vmalloc_info vmalloc;
	struct meminfo_row row[MEMINFO_ROWS_MAX];
	unsigned int nr_rows;
	uint64_t event[KMEM_NR_VM_EVENTS];
	unsigned long absent;
	uint64_t largest;
	uint64_t objects;
	uint64_t waiters;
};

static double row_bytes(const struct arena *arena, const char *name)
{
	return 1024. * (double)meminfo_kb(arena->row, arena->nr_rows, name);
}

/* name, type, help, expression over i, a struct arena */
#define ARENA_FAMILIES(X)                                                      \
	X(arena_size_bytes, GAUGE, "Memory that is installed.",                \
	  i->memory.size)                                                      \
	X(arena_managed_bytes, GAUGE, "Memory that the page allocator owns.",  \
	  BYTES_OF(i->memory.managed_pages))                                   \
	X(arena_free_bytes, GAUGE, "Memory on the free lists of all zones.",   \
	  BYTES_OF(i->memory.free_pages))                                      \
	X(arena_parked_bytes, GAUGE,                                           \
	  "Free memory that threads keep in their page lists.",                \
	  BYTES_OF(i->memory.cached_pages))                                    \
	X(arena_released_bytes, GAUGE,                                         \
	  "Free memory that takes none of the machine's.",                     \
	  BYTES_OF(i->absent))                                                 \
	X(arena_largest_free_block_bytes, GAUGE,                               \
	  "Largest block on a free list of any zone.", i->largest)             \
	X(arena_virtual_cpus, GAUGE, "CPUs that formulas and formats use.",    \
	  i->memory.cpus)                                                      \
	X(vmalloc_areas, GAUGE, "Areas of vmalloc and vmap.",                  \
	  i->vmalloc.areas)                                                    \
	X(mount_objects, GAUGE, "Objects allocated through the mount.",        \
	  i->objects)                                                          \
	X(mount_waiters, GAUGE, "Requests through the mount that wait.",       \
	  i->waiters)

#define ARENA_VALUE(name, type, help, expression)                              \
	VALUE(struct arena, name, expression)
ARENA_FAMILIES(ARENA_VALUE)

/*
 * name, row of proc/meminfo, help. node_exporter has the row's name for a name,
 * which promtool does not like.
 */
#define MEMINFO_FAMILIES(X)                                                    \
	X(mem_total, MemTotal, "Memory that the page allocator owns.")         \
	X(mem_free, MemFree, "Memory on the free lists.")                      \
	X(mem_available, MemAvailable,                                         \
	  "Estimate of what requests could still get.")                        \
	X(slab, Slab, "Memory in slabs.")                                      \
	X(sreclaimable, SReclaimable,                                          \
	  "Memory in slabs of reclaimable caches.")                            \
	X(sunreclaim, SUnreclaim, "Memory in slabs of other caches.")          \
	X(vmalloc_total, VmallocTotal, "Addresses for areas of vmalloc.")      \
	X(vmalloc_used, VmallocUsed, "Memory in areas of vmalloc.")

#define MEMINFO_VALUE(name, row, help)                                         \
	VALUE(struct arena, memory_##name##_bytes, row_bytes(i, #row))
#define MEMINFO_FAMILY(name, row, help)                                        \
	FAMILY(memory_##name##_bytes, GAUGE, help, )
MEMINFO_FAMILIES(MEMINFO_VALUE)

#define EVENT_VALUE(name, help)                                                \
	VALUE(struct arena, vmstat_##name##_total,                             \
	      i->event[KMEM_VM_EVENT_##name])
#define EVENT_FAMILY(name, help)                                               \
	FAMILY(vmstat_##name##_total, COUNTER, "vmstat: " help ".", )
KMEM_VM_EVENTS(EVENT_VALUE)

/* clang-format off */
static const struct family arena_families[] = {
	ARENA_FAMILIES(FAMILY)
	MEMINFO_FAMILIES(MEMINFO_FAMILY)
};
static const struct family event_families[] = {
	KMEM_VM_EVENTS(EVENT_FAMILY)
};
/* clang-format on */

static void arena_numbers(struct view *view, struct arena *ret_arena)
{
	struct kmem_zone_info zone;

	memset(ret_arena, 0, sizeof(*ret_arena));
	kmem_memory_info(&ret_arena->memory);
	kmem_vmalloc_info(&ret_arena->vmalloc);
	ret_arena->nr_rows = meminfo_rows(ret_arena->row);
	kmem_vm_events(ret_arena->event);
	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++) {
		uint64_t largest = largest_block(&zone);

		ret_arena->absent += zone.absent;
		if (largest > ret_arena->largest)
			ret_arena->largest = largest;
	}
	ret_arena->objects = account_total(view, ACCOUNT_OBJECTS);
	ret_arena->waiters = account_total(view, ACCOUNT_WAITERS);
}

static void add_arena(struct view *view, struct strbuf *sb)
{
	struct metric_set numbers = METRIC_SET(arena_families);
	struct metric_set events = METRIC_SET(event_families);
	struct arena arena;

	arena_numbers(view, &arena);
	metric_set_add(&numbers, NULL, &arena);
	metric_set_add(&events, NULL, &arena);
	metric_set_end(&numbers, sb);
	metric_set_end(&events, sb);
}

static double build_info_value(const void *object)
{
	(void)object;
	return 1;
}

/* clang-format off */
static const struct family build_families[] = {
	FAMILY(build_info, GAUGE, "The version of allocfs, of value 1.", )
};
/* clang-format on */

static void add_build(struct strbuf *sb)
{
	struct metric_set set = METRIC_SET(build_families);
	struct strbuf labels = { 0 };

	metric_label(&labels, "version", allocfs_version());
	metric_set_add(&set, &labels, NULL);
	metric_set_end(&set, sb);
	strbuf_free(&labels);
}

/* ---- zones, and their orders ----------------------------------------------- */

struct zone_numbers {
	struct kmem_zone_info zone;
	struct kmem_numa_info numa;
	unsigned int order;
};

/* name, type, help, expression over i, a struct zone_numbers */
#define ZONE_FAMILIES(X)                                                       \
	X(zoneinfo_nr_free_pages, GAUGE, "Pages on the free lists.",           \
	  i->zone.free)                                                        \
	X(zoneinfo_min_pages, GAUGE, "Only urgent requests go below.",         \
	  i->zone.min)                                                         \
	X(zoneinfo_low_pages, GAUGE, "Background reclaim begins below.",       \
	  i->zone.low)                                                         \
	X(zoneinfo_high_pages, GAUGE, "Background reclaim ends above.",        \
	  i->zone.high)                                                        \
	X(zoneinfo_spanned_pages, GAUGE, "Pages from the first to the last.",  \
	  i->zone.spanned)                                                     \
	X(zoneinfo_present_pages, GAUGE, "Of those, pages that exist.",        \
	  i->zone.present)                                                     \
	X(zoneinfo_managed_pages, GAUGE,                                       \
	  "Of those, pages that the allocator owns.", i->zone.managed)         \
	X(zoneinfo_numa_hit_total, COUNTER,                                    \
	  "Pages given to requests for this node.", i->numa.hit)               \
	X(zoneinfo_numa_miss_total, COUNTER,                                   \
	  "Pages given to requests for a node that had none.", i->numa.miss)   \
	X(zoneinfo_numa_foreign_total, COUNTER,                                \
	  "Pages that another node gave to requests for this one.",            \
	  i->numa.foreign)                                                     \
	X(zoneinfo_numa_local_total, COUNTER,                                  \
	  "Pages given to threads of this node.", i->numa.local)               \
	X(zoneinfo_numa_other_total, COUNTER,                                  \
	  "Pages given to threads of other nodes.", i->numa.other)             \
	X(zone_released_bytes, GAUGE,                                          \
	  "Free memory that takes none of the machine's.",                     \
	  BYTES_OF(i->zone.absent))                                            \
	X(zone_largest_free_block_bytes, GAUGE,                                \
	  "Largest block on the free lists.", largest_block(&i->zone))         \
	X(zone_highatomic_free_bytes, GAUGE,                                   \
	  "Free memory kept for requests that cannot wait.",                   \
	  BYTES_OF(i->zone.free_highatomic))

/* The same; size is the order, as node_exporter calls it. */
#define ZONE_ORDER_FAMILIES(X)                                                 \
	X(buddyinfo_blocks, GAUGE, "Free blocks of 2^size pages.",             \
	  i->zone.nr_free[i->order])                                           \
	X(zone_unusable_free_ratio, GAUGE,                                     \
	  "Part of the free pages in blocks too small for 2^size pages.",      \
	  zone_unusable_index(&i->zone, i->order) / 1000.)                     \
	X(zone_fragmentation_index, GAUGE,                                     \
	  "Why a request for 2^size pages would fail: 0 for want of memory, "  \
	  "1 for fragmentation, -1 it would not.",                             \
	  zone_extfrag_index(&i->zone, i->order) / 1000.)

#define ZONE_VALUE(name, type, help, expression)                               \
	VALUE(struct zone_numbers, name, expression)
ZONE_FAMILIES(ZONE_VALUE)
ZONE_ORDER_FAMILIES(ZONE_VALUE)

/* clang-format off */
static const struct family zone_families[] = { ZONE_FAMILIES(FAMILY) };
static const struct family zone_order_families[] = {
	ZONE_ORDER_FAMILIES(FAMILY)
};
/* clang-format on */

static void zone_labels(const struct kmem_zone_info *zone,
			struct strbuf *labels)
{
	strbuf_reset(labels);
	metric_label_number(labels, "node", zone->node);
	metric_label(labels, "zone", zone->name);
}

static void add_zones(struct strbuf *sb)
{
	struct metric_set zones = METRIC_SET(zone_families);
	struct metric_set orders = METRIC_SET(zone_order_families);
	struct strbuf labels = { 0 };
	struct zone_numbers i;

	for (unsigned int n = 0; kmem_zone_info(n, &i.zone); n++) {
		kmem_zone_numa_info(n, &i.numa);
		zone_labels(&i.zone, &labels);
		metric_set_add(&zones, &labels, &i);
		for (i.order = 0; i.order < KMEM_NR_ORDERS; i.order++) {
			zone_labels(&i.zone, &labels);
			metric_label_number(&labels, "size", i.order);
			metric_set_add(&orders, &labels, &i);
		}
	}
	metric_set_end(&zones, sb);
	metric_set_end(&orders, sb);
	strbuf_free(&labels);
}

/* ---- the file ---------------------------------------------------------------- */

static int prom_show(struct call *call, struct strbuf *sb)
{
	add_build(sb);
	add_arena(call->view, sb);
	add_zones(sb);
	metrics_add_sources(call->view, sb);
	metrics_add_caches(call->view, sb);
	metrics_add_pools(call->view, sb);
	return 0;
}
static ATTR_RO(prom, "all numbers, for Prometheus", .flags = ATTR_LONG);

const struct node metrics_table[] = {
	FILE("allocfs.prom", prom_attr),
	NODES_END,
};
