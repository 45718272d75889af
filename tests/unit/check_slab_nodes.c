/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_nodes.c - objects of several nodes: where they come from, and that
 * they go back there
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/mempool.h>
#include <kmem/numa.h>

#include "fixture.h"
#include "runner.h"

#define NODES 4
#define OBJECT 256

static struct kmem_cache *cache;
static struct buddyinfo at_start;

static void up(slab_flags_t flags)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 4,
		.nodes = NODES,
		.zones = "Normal",
	};

	kmem_up_with(&config);
	buddyinfo_read(&at_start);
	cache = kmem_cache_create("nodes", OBJECT, 0, flags, NULL);
	ck_assert_ptr_nonnull(cache);
	ck_assert_int_eq(kmem_set_numa_node(0), 0);
}

static void nodes_setup(void)
{
	up(0);
}

static void debug_setup(void)
{
	up(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON);
}

static void nodes_teardown(void)
{
	ck_assert_uint_eq(kmem_validate(), 0);
	ck_assert_int_eq(kmem_cache_shrink(cache), 0);
	kmem_cache_destroy(cache);
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

static struct kmem_cache_info look(void)
{
	struct kmem_cache_info info;

	kmem_cache_info(cache, &info);
	return info;
}

static int node_of(const void *object)
{
	return page_to_nid(virt_to_page(object));
}

static void *take(gfp_t gfp, int node)
{
	void *object = kmem_cache_alloc_node(cache, GFP_KERNEL | gfp, node);

	ck_assert_ptr_nonnull(object);
	return object;
}

/* ---- one thread ---------------------------------------------------------- */

#define MANY 200

START_TEST(test_objects_come_from_the_node_that_is_named)
{
	void *object[NODES][MANY];

	for (int i = 0; i < MANY; i++) {
		for (int node = 0; node < NODES; node++) {
			object[node][i] = take(__GFP_THISNODE, node);
			ck_assert_int_eq(node_of(object[node][i]), node);
			memset(object[node][i], node, OBJECT);
		}
	}
	for (int node = 0; node < NODES; node++) {
		struct kmem_cache_node_info info = look().node[node];

		ck_assert_uint_ge(info.objects, MANY);
		ck_assert_uint_ge(info.total_objects, info.objects);
		ck_assert_uint_ge(info.slabs, info.partial);
	}
	ck_assert_uint_eq(look().node[NODES].slabs, 0);
	ck_assert_uint_eq(kmem_validate(), 0);
	for (int i = 0; i < MANY; i++) {
		for (int node = 0; node < NODES; node++) {
			ck_assert(bytes_are(object[node][i], OBJECT,
					    (unsigned char)node));
			kmem_cache_free(cache, object[node][i]);
		}
	}
	ck_assert_uint_eq(look().active, 0);
}
END_TEST

/* What is parked is of the thread's node; the rest is in its slabs again. */
START_TEST(test_remote_objects_are_not_parked)
{
	void *local[8], *remote[8];
	struct kmem_cache_info info;

	for (int i = 0; i < 8; i++) {
		local[i] = take(0, 0);
		remote[i] = take(0, 2);
	}
	info = look();
	for (int i = 0; i < 8; i++)
		kmem_cache_free(cache, remote[i]);
	ck_assert_uint_eq(look().cached, info.cached);
	ck_assert_uint_eq(look().node[2].objects, info.node[2].objects - 8);
	for (int i = 0; i < 8; i++)
		kmem_cache_free(cache, local[i]);
	if (info.sheaf_capacity)
		ck_assert_uint_eq(look().cached, info.cached + 8);
	ck_assert_uint_eq(look().active, 0);
	kmem_cache_free_bulk(cache, 1, (void *[]){ take(0, 3) });
	ck_assert_uint_eq(look().node[3].objects, 0);
}
END_TEST

START_TEST(test_mismatch_is_counted)
{
	void *object;

	object = take(0, 0);
	kmem_cache_free(cache, object);
	object = take(0, NUMA_NO_NODE);
	kmem_cache_free(cache, object);
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_alloc_node_mismatch], 0);
	object = take(0, 1);
	kmem_cache_free(cache, object);
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_alloc_node_mismatch], 1);
}
END_TEST

