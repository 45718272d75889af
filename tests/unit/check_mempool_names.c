/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool_names.c - how pools are called, and found by that
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "pool_fixture.h"
#include "runner.h"

START_TEST(test_names_and_serials)
{
	uint64_t serials[4] = { 0 };
	char name[130];

	pool_make(1);
	snprintf(name, sizeof(name), "%s", pool_look().name);
	ck_assert_uint_eq(mempool_find(name), mempool_serial(pool));
	ck_assert_int_eq(mempool_set_name(pool, ""), -EINVAL);
	memset(name, 'n', 128);
	name[128] = '\0';
	ck_assert_int_eq(mempool_set_name(pool, name), -EINVAL);
	name[127] = '\0';
	ck_assert_int_eq(mempool_set_name(pool, name), 0);
	ck_assert_str_eq(pool_look().name, name);
	ck_assert_uint_eq(mempool_find(name), mempool_serial(pool));
	ck_assert_uint_eq(mempool_serials(serials, 4), 1);
	ck_assert_uint_eq(serials[0], mempool_serial(pool));
	ck_assert_ptr_eq(mempool_pin(serials[0]), pool);
	mempool_unpin(pool);
	mempool_destroy(pool);
	pool = NULL;
	ck_assert_ptr_null(mempool_pin(serials[0]));
	ck_assert_uint_eq(mempool_serials(serials, 4), 0);
	reports_take();
}
END_TEST

/* ---- who made it --------------------------------------------------------- */

#define MAKERS 12

static mempool_t embedded_pool;

static mempool_t *embed(int err)
{
	return err ? NULL : &embedded_pool;
}

/* Each constructor, by its macro. */
static mempool_t *make_named(int maker, struct kmem_cache *s)
{
	mempool_t *p = &embedded_pool;

	switch (maker) {
	case 0:
		return mempool_create(1, backing_alloc, backing_free, &backing);
	case 1:
		return mempool_create_node(1, backing_alloc, backing_free,
					   &backing, GFP_NOWAIT, 0);
	case 2:
		return mempool_create_slab_pool(1, s);
	case 3:
		return mempool_create_kmalloc_pool(1, 64);
	case 4:
		return mempool_create_page_pool(1, 1);
	case 5:
		return embed(mempool_init(p, 1, backing_alloc, backing_free,
					  &backing));
	case 6:
		return embed(mempool_init_node(p, 1, backing_alloc,
					       backing_free, &backing,
					       GFP_NOWAIT, 0));
	case 7:
		return embed(mempool_init_slab_pool(p, 1, s));
	case 8:
		return embed(mempool_init_kmalloc_pool(p, 1, 64));
	case 9:
		return embed(mempool_init_kvmalloc_pool(p, 1, 9000));
	case 10:
		return mempool_create_kvmalloc_pool(1, 9000);
	default:
		return embed(mempool_init_page_pool(p, 1, 1));
	}
}

/* The same by address, as a table of constructors would have them. */
static mempool_t *make_unnamed(int maker, struct kmem_cache *s)
{
	mempool_t *p = &embedded_pool;

	switch (maker) {
	case 0:
		return (&mempool_create)(1, backing_alloc, backing_free,
					 &backing);
	case 1:
		return (&mempool_create_node)(1, backing_alloc, backing_free,
					      &backing, GFP_NOWAIT, 0);
	case 2:
		return (&mempool_create_slab_pool)(1, s);
	case 3:
		return (&mempool_create_kmalloc_pool)(1, 64);
	case 4:
		return (&mempool_create_page_pool)(1, 1);
	case 5:
		return embed((&mempool_init)(p, 1, backing_alloc, backing_free,
					     &backing));
	case 6:
		return embed((&mempool_init_node)(p, 1, backing_alloc,
						  backing_free, &backing,
						  GFP_NOWAIT, 0));
	case 7:
		return embed((&mempool_init_slab_pool)(p, 1, s));
	case 8:
		return embed((&mempool_init_kmalloc_pool)(p, 1, 64));
	case 9:
		return embed((&mempool_init_kvmalloc_pool)(p, 1, 9000));
	case 10:
		return (&mempool_create_kvmalloc_pool)(1, 9000);
	default:
		return embed((&mempool_init_page_pool)(p, 1, 1));
	}
}

static void assert_name(mempool_t *p, const char *name)
{
	struct kmem_mempool_info info;

	ck_assert_ptr_nonnull(p);
	mempool_info(p, &info);
	ck_assert_str_eq(info.name, name);
	ck_assert_str_eq(info.owner, program_invocation_short_name);
	ck_assert_int_eq(info.curr_nr, 1);
}

static void unmake(mempool_t *p)
{
	if (p == &embedded_pool)
		mempool_exit(p);
	else
		mempool_destroy(p);
}

START_TEST(test_pool_is_named_after_its_maker)
{
	struct kmem_cache *s = kmem_cache_create("backing", 64, 0, 0, NULL);
	mempool_t *p = make_named(_i, s);
	char name[128];

	snprintf(name, sizeof(name), "%s:make_named",
		 program_invocation_short_name);
	assert_name(p, name);
	ck_assert_int_eq(mempool_set_name(p, "mine"), 0);
	assert_name(p, "mine");
	unmake(p);
	p = make_unnamed(_i, s);
	assert_name(p, "pool-2");
	unmake(p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_pool_of_a_module_is_named_after_it)
{
	kmem_set_owner("mc");
	pool_make(1);
	kmem_set_owner(NULL);
	ck_assert_str_eq(pool_look().name, "mc:pool_make");
	ck_assert_str_eq(pool_look().owner, "mc");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool names");
	TCase *tc = suite_add(s, "names", pool_setup, pool_teardown);

	tcase_add_test(tc, test_names_and_serials);
	tcase_add_loop_test(tc, test_pool_is_named_after_its_maker, 0, MAKERS);
	tcase_add_test(tc, test_pool_of_a_module_is_named_after_it);
	return s;
}
