/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_kunit.c - the cases of the kernel's slub_kunit, with its counts
 *
 * The kernel counts each complaint and each repair as an error; here both are
 * reports, and the numbers are the kernel's. Its caches ignore slab_debug=, by
 * SLAB_NO_USER_FLAGS, and so do these.
 *
 * Not here: test_kmalloc_kfree_nolock, which calls the allocator from an
 * interrupt that cannot wait; a program has none, and no such functions.
 */
#include <string.h>

#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

static struct kmem_cache *cache;

static void kunit_setup(void)
{
	kmem_up();
	cache = NULL;
}

static void kunit_teardown(void)
{
	kmem_cache_destroy(cache);
	kmem_down();
}

static void make_cache(const char *name, unsigned int size, slab_flags_t flags)
{
	cache = kmem_cache_create(name, size, 0, flags | SLAB_NO_USER_FLAGS,
				  NULL);
	ck_assert_ptr_nonnull(cache);
}

static unsigned char *take(void)
{
	unsigned char *p = kmem_cache_alloc(cache, GFP_KERNEL);

	ck_assert_ptr_nonnull(p);
	return p;
}

static unsigned char *take_and_free(void)
{
	unsigned char *p = take();

	kmem_cache_free(cache, p);
	return p;
}

/* As kmalloc() would take it from the cache. */
static unsigned char *take_sized(size_t size)
{
	unsigned char *p = cache_alloc_sized(cache, GFP_KERNEL, size,
					     __builtin_return_address(0));

	ck_assert_ptr_nonnull(p);
	return p;
}

static void assert_errors(unsigned long expect)
{
	unsigned long n;

	kmem_cache_validate(cache);
	n = reports_take();
	ck_assert_msg(n == expect, "%lu reports, not %lu; the last: %s", n,
		      expect, reports_last());
}

START_TEST(test_clobber_zone)
{
	unsigned char *p;

	make_cache("TestSlub_RZ_alloc", 64, SLAB_RED_ZONE);
	p = take();
	p[64] = 0x12;
	assert_errors(2);
	ck_assert(reports_mention("[Right Redzone overwritten]"));
	ck_assert(reports_mention("Restoring Right Redzone"));
	assert_errors(0);
	kmem_cache_free(cache, p);
}
END_TEST

/* The bytes of a free object that lead to the next free one. */
START_TEST(test_next_pointer)
{
	struct kmem_cache_info info;
	unsigned char *p;
	void *link;

	make_cache("TestSlub_next_ptr_free", 64, SLAB_POISON);
	kmem_cache_info(cache, &info);
	p = take_and_free();
	memcpy(&link, p + info.freeptr, sizeof(link));
	p[info.freeptr] = (unsigned char)~p[info.freeptr];
	assert_errors(3);
	ck_assert(reports_mention("Freechain corrupt"));
	ck_assert(reports_mention("Wrong object count"));
	ck_assert(reports_mention("Object count adjusted"));
	memcpy(p + info.freeptr, &link, sizeof(link));
	assert_errors(2);
	assert_errors(0);
}
END_TEST

START_TEST(test_first_word)
{
	unsigned char *p;

	make_cache("TestSlub_1th_word_free", 64, SLAB_POISON);
	p = take_and_free();
	*p = 0x78;
	assert_errors(2);
	ck_assert(reports_mention("[Poison overwritten]"));
	assert_errors(0);
}
END_TEST

START_TEST(test_clobber_50th_byte)
{
	unsigned char *p;

	make_cache("TestSlub_50th_word_free", 64, SLAB_POISON);
	p = take_and_free();
	p[50] = 0x9a;
	assert_errors(2);
	ck_assert(reports_mention("[Poison overwritten]"));
	assert_errors(0);
}
END_TEST

START_TEST(test_clobber_redzone_free)
{
	unsigned char *p;

	make_cache("TestSlub_RZ_free", 64, SLAB_RED_ZONE);
	p = take_and_free();
	p[64] = 0xab;
	assert_errors(2);
	ck_assert(reports_mention("[Right Redzone overwritten]"));
	assert_errors(0);
}
END_TEST

START_TEST(test_kmalloc_redzone_access)
{
	unsigned char *p;

	make_cache("TestSlub_RZ_kmalloc", 32,
		   SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	p = take_sized(18);
	p[18] = 0xab;
	p[19] = 0xab;
	assert_errors(2);
	ck_assert(reports_mention("[kmalloc Redzone overwritten]"));
	assert_errors(0);
	kmem_cache_free(cache, p);
}
END_TEST

START_TEST(test_leak_destroy)
{
	make_cache("TestSlub_leak_destroy", 64, SLAB_NO_MERGE);
	take();
	kmem_cache_destroy(cache);
	cache = NULL;
	ck_assert_uint_eq(reports_take(), 2);
}
END_TEST

static unsigned char *resize(unsigned char *p, size_t size)
{
	p = krealloc(p, size, GFP_KERNEL | __GFP_ZERO);
	ck_assert_ptr_nonnull(p);
	/* Or the compiler warns of what is looked at here. */
	__asm__("" : "+r"(p));
	return p;
}

START_TEST(test_krealloc_redzone_zeroing)
{
	unsigned char *p;

	make_cache("TestSlub_krealloc", 64,
		   SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	p = take_sized(48);
	memset(p, 0xff, 48);
	p = resize(p, 40);
	ck_assert(bytes_are(p, 40, 0xff));
	ck_assert(bytes_are(p + 40, 24, 0xcc));
	p = resize(p, 56);
	ck_assert(bytes_are(p, 40, 0xff));
	ck_assert(bytes_are(p + 40, 16, 0));
	ck_assert(bytes_are(p + 56, 8, 0xcc));
	assert_errors(0);
	memset(p, 0xff, 56);
	p = resize(p, 112);
	ck_assert(bytes_are(p, 56, 0xff));
	ck_assert(bytes_are(p + 56, 56, 0));
	kfree(p);
	assert_errors(0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slub_kunit");
	TCase *tc = suite_add(s, "slub_test", kunit_setup, kunit_teardown);

	tcase_add_test(tc, test_clobber_zone);
	tcase_add_test(tc, test_next_pointer);
	tcase_add_test(tc, test_first_word);
	tcase_add_test(tc, test_clobber_50th_byte);
	tcase_add_test(tc, test_clobber_redzone_free);
	tcase_add_test(tc, test_kmalloc_redzone_access);
	tcase_add_test(tc, test_leak_destroy);
	tcase_add_test(tc, test_krealloc_redzone_zeroing);
	return s;
}
