/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_util.c - lists, texts of fixed size, texts that grow
 */
#include <stdlib.h>
#include <string.h>

#include "util/list.h"
#include "util/strbuf.h"
#include "util/text.h"

#include "runner.h"

/* ---- lists --------------------------------------------------------------- */

#define ITEMS 5

struct item {
	int number;
	struct list_head link;
};

static struct list_head head;
static struct item items[ITEMS];

static void list_setup(void)
{
	list_init(&head);
	for (int i = 0; i < ITEMS; i++) {
		items[i].number = i;
		list_init(&items[i].link);
	}
}

/* The numbers on the list, forwards and backwards, are those of @digits. */
static void assert_list(const char *digits)
{
	struct list_head *at = head.prev;
	size_t n = strlen(digits);
	struct item *item;
	size_t i = 0;

	list_for_each_entry(item, &head, link) {
		ck_assert_uint_lt(i, n);
		ck_assert_int_eq(item->number, digits[i] - '0');
		i++;
	}
	ck_assert_uint_eq(i, n);
	while (i--) {
		ck_assert_int_eq(list_entry(at, struct item, link)->number,
				 digits[i] - '0');
		at = at->prev;
	}
	ck_assert_ptr_eq(at, &head);
}

START_TEST(test_list_add_puts_first)
{
	ck_assert(list_empty(&head));
	for (int i = 0; i < 3; i++)
		list_add(&items[i].link, &head);
	assert_list("210");
	ck_assert(!list_empty(&head));
	ck_assert_int_eq(list_first_entry(&head, struct item, link)->number, 2);
	ck_assert_int_eq(list_last_entry(&head, struct item, link)->number, 0);
}
END_TEST

START_TEST(test_list_add_tail_puts_last)
{
	for (int i = 0; i < 3; i++)
		list_add_tail(&items[i].link, &head);
	assert_list("012");
}
END_TEST

START_TEST(test_list_del_twice_is_harmless)
{
	for (int i = 0; i < 3; i++)
		list_add_tail(&items[i].link, &head);
	list_del(&items[1].link);
	assert_list("02");
	ck_assert(list_empty(&items[1].link));
	list_del(&items[1].link);
	assert_list("02");
	list_del(&items[0].link);
	list_del(&items[2].link);
	assert_list("");
}
END_TEST

START_TEST(test_list_move_keeps_the_others)
{
	for (int i = 0; i < ITEMS; i++)
		list_add_tail(&items[i].link, &head);
	list_move(&items[3].link, &head);
	assert_list("30124");
	list_move_tail(&items[3].link, &head);
	assert_list("01243");
	list_move_tail(&items[3].link, &head);
	assert_list("01243");
}
END_TEST

START_TEST(test_list_safe_walk_survives_removal)
{
	struct item *item;
	struct item *next;

	for (int i = 0; i < ITEMS; i++)
		list_add_tail(&items[i].link, &head);
	list_for_each_entry_safe(item, next, &head, link) {
		if (item->number % 2)
			list_del(&item->link);
	}
	assert_list("024");
}
END_TEST

/* ---- text ---------------------------------------------------------------- */

static const struct {
	size_t room;
	const char *text;
	const char *expect;
} cuts[] = {
	{ 1, "abc", "" },    { 2, "abc", "a" },
	{ 3, "abc", "ab" },  { 4, "abc", "abc" },
	{ 5, "abc", "abc" }, { 1, "", "" },
	{ 8, "", "" },	     { 8, "1234567890", "1234567" },
};

#define NR_CUTS ((int)(sizeof(cuts) / sizeof(cuts[0])))

START_TEST(test_text_is_cut_to_its_room)
{
	char buf[16];
	size_t n;

	memset(buf, '#', sizeof(buf));
	n = text_format(buf, cuts[_i].room, "%s", cuts[_i].text);
	ck_assert_str_eq(buf, cuts[_i].expect);
	ck_assert_uint_eq(n, strlen(cuts[_i].expect));
	ck_assert_int_eq(buf[cuts[_i].room], '#');

	memset(buf, '#', sizeof(buf));
	text_copy(buf, cuts[_i].room, cuts[_i].text);
	ck_assert_str_eq(buf, cuts[_i].expect);
	ck_assert_int_eq(buf[cuts[_i].room], '#');
}
END_TEST

