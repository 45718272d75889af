/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_highmem.c - pages outside the linear map: no address, until one is made
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/highmem.h>
#include <kmem/iomem.h>
#include <kmem/numa.h>

#include "fixture.h"
#include "runner.h"

#define HIGH_BYTES (16 * MIB)
#define LOW_PAGES ((TEST_MEMORY - HIGH_BYTES) / KMEM_PAGE_SIZE)

static struct buddyinfo at_start;

static void up(bool init_on_alloc, bool init_on_free, unsigned int nodes)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = KMEM_MEMFD,
		.cpus = 2,
		.nodes = nodes,
		.zones = "DMA:16M,Normal,HighMem:16M",
		.init_on_alloc = init_on_alloc,
		.init_on_free = init_on_free,
	};

	kmem_up_with(&config);
	buddyinfo_read(&at_start);
}

static void highmem_setup(void)
{
	up(false, false, 1);
}

static void highmem_teardown(void)
{
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

static struct page *high_page(gfp_t gfp)
{
	struct page *page = alloc_page(GFP_HIGHUSER | gfp);

	ck_assert_ptr_nonnull(page);
	ck_assert(PageHighMem(page));
	return page;
}

/* Where the page would be, if it were in the linear map. */
static char *linear_address(const struct page *page)
{
	struct kmem_memory_info info;

	kmem_memory_info(&info);
	return (char *)info.base + page_to_pfn(page) * KMEM_PAGE_SIZE;
}

/* Sanitizers have a handler of their own, which says more than we ask. */
static void let_it_be_fatal(void)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };

	sigaction(SIGSEGV, &by_default, NULL);
}

/* Whether reading a byte ends a child with SIGSEGV. */
static bool is_fatal(const volatile char *p)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		let_it_be_fatal();
		(void)*p;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

/* ---- addresses ----------------------------------------------------------- */

START_TEST(test_high_page_has_no_address)
{
	struct page *page = high_page(0);

	ck_assert_uint_ge(page_to_pfn(page), LOW_PAGES);
	ck_assert_ptr_null(page_address(page));
	ck_assert_ptr_null(virt_to_page(linear_address(page)));
	ck_assert_ptr_eq(pfn_to_page(page_to_pfn(page)), page);
	__free_page(page);
	ck_assert_uint_eq(totalhigh_pages(), HIGH_BYTES / KMEM_PAGE_SIZE);
	drain_all_pages();
	ck_assert_uint_eq(nr_free_highpages(), totalhigh_pages());
}
END_TEST

/*
 * A child has no memory of an arena that is a memfd, so that it is the process
 * of the test which must end.
 */
START_TEST(test_stray_access_is_fatal)
{
	struct page *page = high_page(0);
	volatile char *p = linear_address(page);

	let_it_be_fatal();
	(void)*p;
}
END_TEST

START_TEST(test_access_after_kunmap_is_fatal)
{
	volatile char *p = kmap(high_page(0));

	*p = 1;
	kunmap(kmap_to_page((void *)p));
	let_it_be_fatal();
	*p = 2;
}
END_TEST

START_TEST(test_access_after_kunmap_local_is_fatal)
{
	volatile char *p = kmap_local_page(high_page(0));

	*p = 1;
	kunmap_local((void *)p);
	let_it_be_fatal();
	*p = 2;
}
END_TEST

START_TEST(test_access_behind_a_page_is_fatal)
{
	volatile char *p = kmap_local_page(high_page(0));

	kmap_local_page(high_page(0));
	p[KMEM_PAGE_SIZE - 1] = 1;
	let_it_be_fatal();
	p[KMEM_PAGE_SIZE] = 1;
}
END_TEST

START_TEST(test_child_has_none_of_it)
{
	struct page *page = high_page(0);
	char *p = kmap(page), *q = kmap_local_page(page);

	*p = 1;
	ck_assert(is_fatal(p));
	ck_assert(is_fatal(q));
	ck_assert_int_eq(*q, 1);
	kunmap_local(q);
	kunmap(page);
	__free_page(page);
}
END_TEST

/* ---- kmap ---------------------------------------------------------------- */

