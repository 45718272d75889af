/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_keyed.c - lines of words and key=value: what is printed is what is read
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/keyed.h"

#include "runner.h"

/* ---- words --------------------------------------------------------------- */

START_TEST(test_words_end_at_blanks_and_comments)
{
	char line[] = "  cache\tconn#1 \"a # pool io";
	char *cursor = line;

	ck_assert_str_eq(keyed_word(&cursor), "cache");
	ck_assert_str_eq(keyed_word(&cursor), "conn#1");
	ck_assert_str_eq(keyed_word(&cursor), "\"a");
	ck_assert_ptr_null(keyed_word(&cursor));
	ck_assert_ptr_null(keyed_word(&cursor));
}
END_TEST

START_TEST(test_empty_lines_have_no_word)
{
	static const char *const lines[] = { "", " ", "\t \t", "#", " # a b" };
	unsigned int i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[16], *cursor = line;

		strcpy(line, lines[i]);
		ck_assert_ptr_null(keyed_word(&cursor));
	}
}
END_TEST

/* ---- pairs --------------------------------------------------------------- */

static const struct {
	const char *line, *key, *value, *rest;
} pairs[] = {
	{ "a=1", "a", "1", "" },
	{ "  a=1 b=2", "a", "1", "b=2" },
	{ "a=1\tb=2", "a", "1", "b=2" },
	{ "a=", "a", "", "" },
	{ "a= b=2", "a", "", "b=2" },
	{ "a==", "a", "=", "" },
	{ "a=b=c", "a", "b=c", "" },
	{ "a=#1", "a", "#1", "" },
	{ "a=x\"y z", "a", "x\"y", "z" },
	{ "a=x\\n", "a", "x\\n", "" },
	{ "a=\"\"", "a", "", "" },
	{ "a=\"x y\" b=2", "a", "x y", "b=2" },
	{ "a=\"x\ty\"", "a", "x\ty", "" },
	{ "a=\"# no comment\"", "a", "# no comment", "" },
	{ "a=\"\\\"\\\\\\n\\t\"", "a", "\"\\\n\t", "" },
	{ "a=\"\\x01\\x7f\\xc3\\xA4\"", "a", "\x01\x7f\xc3\xa4", "" },
	{ "a=\"\\x0g\"", NULL, NULL, NULL },
	{ "a=\"\\x00\"", NULL, NULL, NULL },
	{ "a=\"\\x0\"", NULL, NULL, NULL },
	{ "a=\"\\x", NULL, NULL, NULL },
	{ "a=\"\\", NULL, NULL, NULL },
	{ "a=\"\\a\"", NULL, NULL, NULL },
	{ "a=\"", NULL, NULL, NULL },
	{ "a=\"x", NULL, NULL, NULL },
	{ "a=\"x\\\"", NULL, NULL, NULL },
	{ "a=\"x\"y", NULL, NULL, NULL },
	{ "a=\"x\"\"y\"", NULL, NULL, NULL },
	{ "a", NULL, NULL, NULL },
	{ "a =1", NULL, NULL, NULL },
	{ "=", NULL, NULL, NULL },
	{ "=1", NULL, NULL, NULL },
	{ "\"a\"", NULL, NULL, NULL },
};

START_TEST(test_pair_is_what_it_says_or_refused)
{
	char *line = strdup(pairs[_i].line), *cursor = line, *key, *value;
	const char *wrong = NULL;
	int n = keyed_pair(&cursor, &key, &value, &wrong);

	if (pairs[_i].key) {
		ck_assert_int_eq(n, 1);
		ck_assert_str_eq(key, pairs[_i].key);
		ck_assert_str_eq(value, pairs[_i].value);
		ck_assert_str_eq(cursor, pairs[_i].rest);
	} else {
		ck_assert_int_eq(n, -EINVAL);
		ck_assert_ptr_nonnull(wrong);
	}
	free(line);
}
END_TEST

START_TEST(test_no_pair_at_the_end)
{
	static const char *const lines[] = { "", "  ", "#a=1", " # a=1" };
	unsigned int i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[16], *cursor = line, *key, *value;
		const char *wrong;

		strcpy(line, lines[i]);
		ck_assert_int_eq(keyed_pair(&cursor, &key, &value, &wrong), 0);
	}
}
END_TEST

/* ---- printing ------------------------------------------------------------ */

START_TEST(test_print_quotes_what_it_must)
{
	struct strbuf sb = { 0 };

	keyed_print(&sb, "a", "GFP_KERNEL|__GFP_ZERO");
	keyed_print(&sb, "b", "");
	keyed_print(&sb, "c", "\"x");
	keyed_print(&sb, "d", "x\"\\");
	keyed_print(&sb, "e", "1\t2");
	keyed_print(&sb, "f", "a b\n\x01\x7f\\\"");
	keyed_print(&sb, "g", "#");
	ck_assert_str_eq(sb.data, " a=GFP_KERNEL|__GFP_ZERO b=\"\""
				  " c=\"\\\"x\" d=x\"\\ e=\"1\t2\""
				  " f=\"a b\\n\\x01\\x7f\\\\\\\"\" g=#");
	strbuf_free(&sb);
}
END_TEST

/* Any bytes at all, twice in a line, and none of them breaks it in two. */
START_TEST(test_what_is_printed_is_read)
{
	unsigned int i, n;

	srand((unsigned int)_i);
	for (i = 0; i < 2000; i++) {
		char value[24], *cursor, *key, *got;
		struct strbuf sb = { 0 };
		const char *wrong;
		int len = rand() % (int)sizeof(value);

		for (n = 0; n < (unsigned int)len; n++) {
			value[n] = rand() % 2 ? (char)(rand() % 255 + 1)
					      : "\"\\ \t\n=#x"[rand() % 8];
		}
		value[len] = '\0';
		keyed_print(&sb, "one", value);
		keyed_print(&sb, "two", value);
		ck_assert_ptr_null(strchr(sb.data, '\n'));
		cursor = sb.data;
		for (n = 0; n < 2; n++) {
			ck_assert_int_eq(
				keyed_pair(&cursor, &key, &got, &wrong), 1);
			ck_assert_str_eq(key, n ? "two" : "one");
			ck_assert_str_eq(got, value);
		}
		ck_assert_int_eq(keyed_pair(&cursor, &key, &got, &wrong), 0);
		strbuf_free(&sb);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("keyed");
	TCase *tcase = tcase_create("words");

	tcase_add_test(tcase, test_words_end_at_blanks_and_comments);
	tcase_add_test(tcase, test_empty_lines_have_no_word);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("pairs");
	tcase_add_loop_test(tcase, test_pair_is_what_it_says_or_refused, 0,
			    sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(tcase, test_no_pair_at_the_end);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("printing");
	tcase_add_test(tcase, test_print_quotes_what_it_must);
	tcase_add_loop_test(tcase, test_what_is_printed_is_read, 0, 4);
	suite_add_tcase(suite, tcase);
	return suite;
}
