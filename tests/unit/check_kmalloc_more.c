/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kmalloc_more.c - kinds of memory by gfp, nodes, the rarer forms of
 * krealloc() and kfree(), what ksize() promises, masks that make no sense
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

static struct buddyinfo at_start;

static void more_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
}

static void debug_up(const char *slab_debug)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.slab_debug = slab_debug,
	};

	kmem_up_with(&config);
}

/* A snapshot of the cache that an object is from. */
static void cache_of(const void *p, struct kmem_cache_info *ret_info)
{
	struct kmem_location location;
	struct kmem_cache *s;

	ck_assert(kmem_locate(p, &location));
	ck_assert_int_eq(location.kind, KMEM_LOCATION_SLAB);
	s = kmem_cache_pin(location.cache);
	ck_assert_ptr_nonnull(s);
	kmem_cache_info(s, ret_info);
	kmem_cache_unpin(s);
}

static void shrink_all(void)
{
	uint64_t serials[256];
	size_t n = kmem_cache_serials(serials, 256);

	ck_assert_uint_le(n, 256);
	for (size_t i = 0; i < n; i++) {
		struct kmem_cache *s = kmem_cache_pin(serials[i]);

		kmem_cache_shrink(s);
		kmem_cache_unpin(s);
	}
}

/* ---- kinds --------------------------------------------------------------- */

