/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_vmalloc.c - areas: their pages, their guards, their ends, misuse
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/rcu.h>
#include <kmem/vmalloc.h>

#include "fixture.h"
#include "runner.h"

#define PAGE KMEM_PAGE_SIZE
#define TEST_PAGES (TEST_MEMORY / PAGE)

static struct buddyinfo at_start;

static void memfd_setup(void)
{
	kmem_up_memfd();
	buddyinfo_read(&at_start);
}

static void anon_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
}

/* Whatever a test did, all pages are back. */
static void teardown(void)
{
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

static sigjmp_buf touched;

static void on_fault(int sig)
{
	siglongjmp(touched, sig);
}

/* The signal that writing to @p raises, and that ends nobody; 0: none. */
static int signal_of_touching(volatile char *p)
{
	struct sigaction action = { .sa_handler = on_fault }, old;
	int sig;

	sigaction(SIGSEGV, &action, &old);
	sig = sigsetjmp(touched, 1);
	if (!sig)
		*p = 1;
	sigaction(SIGSEGV, &old, NULL);
	return sig;
}

/* The same in a child, which it may end. */
static int signal_in_child(volatile char *p)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		*p = 1;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void shrink(const char *name)
{
	struct kmem_cache *cache = kmem_cache_pin(kmem_cache_find(name));

	kmem_cache_shrink(cache);
	kmem_cache_unpin(cache);
}

static struct kmem_vmalloc_area area_of(const void *p)
{
	struct kmem_vmalloc_area areas[64];
	size_t n = kmem_vmalloc_areas(areas, 64);

	ck_assert_uint_le(n, 64);
	for (size_t i = 0; i < n; i++)
		if (areas[i].address == p)
			return areas[i];
	ck_abort_msg("no area at %p", p);
}

static unsigned long nr_areas(void)
{
	struct kmem_vmalloc_info info;

	kmem_vmalloc_info(&info);
	return info.areas;
}

/* ---- what an area is ----------------------------------------------------- */

START_TEST(test_area_holds_what_is_written)
{
	static const size_t sizes[] = { 1,	  PAGE - 1,  PAGE,
					PAGE + 1, 64 * PAGE, 3 * MIB + 5 };
	size_t size = sizes[_i];
	unsigned char *p = vmalloc(size);
	struct kmem_vmalloc_area area;

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq((uintptr_t)p % PAGE, 0);
	ck_assert(is_vmalloc_addr(p));
	ck_assert(is_vmalloc_addr(p + size - 1));
	for (size_t i = 0; i < size; i++)
		p[i] = (unsigned char)(i * 7 + i / PAGE);
	for (size_t i = 0; i < size; i++)
		ck_assert(p[i] == (unsigned char)(i * 7 + i / PAGE));
	area = area_of(p);
	ck_assert_uint_eq(area.requested, size);
	ck_assert_uint_eq(area.nr_pages, (size + PAGE - 1) / PAGE);
	ck_assert_uint_eq(area.size, (area.nr_pages + 1) * PAGE);
	ck_assert_uint_eq(area.flags, VM_ALLOC);
	ck_assert_uint_eq(area.node_pages[0], area.nr_pages);
	ck_assert_ptr_nonnull(area.caller);
	vfree(p);
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

START_TEST(test_pages_are_taken_and_given_back)
{
	unsigned long before, after;
	void *p;

	drain_all_pages();
	before = free_pages_now();
	p = vmalloc(100 * PAGE);
	drain_all_pages();
	after = free_pages_now();
	ck_assert_uint_eq(before - after, 100);
	vfree(p);
	drain_all_pages();
	ck_assert_uint_eq(free_pages_now(), before);
}
END_TEST

START_TEST(test_pages_of_an_area_are_those_of_the_memory)
{
	char *p = vmalloc(20 * PAGE);

	for (size_t i = 0; i < 20; i++) {
		struct page *page = vmalloc_to_page(p + i * PAGE + 17);
		char *linear;

		ck_assert_ptr_nonnull(page);
		ck_assert_uint_eq(vmalloc_to_pfn(p + i * PAGE),
				  page_to_pfn(page));
		linear = page_address(page);
		p[i * PAGE + 100] = (char)(i + 1);
		ck_assert_int_eq(linear[100], (char)(i + 1));
		linear[200] = (char)(i + 2);
		ck_assert_int_eq(p[i * PAGE + 200], (char)(i + 2));
	}
	ck_assert_ptr_null(vmalloc_to_page(p + 20 * PAGE));
	ck_assert_uint_eq(vmalloc_to_pfn(p + 20 * PAGE), ~0ul);
	ck_assert_ptr_null(vmalloc_to_page(page_address(vmalloc_to_page(p))));
	vfree(p);
	ck_assert_ptr_null(vmalloc_to_page(p));
}
END_TEST

/* Every second page is taken, so no two of the area's are neighbours. */
START_TEST(test_scattered_pages_lie_side_by_side)
{
	static struct page *all[TEST_PAGES + 1]; /* and a NULL */
	unsigned long n = 0, mapped = 0;
	unsigned char *p;

	while ((all[n] =
			alloc_page(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOWARN)))
		n++;
	for (unsigned long i = 0; i < n; i++) {
		if (page_to_pfn(all[i]) % 2 == 0) {
			__free_page(all[i]);
			all[i] = NULL;
		}
	}
	drain_all_pages();
	p = vmalloc(300 * PAGE);
	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < 300 * PAGE; i++)
		p[i] = (unsigned char)(i / PAGE);
	for (size_t i = 0; i < 300; i++) {
		struct page *page = vmalloc_to_page(p + i * PAGE);

		ck_assert_uint_eq(page_to_pfn(page) % 2, 0);
		ck_assert(
			bytes_are(page_address(page), PAGE, (unsigned char)i));
		mapped++;
	}
	ck_assert_uint_eq(mapped, 300);
	vfree(p);
	while (n--)
		if (all[n])
			__free_page(all[n]);
}
END_TEST

/* Runs of neighbours among the pages of an area: so many mappings it is. */
static unsigned long runs_of(const char *p, unsigned long nr)
{
	unsigned long runs = 1;

	for (unsigned long i = 1; i < nr; i++)
		runs += vmalloc_to_pfn(p + i * PAGE) !=
			vmalloc_to_pfn(p + (i - 1) * PAGE) + 1;
	return runs;
}

/* Whoever took single pages only would find them all scattered. */
START_TEST(test_whole_blocks_are_taken_before_single_pages)
{
	static struct page *all[TEST_PAGES + 1]; /* and a NULL */
	unsigned long n = 0;
	char *p;

	while ((all[n] =
			alloc_page(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOWARN)))
		n++;
	for (unsigned long i = 0; i < n; i++) {
		unsigned long pfn = page_to_pfn(all[i]);

		if (pfn % 2 == 0 || pfn < TEST_PAGES / 2) {
			__free_page(all[i]);
			all[i] = NULL;
		}
	}
	drain_all_pages();
	p = vmalloc(100 * PAGE);
	/* 64 + 32 + 4 */
	ck_assert_uint_le(runs_of(p, 100), 3);
	vfree(p);
	while (n--)
		if (all[n])
			__free_page(all[n]);
}
END_TEST

START_TEST(test_cleared_areas_are_clear)
{
	void *(*const alloc[])(unsigned long) = { vzalloc, vmalloc_user,
						  vmalloc_32_user };
	unsigned char *p = vmalloc(50 * PAGE);

	memset(p, 0xa5, 50 * PAGE);
	vfree(p);
	p = alloc[_i](50 * PAGE);
	ck_assert(bytes_are(p, 50 * PAGE, 0));
	ck_assert_uint_eq(!!(area_of(p).flags & VM_USERMAP), _i > 0);
	vfree(p);
}
END_TEST

START_TEST(test_low_pages_are_low)
{
	char *p;

	kmem_exit();
	kmem_up_with(&(struct kmem_config){ .memory = TEST_MEMORY,
					    .backing = KMEM_MEMFD,
					    .zones = "DMA32:32M,Normal" });
	buddyinfo_read(&at_start);
	p = vmalloc_32(100 * PAGE);
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_lt(vmalloc_to_pfn(p + i * PAGE),
				  32 * MIB / PAGE);
	vfree(p);
}
END_TEST

START_TEST(test_arrays)
{
	volatile size_t huge = SIZE_MAX;
	unsigned char *p = vcalloc(100, 100);

	ck_assert(bytes_are(p, 10000, 0));
	vfree(p);
	p = vmalloc_array(100, 100);
	ck_assert_uint_eq(area_of(p).requested, 10000);
	vfree(p);
	ck_assert_ptr_null(vmalloc_array(huge / 2, 3));
	ck_assert_ptr_null(vcalloc(3, huge / 2));
}
END_TEST

START_TEST(test_huge_area_is_aligned_so)
{
	char *p = vmalloc_huge(5 * MIB, GFP_KERNEL | __GFP_ZERO);
	char *small = vmalloc_huge(PAGE, GFP_KERNEL);

	ck_assert_uint_eq((uintptr_t)p % (2 * MIB), 0);
	ck_assert(bytes_are(p, 5 * MIB, 0));
	ck_assert_ptr_nonnull(small);
	vfree(p);
	vfree(small);
}
END_TEST

START_TEST(test_node_that_does_not_exist)
{
	char *p = vmalloc_node(PAGE, 0), *q = vzalloc_node(PAGE, NUMA_NO_NODE);

	ck_assert_ptr_nonnull(p);
	ck_assert(bytes_are(q, PAGE, 0));
	ck_assert_ptr_null(
		__vmalloc_node(PAGE, 1, GFP_KERNEL | __GFP_THISNODE, 77, NULL));
	ck_assert_uint_eq(reports_take(), 1);
	vfree(p);
	vfree(q);
}
END_TEST

/* ---- guards -------------------------------------------------------------- */

START_TEST(test_guard_page_is_not_touched_unpunished)
{
	char *p = vmalloc(3 * PAGE), *q = vmalloc(PAGE);

	ck_assert_ptr_eq(q, p + 4 * PAGE);
	ck_assert_int_eq(signal_of_touching(p + 3 * PAGE), SIGSEGV);
	ck_assert_int_eq(signal_of_touching(p + 4 * PAGE - 1), SIGSEGV);
	ck_assert_int_eq(signal_of_touching(q + PAGE), SIGSEGV);
	vfree(p);
	ck_assert_int_eq(signal_of_touching(p), SIGSEGV);
	ck_assert_int_eq(signal_of_touching(p + 2 * PAGE), SIGSEGV);
	vfree(q);
}
END_TEST

/* A child of an anonymous arena has areas of its own. */
START_TEST(test_child_has_a_copy)
{
	char *p = vmalloc(3 * PAGE);

	p[0] = 5;
	ck_assert_int_eq(signal_in_child(p), 0);
	ck_assert_int_eq(signal_in_child(p + 3 * PAGE - 1), 0);
	ck_assert_int_eq(p[0], 5);
	vfree(p);
}
END_TEST

/* Where the memory is not inherited, areas are not either. */
START_TEST(test_child_does_not_share_areas)
{
	char *p = vmalloc(3 * PAGE);

	p[0] = 5;
	ck_assert_int_eq(signal_in_child(p), SIGSEGV);
	ck_assert_int_eq(p[0], 5);
	vfree(p);
}
END_TEST

static int child_sets_up_its_own(void)
{
	char *p;

	if (kmem_ready())
		return 1;
	if (kmem_init(&(struct kmem_config){ .memory = TEST_MEMORY,
					     .backing = KMEM_MEMFD }))
		return 2;
	p = vzalloc(10 * PAGE);
	if (!p || !bytes_are(p, 10 * PAGE, 0))
		return 3;
	vfree(p);
	if (kmem_validate())
		return 4;
	kmem_exit();
	return 0;
}

START_TEST(test_child_may_have_areas_of_its_own)
{
	char *p = vmalloc(PAGE);
	int status;
	pid_t pid;

	*p = 1;
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(child_sets_up_its_own());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	vfree(p);
}
END_TEST

/* ---- places -------------------------------------------------------------- */

START_TEST(test_lowest_gap_that_fits_is_taken)
{
	char *p[6];

	for (int i = 0; i < 6; i++)
		p[i] = vmalloc((size_t)(i + 1) * PAGE);
	for (int i = 1; i < 6; i++)
		ck_assert_ptr_eq(p[i], p[i - 1] + (size_t)(i + 1) * PAGE);
	vfree(p[1]); /* 3 pages with the guard */
	vfree(p[3]); /* 5 */
	ck_assert_uint_eq(kmem_validate(), 0);
	p[1] = vmalloc(3 * PAGE);
	ck_assert_ptr_eq(p[1], p[2] + 4 * PAGE);
	p[3] = vmalloc(PAGE);
	ck_assert_ptr_eq(p[3], p[0] + 2 * PAGE);
	for (int i = 0; i < 6; i++)
		vfree(p[i]);
	p[0] = vmalloc(PAGE);
	ck_assert_ptr_eq(p[0], p[3] - 2 * PAGE);
	vfree(p[0]);
}
END_TEST

START_TEST(test_alignment_is_kept)
{
	size_t align = PAGE << _i;
	char *first = vmalloc(PAGE);
	char *p =
		__vmalloc_node(3 * PAGE, align, GFP_KERNEL, NUMA_NO_NODE, NULL);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq((uintptr_t)p % align, 0);
	memset(p, 1, 3 * PAGE);
	vfree(p);
	vfree(first);
}
END_TEST

START_TEST(test_impossible_alignment_is_refused)
{
	ck_assert_ptr_null(__vmalloc_node(PAGE, 1ul << 63, GFP_KERNEL,
					  NUMA_NO_NODE, NULL));
	ck_assert_ptr_null(
		__vmalloc_node(PAGE, 12345, GFP_KERNEL, NUMA_NO_NODE, NULL));
	ck_assert_uint_eq(reports_take(), 2);
}
END_TEST

/* ---- questions ----------------------------------------------------------- */

START_TEST(test_area_is_found_by_any_of_its_addresses)
{
	char *p = vmalloc(2 * PAGE + 5);
	struct vm_struct *vm = find_vm_area(p);

	ck_assert_ptr_nonnull(vm);
	ck_assert_ptr_eq(vm->addr, p);
	ck_assert_uint_eq(vm->size, 4 * PAGE);
	ck_assert_uint_eq(vm->nr_pages, 3);
	ck_assert_uint_eq(vm->requested_size, 2 * PAGE + 5);
	ck_assert_ptr_eq(find_vm_area(p + 2 * PAGE), vm);
	ck_assert_ptr_null(find_vm_area(p + 4 * PAGE));
	ck_assert_ptr_null(find_vm_area(p - 1));
	ck_assert_ptr_null(find_vm_area(&p));
	vfree(p);
	ck_assert_ptr_null(find_vm_area(p));
	ck_assert(!is_vmalloc_addr(&p));
	ck_assert(!is_vmalloc_addr(NULL));
}
END_TEST

START_TEST(test_area_is_located)
{
	char *p = vmalloc(3 * PAGE);
	struct kmem_location l;

	ck_assert(kmem_locate(p + PAGE + 9, &l));
	ck_assert_int_eq(l.kind, KMEM_LOCATION_VMALLOC);
	ck_assert_uint_eq(l.index, 1);
	ck_assert_uint_eq(l.offset, 9);
	ck_assert_uint_eq(l.node, 0);
	ck_assert(!kmem_locate(p + 3 * PAGE, &l));
	vfree(p);
}
END_TEST

START_TEST(test_area_is_described)
{
	char *p = vmalloc(3 * PAGE);
	char start[64];

	snprintf(start, sizeof(start), " 3-page vmalloc region starting at %p",
		 (void *)p);
	ck_assert(vmalloc_dump_obj(p + 100));
	ck_assert(reports_mention(start));
	ck_assert(reports_mention(" allocated at "));
	reports_take();
	vfree(p);
	ck_assert(!vmalloc_dump_obj(p));
	ck_assert(!vmalloc_dump_obj(&p));
}
END_TEST

/* ---- given pages --------------------------------------------------------- */

START_TEST(test_given_pages_are_mapped_in_their_order)
{
	struct page *pages[8];
	unsigned char *p;

	for (int i = 0; i < 8; i++)
		pages[7 - i] = alloc_page(GFP_KERNEL);
	for (int i = 0; i < 8; i++)
		memset(page_address(pages[i]), i + 1, PAGE);
	p = vmap(pages, 8, VM_MAP, PAGE_KERNEL);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(area_of(p).flags, VM_MAP);
	ck_assert_uint_eq(area_of(p).nr_pages, 0);
	for (int i = 0; i < 8; i++) {
		ck_assert(bytes_are(p + (size_t)i * PAGE, PAGE,
				    (unsigned char)(i + 1)));
		ck_assert_ptr_eq(vmalloc_to_page(p + (size_t)i * PAGE),
				 pages[i]);
	}
	p[5] = 99;
	ck_assert_int_eq(*((char *)page_address(pages[0]) + 5), 99);
	ck_assert_int_eq(signal_of_touching((char *)p + 8 * PAGE), SIGSEGV);
	vunmap(p);
	ck_assert_ptr_null(find_vm_area(p));
	/* They are still ours. */
	for (int i = 0; i < 8; i++)
		__free_page(pages[i]);
}
END_TEST

/* The trick of ring buffers: one page, twice. */
START_TEST(test_a_page_may_be_mapped_twice)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct page *pages[2] = { page, page };
	char *p = vmap(pages, 2, VM_MAP, PAGE_KERNEL);

	p[7] = 42;
	ck_assert_int_eq(p[PAGE + 7], 42);
	vunmap(p);
	__free_page(page);
}
END_TEST

