/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * node.c - which nodes there are, and what is near to what
 *
 * A node is a share of the memory, a range of page frames. Zone borders are
 * addresses and nodes know nothing of them, so the lowest node usually has DMA
 * and DMA32 and the others what is above, as on a machine.
 *
 * CPUs are dealt out to the nodes in turn (cpu modulo nodes), threads to CPUs
 * (slot modulo cpus). A thread's node is whose memory it prefers: its requests
 * walk that node's zonelist, which names the node's own zones from the highest
 * down, then those of the next nearest node, and so on to the farthest. Nodes
 * at the same distance come in ascending order from the node on, and around, so
 * that what overflows is not all on node 0.
 *
 * Where it differs from the kernel: a thread stays on its CPU. A request for a
 * node that does not exist is one for any, unless it insists.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define BLOCK_PAGES (1ul << KMEM_MAX_ORDER)

/* ---- setting up ---- */

/* The first frame of a node's share; that of the one behind the last is the end. */
static unsigned long share_start(unsigned int node)
{
	return kmem.nr_pages / BLOCK_PAGES * node / kmem.nr_nodes * BLOCK_PAGES;
}

static int set_distances(const uint8_t *table)
{
	for (unsigned int from = 0; from < kmem.nr_nodes; from++) {
		for (unsigned int to = 0; to < kmem.nr_nodes; to++) {
			unsigned int far = from == to ? LOCAL_DISTANCE
						      : REMOTE_DISTANCE;

			if (table)
				far = table[from * kmem.nr_nodes + to];
			if (from == to ? far != LOCAL_DISTANCE
				       : far <= LOCAL_DISTANCE)
				return -EINVAL;
			kmem.node[from].distance[to] = (uint8_t)far;
		}
	}
	return 0;
}

int nodes_init(const struct kmem_config *config)
{
	unsigned int nr = config->nodes ? config->nodes : 1;

	if (nr > MAX_NODES || nr > kmem.nr_pages / BLOCK_PAGES)
		return -EINVAL;
	kmem.nr_nodes = nr;
	for (unsigned int i = 0; i < nr; i++) {
		kmem.node[i].start_pfn = share_start(i);
		kmem.node[i].end_pfn = share_start(i + 1);
	}
	threads_place();
	return set_distances(config->distances);
}

/* ---- zonelists ---- */

/* The nearest node that is not among @seen yet. */
static unsigned int next_nearest(unsigned int from, uint32_t seen)
{
	unsigned int best = from, least = UINT8_MAX + 1;

	for (unsigned int i = 0; i < kmem.nr_nodes; i++) {
		unsigned int node = (from + i) % kmem.nr_nodes;

		if (seen >> node & 1 || kmem.node[from].distance[node] >= least)
			continue;
		best = node;
		least = kmem.node[from].distance[node];
	}
	return best;
}

/*
 * Appends a node's zones up to @type, the highest first. A zone that does not
 * exist is passed over; one below all that exist finds nothing.
 */
static unsigned int add_zones(uint8_t *list, unsigned int n, unsigned int node,
			      enum zone_type type)
{
	for (unsigned int i = kmem.nr_zones; i-- > 0;)
		if (kmem.zone[i].node == node && kmem.zone[i].type <= type)
			list[n++] = (uint8_t)i;
	list[n] = ZONELIST_END;
	return n;
}

static void set_zonelist(unsigned int from, enum zone_type type)
{
	struct numa_node *node = &kmem.node[from];
	unsigned int n = 0;
	uint32_t seen = 0;

	add_zones(node->zonelist[1][type], 0, from, type);
	for (unsigned int i = 0; i < kmem.nr_nodes; i++) {
		unsigned int next = next_nearest(from, seen);

		seen |= 1u << next;
		n = add_zones(node->zonelist[0][type], n, next, type);
	}
}

/*
 * Pages of the best zone are listed, if it is the node's own: then it is the
 * best with __GFP_THISNODE too. For other masks the list of the type that no
 * request is of, which is always empty; so they go the long way.
 */
static uint16_t first_slot(const struct numa_node *node, gfp_t gfp)
{
	enum migratetype type = gfp_migratetype(gfp);
	unsigned int zone = node->zonelist[1][gfp_zone(gfp)][0];

	if (zone == ZONELIST_END)
		return (uint16_t)page_slot(0, 0, MIGRATE_HIGHATOMIC);
	return (uint16_t)page_slot(zone, 0, type);
}

