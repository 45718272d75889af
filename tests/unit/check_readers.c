/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_readers.c - being watched makes no allocation wait
 *
 * Debug builds look at each lock that is taken between inside_reader_begin() and
 * inside_reader_end(). So there the files of numbers are written down in whole,
 * of a view that has all but a mount. Where nothing is looked at, they must still
 * say what there is.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/vmalloc.h>

#include "allocfs/view.h"

#include "fixture.h"
#include "inside.h"
#include "runner.h"

static struct view *view;
static struct kmem_cache *cache;
static mempool_t *pool;
static void *element, *area;

static void add_fixed(void)
{
	char name[16];

	ck_assert_int_eq(source_add_fixed(view, &kmalloc_kind, 0, "kmalloc"),
			 0);
	ck_assert_int_eq(source_add_fixed(view, &vmalloc_kind, 0, "vmalloc"),
			 0);
	for (unsigned int order = 0; order < KMEM_NR_ORDERS; order++) {
		snprintf(name, sizeof(name), "order-%u", order);
		ck_assert_int_eq(
			source_add_fixed(view, &page_kind, order, name), 0);
	}
}

/* One of each thing, in use, so that no file has nothing to say. */
static void setup(void)
{
	struct kmem_config config = { .memory = 16 * MIB, .cpus = 2 };

	kmem_up_with(&config);
	cache = kmem_cache_create("watched", 100, 0, 0, NULL);
	ck_assert_ptr_nonnull(cache);
	pool = mempool_create_slab_pool(3, cache);
	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(mempool_set_name(pool, "watched-pool"), 0);
	element = mempool_alloc(pool, GFP_KERNEL);
	area = vmalloc(100);
	ck_assert_ptr_nonnull(area);

	view = calloc(1, sizeof(*view));
	ck_assert_ptr_nonnull(view);
	pthread_mutex_init(&view->lock, NULL);
	pthread_mutex_init(&view->account_lock, NULL);
	list_init(&view->links);
	list_init(&view->accounts);
	source_table_init(&view->table);
	add_fixed();
}

static void teardown(void)
{
	source_exit(view, true);
	account_exit(view);
	node_exit(view);
	pthread_mutex_destroy(&view->lock);
	pthread_mutex_destroy(&view->account_lock);
	free(view);
	vfree(area);
	mempool_free(element, pool);
	mempool_destroy(pool);
	kmem_cache_destroy(cache);
	kmem_down();
}

static const struct attr *attr_of(const struct node *table, const char *name)
{
	for (const struct node *n = table; n->type != NODE_END; n++)
		if (!strcmp(n->name, name))
			return n->attr;
	ck_abort_msg("no file %s", name);
	return NULL;
}

static char *read_watched(const struct attr *attr)
{
	struct call call = { .view = view };
	struct strbuf sb = { 0 };

	inside_reader_begin();
	ck_assert_int_eq(attr->show(&call, &sb), 0);
	inside_reader_end();
	ck_assert(strbuf_ok(&sb));
	return sb.data;
}

static const struct {
	const struct node *table;
	const char *name;
	const char *has;
} files[] = {
	{ proc_table, "buddyinfo", "zone" },
	{ proc_table, "meminfo", "\nVmallocUsed:           4 kB\n" },
	{ proc_table, "pagetypeinfo", "Unmovable" },
	{ proc_table, "slabinfo", "\nwatched " },
	{ proc_table, "vmstat", "\npgfree " },
	{ proc_table, "zoneinfo", "nr_free_pages" },
	{ extfrag_table, "extfrag_index", "zone" },
	{ extfrag_table, "unusable_index", "zone" },
	{ metrics_table, "allocfs.prom",
	  "\nallocfs_pool_used_elements{pool=\"watched-pool\"} 1\n" },
	{ metrics_table, "allocfs.prom", "\nallocfs_vmalloc_areas 1\n" },
};

/* Twice: what is looked up anew at first is known afterwards. */
START_TEST(test_readers_take_no_lock_of_an_allocation)
{
	for (int i = 0; i < 2; i++) {
		char *text =
			read_watched(attr_of(files[_i].table, files[_i].name));

		ck_assert_msg(strstr(text, files[_i].has) != NULL,
			      "%s lacks %s:\n%s", files[_i].name, files[_i].has,
			      text);
		free(text);
	}
}
END_TEST

#ifdef KMEM_DEBUG
/* The look itself: who allocates in there is found. */
START_TEST(test_a_reader_that_takes_one_is_found)
{
	inside_reader_begin();
	__free_pages(alloc_pages(GFP_KERNEL, 9), 9);
	inside_reader_end();
}
END_TEST
#endif

Suite *test_suite(void)
{
	Suite *suite = suite_create("readers");
	TCase *tcase = suite_add(suite, "files", setup, teardown);

	tcase_add_loop_test(tcase, test_readers_take_no_lock_of_an_allocation,
			    0, (int)(sizeof(files) / sizeof(files[0])));
#ifdef KMEM_DEBUG
	tcase_add_test_raise_signal(
		tcase, test_a_reader_that_takes_one_is_found, SIGABRT);
#endif
	return suite;
}
