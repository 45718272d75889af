/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_parse.c - what commands may look like: numbers, sizes, words, names
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"

#include "runner.h"

#define UNTOUCHED 4711

#define NR(a) ((int)(sizeof(a) / sizeof((a)[0])))

struct number {
	const char *text;
	uint64_t max;
	int error;
	uint64_t value;
};

/* ---- numbers ------------------------------------------------------------- */

static const struct number numbers[] = {
	{ "0", 10, 0, 0 },
	{ "7", 10, 0, 7 },
	{ "10", 10, 0, 10 },
	{ "0010", 10, 0, 10 },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
	{ "11", 10, -ERANGE, 0 },
	{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
	{ "99999999999999999999999999", UINT64_MAX, -ERANGE, 0 },
	{ "99999999999999999999999999x", UINT64_MAX, -EINVAL, 0 },
	{ "", 10, -EINVAL, 0 },
	{ " 1", 10, -EINVAL, 0 },
	{ "1 ", 10, -EINVAL, 0 },
	{ "1\n", 10, -EINVAL, 0 },
	{ "+1", 10, -EINVAL, 0 },
	{ "-1", UINT64_MAX, -EINVAL, 0 },
	{ "0x1", 10, -EINVAL, 0 },
	{ "1garbage", 10, -EINVAL, 0 },
	{ "a", 10, -EINVAL, 0 },
};

static const struct number hexes[] = {
	{ "0x0", 100, 0, 0 },
	{ "0xcc0", 0xcc0, 0, 0xcc0 },
	{ "0XfF", 255, 0, 255 },
	{ "0xffffffffffffffff", UINT64_MAX, 0, UINT64_MAX },
	{ "0x10000000000000000", UINT64_MAX, -ERANGE, 0 },
	{ "0x65", 100, -ERANGE, 0 },
	{ "0x", 100, -EINVAL, 0 },
	{ "0", 100, -EINVAL, 0 },
	{ "", 100, -EINVAL, 0 },
	{ "x1", 100, -EINVAL, 0 },
	{ "1x1", 100, -EINVAL, 0 },
	{ "0x1g", 100, -EINVAL, 0 },
	{ "0x-1", 100, -EINVAL, 0 },
	{ "0x 1", 100, -EINVAL, 0 },
};

static const struct number sizes[] = {
	{ "0", 100, 0, 0 },
	{ "4096", 4096, 0, 4096 },
	{ "4K", 4096, 0, 4096 },
	{ "64M", 1ull << 40, 0, 64ull << 20 },
	{ "16G", 1ull << 40, 0, 16ull << 30 },
	{ "17179869183G", UINT64_MAX, 0, 17179869183ull << 30 },
	{ "17179869184G", UINT64_MAX, -ERANGE, 0 },
	{ "5K", 5119, -ERANGE, 0 },
	{ "5K", 5120, 0, 5120 },
	{ "K", 100, -EINVAL, 0 },
	{ "", 100, -EINVAL, 0 },
	{ "4KB", 1 << 20, -EINVAL, 0 },
	{ "4KK", 1 << 20, -EINVAL, 0 },
	{ "4 K", 1 << 20, -EINVAL, 0 },
	{ "4T", UINT64_MAX, -EINVAL, 0 },
	{ "1.5M", UINT64_MAX, -EINVAL, 0 },
	{ "-4K", UINT64_MAX, -EINVAL, 0 },
};

/* A refused text leaves the result alone. */
static void assert_number(const struct number *n,
			  int (*parse)(const char *, uint64_t, uint64_t *))
{
	uint64_t value = UNTOUCHED;

	ck_assert_msg(parse(n->text, n->max, &value) == n->error,
		      "\"%s\" up to %llu", n->text, (unsigned long long)n->max);
	ck_assert_uint_eq(value, n->error ? UNTOUCHED : n->value);
}

START_TEST(test_numbers_are_digits_within_range)
{
	assert_number(&numbers[_i], parse_number);
}
END_TEST

START_TEST(test_hex_numbers_begin_with_0x)
{
	assert_number(&hexes[_i], parse_hex);
}
END_TEST

START_TEST(test_sizes_may_have_one_unit)
{
	assert_number(&sizes[_i], parse_size);
}
END_TEST

START_TEST(test_digits_are_digits_only)
{
	ck_assert(parse_digits("0"));
	ck_assert(parse_digits("0123456789"));
	ck_assert(!parse_digits(""));
	ck_assert(!parse_digits("1a"));
	ck_assert(!parse_digits("-1"));
	ck_assert(!parse_digits(" 1"));
}
END_TEST

/* ---- words --------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *words[4];
} lines[] = {
	{ "", { NULL } },
	{ " \t\n ", { NULL } },
	{ "one", { "one" } },
	{ "one\n", { "one" } },
	{ "  one  two\tthree\n", { "one", "two", "three" } },
	{ "a\nb", { "a", "b" } },
	{ "GFP_KERNEL|__GFP_ZERO 3", { "GFP_KERNEL|__GFP_ZERO", "3" } },
};

START_TEST(test_words_are_cut_at_blanks)
{
	const char *const *word = lines[_i].words;
	char text[64];
	char *cursor = text;

	strcpy(text, lines[_i].text);
	for (; *word; word++)
		ck_assert_str_eq(parse_word(&cursor), *word);
	ck_assert_ptr_null(parse_word(&cursor));
	ck_assert_ptr_null(parse_word(&cursor));
}
END_TEST

/* ---- names --------------------------------------------------------------- */

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *name;
	int error;
} names[] = {
	{ "a", 0 },
	{ "kmalloc-64", 0 },
	{ "my.cache:2#x", 0 },
	{ "-", 0 },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7", 0 },
	{ HUNDRED TEN TEN "1234567", 0 },
	{ HUNDRED TEN TEN "12345678", -ENAMETOOLONG },
	{ "", -EINVAL },
	{ ".", -EINVAL },
	{ "..", -EINVAL },
	{ ".hidden", -EINVAL },
	{ ":0000064", -EINVAL },
	{ "#1", -EINVAL },
	{ "a b", -EINVAL },
	{ "a\tb", -EINVAL },
	{ "a\nb", -EINVAL },
	{ "a\x01", -EINVAL },
	{ "a\x7f", -EINVAL },
	{ "a/b", -EINVAL },
	{ "a,b", -EINVAL },
	{ "a;b", -EINVAL },
	{ "a|b", -EINVAL },
	{ "a*", -EINVAL },
	{ "\xc2\x85", -EINVAL }, /* a control character above ASCII */
	{ "\x80", -EINVAL }, /* a byte that begins nothing */
	{ "\xc3", -EINVAL }, /* cut off */
	{ "\xe2\x82", -EINVAL },
	{ "\xc0\xaf", -EINVAL }, /* "/" the long way */
	{ "\xe0\x80\xaf", -EINVAL },
	{ "\xed\xa0\x80", -EINVAL }, /* half of a pair */
	{ "\xf4\x90\x80\x80", -EINVAL }, /* past the end of Unicode */
	{ "\xff", -EINVAL },
	{ "a\xc2\xa0z", -EINVAL }, /* blanks above ASCII: no-break, */
	{ "a\xe1\x9a\x80", -EINVAL }, /* Ogham, */
	{ "a\xe2\x80\x80", -EINVAL }, /* from en quad */
	{ "a\xe2\x80\x8a", -EINVAL }, /* to hair space, */
	{ "a\xe2\x80\xa8", -EINVAL }, /* line separator, */
	{ "a\xe2\x80\xa9", -EINVAL }, /* paragraph separator, */
	{ "a\xe2\x80\xaf", -EINVAL }, /* narrow no-break, */
	{ "a\xe2\x81\x9f", -EINVAL }, /* mathematical, */
	{ "\xe3\x80\x80", -EINVAL }, /* ideographic */
	{ "\xc2\xa1\xe2\x80\x8b\xe3\x80\x81", 0 }, /* their neighbours */
};