/* Once all zones are known. */
void nodes_set_zonelists(void)
{
	for (unsigned int from = 0; from < kmem.nr_nodes; from++) {
		struct numa_node *node = &kmem.node[from];

		for (int type = 0; type < NR_ZONE_TYPES; type++)
			set_zonelist(from, (enum zone_type)type);
		node->zonelist[0][ZONE_INVALID][0] = ZONELIST_END;
		node->zonelist[1][ZONE_INVALID][0] = ZONELIST_END;
		for (gfp_t gfp = 0; gfp <= GFP_SLOT_BITS; gfp++)
			node->first_slot[gfp] = first_slot(node, gfp);
	}
}

/* ---- what belongs where ---- */

unsigned int node_of_pfn(unsigned long pfn)
{
	unsigned int node = 0;

	while (node + 1 < kmem.nr_nodes && pfn >= kmem.node[node].end_pfn)
		node++;
	return node;
}

/* Before there are nodes, everybody is at the first. */
unsigned int node_of_slot(uint64_t slot)
{
	if (!kmem.nr_nodes)
		return 0;
	return (unsigned int)(slot % kmem.cpus % kmem.nr_nodes);
}

int page_to_nid(const struct page *page)
{
	return (int)node_of_pfn(__page_to_pfn(page));
}

int cpu_to_node(unsigned int cpu)
{
	return kmem_up() ? (int)(cpu % kmem.cpus % kmem.nr_nodes) : 0;
}

int numa_node_id(void)
{
	return kmem_up() ? (int)thread_node() : 0;
}

int kmem_set_numa_node(int node)
{
	struct thread *t;
	unsigned int to;

	if (!kmem_up())
		return -ENOMEM;
	if (node != NUMA_NO_NODE && !node_exists(node))
		return -EINVAL;
	t = thread_get();
	if (!t)
		return -ENOMEM;
	to = node == NUMA_NO_NODE ? node_of_slot(t->slot) : (unsigned int)node;
	/* Sheaves hold objects of their thread's node alone. */
	if (to != t->node)
		caches_drain();
	t->node = to;
	return 0;
}

/* ---- snapshots ---- */

unsigned int num_online_nodes(void)
{
	return kmem_up() ? kmem.nr_nodes : 0;
}

unsigned int kmem_nr_nodes(void)
{
	return num_online_nodes();
}

int node_distance(int from, int to)
{
	if (!kmem_up() || !node_exists(from) || !node_exists(to))
		return UINT8_MAX;
	return kmem.node[from].distance[to];
}

/* CPUs are dealt out in turn, so the first nodes may have one more. */
unsigned int node_cpus(unsigned int node)
{
	return (kmem.cpus + kmem.nr_nodes - 1 - node) / kmem.nr_nodes;
}

/*
 * A slab was made (1) or released (-1). Slabs of one cache come and go under
 * its own lock, or none; this is what all caches share.
 */
void node_count_slab(const struct page *slab, int sign)
{
	uint64_t *pages = kmem.node[slab->node].slab_pages;
	bool reclaimable = page_mobility(slab) == MIGRATE_RECLAIMABLE;

	__atomic_fetch_add(&pages[reclaimable], (uint64_t)sign << slab->order,
			   __ATOMIC_RELAXED);
}

bool kmem_node_info(unsigned int i, struct kmem_node_info *ret_info)
{
	const struct numa_node *node;

	if (!kmem_up() || i >= kmem.nr_nodes)
		return false;
	node = &kmem.node[i];
	*ret_info = (struct kmem_node_info){
		.start_pfn = node->start_pfn,
		.spanned = node->end_pfn - node->start_pfn,
		.nr_cpus = node_cpus(i),
		.slab_unreclaimable = counter_read(node->slab_pages[0]),
		.slab_reclaimable = counter_read(node->slab_pages[1]),
		.memmap = (node->end_pfn - node->start_pfn) *
			  sizeof(struct page) / KMEM_PAGE_SIZE,
	};
	for (unsigned int z = 0; z < kmem.nr_zones; z++) {
		const struct zone *zone = &kmem.zone[z];

		if (zone->node != i)
			continue;
		ret_info->managed += zone_managed(zone);
		ret_info->free += counter_read(zone->free_pages);
	}
	for (unsigned int to = 0; to < kmem.nr_nodes; to++)
		ret_info->distance[to] = node->distance[to];
	return true;
}
