/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_linux_list.c - the lists of <linux/list.h>, whole after each step
 */
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/processor.h>
#include <linux/string.h>

#include "fixture.h"
#include "runner.h"

struct item {
	char name;
	struct list_head link;
	struct hlist_node node;
	struct llist_node chain;
};

static struct item item[6] = {
	{ .name = 'a' }, { .name = 'b' }, { .name = 'c' },
	{ .name = 'd' }, { .name = 'e' }, { .name = 'f' },
};

/* The names in the list, which must be the same backwards. */
static void expect(struct list_head *head, const char *names)
{
	char forward[16] = "", backward[16] = "";
	size_t n = 0, len = strlen(names);
	struct item *it;

	list_for_each_entry(it, head, link)
		forward[n++] = it->name;
	ck_assert_str_eq(forward, names);
	n = 0;
	list_for_each_entry_reverse(it, head, link)
		backward[n++] = it->name;
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(backward[i], names[len - 1 - i]);
	ck_assert_uint_eq(list_count_nodes(head), len);
	ck_assert_int_eq(list_empty(head), !len);
	ck_assert_int_eq(list_empty_careful(head), !len);
	ck_assert_int_eq(list_is_singular(head), len == 1);
}

static void fill(struct list_head *head, const char *names)
{
	INIT_LIST_HEAD(head);
	for (; *names; names++)
		list_add_tail(&item[*names - 'a'].link, head);
}

START_TEST(test_add_and_del)
{
	LIST_HEAD(head);

	expect(&head, "");
	list_add(&item[0].link, &head);
	list_add(&item[1].link, &head);
	list_add_tail(&item[2].link, &head);
	expect(&head, "bac");
	ck_assert(list_is_first(&item[1].link, &head));
	ck_assert(list_is_last(&item[2].link, &head));
	ck_assert(!list_is_first(&item[0].link, &head));
	list_del(&item[0].link);
	expect(&head, "bc");
	ck_assert_ptr_eq(item[0].link.next, LIST_POISON1);
	ck_assert_ptr_eq(item[0].link.prev, LIST_POISON2);
	list_del_init(&item[1].link);
	ck_assert(list_empty(&item[1].link));
	list_del_init_careful(&item[2].link);
	ck_assert(list_empty_careful(&item[2].link));
	expect(&head, "");
}
END_TEST

START_TEST(test_replace_swap_move)
{
	struct list_head head, other;

	fill(&head, "abc");
	list_replace_init(&item[1].link, &item[3].link);
	expect(&head, "adc");
	ck_assert(list_empty(&item[1].link));
	list_swap(&item[0].link, &item[2].link);
	expect(&head, "cda");
	list_swap(&item[2].link, &item[3].link);
	expect(&head, "dca");
	list_swap(&item[2].link, &item[3].link);
	expect(&head, "cda");
	fill(&other, "ef");
	list_swap(&item[4].link, &item[0].link);
	expect(&head, "cde");
	expect(&other, "af");
	list_move(&item[5].link, &head);
	list_move_tail(&item[2].link, &other);
	expect(&head, "fde");
	expect(&other, "ac");
	list_bulk_move_tail(&other, &item[5].link, &item[3].link);
	expect(&head, "e");
	expect(&other, "acfd");
}
END_TEST

START_TEST(test_rotate)
{
	struct list_head head;

	fill(&head, "abcd");
	list_rotate_left(&head);
	expect(&head, "bcda");
	list_rotate_to_front(&item[3].link, &head);
	expect(&head, "dabc");
	INIT_LIST_HEAD(&head);
	list_rotate_left(&head);
	expect(&head, "");
}
END_TEST

