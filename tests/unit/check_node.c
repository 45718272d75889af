/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_node.c - zones and nodes: which mask means which zone, how the memory
 * is divided, where requests go first and where then
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <kmem/numa.h>

#include "fixture.h"
#include "runner.h"

#define PAGES_OF(bytes) ((bytes) / KMEM_PAGE_SIZE)

/* Zones by type, as struct kmem_zone_info numbers them. */
enum {
	DMA,
	DMA32,
	NORMAL,
	HIGHMEM,
	MOVABLE
};

static const char *const type_names[] = { "DMA", "DMA32", "Normal", "HighMem",
					  "Movable" };

/* What is taken, without a mark and without a wait, until nothing is left. */
#define GFP_LAST_PAGE (__GFP_HIGH | __GFP_MEMALLOC | __GFP_NOWARN)

/* Order 10 has no page lists: a block comes from where it is said to. */
#define BIG KMEM_MAX_ORDER

static struct page *taken[TEST_MEMORY / KMEM_BLOCK_SIZE];
static unsigned int nr_taken;

static void give_back(void)
{
	while (nr_taken)
		__free_pages(taken[--nr_taken], BIG);
}

static void up(const char *zones, unsigned int nodes, const uint8_t *distances)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = KMEM_MEMFD,
		.cpus = 4,
		.zones = zones,
		.nodes = nodes,
		.distances = distances,
	};

	nr_taken = 0;
	kmem_up_with(&config);
}

static struct kmem_zone_info zone_of(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		if (pfn - zone.start_pfn < zone.spanned)
			return zone;
	ck_abort_msg("pfn %lu is in no zone", pfn);
}

/* ---- masks --------------------------------------------------------------- */

/* The highest zone of each combination of the four lowest bits; -1: none. */
static const int highest[16] = {
	[0] = NORMAL,
	[__GFP_DMA] = DMA,
	[__GFP_HIGHMEM] = HIGHMEM,
	[__GFP_DMA | __GFP_HIGHMEM] = -1,
	[__GFP_DMA32] = DMA32,
	[__GFP_DMA32 | __GFP_DMA] = -1,
	[__GFP_DMA32 | __GFP_HIGHMEM] = -1,
	[__GFP_DMA32 | __GFP_HIGHMEM | __GFP_DMA] = -1,
	[__GFP_MOVABLE] = NORMAL,
	[__GFP_MOVABLE | __GFP_DMA] = DMA,
	[__GFP_MOVABLE | __GFP_HIGHMEM] = HIGHMEM, /* Movable is empty */
	[__GFP_MOVABLE | __GFP_HIGHMEM | __GFP_DMA] = -1,
	[__GFP_MOVABLE | __GFP_DMA32] = DMA32,
	[__GFP_MOVABLE | __GFP_DMA32 | __GFP_DMA] = -1,
	[__GFP_MOVABLE | __GFP_DMA32 | __GFP_HIGHMEM] = -1,
	[__GFP_MOVABLE | __GFP_DMA32 | __GFP_HIGHMEM | __GFP_DMA] = -1,
};

static void four_zones_setup(void)
{
	up("DMA:16M,DMA32:16M,Normal:16M,HighMem:16M", 1, NULL);
}

/*
 * All of the zones from the highest to the lowest, in this order, no other. The
 * kernel lets HighMem keep 32 pages at least: they come last.
 */
START_TEST(test_mask_is_served_downward)
{
	gfp_t gfp = (gfp_t)_i | GFP_LAST_PAGE;
	int type = highest[_i];
	struct page *page;

	no_reserves();
	while ((page = alloc_pages(gfp, BIG))) {
		struct kmem_zone_info zone = zone_of(page);

		taken[nr_taken++] = page;
		ck_assert_int_ge(type, 0);
		ck_assert_int_le((int)zone.type, highest[_i]);
		ck_assert_int_ge((int)zone.type, type - 1);
		if (zone.type != HIGHMEM || type == HIGHMEM)
			type = (int)zone.type;
	}
	ck_assert_uint_eq(nr_taken, highest[_i] < 0 ? 0 : highest[_i] * 4 + 4);
	if (highest[_i] < 0) {
		ck_assert_uint_eq(reports_take(), 1);
		ck_assert(reports_mention("more than one zone"));
	}
	give_back();
}
END_TEST

