/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_gfp.c - masks: their values, and their names both ways
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

/* The values of Linux 6.18 on x86-64. */
static const struct {
	const char *name;
	gfp_t is;
	gfp_t want;
} values[] = {
#define VALUE(name, want)                                                      \
	{                                                                      \
#name, name, want                                              \
	}
	VALUE(__GFP_DMA, 0x1),
	VALUE(__GFP_HIGHMEM, 0x2),
	VALUE(__GFP_DMA32, 0x4),
	VALUE(__GFP_MOVABLE, 0x8),
	VALUE(__GFP_RECLAIMABLE, 0x10),
	VALUE(__GFP_HIGH, 0x20),
	VALUE(__GFP_IO, 0x40),
	VALUE(__GFP_FS, 0x80),
	VALUE(__GFP_ZERO, 0x100),
	VALUE(__GFP_DIRECT_RECLAIM, 0x400),
	VALUE(__GFP_KSWAPD_RECLAIM, 0x800),
	VALUE(__GFP_RECLAIM, 0xc00),
	VALUE(__GFP_WRITE, 0x1000),
	VALUE(__GFP_NOWARN, 0x2000),
	VALUE(__GFP_RETRY_MAYFAIL, 0x4000),
	VALUE(__GFP_NOFAIL, 0x8000),
	VALUE(__GFP_NORETRY, 0x10000),
	VALUE(__GFP_MEMALLOC, 0x20000),
	VALUE(__GFP_COMP, 0x40000),
	VALUE(__GFP_NOMEMALLOC, 0x80000),
	VALUE(__GFP_HARDWALL, 0x100000),
	VALUE(__GFP_THISNODE, 0x200000),
	VALUE(__GFP_ACCOUNT, 0x400000),
	VALUE(__GFP_ZEROTAGS, 0x800000),
	VALUE(GFP_ATOMIC, 0x820),
	VALUE(GFP_KERNEL, 0xcc0),
	VALUE(GFP_KERNEL_ACCOUNT, 0x400cc0),
	VALUE(GFP_NOWAIT, 0x2800),
	VALUE(GFP_NOIO, 0xc00),
	VALUE(GFP_NOFS, 0xc40),
	VALUE(GFP_USER, 0x100cc0),
	VALUE(GFP_DMA, 0x1),
	VALUE(GFP_DMA32, 0x4),
	VALUE(GFP_HIGHUSER, 0x100cc2),
	VALUE(GFP_HIGHUSER_MOVABLE, 0x100cca),
	VALUE(GFP_TRANSHUGE_LIGHT, 0x1c20ca),
	VALUE(GFP_TRANSHUGE, 0x1c24ca),
};

START_TEST(test_value_is_the_kernels)
{
	gfp_t parsed = ~0u;

	ck_assert_uint_eq(values[_i].is, values[_i].want);
	ck_assert_int_eq(kmem_gfp_parse(values[_i].name, &parsed), 0);
	ck_assert_uint_eq(parsed, values[_i].want);
}
END_TEST