START_TEST(test_cut)
{
	struct list_head head, cut;

	fill(&head, "abcd");
	list_cut_position(&cut, &head, &item[1].link);
	expect(&cut, "ab");
	expect(&head, "cd");
	list_cut_position(&cut, &head, &head);
	expect(&cut, "");
	expect(&head, "cd");
	list_cut_position(&cut, &head, &item[3].link);
	expect(&cut, "cd");
	expect(&head, "");

	fill(&head, "abc");
	list_cut_before(&cut, &head, &item[0].link);
	expect(&cut, "");
	list_cut_before(&cut, &head, &item[2].link);
	expect(&cut, "ab");
	expect(&head, "c");
	list_cut_before(&cut, &head, &head);
	expect(&cut, "c");
	expect(&head, "");
}
END_TEST

START_TEST(test_splice)
{
	struct list_head head, more;

	fill(&head, "ab");
	fill(&more, "cd");
	list_splice_init(&more, &head);
	expect(&head, "cdab");
	expect(&more, "");
	fill(&more, "ef");
	list_splice_tail_init(&more, &head);
	expect(&head, "cdabef");
	list_splice(&more, &head);
	list_splice_tail(&more, &head);
	expect(&head, "cdabef");
	list_splice_init(&head, &more);
	expect(&more, "cdabef");
	expect(&head, "");
}
END_TEST

START_TEST(test_entries)
{
	struct list_head head;

	fill(&head, "");
	ck_assert_ptr_null(list_first_entry_or_null(&head, struct item, link));
	ck_assert_ptr_null(list_last_entry_or_null(&head, struct item, link));
	fill(&head, "abc");
	ck_assert_ptr_eq(list_first_entry(&head, struct item, link), &item[0]);
	ck_assert_ptr_eq(list_last_entry(&head, struct item, link), &item[2]);
	ck_assert_ptr_eq(list_next_entry(&item[0], link), &item[1]);
	ck_assert_ptr_eq(list_prev_entry(&item[2], link), &item[1]);
	ck_assert_ptr_eq(list_next_entry_circular(&item[2], &head, link),
			 &item[0]);
	ck_assert_ptr_eq(list_prev_entry_circular(&item[0], &head, link),
			 &item[2]);
	ck_assert_ptr_eq(list_next_entry_circular(&item[0], &head, link),
			 &item[1]);
}
END_TEST

#define EXPECT_LOOP(loop, names)                                               \
	do {                                                                   \
		char seen[16] = "";                                            \
		size_t nr = 0;                                                 \
                                                                               \
		loop seen[nr++] = it->name;                                    \
		ck_assert_str_eq(seen, names);                                 \
	} while (0)

START_TEST(test_loops)
{
	struct list_head head, *list = &head, *pos;
	struct item *it, *next;
	unsigned int n = 0;

	fill(&head, "abcde");
	list_for_each(pos, &head)
		n++;
	list_for_each_prev(pos, &head)
		n++;
	ck_assert_uint_eq(n, 10);
	it = &item[1];
	EXPECT_LOOP(list_for_each_entry_continue(it, &head, link), "cde");
	/* The compiler would see that no item is around the head. */
	OPTIMIZER_HIDE_VAR(list);
	it = NULL;
	it = list_prepare_entry(it, list, link);
	EXPECT_LOOP(list_for_each_entry_continue(it, list, link), "abcde");
	it = &item[1];
	EXPECT_LOOP(list_for_each_entry_from(it, &head, link), "bcde");
	it = &item[3];
	EXPECT_LOOP(list_for_each_entry_continue_reverse(it, &head, link),
		    "cba");
	it = &item[3];
	EXPECT_LOOP(list_for_each_entry_from_reverse(it, &head, link), "dcba");
	it = &item[1];
	EXPECT_LOOP(list_for_each_entry_safe_continue(it, next, &head, link),
		    "cde");
	it = &item[1];
	EXPECT_LOOP(list_for_each_entry_safe_from(it, next, &head, link),
		    "bcde");
}
END_TEST