START_TEST(test_text_length_is_an_offset_to_go_on_at)
{
	char buf[8];
	size_t n = 0;

	for (int i = 0; i < 20; i++)
		n += text_format(buf + n, sizeof(buf) - n, "%d,", i);
	ck_assert_uint_eq(n, 7);
	ck_assert_str_eq(buf, "0,1,2,3");
}
END_TEST

/* ---- strbuf -------------------------------------------------------------- */

START_TEST(test_strbuf_grows_with_what_is_added)
{
	struct strbuf sb = { 0 };
	char expect[20000];
	size_t n = 0;

	for (int i = 0; i < 1000; i++) {
		n += text_format(expect + n, sizeof(expect) - n, "%d,a%s", i,
				 "bc");
		strbuf_addf(&sb, "%d,", i);
		strbuf_addc(&sb, 'a');
		strbuf_adds(&sb, "b");
		strbuf_add(&sb, "cd", 1);
		ck_assert_uint_eq(sb.len, n);
	}
	ck_assert(strbuf_ok(&sb));
	ck_assert_str_eq(sb.data, expect);
	strbuf_free(&sb);
}
END_TEST

START_TEST(test_strbuf_holds_one_large_text)
{
	struct strbuf sb = { 0 };
	char *large = malloc(300001);

	memset(large, 'x', 300000);
	large[300000] = '\0';
	strbuf_addf(&sb, "%s-", large);
	strbuf_adds(&sb, large);
	ck_assert(strbuf_ok(&sb));
	ck_assert_uint_eq(sb.len, 600001);
	ck_assert_int_eq(sb.data[300000], '-');
	ck_assert_str_eq(sb.data + 300001, large);
	strbuf_free(&sb);
	free(large);
}
END_TEST

START_TEST(test_strbuf_takes_any_byte)
{
	struct strbuf sb = { 0 };

	strbuf_add(&sb, "a\0b", 3);
	strbuf_addc(&sb, '\0');
	ck_assert_uint_eq(sb.len, 4);
	ck_assert_mem_eq(sb.data, "a\0b\0", 5);
	strbuf_free(&sb);
}
END_TEST

START_TEST(test_strbuf_may_be_used_again)
{
	struct strbuf sb = { 0 };

	strbuf_free(&sb);
	strbuf_reset(&sb);
	strbuf_adds(&sb, "first");
	strbuf_reset(&sb);
	ck_assert_uint_eq(sb.len, 0);
	strbuf_adds(&sb, "2nd");
	ck_assert_str_eq(sb.data, "2nd");
	strbuf_free(&sb);
	ck_assert_uint_eq(sb.len, 0);
	strbuf_adds(&sb, "3rd");
	ck_assert_str_eq(sb.data, "3rd");
	strbuf_free(&sb);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("util");
	TCase *tc;

	tc = suite_add(s, "list", list_setup, NULL);
	tcase_add_test(tc, test_list_add_puts_first);
	tcase_add_test(tc, test_list_add_tail_puts_last);
	tcase_add_test(tc, test_list_del_twice_is_harmless);
	tcase_add_test(tc, test_list_move_keeps_the_others);
	tcase_add_test(tc, test_list_safe_walk_survives_removal);

	tc = suite_add(s, "text", NULL, NULL);
	tcase_add_loop_test(tc, test_text_is_cut_to_its_room, 0, NR_CUTS);
	tcase_add_test(tc, test_text_length_is_an_offset_to_go_on_at);

	tc = suite_add(s, "strbuf", NULL, NULL);
	tcase_add_test(tc, test_strbuf_grows_with_what_is_added);
	tcase_add_test(tc, test_strbuf_holds_one_large_text);
	tcase_add_test(tc, test_strbuf_takes_any_byte);
	tcase_add_test(tc, test_strbuf_may_be_used_again);
	return s;
}
