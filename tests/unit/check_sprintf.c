/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_sprintf.c - the kernel's formats
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/sprintf.h>

#include "fixture.h"
#include "runner.h"

static char text[512];

#define EXPECT(want, ...)                                                      \
	do {                                                                   \
		int n = kmem_snprintf(text, sizeof(text), __VA_ARGS__);        \
                                                                               \
		ck_assert_str_eq(text, want);                                  \
		ck_assert_int_eq(n, (int)strlen(want));                        \
	} while (0)

START_TEST(test_numbers_are_those_of_the_c_library)
{
	static const char *const formats[] = {
		"%d|%5d|%-5d|%05d|%+d",
		"%i|% i|%.3i|%8.3i|%-8.3i",
		"%u|%5u|%o|%#o|%x",
		"%X|%#x|%#010x|%08x|%-8x|",
	};
	static const int values[] = { 0, 1, -1, 42, INT_MAX, INT_MIN };
	char want[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (size_t f = 0; f < 4; f++) {
		for (size_t v = 0; v < 6; v++) {
			int x = values[v];

			snprintf(want, sizeof(want), formats[f], x, x, x, x, x);
			EXPECT(want, formats[f], x, x, x, x, x);
		}
	}
#pragma GCC diagnostic pop
}
END_TEST

START_TEST(test_lengths_take_what_they_say)
{
	EXPECT("-1 4294967295 -1 18446744073709551615", "%d %u %ld %lu", -1, -1,
	       -1l, -1l);
	EXPECT("-1 18446744073709551615 ffffffffffffffff", "%lld %llu %llx",
	       -1ll, -1ll, -1ll);
	/* What is cut off is what clang warns of. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
	EXPECT("-1 255 -1 65535", "%hhd %hhu %hd %hu", -1, -1, -1, -1);
#pragma GCC diagnostic pop
	EXPECT("7 -7 8 9", "%zu %zd %td %jd", (size_t)7, (ssize_t)-7,
	       (ptrdiff_t)8, (intmax_t)9);
	EXPECT("1.50 x 2", "%.2f %c %d", 1.5, 'x', 2);
	EXPECT("100% of 3", "%d%% of %d", 100, 3);
}
END_TEST

START_TEST(test_strings)
{
	const char *volatile nothing = NULL;

	EXPECT("abc|  abc|abc  |ab|   ab", "%s|%5s|%-5s|%.2s|%5.2s", "abc",
	       "abc", "abc", "abc", "abc");
	EXPECT("  abc|abc  |ab", "%*s|%*s|%.*s", 5, "abc", -5, "abc", 2, "abc");
	EXPECT("abc|42|1.500000", "%.*s|%.*d|%.*f", -1, "abc", -2, 42, -3, 1.5);
	EXPECT("(null)", "%s", nothing);
	errno = ENOMEM;
	EXPECT("Cannot allocate memory", "%m");
}
END_TEST

START_TEST(test_addresses_have_16_digits)
{
	void *p = (void *)0xabc0;

	EXPECT("000000000000abc0", "%p", p);
	EXPECT("000000000000abc0", "%px", p);
	EXPECT("000000000000abc0", "%pK", p);
	EXPECT("0000000000000000", "%p", NULL);
	EXPECT("    abc0|abc0    |", "%8p|%-8p|", p, p);
	/* Letters that mean nothing are swallowed, punctuation is not. */
	EXPECT("000000000000abc0.", "%pXyz9.", p);
}
END_TEST

START_TEST(test_functions_have_names)
{
	void *f = (void *)(uintptr_t)a64l;

	EXPECT("a64l", "%ps", f);
	kmem_snprintf(text, sizeof(text), "%pS", f);
	ck_assert_msg(strncmp(text, "a64l+0x0/0x", 11) == 0, "%s", text);
	kmem_snprintf(text, sizeof(text), "%pB", (char *)f + 1);
	ck_assert_msg(strncmp(text, "a64l+0x0/0x", 11) == 0, "%s", text);
	EXPECT("0x1", "%pS", (void *)1);
}
END_TEST

START_TEST(test_error_pointers_have_names)
{
	EXPECT("-ENOMEM", "%pe", (void *)(long)-ENOMEM);
	EXPECT(" -EINVAL|-EIO   |", "%8pe|%-7pe|", (void *)(long)-EINVAL,
	       (void *)(long)-EIO);
	EXPECT("-EPROBE_DEFER", "%pe", (void *)-517l);
	EXPECT("-4000", "%pe", (void *)-4000l);
	EXPECT("0000000000001000", "%pe", (void *)0x1000);
	EXPECT("ffffffffffffe000", "%pe", (void *)-8192l);
}
END_TEST

START_TEST(test_gfp_flags_have_names)
{
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO;

	EXPECT("GFP_KERNEL|__GFP_ZERO", "%pGg", &gfp);
	gfp = 0;
	EXPECT("", "%pGg", &gfp);
	EXPECT("(null)", "%pGg", NULL);
}
END_TEST

START_TEST(test_bitmaps)
{
	unsigned long map[2] = { 0, 0 };

	EXPECT("", "%*pbl", 128, map);
	EXPECT("00000000,00000000,00000000,00000000", "%*pb", 128, map);
	map[0] = 0x8000000000000071ul;
	map[1] = 0x3;
	EXPECT("0,4-6,63-65", "%*pbl", 128, map);
	EXPECT("0,4-6", "%*pbl", 63, map);
	EXPECT("00000000,00000003,80000000,00000071", "%*pb", 128, map);
	EXPECT("3,80000000,00000071", "%*pb", 66, map);
	EXPECT("71", "%*pb", 7, map);
}
END_TEST

START_TEST(test_bytes)
{
	static const unsigned char mac[6] = { 0x00, 0x16, 0x3e, 1, 0xab, 0xff };
	unsigned long long physical = 0xfee00000ull;

	EXPECT("00 16 3e", "%*ph", 3, mac);
	EXPECT("00:16:3e", "%*phC", 3, mac);
	EXPECT("00-16-3e", "%*phD", 3, mac);
	EXPECT("00163e", "%*phN", 3, mac);
	EXPECT("00:16:3e:01:ab:ff", "%pM", mac);
	EXPECT("00-16-3e-01-ab-ff", "%pMF", mac);
	EXPECT("00163e01abff", "%pm", mac);
	EXPECT("0x00000000fee00000", "%pa", &physical);
}
END_TEST

__attribute__((format(printf, 1, 2))) static void nested(const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	EXPECT("<7 seven> <7 seven> 8", "<%pV> <%pV> %d", &vaf, &vaf, 8);
	va_end(args);
}

START_TEST(test_a_format_in_a_format)
{
	nested("%d %s", 7, "seven");
}
END_TEST

START_TEST(test_unknown_conversions_end_the_text)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
	EXPECT("1 %y %d", "%d %y %d", 1, 2, 3);
	EXPECT("1 %", "%d %", 1);
#pragma GCC diagnostic pop
}
END_TEST