START_TEST(test_thread_takes_its_node_with_it)
{
	void *object[64];

	for (int node = 0; node < NODES; node++) {
		ck_assert_int_eq(kmem_set_numa_node(node), 0);
		/* No barn has another node's, either. */
		ck_assert_uint_eq(kmem_validate(), 0);
		for (int i = 0; i < 64; i++) {
			object[i] = kmem_cache_alloc(cache, GFP_KERNEL);
			ck_assert_int_eq(node_of(object[i]), node);
		}
		for (int i = 0; i < 64; i++)
			kmem_cache_free(cache, object[i]);
	}
}
END_TEST

START_TEST(test_bulk_is_local_too)
{
	void *object[500];

	ck_assert_int_eq(kmem_set_numa_node(3), 0);
	ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 500, object));
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(node_of(object[i]), 3);
	ck_assert_int_eq(kmem_set_numa_node(1), 0);
	kmem_cache_free_bulk(cache, 500, object);
	ck_assert_uint_eq(look().cached, 0);
	ck_assert_uint_eq(look().objects, 0);
}
END_TEST

/* A sheaf that was filled elsewhere does not become one of ours. */
START_TEST(test_prefilled_sheaf_stays_at_its_node)
{
	unsigned int size = look().sheaf_capacity;
	struct slab_sheaf *sheaf;

	if (!size)
		return;
	sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, size);
	ck_assert_ptr_nonnull(sheaf);
	ck_assert_int_eq(kmem_set_numa_node(2), 0);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	ck_assert_uint_eq(look().cached, 0);
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_sheaf_return_slow], 1);
	ck_assert_uint_eq(kmem_validate(), 0);
}
END_TEST

/* ---- a node that is full ------------------------------------------------- */

static struct page *pages[TEST_MEMORY / KMEM_PAGE_SIZE];
static unsigned int nr_pages;

static void fill_node(int node)
{
	struct page *page;

	while ((page = alloc_pages_node(node,
					__GFP_THISNODE | __GFP_HIGH |
						__GFP_MEMALLOC | __GFP_NOWARN,
					0)))
		pages[nr_pages++] = page;
}

static void empty_nodes(void)
{
	while (nr_pages)
		__free_page(pages[--nr_pages]);
}

START_TEST(test_full_node_falls_back)
{
	void *object;

	fill_node(1);
	ck_assert_ptr_null(kmem_cache_alloc_node(
		cache, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 1));
	object = take(0, 1);
	ck_assert_int_eq(node_of(object), 2);
	kmem_cache_free(cache, object);
	ck_assert_int_eq(kmem_set_numa_node(1), 0);
	object = take(0, NUMA_NO_NODE);
	ck_assert_int_ne(node_of(object), 1);
	kmem_cache_free(cache, object);
	ck_assert_uint_eq(look().cached, 0);
	ck_assert_ptr_null(kmalloc_node(
		100000, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 1));
	empty_nodes();
}
END_TEST

/*
 * What comes from elsewhere is used up as well: no slab for each object, on
 * whatever node it is.
 */
START_TEST(test_full_node_uses_up_what_others_gave)
{
	int named = _i < 2 ? 1 : NUMA_NO_NODE;
	void *object[MANY];
	unsigned int least;

	ck_assert_int_eq(kmem_cache_set_defrag_ratio(cache, _i % 2 ? 100 : 0),
			 0);
	fill_node(1);
	if (named == NUMA_NO_NODE)
		ck_assert_int_eq(kmem_set_numa_node(1), 0);
	for (int i = 0; i < MANY; i++) {
		object[i] = take(0, named);
		ck_assert_int_eq(node_of(object[i]), 2);
	}
	least = (MANY + look().objs_per_slab - 1) / look().objs_per_slab;
	ck_assert_uint_eq(look().node[2].slabs, least);
	ck_assert_uint_eq(look().slabs, least);
	for (int i = 0; i < MANY; i++)
		kmem_cache_free(cache, object[i]);
	/* The first page that its own node has again is preferred. */
	empty_nodes();
	object[0] = take(0, named);
	ck_assert_int_eq(node_of(object[0]), 1);
	kmem_cache_free(cache, object[0]);
}
END_TEST

/* No page anywhere, but free objects of another node. */
START_TEST(test_last_objects_of_other_nodes_serve)
{
	void *keep = take(0, 2), *object;

	for (int node = 0; node < NODES; node++)
		fill_node(node);
	object = kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(node_of(object), 2);
	kmem_cache_free(cache, object);
	ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN |
							   __GFP_THISNODE));
	kmem_cache_free(cache, keep);
	empty_nodes();
}
END_TEST