START_TEST(test_kmap_is_counted)
{
	struct page *page = high_page(0);
	char *p = kmap(page);

	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_eq(kmap(page), p);
	ck_assert_ptr_eq(page_address(page), p);
	ck_assert_ptr_eq(kmap_to_page(p + 100), page);
	memset(p, 0x5a, KMEM_PAGE_SIZE);
	kunmap(page);
	ck_assert_ptr_eq(page_address(page), p);
	ck_assert(bytes_are(p, KMEM_PAGE_SIZE, 0x5a));
	kunmap(page);
	ck_assert_ptr_null(page_address(page));
	ck_assert_ptr_null(kmap_to_page(p));
	ck_assert_uint_eq(reports_take(), 0);
	kunmap(page);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("not mapped"));
	p = kmap(page);
	ck_assert(bytes_are(p, KMEM_PAGE_SIZE, 0x5a));
	kunmap(page);
	__free_page(page);
}
END_TEST

/* The same memory, whoever looks, and however. */
START_TEST(test_mappings_show_one_page)
{
	struct page *page = high_page(0);
	char *p = kmap(page), *q = kmap_local_page(page);
	char *r = kmap_local_pfn(page_to_pfn(page));

	ck_assert_ptr_ne(p, q);
	ck_assert_ptr_ne(q, r);
	strcpy(p, "one page");
	ck_assert_str_eq(q, "one page");
	ck_assert_str_eq(r, "one page");
	kunmap_local(r + 5);
	kunmap_local(q + KMEM_PAGE_SIZE - 1);
	kunmap(page);
	__free_page(page);
}
END_TEST

START_TEST(test_low_pages_keep_their_address)
{
	struct page *page = alloc_page(GFP_KERNEL);

	ck_assert(!PageHighMem(page));
	ck_assert_ptr_eq(kmap(page), page_address(page));
	ck_assert_ptr_eq(kmap_local_page(page), page_address(page));
	ck_assert_ptr_eq(kmap_to_page(page_address(page)), page);
	kunmap_local(page_address(page));
	kunmap(page);
	__free_page(page);
}
END_TEST

/* ---- misuse -------------------------------------------------------------- */

static void check_order(gfp_t gfp)
{
	struct page *first = alloc_page(gfp), *second = alloc_page(gfp);
	char *p = kmap_local_page(first), *q = kmap_local_page(second);

	*p = 1;
	kunmap_local(p);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("not the page that was mapped last"));
	ck_assert_int_eq(*p, 1);
	kunmap_local(q);
	kunmap_local(p);
	ck_assert_uint_eq(reports_take(), 0);
	kunmap_local(p);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("not mapped"));
	__free_page(first);
	__free_page(second);
}

START_TEST(test_wrong_order_is_reported)
{
	check_order(GFP_HIGHUSER);
}
END_TEST

static void *unmap_it(void *arg)
{
	kunmap_local(arg);
	return NULL;
}

static void check_thread(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);
	char *p = kmap_local_page(page);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, unmap_it, p), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("another thread"));
	*p = 1;
	kunmap_local(p);
	ck_assert_uint_eq(reports_take(), 0);
	__free_page(page);
}

START_TEST(test_wrong_thread_is_reported)
{
	check_thread(GFP_HIGHUSER);
}
END_TEST

#ifdef KMEM_DEBUG
START_TEST(test_debug_builds_check_low_memory)
{
	check_order(GFP_KERNEL);
}
END_TEST

START_TEST(test_low_memory_is_never_refused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	for (int i = 0; i < 3 * KMAP_LOCAL_MAX; i++)
		ck_assert_ptr_eq(kmap_local_page(page), page_address(page));
	for (int i = 0; i < 3 * KMAP_LOCAL_MAX; i++)
		kunmap_local(page_address(page));
	ck_assert_uint_eq(reports_take(), 0);
	__free_page(page);
}
END_TEST
#endif

START_TEST(test_stack_has_an_end)
{
	struct page *page = high_page(0);
	char *p[KMAP_LOCAL_MAX];

	for (int i = 0; i < KMAP_LOCAL_MAX; i++) {
		p[i] = kmap_local_page(page);
		ck_assert_ptr_nonnull(p[i]);
	}
	ck_assert_ptr_null(kmap_local_page(page));
	ck_assert_uint_eq(reports_take(), 1);
	for (int i = KMAP_LOCAL_MAX; i-- > 0;)
		kunmap_local(p[i]);
	ck_assert_ptr_null(kmap_local_pfn(TEST_MEMORY / KMEM_PAGE_SIZE));
	ck_assert_uint_eq(reports_take(), 1);
	__free_page(page);
}
END_TEST

static void *map_and_end(void *arg)
{
	return kmap_local_page(arg);
}

