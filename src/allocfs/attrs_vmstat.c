/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_vmstat.c - counters of the memory as the kernel prints them:
 * proc/vmstat, proc/meminfo, and the same for each node
 *
 * Programs look for the names they know, some count the lines, so all names of
 * the kernel are there, in its order. What has no meaning here, of a page cache,
 * of swap, of huge pages and of migration, is 0; so are the events that a table
 * of the library (KMEM_VM_EVENTS) does not have.
 *
 * Where it differs from the kernel: large blocks of kmalloc() are not among the
 * unreclaimable slabs, as nothing counts them on their way.
 */
#include <stddef.h>
#include <string.h>

#include "util/text.h"

#include "view.h"

/* ---- names, in the kernel's order ---------------------------------------- */

/* clang-format off */
static const char *const zone_counters[] = {
	"nr_free_pages", "nr_free_pages_blocks", "nr_zone_inactive_anon",
	"nr_zone_active_anon", "nr_zone_inactive_file",
	"nr_zone_active_file", "nr_zone_unevictable",
	"nr_zone_write_pending", "nr_mlock", "nr_zspages", "nr_free_cma",
};

static const char *const numa_counters[] = {
	"numa_hit", "numa_miss", "numa_foreign", "numa_interleave",
	"numa_local", "numa_other",
};

static const char *const node_counters[] = {
	"nr_inactive_anon", "nr_active_anon", "nr_inactive_file",
	"nr_active_file", "nr_unevictable", "nr_slab_reclaimable",
	"nr_slab_unreclaimable", "nr_isolated_anon", "nr_isolated_file",
	"workingset_nodes", "workingset_refault_anon",
	"workingset_refault_file", "workingset_activate_anon",
	"workingset_activate_file", "workingset_restore_anon",
	"workingset_restore_file", "workingset_nodereclaim", "nr_anon_pages",
	"nr_mapped", "nr_file_pages", "nr_dirty", "nr_writeback", "nr_shmem",
	"nr_shmem_hugepages", "nr_shmem_pmdmapped", "nr_file_hugepages",
	"nr_file_pmdmapped", "nr_anon_transparent_hugepages",
	"nr_vmscan_write", "nr_vmscan_immediate_reclaim", "nr_dirtied",
	"nr_written", "nr_throttled_written", "nr_kernel_misc_reclaimable",
	"nr_foll_pin_acquired", "nr_foll_pin_released", "nr_kernel_stack",
	"nr_page_table_pages", "nr_sec_page_table_pages", "nr_iommu_pages",
	"nr_swapcached", "pgpromote_success", "pgpromote_candidate",
	"pgpromote_candidate_nrl", "pgdemote_kswapd", "pgdemote_direct",
	"pgdemote_khugepaged", "pgdemote_proactive", "nr_hugetlb",
	"nr_balloon_pages", "nr_kernel_file_pages",
};