/* Not even who must not fail gets a page, or waits for one. */
START_TEST(test_contradiction_is_refused_whoever_insists)
{
	const gfp_t insists = GFP_KERNEL | __GFP_NOFAIL;

	ck_assert_ptr_null(alloc_page(insists | __GFP_DMA | __GFP_DMA32));
	ck_assert(reports_mention("more than one zone"));
	ck_assert_ptr_null(alloc_page(insists | GFP_MOVABLE_MASK));
	ck_assert(reports_mention("is movable and reclaimable"));
	ck_assert_uint_eq(reports_take(), 2);
}
END_TEST

START_TEST(test_contradiction_is_refused_at_order_0_too)
{
	struct page *page = alloc_page(GFP_KERNEL);

	/* Now the thread has page lists. */
	ck_assert_ptr_nonnull(page);
	ck_assert_ptr_null(alloc_page(GFP_KERNEL | __GFP_DMA | __GFP_DMA32));
	ck_assert_ptr_null(
		alloc_pages_node(0, GFP_KERNEL | __GFP_DMA | __GFP_HIGHMEM, 0));
	ck_assert_uint_eq(reports_take(), 2);
	__free_page(page);
}
END_TEST

/* ---- dividing ------------------------------------------------------------ */

struct part {
	unsigned int node;
	unsigned int type;
	unsigned long mib;
};

static const struct {
	const char *zones;
	unsigned int nodes;
	struct part part[10];
} divisions[] = {
	{ NULL, 1, { { 0, DMA, 16 }, { 0, DMA32, 48 } } },
	{ NULL, 2, { { 0, DMA, 16 }, { 0, DMA32, 16 }, { 1, DMA32, 32 } } },
	{ "Normal",
	  3,
	  { { 0, NORMAL, 20 }, { 1, NORMAL, 20 }, { 2, NORMAL, 24 } } },
	{ "DMA:16M,Normal,HighMem:16M",
	  1,
	  { { 0, DMA, 16 }, { 0, NORMAL, 32 }, { 0, HIGHMEM, 16 } } },
	{ "DMA:16M,Normal,HighMem:20M,Movable",
	  4,
	  { { 0, DMA, 16 },
	    { 1, NORMAL, 16 },
	    { 2, NORMAL, 12 },
	    { 2, HIGHMEM, 4 },
	    { 3, HIGHMEM, 16 } } },
	{ "DMA,Normal:60M", 1, { { 0, DMA, 4 }, { 0, NORMAL, 60 } } },
	{ "DMA:4M,DMA32:28M,Normal:32M",
	  2,
	  { { 0, DMA, 4 }, { 0, DMA32, 28 }, { 1, NORMAL, 32 } } },
};

#define NR_DIVISIONS ((int)(sizeof(divisions) / sizeof(divisions[0])))

START_TEST(test_memory_is_divided)
{
	const struct part *part = divisions[_i].part;
	struct kmem_zone_info zone, same;
	unsigned long start = 0;
	unsigned int i;

	up(divisions[_i].zones, divisions[_i].nodes, NULL);
	ck_assert_uint_eq(kmem_nr_nodes(), divisions[_i].nodes);
	for (i = 0; kmem_zone_info(i, &zone); i++) {
		ck_assert_uint_eq(zone.node, part[i].node);
		ck_assert_uint_eq(zone.type, part[i].type);
		ck_assert_str_eq(zone.name, type_names[zone.type]);
		ck_assert_uint_eq(zone.start_pfn, start);
		ck_assert_uint_eq(zone.spanned, PAGES_OF(part[i].mib * MIB));
		ck_assert_uint_eq(zone.managed, zone.spanned);
		ck_assert(kmem_node_zone_info(zone.node, zone.type, &same));
		ck_assert_uint_eq(same.start_pfn, start);
		start += zone.spanned;
	}
	ck_assert_uint_eq(i, kmem_nr_zones());
	ck_assert_uint_eq(part[i].mib, 0);
	ck_assert_uint_eq(start, PAGES_OF(TEST_MEMORY));
	kmem_down();
}
END_TEST

static const struct {
	const char *zones;
	unsigned int nodes;
	int err;
} refused[] = {
	{ NULL, KMEM_MAX_NODES + 1, -EINVAL },
	{ "HighMem", 1, -EINVAL },
	{ "HighMem:64M", 1, -EINVAL },
	{ "Movable", 1, -EINVAL },
	{ "DMA:16M,Movable:16M,Normal", 1, -EINVAL },
	{ "DMA:16M,Normal:32M,Movable:16M", 1, -EINVAL },
	{ "DMA,Normal", 1, -EINVAL },
	{ "Normal,HighMem:64M,", 1, -EINVAL },
	{ "Normal,HighMem:68M", 1, -EINVAL },
	{ "HighMem:16M,Normal", 1, -EINVAL },
	{ "Device", 1, -EINVAL },
	/* 64 MiB, and 2^64 more. */
	{ "Normal:18014398509547520K", 1, -ERANGE },
	{ "Normal:17179869185G", 1, -ERANGE },
};

