/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_linux_kernel.c - numbers, bits, strings, errors and warnings of
 * kernel-style code
 */
#include <signal.h>

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fixture.h"
#include "runner.h"

/* ---- arithmetic ---------------------------------------------------------- */

START_TEST(test_min_and_max)
{
	int i = 3;
	unsigned int u = 7;
	size_t z = 100;

	ck_assert_int_eq(min(i++, 9), 3);
	ck_assert_int_eq(i, 4);
	ck_assert_int_eq(max(-1, i), 4);
	ck_assert_uint_eq(min(u, 5), 5);
	ck_assert_uint_eq(max(z, u), 100);
	ck_assert_int_eq(min3(3, 1, 2), 1);
	ck_assert_int_eq(max3(3, 1, 2), 3);
	ck_assert_int_eq(min_t(int, u, -1), -1);
	ck_assert_uint_eq(max_t(u8, 255, 256), 255);
	ck_assert_int_eq(clamp(15, 0, 10), 10);
	ck_assert_int_eq(clamp(-15, 0, 10), 0);
	ck_assert_int_eq(clamp_val(i, 10, 20), 10);
	ck_assert_int_eq(min_not_zero(0, 5), 5);
	ck_assert_int_eq(min_not_zero(3, 5), 3);
	swap(i, u);
	ck_assert_int_eq(i, 7);
	ck_assert_uint_eq(u, 4);
}
END_TEST

START_TEST(test_rounding)
{
	ck_assert_uint_eq(ALIGN(13ul, 8), 16);
	ck_assert_uint_eq(ALIGN_DOWN(13ul, 8), 8);
	ck_assert(IS_ALIGNED(16, 8) && !IS_ALIGNED(12, 8));
	ck_assert_ptr_eq(PTR_ALIGN((char *)0x1001, 16), (char *)0x1010);
	ck_assert_int_eq(round_up(17, 16), 32);
	ck_assert_int_eq(round_down(17, 16), 16);
	ck_assert_int_eq(roundup(17, 10), 20);
	ck_assert_int_eq(roundup(20, 10), 20);
	ck_assert_int_eq(rounddown(17, 10), 10);
	ck_assert_int_eq(DIV_ROUND_UP(17, 8), 3);
	ck_assert_int_eq(DIV_ROUND_CLOSEST(17, 8), 2);
	ck_assert_int_eq(DIV_ROUND_CLOSEST(-17, 8), -2);
	ck_assert_int_eq(DIV_ROUND_CLOSEST(-20, 8), -3);
	ck_assert_uint_eq(mult_frac(1000000000000ull, 3ull, 4ull),
			  750000000000ull);
	ck_assert_int_eq(abs(-5), 5);
	ck_assert_int_eq(abs(-5000000000l), 5000000000l);
	ck_assert_uint_eq(int_sqrt(99), 9);
	ck_assert_uint_eq(int_sqrt(100), 10);
	ck_assert_uint_eq(int_sqrt(~0ul), 0xffffffff);
	ck_assert_uint_eq(int_sqrt(0), 0);
}
END_TEST

START_TEST(test_wide_division)
{
	u64 n = 10000000000ull, rest;
	u32 rest32;

	ck_assert_uint_eq(do_div(n, 7), 4);
	ck_assert_uint_eq(n, 1428571428);
	ck_assert_uint_eq(div_u64_rem(n, 1000, &rest32), 1428571);
	ck_assert_uint_eq(rest32, 428);
	ck_assert_uint_eq(div64_u64_rem(n, n - 1, &rest), 1);
	ck_assert_uint_eq(rest, 1);
	ck_assert_int_eq(div_s64(-7, 2), -3);
	ck_assert_uint_eq(DIV64_U64_ROUND_UP(9ull, 4), 3);
	ck_assert_uint_eq(be16_to_cpu(cpu_to_be16(0x1234)), 0x1234);
	ck_assert_uint_eq(cpu_to_le32(1) ^ cpu_to_be32(1), 0x01000001);
}
END_TEST

START_TEST(test_powers_of_two)
{
	ck_assert(is_power_of_2(64) && !is_power_of_2(65) && !is_power_of_2(0));
	ck_assert_int_eq(ilog2(1), 0);
	ck_assert_int_eq(ilog2(4097), 12);
	ck_assert_uint_eq(roundup_pow_of_two(65), 128);
	ck_assert_uint_eq(roundup_pow_of_two(64), 64);
	ck_assert_uint_eq(roundup_pow_of_two(1), 1);
	ck_assert_uint_eq(rounddown_pow_of_two(127), 64);
	ck_assert_int_eq(order_base_2(1), 0);
	ck_assert_int_eq(order_base_2(9), 4);
}
END_TEST