static const char *const events[] = {
	"nr_dirty_threshold", "nr_dirty_background_threshold",
	"nr_memmap_pages", "nr_memmap_boot_pages", "pgpgin", "pgpgout",
	"pswpin", "pswpout", "pgalloc_dma", "pgalloc_dma32",
	"pgalloc_normal", "pgalloc_high", "pgalloc_movable", "pgalloc_device",
	"allocstall_dma", "allocstall_dma32", "allocstall_normal",
	"allocstall_high", "allocstall_movable", "allocstall_device",
	"pgskip_dma", "pgskip_dma32", "pgskip_normal", "pgskip_high",
	"pgskip_movable", "pgskip_device",
	"pgfree", "pgactivate", "pgdeactivate", "pglazyfree", "pgfault",
	"pgmajfault", "pglazyfreed", "pgrefill", "pgreuse", "pgsteal_kswapd",
	"pgsteal_direct", "pgsteal_khugepaged", "pgsteal_proactive",
	"pgscan_kswapd", "pgscan_direct", "pgscan_khugepaged",
	"pgscan_proactive", "pgscan_direct_throttle", "pgscan_anon",
	"pgscan_file", "pgsteal_anon", "pgsteal_file",
	"zone_reclaim_success", "zone_reclaim_failed", "pginodesteal",
	"slabs_scanned", "kswapd_inodesteal", "kswapd_low_wmark_hit_quickly",
	"kswapd_high_wmark_hit_quickly", "pageoutrun", "pgrotated",
	"drop_pagecache", "drop_slab", "oom_kill", "numa_pte_updates",
	"numa_huge_pte_updates", "numa_hint_faults",
	"numa_hint_faults_local", "numa_pages_migrated", "pgmigrate_success",
	"pgmigrate_fail", "thp_migration_success", "thp_migration_fail",
	"thp_migration_split", "compact_migrate_scanned",
	"compact_free_scanned", "compact_isolated", "compact_stall",
	"compact_fail", "compact_success", "compact_daemon_wake",
	"compact_daemon_migrate_scanned", "compact_daemon_free_scanned",
	"htlb_buddy_alloc_success", "htlb_buddy_alloc_fail",
	"unevictable_pgs_culled", "unevictable_pgs_scanned",
	"unevictable_pgs_rescued", "unevictable_pgs_mlocked",
	"unevictable_pgs_munlocked", "unevictable_pgs_cleared",
	"unevictable_pgs_stranded", "thp_fault_alloc", "thp_fault_fallback",
	"thp_fault_fallback_charge", "thp_collapse_alloc",
	"thp_collapse_alloc_failed", "thp_file_alloc", "thp_file_fallback",
	"thp_file_fallback_charge", "thp_file_mapped", "thp_split_page",
	"thp_split_page_failed", "thp_deferred_split_page",
	"thp_underused_split_page", "thp_split_pmd",
	"thp_scan_exceed_none_pte", "thp_scan_exceed_swap_pte",
	"thp_scan_exceed_share_pte", "thp_split_pud", "thp_zero_page_alloc",
	"thp_zero_page_alloc_failed", "thp_swpout", "thp_swpout_fallback",
	"balloon_inflate", "balloon_deflate", "balloon_migrate", "swap_ra",
	"swap_ra_hit", "swpin_zero", "swpout_zero", "ksm_swpin_copy",
	"cow_ksm", "zswpin", "zswpout", "zswpwb", "direct_map_level2_splits",
	"direct_map_level3_splits", "direct_map_level2_collapses",
	"direct_map_level3_collapses", "nr_unstable",
};
/* clang-format on */

#define NR(list) (sizeof(list) / sizeof((list)[0]))

/* ---- values -------------------------------------------------------------- */

/* Of a zone, of a node or of all, in pages. */
struct vm_numbers {
	uint64_t managed;
	uint64_t high; /* of those, in zones HighMem */
	uint64_t high_free;
	uint64_t nr_free_pages;
	uint64_t nr_free_pages_blocks; /* in free blocks of a whole pageblock */
	uint64_t nr_slab_reclaimable;
	uint64_t nr_slab_unreclaimable;
	uint64_t nr_memmap_boot_pages; /* what the struct pages take */
	uint64_t low; /* marks */
	uint64_t reserve; /* what no ordinary request gets */
	uint64_t numa_hit;
	uint64_t numa_miss;
	uint64_t numa_foreign;
	uint64_t numa_local;
	uint64_t numa_other;
};

#define VALUE(name)                                                            \
	{                                                                      \
#name, offsetof(struct vm_numbers, name)                       \
	}

static const struct {
	const char *name;
	size_t offset;
} values[] = {
	VALUE(nr_free_pages),
	VALUE(nr_free_pages_blocks),
	VALUE(nr_slab_reclaimable),
	VALUE(nr_slab_unreclaimable),
	VALUE(numa_hit),
	VALUE(numa_miss),
	VALUE(numa_foreign),
	VALUE(numa_local),
	VALUE(numa_other),
	VALUE(nr_memmap_boot_pages),
};

static uint64_t number_of(const struct vm_numbers *numbers, const char *name)
{
	for (size_t i = 0; i < NR(values); i++)
		if (!strcmp(values[i].name, name))
			return *(const uint64_t *)((const char *)numbers +
						   values[i].offset);
	return 0;
}

