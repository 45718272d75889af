/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_sysctl.c - what can be tuned while the allocator runs
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define ZONE_MOVABLE 4

/* Three zones of 16, 32 and 16 MiB, as check_page has them. */
static void zones_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.zones = "DMA:16M,DMA32:32M,Normal",
	};

	kmem_up_with(&config);
}

static struct kmem_zone_info zone_info_of(unsigned int i)
{
	struct kmem_zone_info info;

	ck_assert(kmem_zone_info(i, &info));
	return info;
}

START_TEST(test_min_free_kbytes_moves_all_marks)
{
	struct kmem_zone_info info;

	ck_assert_int_eq(sysctl_get("min_free_kbytes"), 1024);
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 4096), 0);
	ck_assert_int_eq(sysctl_get("min_free_kbytes"), 4096);
	info = zone_info_of(1);
	ck_assert_uint_eq(info.min, 512);
	ck_assert_uint_eq(info.low, 640);
	ck_assert_uint_eq(info.high, 768);
	ck_assert_uint_eq(info.promo, 896);
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 0), 0);
	ck_assert_uint_eq(zone_info_of(1).min, 0);
}
END_TEST

START_TEST(test_scale_factor_spreads_the_marks)
{
	struct kmem_zone_info info;

	ck_assert_int_eq(sysctl_get("watermark_scale_factor"), 10);
	ck_assert_int_eq(sysctl_set("watermark_scale_factor", 1000), 0);
	info = zone_info_of(0);
	/* A tenth of 4096 pages, more than a quarter of min. */
	ck_assert_uint_eq(info.min, 64);
	ck_assert_uint_eq(info.low, 64 + 409);
	ck_assert_uint_eq(info.promo, 64 + 3 * 409);
}
END_TEST

START_TEST(test_reserve_ratios_can_be_set_one_by_one)
{
	const struct kmem_sysctl *sysctl =
		kmem_sysctl_find("lowmem_reserve_ratio");
	const int64_t first[] = { 64, -5 };
	int64_t values[KMEM_SYSCTL_VALUES];

	ck_assert_ptr_nonnull(sysctl);
	ck_assert_uint_eq(sysctl->nr, 5);
	ck_assert_uint_eq(zone_info_of(0).lowmem_reserve[2], 12288 / 256);
	ck_assert_int_eq(kmem_sysctl_set(sysctl, first, 2), 0);
	ck_assert_int_eq(kmem_sysctl_get(sysctl, values), 0);
	ck_assert_int_eq(values[0], 64);
	ck_assert_int_eq(values[1], 0);
	ck_assert_int_eq(values[2], 32);
	ck_assert_uint_eq(zone_info_of(0).lowmem_reserve[1], 8192 / 64);
	ck_assert_uint_eq(zone_info_of(0).lowmem_reserve[2], 12288 / 64);
	ck_assert_uint_eq(zone_info_of(1).lowmem_reserve[2], 0);
}
END_TEST

static const struct {
	const char *name;
	int64_t value;
	int err;
} refused[] = {
	{ "min_free_kbytes", -1, -EINVAL },
	{ "min_free_kbytes", 32769, -ERANGE }, /* above half of 64 MiB */
	{ "min_free_kbytes", INT64_MAX, -ERANGE },
	{ "watermark_scale_factor", 0, -EINVAL },
	{ "watermark_scale_factor", 3001, -ERANGE },
	{ "lowmem_reserve_ratio", 1ll << 31, -ERANGE },
};

#define NR_REFUSED ((int)(sizeof(refused) / sizeof(refused[0])))

START_TEST(test_value_out_of_range_changes_nothing)
{
	const char *name = refused[_i].name;
	int64_t was = sysctl_get(name);
	struct kmem_zone_info before = zone_info_of(1), after;

	ck_assert_int_eq(sysctl_set(name, refused[_i].value), refused[_i].err);
	ck_assert_int_eq(sysctl_get(name), was);
	after = zone_info_of(1);
	ck_assert_mem_eq(&before, &after, sizeof(before));
}
END_TEST

START_TEST(test_too_many_values_are_refused)
{
	const struct kmem_sysctl *sysctl = kmem_sysctl_find("min_free_kbytes");
	const int64_t two[] = { 1024, 1024 };

	ck_assert_int_eq(kmem_sysctl_set(sysctl, two, 2), -EINVAL);
	ck_assert_int_eq(kmem_sysctl_set(sysctl, two, 0), -EINVAL);
}
END_TEST

START_TEST(test_tunables_are_in_order_and_found)
{
	const struct kmem_sysctl *sysctl, *last = NULL;
	unsigned int i;

	for (i = 0; (sysctl = kmem_sysctl(i)) != NULL; i++) {
		ck_assert_ptr_eq(kmem_sysctl_find(sysctl->name), sysctl);
		ck_assert_uint_le(sysctl->nr, KMEM_SYSCTL_VALUES);
		ck_assert_int_le(sysctl->min, sysctl->max);
		if (last)
			ck_assert_str_lt(last->name, sysctl->name);
		last = sysctl;
	}
	ck_assert_uint_ge(i, 3);
	ck_assert_ptr_null(kmem_sysctl_find("overcommit_memory"));
}
END_TEST

/* A new stack begins with the defaults, not with what the last one had. */
START_TEST(test_tunables_end_with_the_stack)
{
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 4096), 0);
	ck_assert_int_eq(sysctl_set("watermark_scale_factor", 1000), 0);
	kmem_down();
	zones_setup();
	ck_assert_int_eq(sysctl_get("min_free_kbytes"), 1024);
	ck_assert_int_eq(sysctl_get("watermark_scale_factor"), 10);
}
END_TEST

START_TEST(test_thp_raises_the_default)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.thp = true,
	};

	kmem_up_with(&config);
	ck_assert_int_eq(sysctl_get("min_free_kbytes"), 3276);
	kmem_down();
}
END_TEST

START_TEST(test_zone_without_pages_has_the_kernels_marks)
{
	struct kmem_zone_info info;

	ck_assert(kmem_node_zone_info(0, ZONE_MOVABLE, &info));
	ck_assert_uint_eq(info.managed, 0);
	ck_assert_uint_eq(info.min, 32);
	ck_assert_uint_eq(info.promo, 32);
	for (int type = 0; type < KMEM_NR_ZONE_TYPES; type++)
		ck_assert_uint_eq(info.lowmem_reserve[type], 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sysctl");
	TCase *tc = suite_add(s, "tunables", zones_setup, kmem_down);

	tcase_add_test(tc, test_min_free_kbytes_moves_all_marks);
	tcase_add_test(tc, test_scale_factor_spreads_the_marks);
	tcase_add_test(tc, test_reserve_ratios_can_be_set_one_by_one);
	tcase_add_loop_test(tc, test_value_out_of_range_changes_nothing, 0,
			    NR_REFUSED);
	tcase_add_test(tc, test_too_many_values_are_refused);
	tcase_add_test(tc, test_tunables_are_in_order_and_found);
	tcase_add_test(tc, test_tunables_end_with_the_stack);
	tcase_add_test(tc, test_zone_without_pages_has_the_kernels_marks);
	tc = suite_add(s, "set-up", NULL, NULL);
	tcase_add_test(tc, test_thp_raises_the_default);
	return s;
}