static const struct {
	size_t size;
	const char *name;
} classes[] = {
	{ 8, "8" },	{ 16, "16" },	{ 32, "32" },	{ 64, "64" },
	{ 96, "96" },	{ 128, "128" }, { 192, "192" }, { 256, "256" },
	{ 512, "512" }, { 1024, "1k" }, { 2048, "2k" }, { 4096, "4k" },
	{ 8192, "8k" },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

static const struct {
	gfp_t gfp;
	const char *prefix;
	slab_flags_t flags;
} kinds[] = {
	{ GFP_KERNEL, "kmalloc", 0 },
	{ GFP_ATOMIC, "kmalloc", 0 },
	{ GFP_KERNEL | __GFP_RECLAIMABLE, "kmalloc-rcl", SLAB_RECLAIM_ACCOUNT },
	{ GFP_KERNEL_ACCOUNT, "kmalloc-cg", SLAB_ACCOUNT },
	{ GFP_KERNEL | __GFP_DMA, "dma-kmalloc", SLAB_CACHE_DMA },
	/* Several bits: DMA before reclaimable before accounted. */
	{ GFP_KERNEL_ACCOUNT | __GFP_RECLAIMABLE, "kmalloc-rcl",
	  SLAB_RECLAIM_ACCOUNT },
	{ GFP_KERNEL_ACCOUNT | __GFP_DMA, "dma-kmalloc", SLAB_CACHE_DMA },
	{ GFP_DMA | __GFP_RECLAIMABLE, "dma-kmalloc", SLAB_CACHE_DMA },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

START_TEST(test_each_kind_has_caches_of_its_own)
{
	const slab_flags_t of_kind = SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT |
				     SLAB_CACHE_DMA | SLAB_CACHE_DMA32;
	struct kmem_cache_info info;
	char name[64];

	for (size_t i = 0; i < CLASSES; i++) {
		void *p = kmalloc(classes[i].size, kinds[_i].gfp);

		ck_assert_ptr_nonnull(p);
		cache_of(p, &info);
		snprintf(name, sizeof(name), "%s-%s", kinds[_i].prefix,
			 classes[i].name);
		ck_assert_str_eq(info.name, name);
		ck_assert_str_eq(info.owner, "boot");
		ck_assert_uint_eq(info.spec.object_size, classes[i].size);
		ck_assert_uint_eq(info.spec.usersize, classes[i].size);
		ck_assert_uint_eq(info.spec.flags & of_kind, kinds[_i].flags);
		ck_assert_uint_eq(ksize(p), classes[i].size);
		kfree(p);
	}
}
END_TEST

START_TEST(test_boot_caches_are_in_the_kernels_order)
{
	static const char *const prefixes[] = { "kmalloc", "kmalloc-rcl",
						"dma-kmalloc", "kmalloc-cg" };
	static const size_t order[] = {
		4, 6, 0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12
	};
	struct kmem_cache_info info;
	uint64_t serials[64];
	char name[64];

	ck_assert_uint_eq(kmem_cache_serials(serials, 64), 4 * CLASSES);
	for (size_t i = 0; i < 4 * CLASSES; i++) {
		struct kmem_cache *s = kmem_cache_pin(serials[i]);

		kmem_cache_info(s, &info);
		kmem_cache_unpin(s);
		snprintf(name, sizeof(name), "%s-%s", prefixes[i / CLASSES],
			 classes[order[i % CLASSES]].name);
		ck_assert_str_eq(info.name, name);
	}
}
END_TEST

START_TEST(test_dma_objects_lie_in_the_dma_zone)
{
	struct kmem_location location;

	for (size_t i = 0; i < CLASSES; i++) {
		void *p = kmalloc(classes[i].size, GFP_KERNEL | GFP_DMA);

		ck_assert(kmem_locate(p, &location));
		ck_assert_str_eq(location.zone, "DMA");
		kfree(p);
	}
}
END_TEST

START_TEST(test_blocks_of_every_kind_come_back)
{
	static void *p[2000];
	struct prng prng = { test_seed("blocks_of_every_kind_come_back") };

	for (int i = 0; i < 2000; i++) {
		gfp_t gfp = kinds[prng_below(&prng, KINDS)].gfp;

		p[i] = kmalloc(1 + prng_below(&prng, 3000), gfp);
		ck_assert_ptr_nonnull(p[i]);
	}
	for (int i = 0; i < 2000; i++)
		kfree(p[i]);
	shrink_all();
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_krealloc_moves_to_the_kind_of_the_mask)
{
	struct kmem_cache_info info;
	char *p = kmalloc(64, GFP_KERNEL);

	memset(p, 0x5c, 64);
	p = krealloc(p, 32, GFP_KERNEL_ACCOUNT);
	cache_of(p, &info);
	ck_assert_str_eq(info.name, "kmalloc-64");
	p = krealloc(p, 100, GFP_KERNEL_ACCOUNT);
	cache_of(p, &info);
	ck_assert_str_eq(info.name, "kmalloc-cg-128");
	ck_assert(bytes_are(p, 64, 0x5c));
	kfree(p);
}
END_TEST

/* ---- nodes --------------------------------------------------------------- */

static const struct {
	int node;
	gfp_t gfp;
	bool served;
} nodes[] = {
	{ NUMA_NO_NODE, GFP_KERNEL, true },
	{ NUMA_NO_NODE, GFP_KERNEL | __GFP_THISNODE, true },
	{ 0, GFP_KERNEL, true },
	{ 0, GFP_KERNEL | __GFP_THISNODE, true },
	{ 1, GFP_KERNEL, true },
	{ 1, GFP_KERNEL | __GFP_THISNODE, false },
	{ 1023, GFP_ATOMIC | __GFP_THISNODE, false },
};

#define NODES (int)(sizeof(nodes) / sizeof(nodes[0]))

START_TEST(test_node_forms_of_kmalloc)
{
	gfp_t gfp = nodes[_i].gfp;
	int node = nodes[_i].node;
	char *p[] = {
		kmalloc_node(100, gfp, node),
		kzalloc_node(100, gfp, node),
		kmalloc_array_node(10, 10, gfp, node),
		kcalloc_node(10, 10, gfp, node),
		kmalloc_node(10000, gfp, node),
		krealloc_node_align(NULL, 100, 1, gfp, node),
	};

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		ck_assert_int_eq(p[i] != NULL, nodes[_i].served);
		kfree(p[i]);
	}
	ck_assert_ptr_eq(kmalloc_node(0, gfp, node), ZERO_SIZE_PTR);
	shrink_all();
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_node_form_of_a_cache)
{
	struct kmem_cache *s = kmem_cache_create("mine", 100, 0, 0, NULL);
	void *p = kmem_cache_alloc_node(s, nodes[_i].gfp, nodes[_i].node);

	ck_assert_int_eq(p != NULL, nodes[_i].served);
	if (p)
		kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_zeroing_node_forms_clear)
{
	for (int round = 0; round < 5; round++) {
		unsigned char *p = kzalloc_node(1000, GFP_KERNEL, 0);
		unsigned char *q = kcalloc_node(10, 100, GFP_KERNEL, 0);

		ck_assert(bytes_are(p, 1000, 0));
		ck_assert(bytes_are(q, 1000, 0));
		memset(p, 0xff, 1000);
		memset(q, 0xff, 1000);
		kfree(p);
		kfree(q);
	}
}
END_TEST

START_TEST(test_array_products_may_not_overflow)
{
	volatile size_t huge = SIZE_MAX;
	char *p = kmalloc(64, GFP_KERNEL);

	memset(p, 0x5c, 64);
	ck_assert_ptr_null(kmalloc_array_node(huge, 2, GFP_KERNEL, 0));
	ck_assert_ptr_null(kcalloc_node(huge / 3, 4, GFP_KERNEL, 0));
	ck_assert_ptr_null(krealloc_array(p, huge, 2, GFP_KERNEL));
	ck_assert_ptr_null(krealloc_array(p, huge / 2, 3, GFP_KERNEL));
	ck_assert(bytes_are(p, 64, 0x5c));
	kfree(p);
}
END_TEST

/* ---- user-copy windows --------------------------------------------------- */

struct with_window {
	long before;
	char window[24];
	long after;
};

START_TEST(test_usercopy_forms_set_the_window)
{
	struct kmem_cache *s = KMEM_CACHE_USERCOPY(with_window, 0, window);
	struct kmem_cache_info info;

	kmem_cache_info(s, &info);
	ck_assert_str_eq(info.name, "with_window");
	ck_assert_uint_eq(info.spec.object_size, sizeof(struct with_window));
	ck_assert_uint_eq(info.spec.useroffset,
			  offsetof(struct with_window, window));
	ck_assert_uint_eq(info.spec.usersize, 24);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_usercopy_window_outside_is_closed)
{
	struct kmem_cache_info info;
	struct kmem_cache *s;

	s = kmem_cache_create_usercopy("bad", 100, 0, 0, 90, 11, NULL);
	ck_assert_uint_eq(reports_take(), 1);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.spec.useroffset, 0);
	ck_assert_uint_eq(info.spec.usersize, 0);
	kmem_cache_destroy(s);
}
END_TEST

