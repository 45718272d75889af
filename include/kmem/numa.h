/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * numa.h - nodes: parts of the memory, some nearer to a thread than others
 *
 * kmem_config.nodes divides the memory into nodes of equal size. A virtual CPU
 * belongs to node (cpu modulo nodes), a thread to the node of its CPU, and a
 * request that names no node prefers its thread's. With one node, which is the
 * default, none of this costs anything.
 */
#ifndef KMEM_NUMA_H
#define KMEM_NUMA_H

#include <stdbool.h>

#include <kmem/kmem.h>
#include <kmem/page_alloc.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Any node will do. */
#define NUMA_NO_NODE (-1)

#define MAX_NUMNODES KMEM_MAX_NODES
#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

/**
 * num_online_nodes() - nodes that there are, numbered from 0
 */
unsigned int num_online_nodes(void);

#define nr_node_ids num_online_nodes()
#define node_online(node) ((unsigned int)(node) < num_online_nodes())
#define node_possible(node) ((unsigned int)(node) < MAX_NUMNODES)
#define for_each_online_node(node)                                             \
	for ((node) = 0; (unsigned int)(node) < num_online_nodes(); (node)++)
#define for_each_node(node) for_each_online_node(node)

/**
 * node_distance() - how far memory of @to is from a CPU of @from
 *
 * Return: 10 for a node and itself, 20 for others unless kmem_config.distances
 * says otherwise; 255 for a node that does not exist.
 */
int node_distance(int from, int to);

/**
 * cpu_to_node() - the node of a virtual CPU
 */
int cpu_to_node(unsigned int cpu);

/**
 * numa_node_id() - the node that the calling thread prefers
 */
int numa_node_id(void);

#define numa_mem_id() numa_node_id()

/**
 * kmem_set_numa_node() - let the calling thread prefer another node
 * @node: NUMA_NO_NODE: that of its virtual CPU again
 *
 * For tests and for programs that know better. What the thread has parked of
 * its old node goes home. Where it differs from the kernel: there a thread
 * moves to another CPU.
 *
 * Return: 0; -EINVAL without such a node, -ENOMEM.
 */
int kmem_set_numa_node(int node);

/**
 * page_to_nid() - the node that a page belongs to
 */
int page_to_nid(const struct page *page);

/* ---- sets of nodes -------------------------------------------------------- */

#define NODE_MASK_NONE                                                         \
	{                                                                      \
		{                                                              \
			0                                                      \
		}                                                              \
	}
#define NODE_MASK_ALL                                                          \
	{                                                                      \
		{                                                              \
			(1ul << MAX_NUMNODES) - 1                              \
		}                                                              \
	}

#define node_set(node, mask) ((void)((mask).bits[0] |= 1ul << (node)))
#define node_clear(node, mask) ((void)((mask).bits[0] &= ~(1ul << (node))))
#define node_isset(node, mask) (((mask).bits[0] >> (node)) & 1)
#define nodes_clear(mask) ((void)((mask).bits[0] = 0))
#define nodes_setall(mask) ((void)((mask).bits[0] = (1ul << MAX_NUMNODES) - 1))
#define nodes_empty(mask) ((mask).bits[0] == 0)
#define nodes_weight(mask) __builtin_popcountl((mask).bits[0])

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_NUMA_H */