START_TEST(test_names_follow_the_rule_of_the_mount)
{
	ck_assert_int_eq(parse_name(names[_i].name), names[_i].error);
}
END_TEST

START_TEST(test_utf8_lengths)
{
	ck_assert_uint_eq(parse_utf8(""), 0);
	ck_assert_uint_eq(parse_utf8("ab"), 1);
	ck_assert_uint_eq(parse_utf8("\xc3\xa4z"), 2);
	ck_assert_uint_eq(parse_utf8("\xe2\x82\xac"), 3);
	ck_assert_uint_eq(parse_utf8("\xf0\x9f\x90\xa7"), 4);
	ck_assert_uint_eq(parse_utf8("\x80"), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("parse");
	TCase *tc;

	tc = suite_add(s, "numbers", NULL, NULL);
	tcase_add_loop_test(tc, test_numbers_are_digits_within_range, 0,
			    NR(numbers));
	tcase_add_loop_test(tc, test_hex_numbers_begin_with_0x, 0, NR(hexes));
	tcase_add_loop_test(tc, test_sizes_may_have_one_unit, 0, NR(sizes));
	tcase_add_test(tc, test_digits_are_digits_only);

	tc = suite_add(s, "words", NULL, NULL);
	tcase_add_loop_test(tc, test_words_are_cut_at_blanks, 0, NR(lines));

	tc = suite_add(s, "names", NULL, NULL);
	tcase_add_loop_test(tc, test_names_follow_the_rule_of_the_mount, 0,
			    NR(names));
	tcase_add_test(tc, test_utf8_lengths);
	return s;
}