START_TEST(test_overflow_saturates)
{
	struct flex {
		int n;
		long data[];
	} *p = NULL;
	int sum;

	ck_assert(check_add_overflow(__INT_MAX__, 1, &sum));
	ck_assert(!check_mul_overflow(6, 7, &sum));
	ck_assert_int_eq(sum, 42);
	ck_assert_uint_eq(struct_size(p, data, 3), 32);
	ck_assert_uint_eq(struct_size(p, data, SIZE_MAX / 8), SIZE_MAX);
	ck_assert_uint_eq(array_size(SIZE_MAX, 2), SIZE_MAX);
	ck_assert_uint_eq(size_sub(5, 6), SIZE_MAX);
	ck_assert_uint_eq(size_sub(6, 5), 1);
}
END_TEST

/* ---- bits ---------------------------------------------------------------- */

START_TEST(test_words)
{
	ck_assert_uint_eq(BIT(5), 32);
	ck_assert_uint_eq(GENMASK(7, 4), 0xf0);
	ck_assert_uint_eq(GENMASK(63, 0), ~0ul);
	ck_assert_uint_eq(__ffs(0x80), 7);
	ck_assert_uint_eq(__fls(0x81), 7);
	ck_assert_uint_eq(ffz(0x7), 3);
	ck_assert_int_eq(fls(0), 0);
	ck_assert_int_eq(fls(0x80000000), 32);
	ck_assert_int_eq(fls64(1ull << 40), 41);
	ck_assert_uint_eq(hweight8(0x1ff), 8);
	ck_assert_uint_eq(hweight64(~0ull), 64);
	ck_assert_uint_eq(rol32(0x80000001, 1), 3);
	ck_assert_uint_eq(ror32(3, 1), 0x80000001);
	ck_assert_uint_eq(rol32(5, 0), 5);
	ck_assert_int_eq(sign_extend32(0xff, 7), -1);
}
END_TEST

START_TEST(test_two_maps)
{
	DECLARE_BITMAP(a, 100);
	DECLARE_BITMAP(b, 100);
	DECLARE_BITMAP(to, 100);

	bitmap_zero(a, 100);
	bitmap_zero(b, 100);
	bitmap_set(a, 10, 80);
	bitmap_set(b, 85, 10);
	/* Means nothing. */
	__set_bit(110, a);
	ck_assert(bitmap_intersects(a, b, 100));
	ck_assert(!bitmap_intersects(a, b, 85));
	ck_assert(!bitmap_subset(b, a, 100));
	ck_assert(bitmap_and(to, a, b, 100));
	ck_assert_uint_eq(bitmap_weight(to, 100), 5);
	ck_assert(bitmap_subset(to, a, 100) && bitmap_subset(to, b, 100));
	bitmap_or(to, a, b, 100);
	ck_assert_uint_eq(bitmap_weight(to, 100), 85);
	bitmap_xor(to, a, b, 100);
	ck_assert_uint_eq(bitmap_weight(to, 100), 80);
	ck_assert(bitmap_andnot(to, b, a, 100));
	ck_assert_uint_eq(bitmap_weight(to, 100), 5);
	ck_assert(!bitmap_andnot(to, a, a, 100));
	bitmap_complement(to, a, 100);
	ck_assert_uint_eq(bitmap_weight(to, 100), 20);
	ck_assert(!bitmap_equal(to, a, 100));
	bitmap_complement(to, to, 100);
	__clear_bit(110, to);
	ck_assert(bitmap_equal(to, a, 100));
	ck_assert_uint_eq(bitmap_find_next_zero_area(a, 100, 0, 10, 0), 0);
	ck_assert_uint_eq(bitmap_find_next_zero_area(a, 100, 1, 10, 0), 90);
	ck_assert_uint_gt(bitmap_find_next_zero_area(a, 100, 1, 11, 0), 89);
	ck_assert_uint_eq(bitmap_find_next_zero_area(a, 100, 1, 4, 7), 96);
}
END_TEST