/* ---- remote_node_defrag_ratio -------------------------------------------- */

/* Slabs of node 1 with one object each in use, more than min_partial. */
static unsigned int fragment_node_1(void **kept, unsigned int nr)
{
	unsigned int per_slab = look().objs_per_slab, n = 0;
	void *object[64] = { NULL };

	ck_assert_uint_le(per_slab, 64);
	for (unsigned int i = 0; i < nr; i++) {
		for (unsigned int k = 0; k < per_slab; k++)
			object[k] = take(__GFP_THISNODE, 1);
		kept[n++] = object[0];
		/* Filled up before any is freed, or the next would use it. */
		for (unsigned int k = 1; k < per_slab; k++)
			kept[nr + i * (per_slab - 1) + k - 1] = object[k];
	}
	for (unsigned int i = 0; i < nr * (per_slab - 1); i++)
		kmem_cache_free(cache, kept[nr + i]);
	return n;
}

static const struct {
	unsigned int ratio;
	int node;
} defrags[] = { { 0, 0 }, { 100, 1 } };

START_TEST(test_defrag_ratio_decides)
{
	unsigned int nr = (unsigned int)look().min_partial + 5;
	void *kept[4096], *object;

	ck_assert_uint_le(nr * 64, 4096);
	fragment_node_1(kept, nr);
	ck_assert_uint_gt(look().node[1].partial, look().min_partial);
	ck_assert_int_eq(kmem_cache_set_defrag_ratio(cache, defrags[_i].ratio),
			 0);
	ck_assert_uint_eq(look().defrag_ratio, defrags[_i].ratio);
	object = take(0, NUMA_NO_NODE);
	ck_assert_int_eq(node_of(object), defrags[_i].node);
	kmem_cache_free(cache, object);
	/* Who names a node has it, whatever the ratio. */
	object = take(0, 3);
	ck_assert_int_eq(node_of(object), 3);
	kmem_cache_free(cache, object);
	for (unsigned int i = 0; i < nr; i++)
		kmem_cache_free(cache, kept[i]);
	ck_assert_int_eq(kmem_cache_set_defrag_ratio(cache, 101), -ERANGE);
	ck_assert_uint_eq(look().defrag_ratio, defrags[_i].ratio);
}
END_TEST

/* ---- kmalloc ------------------------------------------------------------- */

START_TEST(test_kmalloc_honours_the_node)
{
	static const size_t sizes[] = { 8, 100, 4096, 8192, 8193, 100000 };
	size_t size = sizes[_i];

	for (int node = 0; node < NODES; node++) {
		void *p = kmalloc_node(size, GFP_KERNEL, node);
		void *q = kcalloc_node(2, size / 2, GFP_KERNEL, node), *r;

		ck_assert_int_eq(node_of(p), node);
		ck_assert_int_eq(node_of(q), node);
		ck_assert(bytes_are(q, size, 0));
		memset(p, 0x77, size);
		/* It stays unless the node is insisted on. */
		r = krealloc_node_align(p, size, 1, GFP_KERNEL, 3 - node);
		ck_assert_ptr_eq(r, p);
		r = krealloc_node_align(p, size, 1, GFP_KERNEL | __GFP_THISNODE,
					3 - node);
		ck_assert_ptr_ne(r, p);
		ck_assert_int_eq(node_of(r), 3 - node);
		ck_assert(bytes_are(r, size, 0x77));
		kfree(r);
		kfree(q);
	}
}
END_TEST

/* ---- pools --------------------------------------------------------------- */

/* What is set aside first is of the pool's node. */
static void check_reserve(mempool_t *pool, bool of_pages)
{
	void *element[4];

	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < 4; i++) {
		element[i] = mempool_alloc_preallocated(pool);
		ck_assert_int_eq(of_pages ? page_to_nid(element[i])
					  : node_of(element[i]),
				 2);
	}
	for (int i = 0; i < 4; i++)
		mempool_free(element[i], pool);
	mempool_destroy(pool);
}

START_TEST(test_pools_are_filled_from_their_node)
{
	check_reserve(mempool_create_node(4, mempool_alloc_slab,
					  mempool_free_slab, cache, GFP_KERNEL,
					  2),
		      false);
	check_reserve(mempool_create_node(4, mempool_kmalloc, mempool_kfree,
					  (void *)100, GFP_KERNEL, 2),
		      false);
	check_reserve(mempool_create_node(4, mempool_alloc_pages,
					  mempool_free_pages, (void *)1,
					  GFP_KERNEL, 2),
		      true);
}
END_TEST