#define NR_REFUSED ((int)(sizeof(refused) / sizeof(refused[0])))

START_TEST(test_bad_division_is_refused)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = KMEM_MEMFD,
		.zones = refused[_i].zones,
		.nodes = refused[_i].nodes,
	};

	ck_assert_int_eq(kmem_init(&config), refused[_i].err);
	ck_assert(!kmem_ready());
}
END_TEST

START_TEST(test_more_nodes_than_blocks_are_refused)
{
	const struct kmem_config config = {
		.memory = 2 * KMEM_BLOCK_SIZE,
		.nodes = 3,
	};

	ck_assert_int_eq(kmem_init(&config), -EINVAL);
}
END_TEST

START_TEST(test_highmem_needs_a_file)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.zones = "Normal,HighMem:16M",
	};

	ck_assert_int_eq(kmem_init(&config), -EOPNOTSUPP);
	ck_assert(!kmem_ready());
}
END_TEST

START_TEST(test_unpopulated_zones_have_names)
{
	struct kmem_zone_info zone;

	up(NULL, 2, NULL);
	for (unsigned int type = 0; type < KMEM_NR_ZONE_TYPES; type++) {
		ck_assert(kmem_node_zone_info(1, type, &zone));
		ck_assert_str_eq(zone.name, type_names[type]);
		ck_assert_uint_eq(zone.node, 1);
		ck_assert_uint_eq(zone.managed != 0, type == DMA32);
	}
	ck_assert(!kmem_node_zone_info(1, KMEM_NR_ZONE_TYPES, &zone));
	ck_assert(!kmem_node_zone_info(2, 0, &zone));
	kmem_down();
}
END_TEST

/* A zone keeps pages for what is above it in its own node. */
START_TEST(test_reserves_are_by_node)
{
	struct kmem_zone_info zone;

	up("DMA:8M,DMA32:32M,Normal,HighMem:8M", 2, NULL);
	ck_assert(kmem_node_zone_info(0, DMA, &zone));
	ck_assert_uint_eq(zone.lowmem_reserve[DMA], 0);
	for (int type = DMA32; type <= MOVABLE; type++)
		ck_assert_uint_eq(zone.lowmem_reserve[type],
				  PAGES_OF(24 * MIB) / 256);
	ck_assert(kmem_node_zone_info(1, DMA32, &zone));
	ck_assert_uint_eq(zone.lowmem_reserve[NORMAL],
			  PAGES_OF(16 * MIB) / 256);
	ck_assert_uint_eq(zone.lowmem_reserve[MOVABLE],
			  PAGES_OF(24 * MIB) / 256);
	ck_assert(kmem_node_zone_info(1, NORMAL, &zone));
	ck_assert_uint_eq(zone.lowmem_reserve[HIGHMEM], PAGES_OF(8 * MIB) / 32);
	ck_assert(kmem_node_zone_info(1, HIGHMEM, &zone));
	ck_assert_uint_eq(zone.lowmem_reserve[MOVABLE], 0);
	ck_assert_uint_eq(zone.min, 32);
	kmem_down();
}
END_TEST

/* ---- nodes --------------------------------------------------------------- */

static void four_nodes_setup(void)
{
	up("Normal", 4, NULL);
}

START_TEST(test_node_is_described)
{
	struct kmem_node_info info;

	ck_assert_uint_eq(num_online_nodes(), 4);
	for (int node = 0; node < 4; node++) {
		ck_assert(kmem_node_info((unsigned int)node, &info));
		ck_assert_uint_eq(info.start_pfn,
				  PAGES_OF((unsigned int)node * 16 * MIB));
		ck_assert_uint_eq(info.spanned, PAGES_OF(16 * MIB));
		ck_assert_uint_eq(info.managed, info.spanned);
		ck_assert_uint_eq(info.nr_cpus, 1);
		ck_assert_int_eq(cpu_to_node((unsigned int)node), node);
		for (int to = 0; to < 4; to++) {
			ck_assert_uint_eq(info.distance[to],
					  to == node ? 10 : 20);
			ck_assert_int_eq(node_distance(node, to),
					 to == node ? 10 : 20);
		}
	}
	ck_assert(!kmem_node_info(4, &info));
	ck_assert_int_eq(node_distance(0, 4), 255);
	ck_assert_int_eq(node_distance(-1, 0), 255);
}
END_TEST