START_TEST(test_maps)
{
	DECLARE_BITMAP(map, 200);
	unsigned long bit, sum = 0;

	bitmap_zero(map, 200);
	ck_assert(bitmap_empty(map, 200));
	ck_assert_uint_eq(find_first_bit(map, 200), 200);
	set_bit(0, map);
	set_bit(64, map);
	__set_bit(199, map);
	ck_assert(test_and_set_bit(64, map));
	ck_assert(!test_and_clear_bit(65, map));
	ck_assert_uint_eq(find_next_bit(map, 200, 1), 64);
	ck_assert_uint_eq(find_next_bit(map, 199, 65), 199);
	ck_assert_uint_eq(find_last_bit(map, 200), 199);
	ck_assert_uint_eq(find_last_bit(map, 199), 64);
	for_each_set_bit(bit, map, 200)
		sum += bit;
	ck_assert_uint_eq(sum, 64 + 199);
	ck_assert_uint_eq(bitmap_weight(map, 200), 3);
	bitmap_fill(map, 200);
	ck_assert(bitmap_full(map, 200));
	clear_bit(130, map);
	ck_assert_uint_eq(find_first_zero_bit(map, 200), 130);
	bitmap_clear(map, 60, 10);
	ck_assert_uint_eq(bitmap_weight(map, 200), 189);
	ck_assert_uint_eq(find_next_zero_bit(map, 200, 65), 65);
	bitmap_set(map, 60, 5);
	ck_assert_uint_eq(find_first_zero_bit(map, 200), 65);
}
END_TEST

/* ---- atomics ------------------------------------------------------------- */

START_TEST(test_atomics)
{
	atomic64_t wide = ATOMIC64_INIT(1ll << 40);
	atomic_long_t word = ATOMIC_LONG_INIT(7);
	atomic_t v = ATOMIC_INIT(5);
	char text[8];
	int old = 9;

	ck_assert_int_eq(atomic_add_return(3, &v), 8);
	ck_assert_int_eq(atomic_fetch_sub(2, &v), 8);
	ck_assert_int_eq(atomic_xchg(&v, 1), 6);
	ck_assert(atomic_dec_and_test(&v));
	ck_assert(!atomic_inc_not_zero(&v));
	ck_assert_int_eq(atomic_dec_if_positive(&v), -1);
	ck_assert_int_eq(atomic_read(&v), 0);
	ck_assert_int_eq(atomic_cmpxchg(&v, 0, 4), 0);
	ck_assert(!atomic_try_cmpxchg(&v, &old, 7));
	ck_assert_int_eq(old, 4);
	ck_assert(atomic_add_unless(&v, 1, 9));
	ck_assert_int_eq(atomic_fetch_or(0x18, &v), 5);
	ck_assert_int_eq(atomic_read(&v), 0x1d);
	ck_assert_int_eq(atomic64_inc_return(&wide), (1ll << 40) + 1);
	/* The compiler compares the types. */
	snprintf(text, sizeof(text), "%ld", atomic_long_read(&word));
	ck_assert_str_eq(text, "7");
	ck_assert_int_eq(cmpxchg(&old, 4, 6), 4);
	ck_assert_int_eq(xchg(&old, 1), 6);
}
END_TEST

static unsigned int warnings;
static int released;

static void count_warnings(void *arg, int level, const char *text)
{
	(void)arg;
	(void)level;
	warnings += strstr(text, "WARNING: CPU: ") != NULL;
}

static void release(struct kref *kref)
{
	(void)kref;
	released++;
}

static void setup(void)
{
	warnings = 0;
	released = 0;
	kmem_set_printk(count_warnings, NULL);
}

static void teardown(void)
{
	kmem_set_printk(NULL, NULL);
}

START_TEST(test_references)
{
	struct kref kref;

	kref_init(&kref);
	kref_get(&kref);
	ck_assert_int_eq(kref_put(&kref, release), 0);
	ck_assert(kref_get_unless_zero(&kref));
	kref_put(&kref, release);
	ck_assert_int_eq(kref_put(&kref, release), 1);
	ck_assert_int_eq(released, 1);
	ck_assert(!kref_get_unless_zero(&kref));
	ck_assert_uint_eq(warnings, 0);
	/* Too late: it is warned of, and never released again. */
	kref_get(&kref);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(kref_put(&kref, release), 0);
	ck_assert_int_eq(released, 1);
}
END_TEST

static DEFINE_MUTEX(object_lock);

static void release_locked(struct kref *kref)
{
	ck_assert(lockdep_is_held(&object_lock));
	mutex_unlock(&object_lock);
	release(kref);
}