START_TEST(test_thread_that_ends_lets_go)
{
	struct page *page = high_page(0);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, map_and_end, page), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("ended with 1 pages"));
	__free_page(page);
}
END_TEST

START_TEST(test_ranges_stay_in_the_page)
{
	struct page *page = high_page(__GFP_ZERO);
	char buf[8] = "1234567";

	memcpy_to_page(page, KMEM_PAGE_SIZE - 7, buf, 8);
	memcpy_from_page(buf, page, SIZE_MAX, 8);
	memset_page(page, 0, 1, KMEM_PAGE_SIZE + 1);
	memzero_page(page, KMEM_PAGE_SIZE + 1, 0);
	memcpy_page(page, 0, page, KMEM_PAGE_SIZE - 3, 4);
	zero_user_segment(page, 9, 8);
	ck_assert_uint_eq(reports_take(), 6);
	ck_assert_str_eq(buf, "1234567");
	buf[0] = 1;
	memcpy_from_page(buf, page, KMEM_PAGE_SIZE - 1, 1);
	ck_assert_int_eq(buf[0], 0);
	__free_page(page);
}
END_TEST

/* ---- content ------------------------------------------------------------- */

START_TEST(test_helpers_reach_any_page)
{
	struct page *high = high_page(0), *low = alloc_page(GFP_KERNEL);
	char buf[16];

	memset_page(high, 0, 'x', KMEM_PAGE_SIZE);
	copy_highpage(low, high);
	ck_assert(bytes_are(page_address(low), KMEM_PAGE_SIZE, 'x'));
	memcpy_to_page(high, 10, "hello", 6);
	memcpy_page(low, 4000, high, 10, 6);
	ck_assert_str_eq((char *)page_address(low) + 4000, "hello");
	memcpy_from_page(buf, high, 8, 8);
	ck_assert_mem_eq(buf, "xxhello", 8);
	zero_user(high, 8, 2);
	memcpy_from_page(buf, high, 7, 4);
	ck_assert_mem_eq(buf, "x\0\0h", 4);
	clear_highpage(low);
	ck_assert(bytes_are(page_address(low), KMEM_PAGE_SIZE, 0));
	__free_page(high);
	__free_page(low);
}
END_TEST

static bool block_is(struct page *page, unsigned int order, unsigned char byte)
{
	bool same = true;

	for (unsigned int i = 0; i < 1u << order; i++) {
		char *p = kmap_local_pfn(page_to_pfn(page) + i);

		same &= bytes_are(p, KMEM_PAGE_SIZE, byte);
		kunmap_local(p);
	}
	return same;
}

static void fill_block(struct page *page, unsigned int order)
{
	for (unsigned int i = 0; i < 1u << order; i++)
		memset_page(pfn_to_page(page_to_pfn(page) + i), 0, 0xee,
			    KMEM_PAGE_SIZE);
}

START_TEST(test_zero_reaches_high_memory)
{
	unsigned int order = (unsigned int)_i;
	struct page *page = alloc_pages(GFP_HIGHUSER, order), *again;

	ck_assert(PageHighMem(page));
	fill_block(page, order);
	__free_pages(page, order);
	again = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, order);
	ck_assert_ptr_eq(again, page);
	ck_assert(block_is(again, order, 0));
	__free_pages(again, order);
}
END_TEST

START_TEST(test_init_on_alloc_and_free_reach_high_memory)
{
	struct page *page, *again;

	up(_i == 0, _i == 1, 1);
	page = alloc_pages(GFP_HIGHUSER, 2);
	fill_block(page, 2);
	__free_pages(page, 2);
	if (_i == 1)
		ck_assert(block_is(page, 2, 0));
	again = alloc_pages(GFP_HIGHUSER, 2);
	ck_assert_ptr_eq(again, page);
	ck_assert(block_is(again, 2, 0));
	__free_pages(again, 2);
	highmem_teardown();
}
END_TEST

/* ---- who gets it --------------------------------------------------------- */

#define MANY 4000

/* High memory would be there, but objects need addresses. */
START_TEST(test_objects_are_never_high)
{
	static void *taken[MANY];
	int n = 0;

	while (n < MANY && (taken[n] = kmalloc(16384, GFP_KERNEL)))
		n++;
	ck_assert_int_gt(n, 2000);
	ck_assert_int_lt(n, MANY);
	ck_assert_uint_eq(nr_free_highpages(), totalhigh_pages());
	for (int i = 0; i < n; i++) {
		ck_assert(!PageHighMem(virt_to_page(taken[i])));
		kfree(taken[i]);
	}
}
END_TEST