/* ---- krealloc ------------------------------------------------------------ */

START_TEST(test_krealloc_array_resizes)
{
	unsigned int *p = krealloc_array(NULL, 10, sizeof(*p), GFP_KERNEL);

	for (unsigned int i = 0; i < 10; i++)
		p[i] = i;
	p = krealloc_array(p, 1000, sizeof(*p), GFP_KERNEL | __GFP_ZERO);
	for (unsigned int i = 0; i < 10; i++)
		ck_assert_uint_eq(p[i], i);
	/* The kernel's promise: what lay behind the old block is clear. */
	ck_assert(bytes_are(p + 16, 1000 * sizeof(*p) - 64, 0));
	ck_assert_ptr_eq(krealloc_array(p, 0, sizeof(*p), GFP_KERNEL),
			 ZERO_SIZE_PTR);
}
END_TEST

START_TEST(test_krealloc_moves_a_badly_aligned_block)
{
	char *odd = kmalloc(96, GFP_KERNEL), *p;

	/* Objects of 96 bytes are aligned to 32 only. */
	while ((uintptr_t)odd % 64 == 0)
		odd = kmalloc(96, GFP_KERNEL);
	memset(odd, 0x5c, 96);
	p = krealloc_node_align(odd, 90, 32, GFP_KERNEL, NUMA_NO_NODE);
	ck_assert_ptr_eq(p, odd);
	p = krealloc_node_align(odd, 64, 64, GFP_KERNEL, NUMA_NO_NODE);
	ck_assert_ptr_ne(p, odd);
	ck_assert_uint_eq((uintptr_t)p % 64, 0);
	ck_assert(bytes_are(p, 64, 0x5c));
	kfree(p);
}
END_TEST

START_TEST(test_krealloc_for_another_node_fails_whole)
{
	char *p = kmalloc(64, GFP_KERNEL);
	gfp_t gfp = GFP_KERNEL | __GFP_THISNODE;

	memset(p, 0x5c, 64);
	ck_assert_ptr_null(krealloc_node_align(p, 32, 1, gfp, 1));
	ck_assert(bytes_are(p, 64, 0x5c));
	ck_assert_ptr_eq(krealloc_node_align(p, 32, 1, gfp, 0), p);
	kfree(p);
}
END_TEST