static void show_names(struct strbuf *sb, const struct vm_numbers *numbers,
		       const char *const *names, size_t nr, const char *format)
{
	for (size_t i = 0; i < nr; i++)
		strbuf_addf(sb, format, names[i],
			    (unsigned long long)number_of(numbers, names[i]));
}

/* The page allocator's mark and what it keeps for lower zones. */
static uint64_t zone_reserve(const struct kmem_zone_info *zone)
{
	unsigned long most = 0;

	for (unsigned int type = zone->type; type < KMEM_NR_ZONE_TYPES; type++)
		if (zone->lowmem_reserve[type] > most)
			most = zone->lowmem_reserve[type];
	most += zone->high;
	return most < zone->managed ? most : zone->managed;
}

static void add_zone(struct vm_numbers *numbers, unsigned int i)
{
	struct kmem_zone_info zone;
	struct kmem_numa_info numa;

	if (!kmem_zone_info(i, &zone) || !kmem_zone_numa_info(i, &numa))
		return;
	numbers->managed += zone.managed;
	numbers->nr_free_pages += zone.free;
	if (zone.type == KMEM_ZONE_HIGHMEM) {
		numbers->high += zone.managed;
		numbers->high_free += zone.free;
	}
	for (unsigned int o = KMEM_PAGEBLOCK_ORDER; o < KMEM_NR_ORDERS; o++)
		numbers->nr_free_pages_blocks += zone.nr_free[o] << o;
	numbers->low += zone.low;
	numbers->reserve += zone_reserve(&zone);
	numbers->numa_hit += numa.hit;
	numbers->numa_miss += numa.miss;
	numbers->numa_foreign += numa.foreign;
	numbers->numa_local += numa.local;
	numbers->numa_other += numa.other;
}

static void node_numbers(unsigned int node, struct vm_numbers *numbers)
{
	struct kmem_zone_info zone;
	struct kmem_node_info info;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		if (zone.node == node)
			add_zone(numbers, i);
	kmem_node_info(node, &info);
	numbers->nr_slab_reclaimable += info.slab_reclaimable;
	numbers->nr_slab_unreclaimable += info.slab_unreclaimable;
	numbers->nr_memmap_boot_pages += info.memmap;
}

static void all_numbers(struct vm_numbers *numbers)
{
	memset(numbers, 0, sizeof(*numbers));
	for (unsigned int node = 0; node < kmem_nr_nodes(); node++)
		node_numbers(node, numbers);
}

/* ---- HighMem --------------------------------------------------------------- */

static bool have_highmem(void)
{
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		if (zone.type == KMEM_ZONE_HIGHMEM)
			return true;
	return false;
}

/* A kernel without HighMem has no lines about it, and neither have we. */
static bool is_shown(const char *name, bool highmem)
{
	const char *end = strrchr(name, '_');

	if (highmem)
		return true;
	return strncmp(name, "High", 4) != 0 && strncmp(name, "Low", 3) != 0 &&
	       (!end || strcmp(end, "_high") != 0);
}

/* ---- zoneinfo and vmstat ------------------------------------------------- */

void show_zone_counters(struct strbuf *sb, unsigned int i, const char *format)
{
	struct vm_numbers numbers = { 0 };

	add_zone(&numbers, i);
	show_names(sb, &numbers, zone_counters, NR(zone_counters), format);
	show_names(sb, &numbers, numa_counters, NR(numa_counters), format);
}

void show_node_counters(struct strbuf *sb, unsigned int node,
			const char *format)
{
	struct vm_numbers numbers = { 0 };

	node_numbers(node, &numbers);
	show_names(sb, &numbers, node_counters, NR(node_counters), format);
}

static uint64_t event_count(const uint64_t *counts, const char *name)
{
#define EVENT_NAME(event, help) #event,
	static const char *const names[] = { KMEM_VM_EVENTS(EVENT_NAME) };
#undef EVENT_NAME

	for (size_t i = 0; i < NR(names); i++)
		if (!strcmp(names[i], name))
			return counts[i];
	return 0;
}