/* Whatever the room: nothing behind it is written, the length is the same. */
START_TEST(test_cut_to_any_size)
{
	const char *whole = "a 42 000000000000abc0 xyz  00:16";
	const unsigned char bytes[2] = { 0, 0x16 };

	for (size_t size = 0; size < 40; size++) {
		int n, written;

		memset(text, 'Z', sizeof(text));
		n = kmem_snprintf(text, size, "a %d %p %-4s %*phC", 42,
				  (void *)0xabc0, "xyz", 2, bytes);
		ck_assert_int_eq(n, (int)strlen(whole));
		ck_assert(bytes_are(text + size, 60, 'Z'));
		if (!size)
			continue;
		written = n < (int)size ? n : (int)size - 1;
		ck_assert_int_eq((int)strlen(text), written);
		ck_assert(!memcmp(text, whole, (size_t)written));
		ck_assert_int_eq(scnprintf(text, size, "%s", whole), written);
	}
	ck_assert_int_eq(scnprintf(NULL, 0, "abc"), 0);
}
END_TEST

START_TEST(test_kasprintf_knows_them)
{
	char *p = kasprintf(GFP_KERNEL, "%pe %s", (void *)(long)-EBUSY, "x");

	ck_assert_str_eq(p, "-EBUSY x");
	kfree(p);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sprintf");
	TCase *tc = suite_add(s, "formats", kmem_up, kmem_down);

	tcase_add_test(tc, test_numbers_are_those_of_the_c_library);
	tcase_add_test(tc, test_lengths_take_what_they_say);
	tcase_add_test(tc, test_strings);
	tcase_add_test(tc, test_addresses_have_16_digits);
	tcase_add_test(tc, test_functions_have_names);
	tcase_add_test(tc, test_error_pointers_have_names);
	tcase_add_test(tc, test_gfp_flags_have_names);
	tcase_add_test(tc, test_bitmaps);
	tcase_add_test(tc, test_bytes);
	tcase_add_test(tc, test_a_format_in_a_format);
	tcase_add_test(tc, test_unknown_conversions_end_the_text);
	tcase_add_test(tc, test_cut_to_any_size);
	tcase_add_test(tc, test_kasprintf_knows_them);
	return s;
}