START_TEST(test_read_only_mapping_cannot_be_written)
{
	struct page *page = alloc_page(GFP_KERNEL);
	volatile char *p;
	int before;

	*(char *)page_address(page) = 3;
	p = vmap(&page, 1, VM_MAP, PAGE_KERNEL_RO);
	before = *p;
	ck_assert_int_eq(before, 3);
	ck_assert_int_eq(signal_of_touching(p), SIGSEGV);
	vunmap((void *)p);
	__free_page(page);
}
END_TEST

START_TEST(test_pages_and_array_can_pass_to_the_area)
{
	struct page **pages = kvmalloc_array(5, sizeof(*pages), GFP_KERNEL);
	struct kmem_vmalloc_area area;
	char *p;

	for (int i = 0; i < 5; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	p = vmap(pages, 5, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	area = area_of(p);
	ck_assert_uint_eq(area.flags, VM_MAP | VM_MAP_PUT_PAGES);
	ck_assert_uint_eq(area.nr_pages, 5);
	vfree(p);
	shrink("kmalloc-64");
}
END_TEST

START_TEST(test_short_lived_mapping)
{
	struct page *pages[4];
	char *p;

	for (int i = 0; i < 4; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	p = vm_map_ram(pages, 4, NUMA_NO_NODE);
	ck_assert_ptr_nonnull(p);
	ck_assert(area_of(p).map_ram);
	ck_assert_ptr_null(find_vm_area(p));
	memset(p, 9, 4 * PAGE);
	ck_assert(bytes_are(page_address(pages[3]), PAGE, 9));
	vm_unmap_ram(p, 3);
	vfree(p);
	vunmap(p);
	ck_assert_uint_eq(reports_take(), 3);
	p[0] = 1;
	vm_unmap_ram(p, 4);
	vm_unmap_ram(p, 4);
	ck_assert_uint_eq(reports_take(), 1);
	for (int i = 0; i < 4; i++)
		__free_page(pages[i]);
}
END_TEST

START_TEST(test_no_pages_cannot_be_mapped)
{
	struct page *pages[2] = { alloc_page(GFP_KERNEL),
				  (struct page *)&pages[0] };

	ck_assert_ptr_null(vmap(pages, 0, VM_MAP, PAGE_KERNEL));
	ck_assert_ptr_null(vmap(pages, 2, VM_MAP, PAGE_KERNEL));
	ck_assert_ptr_null(vm_map_ram(pages, 2, NUMA_NO_NODE));
	ck_assert_uint_eq(reports_take(), 3);
	ck_assert_ptr_null(vmap(pages, TEST_PAGES + 1, VM_MAP, PAGE_KERNEL));
	__free_page(pages[0]);
}
END_TEST

START_TEST(test_anonymous_pages_cannot_be_mapped_twice)
{
	struct page *page = alloc_page(GFP_KERNEL);
	char *p = vmalloc(PAGE);

	ck_assert_ptr_null(vmap(&page, 1, VM_MAP, PAGE_KERNEL));
	ck_assert_ptr_null(vm_map_ram(&page, 1, NUMA_NO_NODE));
	ck_assert_ptr_null(vmalloc_to_page(p));
	ck_assert_uint_eq(reports_take(), 3);
	ck_assert(reports_mention("anonymous arena"));
	vfree(p);
	__free_page(page);
}
END_TEST

/* ---- another size -------------------------------------------------------- */

START_TEST(test_resize_keeps_what_was_there)
{
	unsigned char *p = vrealloc(NULL, 10, GFP_KERNEL), *q;

	memset(p, 1, 10);
	q = vrealloc(p, PAGE, GFP_KERNEL | __GFP_ZERO);
	ck_assert_ptr_eq(q, p);
	ck_assert(bytes_are(p, 10, 1));
	ck_assert(bytes_are(p + 10, PAGE - 10, 0));
	p = vrealloc(p, 10 * PAGE, GFP_KERNEL | __GFP_ZERO);
	ck_assert(bytes_are(p, 10, 1));
	ck_assert(bytes_are(p + 10, 10 * PAGE - 10, 0));
	ck_assert_ptr_eq(vrealloc(p, 0, GFP_KERNEL), NULL);
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

START_TEST(test_shrinking_gives_pages_back)
{
	char *p = vmalloc(10 * PAGE), *q;
	unsigned long before;

	p[0] = 7;
	drain_all_pages();
	before = free_pages_now();
	ck_assert_ptr_eq(vrealloc(p, 3 * PAGE + 1, GFP_KERNEL), p);
	drain_all_pages();
	ck_assert_uint_eq(free_pages_now() - before, 6);
	ck_assert_uint_eq(area_of(p).nr_pages, 4);
	ck_assert_uint_eq(area_of(p).size, 5 * PAGE);
	ck_assert_int_eq(signal_of_touching(p + 4 * PAGE), SIGSEGV);
	q = vmalloc(5 * PAGE);
	ck_assert_ptr_eq(q, p + 5 * PAGE);
	ck_assert_int_eq(p[0], 7);
	vfree(p);
	vfree(q);
}
END_TEST

START_TEST(test_shrinking_that_may_not_give_back)
{
	char *p = vmalloc(10 * PAGE), *q;
	char *user = vmalloc_user(10 * PAGE);

	ck_assert_ptr_eq(vrealloc(p, PAGE, GFP_NOFS), p);
	ck_assert_uint_eq(area_of(p).nr_pages, 10);
	ck_assert_ptr_eq(vrealloc(user, PAGE, GFP_KERNEL), user);
	ck_assert_uint_eq(area_of(user).nr_pages, 10);
	/* It grows where it is, and shows nothing old. */
	p = vrealloc(p, 10 * PAGE, GFP_NOFS);
	memset(p, 5, 10 * PAGE);
	ck_assert_ptr_eq(vrealloc(p, PAGE, GFP_NOFS | __GFP_ZERO), p);
	ck_assert_ptr_eq(vrealloc(p, 9 * PAGE, GFP_NOFS | __GFP_ZERO), p);
	ck_assert(bytes_are(p, PAGE, 5));
	ck_assert(bytes_are(p + PAGE, 8 * PAGE, 0));
	q = vmalloc(40 * PAGE);
	memset(q, 0xa5, 40 * PAGE);
	vfree(q);
	user = vrealloc(user, 20 * PAGE, GFP_KERNEL);
	ck_assert(area_of(user).flags & VM_USERMAP);
	ck_assert(bytes_are(user, 20 * PAGE, 0));
	vfree(p);
	vfree(user);
}
END_TEST

START_TEST(test_resize_that_fails_leaves_the_old)
{
	volatile size_t max = SIZE_MAX;
	char *p = vmalloc(PAGE);

	memset(p, 3, PAGE);
	ck_assert_ptr_null(vrealloc(p, 2 * TEST_MEMORY, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(vrealloc(p, max, GFP_KERNEL | __GFP_NOWARN));
	ck_assert(bytes_are(p, PAGE, 3));
	ck_assert_ptr_null(vrealloc_node_align(p, 2 * PAGE, 1ul << 40,
					       GFP_KERNEL, NUMA_NO_NODE));
	ck_assert_uint_eq(reports_take(), 1);
	vfree(p);
	ck_assert_ptr_null(vrealloc(p, PAGE, GFP_KERNEL));
	ck_assert(reports_mention("Trying to vrealloc() nonexistent vm area"));
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

START_TEST(test_nothing_is_refused)
{
	ck_assert_ptr_null(vmalloc(0));
	ck_assert_ptr_null(__vmalloc(0, GFP_KERNEL | __GFP_NOFAIL));
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

/* Who must not fail does not wait for what can never be, either. */
START_TEST(test_impossible_sizes_are_refused)
{
	const size_t sizes[] = { SIZE_MAX, SIZE_MAX - PAGE + 1,
				 TEST_MEMORY + 1 };
	volatile size_t size = sizes[_i];
	unsigned long faults = kmem_report_count();

	ck_assert_ptr_null(vmalloc(size));
	ck_assert(reports_mention("exceeds total pages, mode:0xcc0"));
	ck_assert_uint_eq(reports_take(), 1);
	/* No fault, as for any request that finds no memory. */
	ck_assert_uint_eq(kmem_report_count(), faults);
	ck_assert_ptr_null(
		__vmalloc(size, GFP_KERNEL | __GFP_NOFAIL | __GFP_NOWARN));
	ck_assert_uint_eq(reports_take(), 0);
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

START_TEST(test_failures_are_reported_now_and_then)
{
	volatile size_t max = SIZE_MAX;

	for (int i = 0; i < 100; i++) {
		ck_assert_ptr_null(vmalloc(max));
		ck_assert_ptr_null(vmalloc(TEST_MEMORY));
	}
	/* One, or two when ten seconds went by. */
	ck_assert_uint_le(reports_take(), 2);
}
END_TEST

START_TEST(test_exhaustion_gives_all_back)
{
	drain_all_pages();
	ck_assert_ptr_null(vmalloc(TEST_MEMORY));
	ck_assert(reports_mention("failed to allocate pages"));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(__vmalloc(TEST_MEMORY, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_uint_eq(reports_take(), 0);
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

#define GIB (1ul << 30)

static void *at_gib(gfp_t gfp)
{
	return __vmalloc_node(PAGE, GIB, gfp, NUMA_NO_NODE, NULL);
}

struct waiting {
	void *last; /* to be freed when the other one waits */
	char *got;
};

static void wait_or_free(unsigned int index, void *arg)
{
	struct waiting *waiting = arg;

	if (index == 0) {
		waiting->got = at_gib(GFP_KERNEL | __GFP_NOFAIL);
		return;
	}
	while (!reports_mention("vm_struct allocation failed. Retrying."))
		usleep(1000);
	vfree(waiting->last);
}

START_TEST(test_who_must_not_fail_waits_for_addresses)
{
	void *places[1024], *p;
	struct waiting waiting;
	int n = 0;

	while (n < 1024 && (p = at_gib(GFP_KERNEL | __GFP_NOWARN)))
		places[n++] = p;
	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, 1024);
	waiting.last = places[--n];
	threads_run(2, wait_or_free, &waiting);
	ck_assert_ptr_eq(waiting.got, waiting.last);
	reports_take();
	vfree(waiting.got);
	while (n--)
		vfree(places[n]);
}
END_TEST

START_TEST(test_who_may_not_sleep_cannot_insist)
{
	ck_assert_ptr_null(__vmalloc(TEST_MEMORY, GFP_ATOMIC | __GFP_NOFAIL));
	ck_assert(reports_mention("failed to allocate pages"));
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

START_TEST(test_strange_masks_are_mended)
{
	char *p = __vmalloc(PAGE, GFP_KERNEL | __GFP_COMP | __GFP_DMA);

	ck_assert_ptr_nonnull(p);
	ck_assert(reports_mention("Unexpected gfp"));
	ck_assert(reports_mention("__GFP_COMP"));
	ck_assert_uint_eq(reports_take(), 1);
	vfree(p);
	p = __vmalloc(PAGE, GFP_NOWAIT);
	vfree(p);
	p = __vmalloc(PAGE, GFP_ATOMIC);
	vfree(p);
}
END_TEST

START_TEST(test_wrong_frees_are_refused)
{
	char *p = vmalloc(3 * PAGE);
	void *object = kmalloc(64, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);
	void *const wrong[] = {
		p + 1,	p + PAGE, p + 3 * PAGE,	     p + 100 * PAGE,
		object, &p,	  page_address(page)
	};

	vfree(NULL);
	vunmap(NULL);
	vfree_atomic(NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		vfree(wrong[i]);
		vunmap(wrong[i]);
		vfree_atomic(wrong[i]);
		vm_unmap_ram(wrong[i], 1);
		ck_assert_uint_eq(reports_take(), 4);
	}
	ck_assert(reports_mention("Trying to vfree() nonexistent vm area"));
	ck_assert(reports_mention("Trying to vunmap() nonexistent vm area"));
	vunmap(p); /* its pages would be lost */
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p);
	ck_assert_uint_eq(reports_take(), 1);
	memset(p, 1, 3 * PAGE);
	vfree(p);
	vfree(p);
	ck_assert_uint_eq(reports_take(), 1);
	kfree(object);
	__free_page(page);
	shrink("kmalloc-64");
}
END_TEST

START_TEST(test_later_free)
{
	char *p[20];

	for (int i = 0; i < 20; i++)
		p[i] = vmalloc(PAGE);
	for (int i = 0; i < 20; i++)
		vfree_atomic(p[i]);
	vfree(p[3]);
	vfree_atomic(p[4]);
	ck_assert_uint_eq(reports_take(), 2);
	kmem_rcu_barrier();
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

START_TEST(test_areas_do_not_survive_the_stack)
{
	struct kmem_vmalloc_info info;
	char *p = vmalloc(PAGE);

	ck_assert_ptr_nonnull(p);
	vfree_atomic(vmalloc(PAGE));
	kmem_exit();
	ck_assert(!is_vmalloc_addr(p));
	kmem_vmalloc_info(&info);
	ck_assert_uint_eq(info.size, 0);
	kmem_up_memfd();
	buddyinfo_read(&at_start);
	ck_assert_uint_eq(nr_areas(), 0);
	vfree(p);
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("vmalloc");
	TCase *tc = suite_add(s, "memfd", memfd_setup, teardown);

	tcase_add_loop_test(tc, test_area_holds_what_is_written, 0, 6);
	tcase_add_test(tc, test_pages_are_taken_and_given_back);
	tcase_add_test(tc, test_pages_of_an_area_are_those_of_the_memory);
	tcase_add_test(tc, test_scattered_pages_lie_side_by_side);
	tcase_add_test(tc, test_whole_blocks_are_taken_before_single_pages);
	tcase_add_loop_test(tc, test_cleared_areas_are_clear, 0, 3);
	tcase_add_test(tc, test_low_pages_are_low);
	tcase_add_test(tc, test_arrays);
	tcase_add_test(tc, test_huge_area_is_aligned_so);
	tcase_add_test(tc, test_node_that_does_not_exist);
	tcase_add_test(tc, test_guard_page_is_not_touched_unpunished);
	tcase_add_test(tc, test_child_does_not_share_areas);
	tcase_add_test(tc, test_child_may_have_areas_of_its_own);
	tcase_add_test(tc, test_lowest_gap_that_fits_is_taken);
	tcase_add_loop_test(tc, test_alignment_is_kept, 0, 20);
	tcase_add_test(tc, test_impossible_alignment_is_refused);
	tcase_add_test(tc, test_area_is_found_by_any_of_its_addresses);
	tcase_add_test(tc, test_area_is_located);
	tcase_add_test(tc, test_area_is_described);
	tcase_add_test(tc, test_given_pages_are_mapped_in_their_order);
	tcase_add_test(tc, test_a_page_may_be_mapped_twice);
	tcase_add_test(tc, test_read_only_mapping_cannot_be_written);
	tcase_add_test(tc, test_pages_and_array_can_pass_to_the_area);
	tcase_add_test(tc, test_short_lived_mapping);
	tcase_add_test(tc, test_no_pages_cannot_be_mapped);
	tcase_add_test(tc, test_resize_keeps_what_was_there);
	tcase_add_test(tc, test_shrinking_gives_pages_back);
	tcase_add_test(tc, test_shrinking_that_may_not_give_back);
	tcase_add_test(tc, test_resize_that_fails_leaves_the_old);
	tcase_add_test(tc, test_nothing_is_refused);
	tcase_add_loop_test(tc, test_impossible_sizes_are_refused, 0, 3);
	tcase_add_test(tc, test_failures_are_reported_now_and_then);
	tcase_add_test(tc, test_who_must_not_fail_waits_for_addresses);
	tcase_add_test(tc, test_who_may_not_sleep_cannot_insist);
	tcase_add_test(tc, test_exhaustion_gives_all_back);
	tcase_add_test(tc, test_strange_masks_are_mended);
	tcase_add_test(tc, test_wrong_frees_are_refused);
	tcase_add_test(tc, test_later_free);
	tcase_add_test(tc, test_areas_do_not_survive_the_stack);

	tc = suite_add(s, "anonymous", anon_setup, teardown);
	tcase_add_loop_test(tc, test_area_holds_what_is_written, 0, 6);
	tcase_add_test(tc, test_pages_are_taken_and_given_back);
	tcase_add_loop_test(tc, test_cleared_areas_are_clear, 0, 3);
	tcase_add_test(tc, test_guard_page_is_not_touched_unpunished);
	tcase_add_test(tc, test_child_has_a_copy);
	tcase_add_test(tc, test_anonymous_pages_cannot_be_mapped_twice);
	tcase_add_test(tc, test_area_is_located);
	tcase_add_test(tc, test_resize_keeps_what_was_there);
	tcase_add_test(tc, test_shrinking_gives_pages_back);
	tcase_add_test(tc, test_shrinking_that_may_not_give_back);
	tcase_add_test(tc, test_exhaustion_gives_all_back);
	tcase_add_test(tc, test_later_free);
	return s;
}