START_TEST(test_the_last_reference_under_a_lock)
{
	struct kref kref;

	kref_init(&kref);
	kref_get(&kref);
	ck_assert_int_eq(kref_put_mutex(&kref, release_locked, &object_lock),
			 0);
	ck_assert(!mutex_is_locked(&object_lock));
	ck_assert_int_eq(kref_put_mutex(&kref, release_locked, &object_lock),
			 1);
	ck_assert_int_eq(released, 1);
	ck_assert(!mutex_is_locked(&object_lock));
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* Many threads may give back at once before one of them notices. */
START_TEST(test_a_saturated_counter_stays_one)
{
	refcount_t refs = REFCOUNT_INIT(REFCOUNT_SATURATED);

	atomic_sub(1000000, &refs.refs);
	ck_assert_int_lt((int)refcount_read(&refs), 0);
	ck_assert(!refcount_dec_and_test(&refs));
	atomic_add(1000000, &refs.refs);
	ck_assert_int_lt((int)refcount_read(&refs), 0);
	ck_assert(!refcount_dec_and_test(&refs));
	ck_assert_int_eq((int)refcount_read(&refs), REFCOUNT_SATURATED);
}
END_TEST

/* ---- errors -------------------------------------------------------------- */

START_TEST(test_error_pointers)
{
	void *p = ERR_PTR(-ENOMEM);

	ck_assert(IS_ERR(p) && IS_ERR_OR_NULL(p) && IS_ERR_OR_NULL(NULL));
	ck_assert(!IS_ERR(NULL) && !IS_ERR(&p));
	ck_assert_int_eq(PTR_ERR(p), -ENOMEM);
	ck_assert_int_eq(PTR_ERR_OR_ZERO(p), -ENOMEM);
	ck_assert_int_eq(PTR_ERR_OR_ZERO(&p), 0);
	ck_assert(IS_ERR(ERR_PTR(-MAX_ERRNO)) && !IS_ERR(ERR_PTR(-4096)));
	ck_assert_int_eq(PTR_ERR(ERR_CAST(p)), -ENOMEM);
}
END_TEST

START_TEST(test_warnings)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(WARN_ON(i == 1), i == 1);
		ck_assert(WARN_ON_ONCE(i >= 0));
		ck_assert(WARN_ONCE(i >= 0, "%d\n", i));
		ck_assert(!WARN(i > 5, "%d\n", i));
	}
	ck_assert_uint_eq(warnings, 3);
}
END_TEST

START_TEST(test_bug_ends_the_program)
{
	BUG_ON(warnings == 0);
}
END_TEST

START_TEST(test_panic_ends_the_program)
{
	panic("%s", "nothing left");
}
END_TEST

/* ---- text ---------------------------------------------------------------- */

START_TEST(test_numbers_out_of_text)
{
	unsigned long long ull = 77;
	long long ll;
	bool flag;
	char *end;
	int i = 77;
	u8 byte;

	ck_assert_int_eq(kstrtoint("-42\n", 10, &i), 0);
	ck_assert_int_eq(i, -42);
	ck_assert_int_eq(kstrtoint("0x1f", 0, &i), 0);
	ck_assert_int_eq(i, 31);
	ck_assert_int_eq(kstrtoint("017", 0, &i), 0);
	ck_assert_int_eq(i, 15);
	ck_assert_int_eq(kstrtoint("2147483648", 10, &i), -ERANGE);
	ck_assert_int_eq(kstrtoint("1 ", 10, &i), -EINVAL);
	ck_assert_int_eq(kstrtoint("", 10, &i), -EINVAL);
	ck_assert_int_eq(kstrtoint("-", 10, &i), -EINVAL);
	ck_assert_int_eq(kstrtoint("0x", 0, &i), -EINVAL);
	ck_assert_int_eq(i, 15);
	ck_assert_int_eq(kstrtoull("18446744073709551615", 10, &ull), 0);
	ck_assert_uint_eq(ull, ~0ull);
	ck_assert_int_eq(kstrtoull("18446744073709551616", 10, &ull), -ERANGE);
	ck_assert_int_eq(kstrtoull("-1", 10, &ull), -EINVAL);
	ck_assert_int_eq(kstrtoll("-9223372036854775808", 10, &ll), 0);
	ck_assert(ll == S64_MIN);
	ck_assert_int_eq(kstrtoll("9223372036854775808", 10, &ll), -ERANGE);
	ck_assert_int_eq(kstrtou8("256", 10, &byte), -ERANGE);
	ck_assert_int_eq(kstrtobool("on", &flag), 0);
	ck_assert(flag);
	ck_assert_int_eq(kstrtobool("Off", &flag), 0);
	ck_assert(!flag);
	ck_assert_int_eq(kstrtobool("maybe", &flag), -EINVAL);
	ck_assert_uint_eq(simple_strtoul("12kB", &end, 10), 12);
	ck_assert_str_eq(end, "kB");
	ck_assert_int_eq(simple_strtol("-0x10z", &end, 0), -16);
	ck_assert_str_eq(end, "z");
}
END_TEST