static void show_vm_events(struct strbuf *sb, const struct vm_numbers *numbers)
{
	uint64_t counts[KMEM_NR_VM_EVENTS];
	bool highmem = have_highmem();

	kmem_vm_events(counts);
	for (size_t i = 0; i < NR(events); i++)
		if (is_shown(events[i], highmem))
			show_counter(sb, events[i],
				     number_of(numbers, events[i]) +
					     event_count(counts, events[i]));
}

static int vmstat_show(struct call *call, struct strbuf *sb)
{
	static const char format[] = "%s %llu\n";
	struct vm_numbers numbers;

	(void)call;
	all_numbers(&numbers);
	show_names(sb, &numbers, zone_counters, NR(zone_counters), format);
	show_names(sb, &numbers, numa_counters, NR(numa_counters), format);
	show_names(sb, &numbers, node_counters, NR(node_counters), format);
	show_vm_events(sb, &numbers);
	return 0;
}
ATTR_RO(vmstat, "counters of the page allocator");

static int node_vmstat_show(struct call *call, struct strbuf *sb)
{
	static const char format[] = "%s %llu\n";
	struct vm_numbers numbers = { 0 };

	node_numbers(call->place.about, &numbers);
	show_names(sb, &numbers, zone_counters, NR(zone_counters), format);
	show_names(sb, &numbers, numa_counters, NR(numa_counters), format);
	show_names(sb, &numbers, node_counters, NR(node_counters), format);
	return 0;
}
ATTR_RO(node_vmstat, "counters of the node");

/* Here the kernel has older names for the same. */
static int numastat_show(struct call *call, struct strbuf *sb)
{
	struct vm_numbers numbers = { 0 };

	node_numbers(call->place.about, &numbers);
	show_counter(sb, "numa_hit", numbers.numa_hit);
	show_counter(sb, "numa_miss", numbers.numa_miss);
	show_counter(sb, "numa_foreign", numbers.numa_foreign);
	show_counter(sb, "interleave_hit", 0);
	show_counter(sb, "local_node", numbers.numa_local);
	show_counter(sb, "other_node", numbers.numa_other);
	return 0;
}
ATTR_RO(numastat, "which node served whose requests");

/* ---- meminfo ------------------------------------------------------------- */

#define KB(pages) ((unsigned long long)(pages) << (KMEM_PAGE_SHIFT - 10))

/* As the kernel estimates what could be had without swapping. */
static uint64_t available(const struct vm_numbers *n)
{
	uint64_t reclaimable = n->nr_slab_reclaimable;
	uint64_t kept = reclaimable / 2 < n->low ? reclaimable / 2 : n->low;
	uint64_t sum = n->nr_free_pages + reclaimable - kept;

	return sum > n->reserve ? sum - n->reserve : 0;
}

/* Rows of proc/meminfo; those that are not in the switch are 0. */
/* clang-format off */
static const char *const meminfo_names[] = {
	"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached",
	"SwapCached", "Active", "Inactive", "Active(anon)", "Inactive(anon)",
	"Active(file)", "Inactive(file)", "Unevictable", "Mlocked", "HighTotal",
	"HighFree", "LowTotal", "LowFree", "SwapTotal", "SwapFree", "Zswap", "Zswapped", "Dirty", "Writeback", "AnonPages",
	"Mapped", "Shmem", "KReclaimable", "Slab", "SReclaimable", "SUnreclaim",
	"KernelStack", "PageTables", "SecPageTables", "NFS_Unstable", "Bounce",
	"WritebackTmp", "CommitLimit", "Committed_AS", "VmallocTotal",
	"VmallocUsed", "VmallocChunk", "Percpu", "AnonHugePages",
	"ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped",
	"Balloon", "HugePages_Total", "HugePages_Free", "HugePages_Rsvd",
	"HugePages_Surp", "Hugepagesize", "Hugetlb", "DirectMap4k",
	"DirectMap2M", "DirectMap1G",
};

static const char *const node_meminfo_names[] = {
	"MemTotal", "MemFree", "MemUsed", "SwapCached", "Active", "Inactive",
	"Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)",
	"Unevictable", "Mlocked", "HighTotal", "HighFree", "LowTotal",
	"LowFree", "Dirty", "Writeback", "FilePages", "Mapped", "AnonPages", "Shmem", "KernelStack", "PageTables", "SecPageTables",
	"NFS_Unstable", "Bounce", "WritebackTmp", "KReclaimable", "Slab",
	"SReclaimable", "SUnreclaim", "AnonHugePages", "ShmemHugePages",
	"ShmemPmdMapped", "FileHugePages", "FilePmdMapped", "HugePages_Total",
	"HugePages_Free", "HugePages_Surp",
};
/* clang-format on */