START_TEST(test_address_means_low_memory)
{
	unsigned long p = __get_free_pages(GFP_HIGHUSER, 0);
	unsigned long q = get_zeroed_page(GFP_HIGHUSER_MOVABLE);
	void *object = kmalloc(100, GFP_KERNEL | __GFP_HIGHMEM);

	ck_assert(!PageHighMem(virt_to_page((void *)p)));
	ck_assert(!PageHighMem(virt_to_page((void *)q)));
	ck_assert(!PageHighMem(virt_to_page(object)));
	ck_assert_uint_eq(reports_take(), 1);
	free_pages(p, 0);
	free_pages(q, 0);
	kfree(object);
}
END_TEST

/* Not even while it is mapped: a mapping by memremap() lasts longer. */
START_TEST(test_memremap_wants_low_memory)
{
	struct page *page = high_page(0);
	phys_addr_t phys = page_to_pfn(page) * KMEM_PAGE_SIZE;

	ck_assert_ptr_nonnull(kmap(page));
	ck_assert_ptr_null(memremap(phys, 16, MEMREMAP_WB));
	ck_assert(reports_mention("memremap attempted on ram"));
	ck_assert_uint_eq(reports_take(), 1);
	kunmap(page);
	__free_page(page);
}
END_TEST

START_TEST(test_nodes_may_be_all_high)
{
	struct kmem_cache *s;
	void *object;
	struct page *page;

	up(false, false, 4);
	ck_assert_int_eq(kmem_set_numa_node(3), 0);
	page = alloc_page(GFP_HIGHUSER);
	ck_assert_int_eq(page_to_nid(page), 3);
	ck_assert(PageHighMem(page));
	__free_page(page);
	s = kmem_cache_create("high", 100, 0, 0, NULL);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_ptr_nonnull(object);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	highmem_teardown();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("highmem");
	TCase *tc;

	tc = suite_add(s, "addresses", highmem_setup, highmem_teardown);
	tcase_add_test(tc, test_high_page_has_no_address);
	tcase_add_test(tc, test_child_has_none_of_it);

	/* What ends the process has nothing to take down. */
	tc = suite_add(s, "fatal", highmem_setup, NULL);
	tcase_add_test_raise_signal(tc, test_stray_access_is_fatal, SIGSEGV);
	tcase_add_test_raise_signal(tc, test_access_after_kunmap_is_fatal,
				    SIGSEGV);
	tcase_add_test_raise_signal(tc, test_access_after_kunmap_local_is_fatal,
				    SIGSEGV);
	tcase_add_test_raise_signal(tc, test_access_behind_a_page_is_fatal,
				    SIGSEGV);

	tc = suite_add(s, "kmap", highmem_setup, highmem_teardown);
	tcase_add_test(tc, test_kmap_is_counted);
	tcase_add_test(tc, test_mappings_show_one_page);
	tcase_add_test(tc, test_low_pages_keep_their_address);

	tc = suite_add(s, "misuse", highmem_setup, highmem_teardown);
	tcase_add_test(tc, test_wrong_order_is_reported);
	tcase_add_test(tc, test_wrong_thread_is_reported);
#ifdef KMEM_DEBUG
	tcase_add_test(tc, test_debug_builds_check_low_memory);
	tcase_add_test(tc, test_low_memory_is_never_refused);
#endif
	tcase_add_test(tc, test_stack_has_an_end);
	tcase_add_test(tc, test_thread_that_ends_lets_go);
	tcase_add_test(tc, test_ranges_stay_in_the_page);

	tc = suite_add(s, "content", highmem_setup, highmem_teardown);
	tcase_add_test(tc, test_helpers_reach_any_page);
	tcase_add_loop_test(tc, test_zero_reaches_high_memory, 0, 5);

	tc = suite_add(s, "clearing", reports_capture, NULL);
	tcase_add_loop_test(tc, test_init_on_alloc_and_free_reach_high_memory,
			    0, 2);
	tcase_add_test(tc, test_nodes_may_be_all_high);

	tc = suite_add(s, "users", highmem_setup, highmem_teardown);
	tcase_add_test(tc, test_objects_are_never_high);
	tcase_add_test(tc, test_memremap_wants_low_memory);

	/* Slabs stay when their objects are freed. */
	tc = suite_add(s, "addresses of users", highmem_setup, kmem_down);
	tcase_add_test(tc, test_address_means_low_memory);
	return s;
}
