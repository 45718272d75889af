/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_zone_files.c - debug/extfrag says what buddyinfo means
 *
 * The indices are worked out a second time, from the text of buddyinfo, in
 * random states of the memory.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocfs/view.h"

#include "fixture.h"
#include "runner.h"

#define MAX_LINES 8
#define MAX_BLOCKS 512

struct zone_line {
	unsigned long count[KMEM_NR_ORDERS];
};

static char *text_of(const struct attr *attr)
{
	struct call call = { 0 };
	struct strbuf sb = { 0 };

	ck_assert_int_eq(attr->show(&call, &sb), 0);
	ck_assert(strbuf_ok(&sb));
	return sb.data;
}

static const struct attr *extfrag_attr(const char *name)
{
	for (const struct node *n = extfrag_table; n->type != NODE_END; n++)
		if (!strcmp(n->name, name))
			return n->attr;
	ck_abort_msg("no file %s", name);
	return NULL;
}

static unsigned int read_buddyinfo(struct zone_line *lines)
{
	char *text = text_of(&buddyinfo_attr), *at = text;
	unsigned int nr = 0;

	while (*at) {
		char *end;

		ck_assert_uint_lt(nr, MAX_LINES);
		/* "Node 0, zone " and a name of eight columns. */
		at += strlen("Node 0, zone ") + 8;
		for (int o = 0; o < KMEM_NR_ORDERS; o++) {
			lines[nr].count[o] = strtoul(at, &end, 10);
			at = end;
		}
		at = strchr(at, '\n') + 1;
		nr++;
	}
	free(text);
	return nr;
}

/* Of the free pages, the thousandths in blocks that are too small. */
static long expected_unusable(const struct zone_line *z, int order)
{
	unsigned long all = 0, small = 0;

	for (int o = 0; o < KMEM_NR_ORDERS; o++) {
		all += z->count[o] << o;
		small += o < order ? z->count[o] << o : 0;
	}
	return all ? (long)(small * 1000 / all) : 1000;
}

static long expected_extfrag(const struct zone_line *z, int order)
{
	unsigned long pages = 0, blocks = 0, large = 0;
	long index;

	for (int o = 0; o < KMEM_NR_ORDERS; o++) {
		blocks += z->count[o];
		pages += z->count[o] << o;
		large += o >= order ? z->count[o] : 0;
	}
	if (!blocks)
		return 0;
	if (large)
		return -1000;
	index = 1000 - (long)((1000 + pages * 1000 / (1ul << order)) / blocks);
	return index > 0 ? index : 0;
}

/* Rounded as the kernel does it, to the last digit. */
static void compare_file(const char *name, const struct zone_line *lines,
			 unsigned int nr,
			 long (*expected)(const struct zone_line *, int))
{
	char *text = text_of(extfrag_attr(name)), *at = text;

	for (unsigned int i = 0; i < nr; i++) {
		at += strlen("Node 0, zone ") + 8;
		for (int o = 0; o < KMEM_NR_ORDERS; o++) {
			double value = strtod(at, &at) * 1000;
			long got = (long)(value < 0 ? value - .5 : value + .5);
			long want = expected(&lines[i], o);

			ck_assert_msg(got == want,
				      "%s, zone %u, order %d: %ld, not %ld",
				      name, i, o, got, want);
		}
		at = strchr(at, '\n') + 1;
	}
	ck_assert_int_eq(*at, '\0');
	free(text);
}

static void compare_all(void)
{
	struct zone_line lines[MAX_LINES];
	unsigned int nr = read_buddyinfo(lines);

	ck_assert_uint_gt(nr, 0);
	compare_file("unusable_index", lines, nr, expected_unusable);
	compare_file("extfrag_index", lines, nr, expected_extfrag);
}

/* Blocks of all orders, from a few to nearly all the memory. */
START_TEST(test_indices_agree_with_buddyinfo)
{
	struct kmem_config config = { .memory = 16 * MIB, .cpus = 2 };
	struct prng prng = { test_seed("zone files") };
	struct page *page[MAX_BLOCKS] = { NULL };
	unsigned int order[MAX_BLOCKS] = { 0 };
	unsigned long steps = test_steps(1000);

	kmem_up_with(&config);
	for (unsigned long step = 0; step < steps; step++) {
		for (unsigned int n = prng_below(&prng, 64); n; n--) {
			size_t i = prng_below(&prng, MAX_BLOCKS);

			if (page[i]) {
				__free_pages(page[i], order[i]);
				page[i] = NULL;
				continue;
			}
			order[i] = (unsigned int)prng_below(&prng, 12) % 8;
			page[i] = alloc_pages(GFP_NOWAIT, order[i]);
		}
		if (step % 7 == 0)
			drain_all_pages();
		compare_all();
	}
	for (size_t i = 0; i < MAX_BLOCKS; i++)
		__free_pages(page[i], order[i]);
	drain_all_pages();
	compare_all();
	kmem_down();
}
END_TEST

/* No free page at all, which the kernel's formulas make a case of their own. */
START_TEST(test_indices_of_full_memory)
{
	struct kmem_config config = { .memory = 8 * MIB, .cpus = 1 };
	struct page *first = NULL, *page;
	void **link;

	kmem_up_with(&config);
	while ((page = alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0))) {
		link = page_address(page);
		*link = first;
		first = page;
	}
	compare_all();
	while (first) {
		page = first;
		first = *(struct page **)page_address(page);
		__free_pages(page, 0);
	}
	kmem_down();
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("zone files");
	TCase *tcase = tcase_create("extfrag");

	tcase_add_test(tcase, test_indices_agree_with_buddyinfo);
	tcase_add_test(tcase, test_indices_of_full_memory);
	suite_add_tcase(suite, tcase);
	return suite;
}