START_TEST(test_krealloc_of_no_block_is_refused)
{
	char *p = kmalloc(64, GFP_KERNEL), *large = kmalloc(20000, GFP_KERNEL);
	int local;

	ck_assert_ptr_null(krealloc(&local, 8, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(krealloc(p + 8, 8, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(krealloc(large + 4096, 8, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p);
	kfree(large);
}
END_TEST

/* ---- ksize --------------------------------------------------------------- */

static const struct {
	slab_flags_t flags;
	bool ctor;
	size_t size; /* ksize() of an object of 100 bytes, aligned to 64 */
} usable[] = {
	{ 0, false, 128 },
	{ SLAB_CONSISTENCY_CHECKS, false, 128 },
	{ SLAB_STORE_USER, false, 104 },
	{ SLAB_TYPESAFE_BY_RCU, false, 104 },
	{ 0, true, 104 },
	{ SLAB_CONSISTENCY_CHECKS, true, 104 },
	{ SLAB_RED_ZONE, false, 100 },
	{ SLAB_POISON, false, 100 },
	{ SLAB_RED_ZONE | SLAB_STORE_USER | SLAB_TYPESAFE_BY_RCU, false, 100 },
};

static void clear(void *object)
{
	memset(object, 0, 100);
}

START_TEST(test_ksize_is_usable_to_the_last_byte)
{
	struct kmem_cache *s =
		kmem_cache_create("mine", 100, 64, usable[_i].flags,
				  usable[_i].ctor ? clear : NULL);
	unsigned char *p[50];

	for (int i = 0; i < 50; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		ck_assert_uint_eq(ksize(p[i]), usable[_i].size);
		memset(p[i], i, ksize(p[i]));
	}
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	for (int i = 0; i < 50; i++)
		ck_assert(bytes_are(p[i], usable[_i].size, (unsigned char)i));
	for (int i = 0; i < 50; i++)
		kmem_cache_free(s, p[i]);
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	ck_assert_int_eq(kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_krealloc_keeps_to_the_object)
{
	struct kmem_cache *s = kmem_cache_create("mine", 100, 64, 0, NULL);
	unsigned char *p = kmem_cache_zalloc(s, GFP_KERNEL);

	/* Bytes that zeroing never reached do not become part of a block. */
	memset(p, 0xff, ksize(p));
	ck_assert_ptr_eq(krealloc(p, 100, GFP_KERNEL | __GFP_ZERO), p);
	p = krealloc(p, 128, GFP_KERNEL | __GFP_ZERO);
	ck_assert(bytes_are(p, 100, 0xff));
	ck_assert(bytes_are(p + 100, 28, 0));
	kfree(p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_ksize_of_no_block_is_reported)
{
	char *p = kmalloc(64, GFP_KERNEL);
	int local;

	ck_assert_uint_eq(ksize(&local), 0);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(ksize(p + 8), 0);
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p);
}
END_TEST

START_TEST(test_ksize_makes_the_whole_bucket_the_users)
{
	volatile size_t asked = 50;
	unsigned char *p;

	debug_up("FZPU");
	p = kmalloc(asked, GFP_KERNEL);
	ck_assert_uint_eq(ksize(p), 64);
	memset(p, 1, 64);
	kfree(p);
	ck_assert_uint_eq(reports_take(), 0);
	p = kmalloc(asked, GFP_KERNEL);
	p[50] = 1;
	kfree(p);
	ck_assert(reports_mention("kmalloc Redzone"));
	reports_take();
	kmem_down();
}
END_TEST

START_TEST(test_krealloc_moves_the_red_zone)
{
	unsigned char *p;

	debug_up("FZPU");
	p = kmalloc(40, GFP_KERNEL);
	memset(p, 1, 40);
	ck_assert_ptr_eq(krealloc(p, 60, GFP_KERNEL | __GFP_ZERO), p);
	ck_assert(bytes_are(p, 40, 1));
	ck_assert(bytes_are(p + 40, 20, 0));
	memset(p, 1, 60);
	ck_assert_ptr_eq(krealloc(p, 20, GFP_KERNEL), p);
	ck_assert_uint_eq(reports_take(), 0);
	p = krealloc(p, 200, GFP_KERNEL | __GFP_ZERO);
	ck_assert(bytes_are(p, 20, 1));
	ck_assert(bytes_are(p + 20, 180, 0));
	kfree(p);
	ck_assert_uint_eq(reports_take(), 0);
	kmem_down();
}
END_TEST

/* ---- free ---------------------------------------------------------------- */

START_TEST(test_kfree_sensitive_clears_the_block)
{
	static const size_t sizes[] = { 1, 40, 64, 192, 5000, 8192 };
	size_t size = sizes[_i], bytes;
	unsigned char *p = kmalloc(size, GFP_KERNEL), *q;

	bytes = ksize(p);
	memset(p, 0xee, bytes);
	kfree_sensitive(p);
	/* Parked, and so untouched, until it is handed out again. */
	q = kmalloc(size, GFP_KERNEL);
	ck_assert_ptr_eq(q, p);
	ck_assert(bytes_are(q, bytes, 0));
	kfree(q);
}
END_TEST

START_TEST(test_kfree_sensitive_of_pages_and_nothing)
{
	volatile size_t asked = 20000;
	unsigned char *p = kmalloc(asked, GFP_KERNEL);

	memset(p, 0xee, 32768);
	kfree_sensitive(p);
	ck_assert(bytes_are(p, 32768, 0));
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_kfree_sensitive_clears_nothing_that_it_refuses)
{
	unsigned char *p = kmalloc(64, GFP_KERNEL);
	unsigned char *large = kmalloc(20000, GFP_KERNEL);
	char local[8] = "precious";

	memset(p, 0xee, 64);
	memset(large, 0xee, 20000);
	kfree_sensitive(local);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_int_eq(memcmp(local, "precious", 8), 0);
	kfree_sensitive(large + 4096);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(bytes_are(large, 20000, 0xee));
	kfree_sensitive(p + 8);
	ck_assert(bytes_are(p, 64, 0xee));
	shrink_all(); /* where a parked address is found to be wrong */
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p);
	kfree(large);
}
END_TEST

START_TEST(test_kfree_sensitive_pleases_debugging)
{
	unsigned char *p;

	debug_up("FZPU");
	for (size_t size = 1; size <= 300; size++) {
		p = kmalloc(size, GFP_KERNEL);
		memset(p, 0xee, size);
		kfree_sensitive(p);
	}
	ck_assert_uint_eq(reports_take(), 0);
	kmem_down();
}
END_TEST

START_TEST(test_kfree_bulk_takes_blocks_of_all_kinds)
{
	struct kmem_cache *s = kmem_cache_create("mine", 100, 0, 0, NULL);
	void *p[100];

	for (size_t i = 0; i < 100; i++) {
		if (i % 3 == 0)
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		else
			p[i] = kmalloc(i * 200, kinds[i % KINDS].gfp);
		ck_assert_ptr_nonnull(p[i]);
	}
	kfree_bulk(100, p);
	kfree_bulk(0, NULL);
	kmem_cache_destroy(s);
	shrink_all();
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- masks --------------------------------------------------------------- */

static const gfp_t wrong_bits[] = { __GFP_HIGHMEM, __GFP_DMA32, 1u << 24,
				    1u << 31 };

START_TEST(test_senseless_bits_are_reported_with_a_new_slab)
{
	gfp_t gfp = GFP_KERNEL | wrong_bits[_i];
	void *p = kmalloc(64, gfp), *q;

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("Unexpected gfp"));
	ck_assert(reports_mention("Fixing up to gfp: 0xcc0 (GFP_KERNEL). "
				  "Fix your code!"));
	/* Nothing new is needed, nobody looks. */
	q = kmalloc(64, gfp);
	ck_assert_uint_eq(reports_take(), 0);
	kfree(p);
	kfree(q);
}
END_TEST

START_TEST(test_senseless_bits_are_reported_with_large_blocks)
{
	void *p = kmalloc(20000, GFP_KERNEL | wrong_bits[_i]);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("Unexpected gfp"));
	kfree(p);
}
END_TEST

START_TEST(test_senseless_bits_are_named)
{
	kfree(kmalloc(20000, GFP_HIGHUSER));
	ck_assert_str_eq(reports_last(),
			 "Unexpected gfp: 0x2 (__GFP_HIGHMEM). Fixing up to "
			 "gfp: 0x100cc0 (GFP_USER). Fix your code!");
	reports_take();
}
END_TEST

START_TEST(test_cache_of_low_memory_may_say_so_itself)
{
	struct kmem_cache *s =
		kmem_cache_create("low", 64, 0, SLAB_CACHE_DMA32, NULL);
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(reports_take(), 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_zeroing_constructed_objects_is_reported)
{
	struct kmem_cache *s = kmem_cache_create("mine", 100, 0, 0, clear);
	void *p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_ZERO);

	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("constructor"));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

static void add_kind_tests(Suite *s)
{
	TCase *tc = suite_add(s, "kinds", more_setup, kmem_down);

	tcase_add_loop_test(tc, test_each_kind_has_caches_of_its_own, 0,
			    (int)KINDS);
	tcase_add_test(tc, test_boot_caches_are_in_the_kernels_order);
	tcase_add_test(tc, test_dma_objects_lie_in_the_dma_zone);
	tcase_add_test(tc, test_blocks_of_every_kind_come_back);
	tcase_add_test(tc, test_krealloc_moves_to_the_kind_of_the_mask);
}

/* ---- by type ---- */

struct message {
	unsigned int length;
	char text[];
};

START_TEST(test_typed_forms_give_what_the_type_needs)
{
	struct message *m = kzalloc_flex(*m, text, 100);
	unsigned int *one = kmalloc_obj(*one);
	uint64_t *many = kzalloc_objs(*many, 50, GFP_NOWAIT);

	ck_assert_ptr_nonnull(m);
	ck_assert_uint_ge(ksize(m), sizeof(*m) + 100);
	ck_assert_int_eq(m->text[99], 0);
	ck_assert_uint_ge(ksize(one), sizeof(*one));
	ck_assert_uint_ge(ksize(many), 50 * sizeof(*many));
	ck_assert_uint_eq(many[49], 0);
	kfree(m);
	kfree(one);
	kfree(many);
}
END_TEST

START_TEST(test_typed_forms_that_overflow_are_null)
{
	volatile size_t huge = SIZE_MAX; /* or the compiler sees it coming */
	struct message *m = kmalloc_flex(*m, text, huge);
	uint64_t *many = kmalloc_objs(*many, huge / 4);

	ck_assert_ptr_null(m);
	ck_assert_ptr_null(many);
}
END_TEST

static void add_form_tests(Suite *s)
{
	TCase *tc = suite_add(s, "forms", more_setup, kmem_down);

	tcase_add_loop_test(tc, test_node_forms_of_kmalloc, 0, NODES);
	tcase_add_loop_test(tc, test_node_form_of_a_cache, 0, NODES);
	tcase_add_test(tc, test_zeroing_node_forms_clear);
	tcase_add_test(tc, test_array_products_may_not_overflow);
	tcase_add_test(tc, test_usercopy_forms_set_the_window);
	tcase_add_test(tc, test_usercopy_window_outside_is_closed);
	tcase_add_test(tc, test_krealloc_array_resizes);
	tcase_add_test(tc, test_krealloc_moves_a_badly_aligned_block);
	tcase_add_test(tc, test_krealloc_for_another_node_fails_whole);
	tcase_add_test(tc, test_krealloc_of_no_block_is_refused);
	tcase_add_test(tc, test_krealloc_keeps_to_the_object);
	tcase_add_loop_test(tc, test_ksize_is_usable_to_the_last_byte, 0,
			    (int)(sizeof(usable) / sizeof(usable[0])));
	tcase_add_test(tc, test_ksize_of_no_block_is_reported);
	tcase_add_test(tc, test_typed_forms_give_what_the_type_needs);
	tcase_add_test(tc, test_typed_forms_that_overflow_are_null);
}

static void add_free_tests(Suite *s)
{
	TCase *tc = suite_add(s, "free", more_setup, kmem_down);

	tcase_add_loop_test(tc, test_kfree_sensitive_clears_the_block, 0, 6);
	tcase_add_test(tc, test_kfree_sensitive_of_pages_and_nothing);
	tcase_add_test(tc, test_kfree_sensitive_clears_nothing_that_it_refuses);
	tcase_add_test(tc, test_kfree_bulk_takes_blocks_of_all_kinds);
}

static void add_mask_tests(Suite *s)
{
	TCase *tc = suite_add(s, "masks", more_setup, kmem_down);

	tcase_add_loop_test(
		tc, test_senseless_bits_are_reported_with_a_new_slab, 0, 4);
	tcase_add_loop_test(
		tc, test_senseless_bits_are_reported_with_large_blocks, 0, 4);
	tcase_add_test(tc, test_senseless_bits_are_named);
	tcase_add_test(tc, test_cache_of_low_memory_may_say_so_itself);
	tcase_add_test(tc, test_zeroing_constructed_objects_is_reported);
}

static void add_debug_tests(Suite *s)
{
	TCase *tc = suite_add(s, "debugging", NULL, NULL);

	tcase_add_test(tc, test_ksize_makes_the_whole_bucket_the_users);
	tcase_add_test(tc, test_krealloc_moves_the_red_zone);
	tcase_add_test(tc, test_kfree_sensitive_pleases_debugging);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("kmalloc_more");

	add_kind_tests(s);
	add_form_tests(s);
	add_free_tests(s);
	add_mask_tests(s);
	add_debug_tests(s);
	return s;
}