static const struct {
	gfp_t gfp;
	const char *text;
} texts[] = {
	{ 0, "0x0" },
	{ GFP_KERNEL, "GFP_KERNEL" },
	{ GFP_KERNEL | __GFP_ZERO, "GFP_KERNEL|__GFP_ZERO" },
	{ GFP_KERNEL_ACCOUNT | __GFP_NOFAIL,
	  "GFP_KERNEL_ACCOUNT|__GFP_NOFAIL" },
	{ GFP_USER | __GFP_NOWARN, "GFP_USER|__GFP_NOWARN" },
	{ GFP_HIGHUSER_MOVABLE | __GFP_COMP,
	  "GFP_HIGHUSER_MOVABLE|__GFP_COMP" },
	{ GFP_TRANSHUGE, "GFP_TRANSHUGE" },
	{ GFP_TRANSHUGE_LIGHT, "GFP_TRANSHUGE_LIGHT" },
	{ GFP_NOFS | __GFP_NORETRY, "GFP_NOFS|__GFP_NORETRY" },
	{ GFP_NOIO, "GFP_NOIO" },
	{ GFP_NOIO | __GFP_FS, "GFP_NOIO|__GFP_FS" },
	{ GFP_ATOMIC | __GFP_NOWARN, "GFP_ATOMIC|__GFP_NOWARN" },
	{ GFP_ATOMIC | __GFP_DIRECT_RECLAIM, "GFP_NOIO|__GFP_HIGH" },
	{ GFP_NOWAIT, "GFP_NOWAIT" },
	{ __GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM" },
	{ GFP_KERNEL | GFP_DMA, "GFP_KERNEL|GFP_DMA" },
	{ GFP_DMA32 | __GFP_ZERO, "GFP_DMA32|__GFP_ZERO" },
	{ GFP_KERNEL | 0x1000200, "GFP_KERNEL|0x1000200" },
};

START_TEST(test_text_names_the_longest_combination_first)
{
	char text[KMEM_GFP_TEXT];
	size_t len = kmem_gfp_print(text, sizeof(text), texts[_i].gfp);

	ck_assert_str_eq(text, texts[_i].text);
	ck_assert_uint_eq(len, strlen(text));
}
END_TEST

START_TEST(test_any_mask_survives_the_way_there_and_back)
{
	struct prng prng = { test_seed("gfp") };
	char text[KMEM_GFP_TEXT];

	for (int i = 0; i < 100000; i++) {
		gfp_t gfp = (gfp_t)prng_next(&prng) & __GFP_BITS_MASK, back;

		ck_assert_uint_lt(kmem_gfp_print(text, sizeof(text), gfp),
				  sizeof(text) - 1);
		ck_assert_int_eq(kmem_gfp_parse(text, &back), 0);
		ck_assert_uint_eq(back, gfp);
	}
}
END_TEST

/* Every name at once is longer than what any mask prints. */
START_TEST(test_the_longest_text_fits)
{
	size_t longest = sizeof("|0xff000200");

#define LENGTH(name) longest += sizeof(#name);
	KMEM_GFP_FLAGS(LENGTH)
	ck_assert_uint_le(longest, KMEM_GFP_TEXT);
}
END_TEST

START_TEST(test_a_short_buffer_is_not_overrun)
{
	char text[16] = "###############";

	ck_assert_uint_eq(kmem_gfp_print(text, 8, GFP_KERNEL | __GFP_ZERO), 7);
	ck_assert_str_eq(text, "GFP_KER");
	ck_assert_str_eq(text + 8, "#######");
}
END_TEST

static const struct {
	const char *text;
	int err;
	gfp_t gfp;
} inputs[] = {
	{ "GFP_KERNEL|__GFP_ZERO", 0, 0xdc0 },
	{ "__GFP_ZERO|GFP_KERNEL|__GFP_ZERO", 0, 0xdc0 },
	{ "0x0", 0, 0 },
	{ "0xcc0", 0, 0xcc0 },
	{ "GFP_NOWAIT|0x100", 0, 0x2900 },
	{ "", -EINVAL, 0 },
	{ "|", -EINVAL, 0 },
	{ "GFP_KERNEL|", -EINVAL, 0 },
	{ "|GFP_KERNEL", -EINVAL, 0 },
	{ "GFP_KERNEL||__GFP_ZERO", -EINVAL, 0 },
	{ "GFP_KERNE", -EINVAL, 0 },
	{ "GFP_KERNELL", -EINVAL, 0 },
	{ "gfp_kernel", -EINVAL, 0 },
	{ "GFP_KERNEL __GFP_ZERO", -EINVAL, 0 },
	{ " GFP_KERNEL", -EINVAL, 0 },
	{ "123", -EINVAL, 0 },
	{ "0x", -EINVAL, 0 },
	{ "0xg", -EINVAL, 0 },
	{ "0x1000000", -EINVAL, 0 },
	{ "0x100000000", -ERANGE, 0 },
	{ "0x00000000000000000000000000000000000000cc0", -EINVAL, 0 },
};

START_TEST(test_input_is_a_mask_or_refused)
{
	gfp_t gfp = 0x5a5a;

	ck_assert_int_eq(kmem_gfp_parse(inputs[_i].text, &gfp), inputs[_i].err);
	ck_assert_uint_eq(gfp, inputs[_i].err ? 0x5a5a : inputs[_i].gfp);
}
END_TEST

START_TEST(test_helpers_say_what_a_mask_allows)
{
	ck_assert(gfpflags_allow_blocking(GFP_KERNEL));
	ck_assert(!gfpflags_allow_blocking(GFP_ATOMIC));
	ck_assert(gfpflags_allow_spinning(GFP_NOWAIT));
	ck_assert(!gfpflags_allow_spinning(__GFP_ZERO));
}
END_TEST

#define LOOP(tc, test, table)                                                  \
	tcase_add_loop_test(tc, test, 0, sizeof(table) / sizeof((table)[0]))

Suite *test_suite(void)
{
	Suite *suite = suite_create("gfp");
	TCase *tc = suite_add(suite, "names", NULL, NULL);

	LOOP(tc, test_value_is_the_kernels, values);
	LOOP(tc, test_text_names_the_longest_combination_first, texts);
	tcase_add_test(tc, test_any_mask_survives_the_way_there_and_back);
	tcase_add_test(tc, test_the_longest_text_fits);
	tcase_add_test(tc, test_a_short_buffer_is_not_overrun);
	LOOP(tc, test_input_is_a_mask_or_refused, inputs);
	tcase_add_test(tc, test_helpers_say_what_a_mask_allows);
	return suite;
}