static unsigned int memory_rows(const struct vm_numbers *n,
				struct meminfo_row *row)
{
	uint64_t slab = n->nr_slab_reclaimable + n->nr_slab_unreclaimable;
	const struct meminfo_row rows[] = {
		{ "MemTotal", KB(n->managed) },
		{ "MemFree", KB(n->nr_free_pages) },
		{ "MemUsed", KB(n->managed - n->nr_free_pages) },
		{ "MemAvailable", KB(available(n)) },
		{ "HighTotal", KB(n->high) },
		{ "HighFree", KB(n->high_free) },
		{ "LowTotal", KB(n->managed - n->high) },
		{ "LowFree", KB(n->nr_free_pages - n->high_free) },
		{ "KReclaimable", KB(n->nr_slab_reclaimable) },
		{ "SReclaimable", KB(n->nr_slab_reclaimable) },
		{ "SUnreclaim", KB(n->nr_slab_unreclaimable) },
		{ "Slab", KB(slab) },
		{ "Hugepagesize", 2048 },
		{ "DirectMap4k", KB(n->managed) },
	};

	memcpy(row, rows, sizeof(rows));
	return NR(rows);
}

unsigned long long meminfo_kb(const struct meminfo_row *row, unsigned int nr,
			      const char *name)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(row[i].name, name))
			return row[i].kb;
	return 0;
}

/* Huge pages are counted, not measured; the two files differ in their width. */
static void show_row(struct strbuf *sb, const char *name, unsigned long long kb,
		     const char *count_format)
{
	char label[NODE_NAME_MAX];

	text_format(label, sizeof(label), "%s:", name);
	if (!strncmp(name, "HugePages_", 10))
		strbuf_addf(sb, count_format, label, kb);
	else
		strbuf_addf(sb, "%-16s%8llu kB\n", label, kb);
}

unsigned int meminfo_rows(struct meminfo_row *row)
{
	struct kmem_vmalloc_info vmalloc;
	struct vm_numbers numbers;
	unsigned int nr;

	all_numbers(&numbers);
	nr = memory_rows(&numbers, row);
	kmem_vmalloc_info(&vmalloc);
	row[nr++] = (struct meminfo_row){ "VmallocTotal", vmalloc.size >> 10 };
	row[nr++] = (struct meminfo_row){ "VmallocUsed", KB(vmalloc.pages) };
	return nr;
}

static int meminfo_show(struct call *call, struct strbuf *sb)
{
	struct meminfo_row row[MEMINFO_ROWS_MAX];
	unsigned int nr = meminfo_rows(row);
	bool highmem = have_highmem();

	(void)call;
	for (size_t i = 0; i < NR(meminfo_names); i++)
		if (is_shown(meminfo_names[i], highmem))
			show_row(sb, meminfo_names[i],
				 meminfo_kb(row, nr, meminfo_names[i]),
				 "%-16s%8llu\n");
	return 0;
}
ATTR_RO(meminfo, "how much memory there is, and for what it is used");

static int node_meminfo_show(struct call *call, struct strbuf *sb)
{
	struct vm_numbers numbers = { 0 };
	struct meminfo_row row[MEMINFO_ROWS_MAX];
	bool highmem = have_highmem();
	unsigned int nr;

	node_numbers(call->place.about, &numbers);
	nr = memory_rows(&numbers, row);
	for (size_t i = 0; i < NR(node_meminfo_names); i++) {
		if (!is_shown(node_meminfo_names[i], highmem))
			continue;
		strbuf_addf(sb, "Node %u ", call->place.about);
		show_row(sb, node_meminfo_names[i],
			 meminfo_kb(row, nr, node_meminfo_names[i]),
			 "%-16s%6llu\n");
	}
	return 0;
}
ATTR_RO(node_meminfo, "the same for one node");