START_TEST(test_safe_loops_survive_removal)
{
	struct list_head head, *pos, *after;
	struct item *it, *next;

	fill(&head, "abcde");
	list_for_each_entry_safe(it, next, &head, link)
		if (it->name != 'c')
			list_del(&it->link);
	expect(&head, "c");
	fill(&head, "abcde");
	list_for_each_entry_safe_reverse(it, next, &head, link)
		list_del(&it->link);
	expect(&head, "");
	fill(&head, "abcde");
	list_for_each_safe(pos, after, &head)
		list_del(pos);
	expect(&head, "");
	fill(&head, "abcde");
	list_for_each_prev_safe(pos, after, &head)
		list_del(pos);
	expect(&head, "");
}
END_TEST

/* ---- hlists --------------------------------------------------------------- */

static void hexpect(struct hlist_head *head, const char *names)
{
	struct hlist_node **pprev = &head->first;
	char seen[16] = "";
	struct item *it;
	size_t n = 0;

	hlist_for_each_entry(it, head, node) {
		ck_assert_ptr_eq(it->node.pprev, pprev);
		pprev = &it->node.next;
		seen[n++] = it->name;
	}
	ck_assert_str_eq(seen, names);
	ck_assert_uint_eq(hlist_count_nodes(head), n);
	ck_assert_int_eq(hlist_empty(head), !n);
}

static void hfill(struct hlist_head *head, const char *names)
{
	INIT_HLIST_HEAD(head);
	for (size_t n = strlen(names); n > 0; n--)
		hlist_add_head(&item[names[n - 1] - 'a'].node, head);
}

START_TEST(test_hlist_add_and_del)
{
	HLIST_HEAD(head);

	hexpect(&head, "");
	hlist_add_head(&item[1].node, &head);
	ck_assert(hlist_is_singular_node(&item[1].node, &head));
	hlist_add_before(&item[0].node, &item[1].node);
	hlist_add_behind(&item[3].node, &item[1].node);
	hlist_add_behind(&item[2].node, &item[1].node);
	hexpect(&head, "abcd");
	ck_assert(!hlist_is_singular_node(&item[0].node, &head));
	hlist_del(&item[1].node);
	ck_assert_ptr_eq(item[1].node.next, LIST_POISON1);
	hlist_del_init(&item[0].node);
	ck_assert(hlist_unhashed(&item[0].node));
	hlist_del_init(&item[0].node);
	hexpect(&head, "cd");
	hlist_del(&item[3].node);
	hlist_del(&item[2].node);
	hexpect(&head, "");
	hlist_add_fake(&item[4].node);
	ck_assert(hlist_fake(&item[4].node));
	item[4].node.next = NULL;
	hlist_del_init(&item[4].node);
}
END_TEST

START_TEST(test_hlist_move_and_splice)
{
	struct hlist_head head, other = HLIST_HEAD_INIT;

	hfill(&head, "abc");
	hlist_move_list(&head, &other);
	hexpect(&head, "");
	hexpect(&other, "abc");
	hfill(&head, "de");
	hlist_splice_init(&head, &item[4].node, &other);
	hexpect(&head, "");
	hexpect(&other, "deabc");
}
END_TEST

START_TEST(test_hlist_loops)
{
	struct hlist_node *pos, *next;
	struct hlist_head head;
	unsigned int n = 0;
	struct item *it;

	hfill(&head, "abcde");
	hlist_for_each(pos, &head)
		n++;
	ck_assert_uint_eq(n, 5);
	it = &item[1];
	EXPECT_LOOP(hlist_for_each_entry_continue(it, node), "cde");
	it = &item[1];
	EXPECT_LOOP(hlist_for_each_entry_from(it, node), "bcde");
	hlist_for_each_entry_safe(it, next, &head, node)
		if (it->name != 'd')
			hlist_del(&it->node);
	hexpect(&head, "d");
	hlist_for_each_safe(pos, next, &head)
		hlist_del(pos);
	hexpect(&head, "");
}
END_TEST