/* Takes big blocks until there are none; the order of nodes, without repeats. */
static unsigned int drain_order(gfp_t gfp, int node, const nodemask_t *allowed,
				int *order)
{
	unsigned int n = 0;
	struct page *page;

	no_reserves();
	while ((page = __alloc_pages(gfp | GFP_LAST_PAGE, BIG, node,
				     allowed))) {
		taken[nr_taken++] = page;
		if (!n || order[n - 1] != page_to_nid(page))
			order[n++] = page_to_nid(page);
		ck_assert_uint_le(n, 4);
	}
	give_back();
	return n;
}

START_TEST(test_request_falls_back_to_the_nearest)
{
	int order[5];

	ck_assert_uint_eq(drain_order(0, _i, NULL, order), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(order[i], (_i + i) % 4);
}
END_TEST

START_TEST(test_thisnode_stays)
{
	int order[5];

	ck_assert_uint_eq(drain_order(__GFP_THISNODE, _i, NULL, order), 1);
	ck_assert_int_eq(order[0], _i);
}
END_TEST

START_TEST(test_thread_prefers_its_node)
{
	int order[5];

	ck_assert_int_eq(kmem_set_numa_node(_i), 0);
	ck_assert_int_eq(numa_node_id(), _i);
	ck_assert_uint_eq(drain_order(0, NUMA_NO_NODE, NULL, order), 4);
	ck_assert_int_eq(order[0], _i);
	ck_assert_uint_eq(
		drain_order(__GFP_THISNODE, NUMA_NO_NODE, NULL, order), 1);
	ck_assert_int_eq(order[0], _i);
}
END_TEST

/* Pages of lists, too, come from the thread's node. */
START_TEST(test_page_lists_are_by_node)
{
	struct page *page[4];

	for (int node = 0; node < 4; node++) {
		ck_assert_int_eq(kmem_set_numa_node(node), 0);
		page[node] = alloc_page(GFP_KERNEL);
		ck_assert_int_eq(page_to_nid(page[node]), node);
	}
	for (int node = 0; node < 4; node++)
		__free_page(page[node]);
	for (int node = 0; node < 4; node++) {
		ck_assert_int_eq(kmem_set_numa_node(node), 0);
		page[node] = alloc_page(GFP_KERNEL | __GFP_THISNODE);
		ck_assert_int_eq(page_to_nid(page[node]), node);
		__free_page(page[node]);
		page[node] = alloc_pages_node(3 - node, GFP_KERNEL, 0);
		ck_assert_int_eq(page_to_nid(page[node]), 3 - node);
		__free_page(page[node]);
	}
}
END_TEST

START_TEST(test_mask_of_nodes_is_obeyed)
{
	nodemask_t allowed = NODE_MASK_NONE;
	int order[5];

	ck_assert_uint_eq(drain_order(0, 0, &allowed, order), 0);
	node_set(1, allowed);
	node_set(3, allowed);
	ck_assert_uint_eq(drain_order(0, 2, &allowed, order), 2);
	ck_assert_int_eq(order[0], 3);
	ck_assert_int_eq(order[1], 1);
	ck_assert_uint_eq(drain_order(__GFP_THISNODE, 2, &allowed, order), 0);
	ck_assert_uint_eq(drain_order(0, NUMA_NO_NODE, &allowed, order), 2);
}
END_TEST

START_TEST(test_node_that_is_not_there)
{
	struct page *page = alloc_pages_node(_i, GFP_KERNEL, 0);

	ck_assert_ptr_nonnull(page);
	__free_page(page);
	ck_assert_ptr_null(
		alloc_pages_node(_i, GFP_KERNEL | __GFP_THISNODE, 0));
	ck_assert_int_eq(kmem_set_numa_node(_i), -EINVAL);
	ck_assert_int_eq(kmem_set_numa_node(-2), -EINVAL);
	ck_assert_int_eq(kmem_set_numa_node(NUMA_NO_NODE), 0);
}
END_TEST

/* A ring of four: opposite nodes are farther away. */
START_TEST(test_distances_decide)
{
	static const uint8_t ring[16] = {
		10, 15, 30, 16, /**/ 15, 10, 15, 30,
		30, 15, 10, 15, /**/ 16, 30, 15, 10,
	};
	static const int expect[4][4] = {
		{ 0, 1, 3, 2 }, { 1, 2, 0, 3 }, { 2, 3, 1, 0 }, { 3, 2, 0, 1 }
	};
	int order[5];

	up("Normal", 4, ring);
	for (int node = 0; node < 4; node++) {
		ck_assert_uint_eq(drain_order(0, node, NULL, order), 4);
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(order[i], expect[node][i]);
	}
	ck_assert_int_eq(node_distance(0, 2), 30);
	kmem_down();
}
END_TEST

START_TEST(test_bad_distances_are_refused)
{
	static const uint8_t wrong[2][4] = { { 10, 20, 20, 11 },
					     { 10, 10, 20, 10 } };
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.nodes = 2,
		.distances = wrong[_i],
	};

	ck_assert_int_eq(kmem_init(&config), -EINVAL);
}
END_TEST