START_TEST(test_strings)
{
	static const char *const colours[] = { "red", "green", NULL, "blue" };
	char buf[8], text[] = "  a b \n";

	ck_assert_int_eq(strscpy(buf, "1234567"), 7);
	ck_assert_int_eq(strscpy(buf, "12345678"), -E2BIG);
	ck_assert_str_eq(buf, "1234567");
	ck_assert_int_eq(strscpy(buf, "abc", 3), -E2BIG);
	ck_assert_str_eq(buf, "ab");
	ck_assert_int_eq(strscpy(buf, "abc", 0), -E2BIG);
	memset(buf, 'x', 8);
	ck_assert_int_eq(strscpy_pad(buf, "ab", 8), 2);
	ck_assert(mem_is_zero(buf + 2, 6));
	ck_assert_str_eq(strim(text), "a b");
	ck_assert(sysfs_streq("on\n", "on") && !sysfs_streq("on", "one"));
	ck_assert_int_eq(match_string(colours, 4, "green"), 1);
	ck_assert_int_eq(match_string(colours, 4, "blue"), -EINVAL);
	ck_assert_int_eq(sysfs_match_string(colours, "red\n"), 0);
	ck_assert_str_eq(kbasename("/a/b.c"), "b.c");
	ck_assert_uint_eq(str_has_prefix("prefix", "pre"), 3);
	ck_assert_ptr_null(strnchr("abc", 2, 'c'));
	ck_assert_ptr_eq(memchr_inv("aaab", 'a', 3), NULL);
	snprintf(buf, sizeof(buf), "%pe", ERR_PTR(-EIO));
	ck_assert_str_eq(buf, "-EIO");
	sprintf(buf, "%*ph", 2, "\x01\x02");
	ck_assert_str_eq(buf, "01 02");
}
END_TEST

static char *first_word(const char *from)
{
	char *copy __free(kfree) = kstrdup(from, GFP_KERNEL);

	if (!strchr(copy, ' '))
		return NULL;
	*strchr(copy, ' ') = '\0';
	return_ptr(copy);
}

static uint64_t blocks_in_use(void)
{
	struct kmem_cache *s = kmem_cache_pin(kmem_cache_find("kmalloc-8"));
	struct kmem_cache_info info = { 0 };

	kmem_cache_info(s, &info);
	kmem_cache_unpin(s);
	return info.active;
}

/* Whatever is not returned is freed. */
START_TEST(test_scopes_free)
{
	uint64_t before = blocks_in_use();
	char *word = first_word("one two");

	ck_assert_str_eq(word, "one");
	ck_assert_uint_eq(blocks_in_use(), before + 1);
	kfree(word);
	ck_assert_ptr_null(first_word("single"));
	ck_assert_uint_eq(blocks_in_use(), before);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("linux_kernel");
	TCase *tc = suite_add(s, "numbers", NULL, NULL);

	tcase_add_test(tc, test_min_and_max);
	tcase_add_test(tc, test_rounding);
	tcase_add_test(tc, test_wide_division);
	tcase_add_test(tc, test_powers_of_two);
	tcase_add_test(tc, test_overflow_saturates);
	tcase_add_test(tc, test_words);
	tcase_add_test(tc, test_maps);
	tcase_add_test(tc, test_two_maps);
	tcase_add_test(tc, test_atomics);
	tc = suite_add(s, "errors", setup, teardown);
	tcase_add_test(tc, test_references);
	tcase_add_test(tc, test_the_last_reference_under_a_lock);
	tcase_add_test(tc, test_a_saturated_counter_stays_one);
	tcase_add_test(tc, test_error_pointers);
	tcase_add_test(tc, test_warnings);
	tcase_add_test_raise_signal(tc, test_bug_ends_the_program, SIGABRT);
	tcase_add_test_raise_signal(tc, test_panic_ends_the_program, SIGABRT);
	tc = suite_add(s, "text", kmem_up, kmem_down);
	tcase_add_test(tc, test_numbers_out_of_text);
	tcase_add_test(tc, test_strings);
	tcase_add_test(tc, test_scopes_free);
	return s;
}