/* ---- hash tables, and lists without a lock ------------------------------- */

static DEFINE_HASHTABLE(names, 2);

static unsigned int hashed(void)
{
	unsigned int n = 0;
	struct item *it;
	int bucket;

	hash_for_each(names, bucket, it, node) n++;
	return n;
}

START_TEST(test_hash_table)
{
	struct hlist_node *next;
	struct item *it;
	int bucket;

	ck_assert(hash_empty(names));
	for (size_t i = 0; i < ARRAY_SIZE(item); i++)
		hash_add(names, &item[i].node, item[i].name);
	ck_assert(!hash_empty(names) && hash_hashed(&item[0].node));
	ck_assert_uint_eq(hashed(), ARRAY_SIZE(item));
	hash_for_each_possible(names, it, node, 'e') if (it->name == 'e') break;
	ck_assert_ptr_eq(it, &item[4]);
	hash_del(&it->node);
	ck_assert_uint_eq(hashed(), ARRAY_SIZE(item) - 1);
	hash_for_each_safe(names, bucket, next, it, node) hash_del(&it->node);
	ck_assert(hash_empty(names) && !hash_hashed(&item[0].node));
	hash_init(names);
	ck_assert_uint_eq(hashed(), 0);
}
END_TEST

START_TEST(test_llist)
{
	LLIST_HEAD(head);
	struct llist_node *all;
	struct item *it, *next;
	char seen[8] = "";
	size_t n = 0;

	ck_assert(llist_empty(&head) && !llist_del_first(&head));
	ck_assert(llist_add(&item[0].chain, &head));
	ck_assert(!llist_add(&item[1].chain, &head));
	llist_add(&item[2].chain, &head);
	ck_assert_ptr_eq(llist_del_first(&head), &item[2].chain);
	all = llist_reverse_order(llist_del_all(&head));
	ck_assert(llist_empty(&head));
	llist_for_each_entry_safe(it, next, all, chain)
	{
		it->chain.next = NULL;
		seen[n++] = it->name;
	}
	ck_assert_str_eq(seen, "ab");
}
END_TEST

#define CHAINED 2000

static struct item chained[4][CHAINED];
static LLIST_HEAD(shared);

/* Thread 0 takes what the others add. */
static void add_or_take(unsigned int index, void *arg)
{
	unsigned int *taken = arg;
	struct item *it;

	for (int i = 0; index && i < CHAINED; i++)
		llist_add(&chained[index][i].chain, &shared);
	while (!index && *taken < 3 * CHAINED) {
		llist_for_each_entry(it, llist_del_all(&shared),
				     chain)++ *taken;
		if (llist_del_first(&shared))
			++*taken;
		cpu_relax();
	}
}

START_TEST(test_llist_loses_nothing)
{
	unsigned int taken = 0;

	threads_run(4, add_or_take, &taken);
	ck_assert_uint_eq(taken, 3 * CHAINED);
	ck_assert(llist_empty(&shared));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("linux_list");
	TCase *tc = suite_add(s, "list", NULL, NULL);

	tcase_add_test(tc, test_add_and_del);
	tcase_add_test(tc, test_replace_swap_move);
	tcase_add_test(tc, test_rotate);
	tcase_add_test(tc, test_cut);
	tcase_add_test(tc, test_splice);
	tcase_add_test(tc, test_entries);
	tcase_add_test(tc, test_loops);
	tcase_add_test(tc, test_safe_loops_survive_removal);
	tc = suite_add(s, "hlist", NULL, NULL);
	tcase_add_test(tc, test_hlist_add_and_del);
	tcase_add_test(tc, test_hlist_move_and_splice);
	tcase_add_test(tc, test_hlist_loops);
	tc = suite_add(s, "others", NULL, NULL);
	tcase_add_test(tc, test_hash_table);
	tcase_add_test(tc, test_llist);
	tcase_add_test(tc, test_llist_loses_nothing);
	return s;
}
