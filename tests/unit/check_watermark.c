/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_watermark.c - the numbers of zones, against those of a real machine
 */
#include "kmem/internal.h"

#include "runner.h"

/* ---- the formulas -------------------------------------------------------- */

/*
 * /proc/zoneinfo of a machine with two CPUs, 4.3 GiB and transparent huge
 * pages (shared/samples): the managed pages of its zones, and what it makes of
 * them. Its fifth zone, Device, has no pages and no numbers, like HighMem here.
 */
static const struct sample_zone {
	struct zone_size size;
	unsigned long min, low, high, promo;
	unsigned long protection[NR_ZONE_TYPES];
} sample[] = {
	{ { 0, ZONE_DMA, 3840 }, 58, 72, 86, 100, { 0, 3019, 4299, 4299, 4299 } },
	{ { 0, ZONE_DMA32, 772917 },
	  11824,
	  14780,
	  17736,
	  20692,
	  { 0, 0, 1280, 1280, 1280 } },
	{ { 0, ZONE_NORMAL, 327680 }, 5012, 6265, 7518, 8771, { 0 } },
	{ { 0, ZONE_MOVABLE, 0 }, 32, 32, 32, 32, { 0 } },
};

#define SAMPLE_ZONES ARRAY_SIZE(sample)

static const struct watermark_tunables usual = {
	.min_free_kbytes = 67584,
	.scale_factor = 10,
	.reserve_ratio = { 256, 256, 32, 0, 0 },
};

static void sample_sizes(struct zone_size *sizes)
{
	for (unsigned int i = 0; i < SAMPLE_ZONES; i++)
		sizes[i] = sample[i].size;
}

START_TEST(test_min_free_kbytes_is_the_samples)
{
	struct zone_size sizes[SAMPLE_ZONES];

	sample_sizes(sizes);
	ck_assert_uint_eq(watermark_default_min(sizes, SAMPLE_ZONES, true),
			  67584);
	/* 4 * sqrt(4417748), without huge pages */
	ck_assert_uint_eq(watermark_default_min(sizes, SAMPLE_ZONES, false),
			  8407);
}
END_TEST

START_TEST(test_marks_are_the_samples)
{
	const struct sample_zone *want = &sample[_i];
	struct zone_size sizes[SAMPLE_ZONES];
	struct zone_marks marks[SAMPLE_ZONES];

	sample_sizes(sizes);
	watermarks(sizes, SAMPLE_ZONES, &usual, marks);
	ck_assert_uint_eq(marks[_i].min, want->min);
	ck_assert_uint_eq(marks[_i].low, want->low);
	ck_assert_uint_eq(marks[_i].high, want->high);
	ck_assert_uint_eq(marks[_i].promo, want->promo);
	for (int type = 0; type < NR_ZONE_TYPES; type++)
		ck_assert_uint_eq(marks[_i].lowmem_reserve[type],
				  want->protection[type]);
}
END_TEST

/* Sizes at which the default meets its bounds, and an exact square. */
static const struct {
	unsigned long pages;
	bool thp;
	unsigned long kbytes;
} defaults[] = {
	{ 2048, false, 362 }, /* 8 MiB: 4 * sqrt(8192) = 362.04 */
	{ 16384, false, 1024 }, /* 64 MiB: 4 * 256 */
	{ 255, false, 128 }, /* 4 * sqrt(1020) = 127.7 */
	{ 1ul << 30, false, 262144 }, /* 4 TiB: 4 * 65536 */
	{ 1ul << 34, false, 262144 }, /* and no more */
	{ 16384, true, 3276 }, /* a twentieth: 819 pages */
	{ 1ul << 20, true, 22528 }, /* 11 pageblocks */
};

START_TEST(test_default_has_its_bounds)
{
	struct zone_size size = { 0, ZONE_NORMAL, defaults[_i].pages };

	ck_assert_uint_eq(watermark_default_min(&size, 1, defaults[_i].thp),
			  defaults[_i].kbytes);
}
END_TEST

/* HighMem counts for nobody's min and has one of its own: a 1024th. */
START_TEST(test_highmem_has_a_mark_of_its_own)
{
	static const struct {
		unsigned long pages, min;
	} cases[] = { { 1024, 32 }, { 65536, 64 }, { 1ul << 20, 128 } };
	struct watermark_tunables t = usual;
	struct zone_size sizes[] = { { 0, ZONE_NORMAL, 65536 },
				     { 0, ZONE_HIGHMEM, cases[_i].pages } };
	struct zone_marks marks[2];
	unsigned long delta = cases[_i].pages / 1000;

	t.min_free_kbytes = 4096;
	if (delta < 1024 * cases[_i].pages / 65536 / 4)
		delta = 1024 * cases[_i].pages / 65536 / 4;
	watermarks(sizes, 2, &t, marks);
	ck_assert_uint_eq(marks[0].min, 1024);
	ck_assert_uint_eq(marks[1].min, cases[_i].min);
	ck_assert_uint_eq(marks[1].low, cases[_i].min + delta);
	ck_assert_uint_eq(marks[1].high, cases[_i].min + 2 * delta);
	ck_assert_uint_eq(marks[0].lowmem_reserve[ZONE_HIGHMEM],
			  cases[_i].pages / 32);
	ck_assert_uint_eq(marks[0].lowmem_reserve[ZONE_MOVABLE],
			  cases[_i].pages / 32);
}
END_TEST

/* What other nodes have above protects nobody here. */
START_TEST(test_reserves_stay_in_their_node)
{
	struct zone_size sizes[] = { { 0, ZONE_DMA32, 65536 },
				     { 0, ZONE_NORMAL, 25600 },
				     { 1, ZONE_NORMAL, 91136 } };
	struct zone_marks marks[3];

	watermarks(sizes, 3, &usual, marks);
	ck_assert_uint_eq(marks[0].lowmem_reserve[ZONE_NORMAL], 100);
	ck_assert_uint_eq(marks[0].lowmem_reserve[ZONE_MOVABLE], 100);
	ck_assert_uint_eq(marks[1].lowmem_reserve[ZONE_MOVABLE], 0);
	/* 16896 pages are shared out over both nodes. */
	ck_assert_uint_eq(marks[2].min, 16896ul * 91136 / 182272);
}
END_TEST

/* Half of 128 TiB: the product does not fit into 64 bits. */
START_TEST(test_large_memory_does_not_overflow)
{
	struct watermark_tunables t = usual;
	struct zone_size size = { 0, ZONE_NORMAL, 1ul << 35 };
	struct zone_marks marks;

	t.min_free_kbytes = 1ul << 36;
	watermarks(&size, 1, &t, &marks);
	ck_assert_uint_eq(marks.min, 1ul << 34);
	ck_assert_uint_eq(marks.low, (1ul << 34) + (1ul << 32));
}
END_TEST

#define LOOP(tc, test, table)                                                  \
	tcase_add_loop_test(tc, test, 0, (int)ARRAY_SIZE(table))

Suite *test_suite(void)
{
	Suite *s = suite_create("watermark");
	TCase *tc = suite_add(s, "formulas", NULL, NULL);

	tcase_add_test(tc, test_min_free_kbytes_is_the_samples);
	LOOP(tc, test_marks_are_the_samples, sample);
	LOOP(tc, test_default_has_its_bounds, defaults);
	tcase_add_loop_test(tc, test_highmem_has_a_mark_of_its_own, 0, 3);
	tcase_add_test(tc, test_reserves_stay_in_their_node);
	tcase_add_test(tc, test_large_memory_does_not_overflow);
	return s;
}