/* Zones before nodes: what is left of node 0 comes before anything of node 1. */
START_TEST(test_zonelist_is_by_node_first)
{
	static const struct {
		unsigned int node;
		unsigned int type;
	} expect[] = { { 1, NORMAL }, { 1, DMA32 }, { 0, DMA32 }, { 0, DMA } };
	unsigned int at = 0;
	struct page *page;

	up("DMA:8M,DMA32:32M,Normal", 2, NULL);
	no_reserves();
	while ((page = alloc_pages_node(1, GFP_LAST_PAGE, BIG))) {
		struct kmem_zone_info zone = zone_of(page);

		taken[nr_taken++] = page;
		if (zone.node != expect[at].node ||
		    zone.type != expect[at].type)
			at++;
		ck_assert_uint_lt(at, 4);
		ck_assert_uint_eq(zone.node, expect[at].node);
		ck_assert_uint_eq(zone.type, expect[at].type);
	}
	ck_assert_uint_eq(at, 3);
	give_back();
	kmem_down();
}
END_TEST

struct seen {
	int node;
	int page_node;
};

static void *look_where_i_am(void *arg)
{
	struct seen *seen = arg;
	struct page *page = alloc_page(GFP_KERNEL);

	seen->node = numa_node_id();
	seen->page_node = page ? page_to_nid(page) : -1;
	__free_page(page);
	return NULL;
}

/* Each further thread is on the next CPU, so four have one node each. */
START_TEST(test_threads_are_dealt_out)
{
	struct seen seen[4];
	unsigned int nodes = 0;
	pthread_t thread;

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, look_where_i_am,
						&seen[i]),
				 0);
		pthread_join(thread, NULL);
		ck_assert_int_eq(seen[i].page_node, seen[i].node);
		nodes |= 1u << seen[i].node;
	}
	ck_assert_uint_eq(nodes, 15);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("node");
	TCase *tc;

	tc = suite_add(s, "masks", four_zones_setup, kmem_down);
	tcase_add_loop_test(tc, test_mask_is_served_downward, 0, 16);
	tcase_add_test(tc, test_contradiction_is_refused_whoever_insists);
	tcase_add_test(tc, test_contradiction_is_refused_at_order_0_too);

	tc = suite_add(s, "dividing", reports_capture, NULL);
	tcase_add_loop_test(tc, test_memory_is_divided, 0, NR_DIVISIONS);
	tcase_add_loop_test(tc, test_bad_division_is_refused, 0, NR_REFUSED);
	tcase_add_test(tc, test_more_nodes_than_blocks_are_refused);
	tcase_add_test(tc, test_highmem_needs_a_file);
	tcase_add_test(tc, test_unpopulated_zones_have_names);
	tcase_add_test(tc, test_reserves_are_by_node);
	tcase_add_test(tc, test_distances_decide);
	tcase_add_loop_test(tc, test_bad_distances_are_refused, 0, 2);
	tcase_add_test(tc, test_zonelist_is_by_node_first);

	tc = suite_add(s, "nodes", four_nodes_setup, kmem_down);
	tcase_add_test(tc, test_node_is_described);
	tcase_add_loop_test(tc, test_request_falls_back_to_the_nearest, 0, 4);
	tcase_add_loop_test(tc, test_thisnode_stays, 0, 4);
	tcase_add_loop_test(tc, test_thread_prefers_its_node, 0, 4);
	tcase_add_test(tc, test_page_lists_are_by_node);
	tcase_add_test(tc, test_mask_of_nodes_is_obeyed);
	tcase_add_loop_test(tc, test_node_that_is_not_there, 4, 6);
	tcase_add_test(tc, test_threads_are_dealt_out);
	return s;
}
