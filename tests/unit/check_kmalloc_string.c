/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kmalloc_string.c - copies of bytes and strings, formatted text
 */
#include <stdarg.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

START_TEST(test_kstrdup_copies)
{
	const char *text = "the quick brown fox";
	char *copy = kstrdup(text, GFP_KERNEL);

	ck_assert_ptr_ne(copy, text);
	ck_assert_str_eq(copy, text);
	ck_assert_uint_eq(ksize(copy), 32);
	kfree(copy);
	copy = kstrdup("", GFP_KERNEL);
	ck_assert_str_eq(copy, "");
	kfree(copy);
	ck_assert_ptr_null(kstrdup(NULL, GFP_KERNEL));
}
END_TEST

START_TEST(test_kstrndup_stops_at_either_end)
{
	const char open_ended[4] = { 'a', 'b', 'c', 'd' };
	char *copy = kstrndup(open_ended, 4, GFP_KERNEL);

	ck_assert_str_eq(copy, "abcd");
	kfree(copy);
	copy = kstrndup("ab", 100, GFP_KERNEL);
	ck_assert_str_eq(copy, "ab");
	ck_assert_uint_eq(ksize(copy), 8);
	kfree(copy);
	copy = kstrndup("ab", SIZE_MAX, GFP_KERNEL);
	ck_assert_str_eq(copy, "ab");
	kfree(copy);
	copy = kstrndup("ab", 0, GFP_KERNEL);
	ck_assert_str_eq(copy, "");
	kfree(copy);
	ck_assert_ptr_null(kstrndup(NULL, 4, GFP_KERNEL));
}
END_TEST

START_TEST(test_kmemdup_copies_bytes)
{
	static const char bytes[] = "one\0two\0three";
	char *copy = kmemdup(bytes, sizeof(bytes), GFP_KERNEL);

	ck_assert_mem_eq(copy, bytes, sizeof(bytes));
	kfree(copy);
	ck_assert_ptr_eq(kmemdup(bytes, 0, GFP_KERNEL), ZERO_SIZE_PTR);
}
END_TEST

START_TEST(test_kmemdup_nul_terminates)
{
	static const char bytes[] = "one\0two";
	char *copy = kmemdup_nul(bytes, 5, GFP_KERNEL);

	ck_assert_mem_eq(copy, "one\0t", 6);
	kfree(copy);
	ck_assert_ptr_null(kmemdup_nul(NULL, 5, GFP_KERNEL));
	ck_assert_ptr_null(kmemdup_nul(bytes, SIZE_MAX, GFP_KERNEL));
}
END_TEST

START_TEST(test_kasprintf_finds_the_length)
{
	char *text;

	for (int width = 1; width < 20000; width += 1 + width / 3) {
		text = kasprintf(GFP_KERNEL, "%*d", width, 7);
		ck_assert_uint_eq(strlen(text), (size_t)width);
		ck_assert_uint_eq(ksize(text),
				  kmalloc_size_roundup((size_t)width + 1));
		ck_assert_int_eq(text[width - 1], '7');
		kfree(text);
	}
	text = kasprintf(GFP_KERNEL, "%s-%u", "kmalloc", 64);
	ck_assert_str_eq(text, "kmalloc-64");
	kfree(text);
	text = kasprintf(GFP_KERNEL, "%s", "");
	ck_assert_str_eq(text, "");
	kfree(text);
}
END_TEST

static char *formatted(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static char *formatted(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = kvasprintf(GFP_KERNEL, format, args);
	va_end(args);
	return text;
}

START_TEST(test_kvasprintf_uses_its_arguments_twice)
{
	char *text = formatted("%s %d %s", "a", 2, "c");

	ck_assert_str_eq(text, "a 2 c");
	kfree(text);
}
END_TEST

START_TEST(test_no_memory_gives_null)
{
	struct kmem_cache *s;

	kfree(kmalloc(8, GFP_KERNEL));
	s = kmem_cache_pin(kmem_cache_find("kmalloc-8"));
	kmem_cache_set_limit(s, 0);
	ck_assert_ptr_null(kstrdup("abc", GFP_KERNEL));
	ck_assert_ptr_null(kstrndup("abc", 2, GFP_KERNEL));
	ck_assert_ptr_null(kmemdup("abc", 4, GFP_KERNEL));
	ck_assert_ptr_null(kmemdup_nul("abc", 3, GFP_KERNEL));
	ck_assert_ptr_null(kasprintf(GFP_KERNEL, "%d", 1));
	kmem_cache_unpin(s);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("kmalloc_string");
	TCase *tc = suite_add(s, "string", kmem_up, kmem_down);

	tcase_add_test(tc, test_kstrdup_copies);
	tcase_add_test(tc, test_kstrndup_stops_at_either_end);
	tcase_add_test(tc, test_kmemdup_copies_bytes);
	tcase_add_test(tc, test_kmemdup_nul_terminates);
	tcase_add_test(tc, test_kasprintf_finds_the_length);
	tcase_add_test(tc, test_kvasprintf_uses_its_arguments_twice);
	tcase_add_test(tc, test_no_memory_gives_null);
	return s;
}