/* ---- threads ------------------------------------------------------------- */

#define THREADS 4
#define ROUNDS 20000
#define SHARED 64

/* Objects on their way from one thread to another. */
static void *shared[SHARED];

struct worker {
	int node;
	unsigned long wrong;
	struct prng prng;
};

/* Takes from its node, any node or all; frees what others took. */
static void *work(void *arg)
{
	struct worker *w = arg;

	if (kmem_set_numa_node(w->node))
		w->wrong++;
	for (unsigned long i = 0; i < test_steps(ROUNDS); i++) {
		int node = (int)prng_below(&w->prng, NODES + 1) - 1;
		gfp_t gfp = GFP_KERNEL | (node >= 0 ? __GFP_THISNODE : 0);
		unsigned char *object = kmem_cache_alloc_node(cache, gfp, node);
		void **slot = &shared[prng_below(&w->prng, SHARED)];

		if (!object || (node >= 0 && node_of(object) != node))
			w->wrong++;
		if (object)
			memset(object, w->node, OBJECT);
		object = __atomic_exchange_n(slot, object, __ATOMIC_ACQ_REL);
		if (object && !bytes_are(object, OBJECT, object[0]))
			w->wrong++;
		if (object)
			kmem_cache_free(cache, object);
		if (i % 1000 == 999 && w->node == 0)
			kmem_cache_shrink(cache);
		if (i % 5000 == 4999)
			kmem_set_numa_node(w->node);
	}
	return NULL;
}

START_TEST(test_threads_of_all_nodes)
{
	uint64_t seed = test_seed("test_threads_of_all_nodes");
	struct worker worker[THREADS];
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++) {
		worker[i] = (struct worker){ .node = i,
					     .prng = { seed + (uint64_t)i } };
		ck_assert_int_eq(
			pthread_create(&thread[i], NULL, work, &worker[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		ck_assert_uint_eq(worker[i].wrong, 0);
	}
	for (int i = 0; i < SHARED; i++) {
		if (shared[i])
			kmem_cache_free(cache, shared[i]);
		shared[i] = NULL;
	}
	ck_assert_uint_eq(look().active, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slab nodes");
	TCase *tc;

	tc = suite_add(s, "one thread", nodes_setup, nodes_teardown);
	tcase_add_test(tc, test_objects_come_from_the_node_that_is_named);
	tcase_add_test(tc, test_remote_objects_are_not_parked);
	tcase_add_test(tc, test_mismatch_is_counted);
	tcase_add_test(tc, test_thread_takes_its_node_with_it);
	tcase_add_test(tc, test_bulk_is_local_too);
	tcase_add_test(tc, test_prefilled_sheaf_stays_at_its_node);

	tc = suite_add(s, "debugging", debug_setup, nodes_teardown);
	tcase_add_test(tc, test_objects_come_from_the_node_that_is_named);
	tcase_add_test(tc, test_remote_objects_are_not_parked);
	tcase_add_test(tc, test_bulk_is_local_too);
	tcase_add_test(tc, test_full_node_falls_back);
	tcase_add_loop_test(tc, test_full_node_uses_up_what_others_gave, 0, 4);
	tcase_add_test(tc, test_threads_of_all_nodes);

	tc = suite_add(s, "full nodes", nodes_setup, nodes_teardown);
	tcase_add_test(tc, test_full_node_falls_back);
	tcase_add_loop_test(tc, test_full_node_uses_up_what_others_gave, 0, 4);
	tcase_add_test(tc, test_last_objects_of_other_nodes_serve);

	tc = suite_add(s, "defrag", nodes_setup, nodes_teardown);
	tcase_add_loop_test(tc, test_defrag_ratio_decides, 0, 2);

	tc = suite_add(s, "kmalloc", nodes_setup, kmem_down);
	tcase_add_loop_test(tc, test_kmalloc_honours_the_node, 0, 6);

	tc = suite_add(s, "pools", nodes_setup, kmem_down);
	tcase_add_test(tc, test_pools_are_filled_from_their_node);

	tc = suite_add(s, "threads", nodes_setup, nodes_teardown);
	tcase_add_test(tc, test_threads_of_all_nodes);
	return s;
}
