/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_vmalloc_cases.c - the cases of the kernel's test_vmalloc, re-expressed,
 * random users against a model, and the host's limit of mappings
 *
 * Left out is the kernel's pcpu_alloc_test: there is no per-CPU allocator here.
 */
#include <stdlib.h>
#include <string.h>

#include <kmem/fast.h>
#include <kmem/rcu.h>
#include <kmem/vmalloc.h>

#include "fixture.h"
#include "runner.h"

#define PAGE KMEM_PAGE_SIZE

static struct buddyinfo at_start;

static void up(enum kmem_backing backing)
{
	kmem_up_with(&(struct kmem_config){
		.memory = 256 * MIB, .backing = backing, .cpus = 2 });
	buddyinfo_read(&at_start);
}

static void memfd_setup(void)
{
	up(KMEM_MEMFD);
}

static void anon_setup(void)
{
	up(KMEM_ANON);
}

static void teardown(void)
{
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

static char *checked(void *p)
{
	ck_assert_ptr_nonnull(p);
	*(char *)p = 1;
	return p;
}

/* ---- the kernel's cases -------------------------------------------------- */

START_TEST(test_fix_size_alloc)
{
	for (int i = 0; i < 2000; i++)
		vfree(checked(vmalloc(PAGE)));
}
END_TEST

#define PAIRS 4000

/* Holes of one page between areas of one page. */
START_TEST(test_full_fit_alloc)
{
	static char *kept[PAIRS], *freed[PAIRS];

	for (int i = 0; i < PAIRS; i++) {
		kept[i] = checked(vmalloc(PAGE));
		freed[i] = checked(vmalloc(PAGE));
	}
	for (int i = 0; i < PAIRS; i++)
		vfree(freed[i]);
	for (int i = 0; i < 1000; i++) {
		char *p = checked(vmalloc(PAGE));

		ck_assert_ptr_eq(p, freed[0]);
		vfree(p);
	}
	ck_assert_uint_eq(kmem_validate(), 0);
	for (int i = 0; i < PAIRS; i++)
		vfree(kept[i]);
}
END_TEST

#define BUSY 15000

START_TEST(test_long_busy_list_alloc)
{
	static char *busy[BUSY];

	for (int i = 0; i < BUSY; i++)
		busy[i] = checked(vmalloc(PAGE));
	for (int i = 0; i < 100; i++) {
		char *large = checked(vmalloc(100 * PAGE));
		char *small = checked(vmalloc(PAGE));

		vfree(large);
		vfree(small);
	}
	for (int i = 0; i < BUSY; i++)
		vfree(busy[i]);
}
END_TEST

START_TEST(test_random_size_alloc)
{
	struct prng prng = { test_seed("random_size_alloc") };

	for (int i = 0; i < 1000; i++)
		vfree(checked(vmalloc((prng_below(&prng, 100) + 1) * PAGE)));
}
END_TEST

static void alloc_aligned(size_t size, size_t align)
{
	char *p = checked(__vmalloc_node(size, align, GFP_KERNEL | __GFP_ZERO,
					 NUMA_NO_NODE, NULL));

	ck_assert_uint_eq((uintptr_t)p % align, 0);
	vfree(p);
}

START_TEST(test_fix_align_alloc)
{
	for (int i = 0; i < 1000; i++)
		alloc_aligned(5 * PAGE, 32768);
}
END_TEST

START_TEST(test_random_size_align_alloc)
{
	struct prng prng = { test_seed("random_size_align_alloc") };

	for (int i = 0; i < 1000; i++)
		alloc_aligned((prng_below(&prng, 10) + 1) * PAGE,
			      1ul << prng_below(&prng, 23));
}
END_TEST

/* There comes an alignment that no address has: NULL, and nothing is lost. */
START_TEST(test_align_shift_alloc)
{
	int served = 0;

	for (int i = 0; i < 64; i++) {
		char *p = __vmalloc_node(PAGE, 1ul << i,
					 GFP_KERNEL | __GFP_NOWARN,
					 NUMA_NO_NODE, NULL);

		served += p != NULL;
		vfree(p);
	}
	ck_assert_int_ge(served, 23);
	ck_assert_int_lt(served, 64);
}
END_TEST

struct deferred {
	struct kmem_rcu_head rcu;
	char array[100];
};

START_TEST(test_kvfree_rcu_vmalloc)
{
	for (int i = 0; i < 300; i++) {
		struct deferred *two = vmalloc(PAGE);
		struct deferred *one = vmalloc(PAGE);

		two->array[0] = 'a';
		one->array[0] = 'a';
		if (kmem_has_rcu())
			kvfree_rcu(two, rcu);
		else
			vfree(two);
		if (i % 50 == 0)
			kvfree_rcu_mightsleep(one);
		else
			vfree(one);
	}
	kmem_rcu_barrier();
}
END_TEST

START_TEST(test_vm_map_ram)
{
	struct page *pages[32];

	for (int i = 0; i < 32; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (int i = 0; i < 500; i++) {
		unsigned int n = (unsigned int)i % 32 + 1;
		char *p = checked(vm_map_ram(pages, n, NUMA_NO_NODE));

		memset(p, i, n * PAGE);
		ck_assert(bytes_are(page_address(pages[n - 1]), PAGE,
				    (unsigned char)i));
		vm_unmap_ram(p, n);
	}
	for (int i = 0; i < 32; i++)
		__free_page(pages[i]);
}
END_TEST

START_TEST(test_no_block_alloc)
{
	struct prng prng = { test_seed("no_block_alloc") };

	for (int i = 0; i < 1000; i++) {
		gfp_t gfp = i % 2 ? GFP_NOWAIT : GFP_ATOMIC;

		vfree(checked(
			__vmalloc((prng_below(&prng, 20) + 1) * PAGE, gfp)));
	}
}
END_TEST

START_TEST(test_vrealloc)
{
	for (int i = 0; i < 200; i++) {
		char *p = checked(vrealloc(NULL, PAGE, GFP_KERNEL));

		*p = 'a';
		p = vrealloc(p, 4 * PAGE, GFP_KERNEL);
		ck_assert_int_eq(*p, 'a');
		p = vrealloc(p, PAGE, GFP_KERNEL);
		ck_assert_int_eq(*p, 'a');
		p = vrealloc(p, PAGE / 2, GFP_KERNEL);
		ck_assert_int_eq(*p, 'a');
		p = vrealloc(p, PAGE, GFP_KERNEL);
		ck_assert_int_eq(*p, 'a');
		vfree(p);
	}
}
END_TEST

/* ---- random users -------------------------------------------------------- */

#define SLOTS 64

struct user {
	struct prng prng;
	struct {
		unsigned char *p;
		size_t size;
		unsigned char byte;
	} slot[SLOTS];
	const char *fault;
};

/* All of it that is looked at: both ends, and a byte of each page. */
static bool holds(const unsigned char *p, size_t size, unsigned char byte)
{
	for (size_t i = 0; i < size; i += PAGE)
		if (p[i] != byte)
			return false;
	return !size || p[size - 1] == byte;
}

static void fill(unsigned char *p, size_t size, unsigned char byte)
{
	for (size_t i = 0; i < size; i += PAGE)
		p[i] = byte;
	p[size - 1] = byte;
}

static void step(struct user *user)
{
	unsigned int i = prng_below(&user->prng, SLOTS);
	size_t size = prng_below(&user->prng, 40 * PAGE) + 1;
	unsigned int what = prng_below(&user->prng, 3);
	unsigned char *p = user->slot[i].p;

	if (p && !holds(p, user->slot[i].size, user->slot[i].byte))
		user->fault = "an area lost what was written";
	if (p && what == 0) {
		vfree(p);
		user->slot[i].p = NULL;
		return;
	}
	if (p) {
		p = vrealloc(p, size, GFP_KERNEL);
		if (p && p[0] != user->slot[i].byte)
			user->fault = "vrealloc() lost the first byte";
	} else if (what == 1) {
		p = vzalloc(size);
		if (p && !holds(p, size, 0))
			user->fault = "vzalloc() did not clear";
	} else {
		p = vmalloc(size);
	}
	if (!p) {
		user->fault = "no memory";
		return;
	}
	user->slot[i].p = p;
	user->slot[i].size = size;
	user->slot[i].byte = (unsigned char)prng_next(&user->prng);
	fill(p, size, user->slot[i].byte);
}

static void run_user(unsigned int index, void *arg)
{
	struct user *user = (struct user *)arg + index;
	unsigned long steps = test_steps(3000);

	for (unsigned long n = 0; n < steps && !user->fault; n++)
		step(user);
	for (int i = 0; i < SLOTS; i++)
		vfree(user->slot[i].p);
}

#define USERS_MAX 4

struct crowd {
	struct user user[USERS_MAX];
	unsigned int nr;
	unsigned int busy;
};

/* Who looks at areas that are theirs sees each as it is at some moment. */
static void read_areas(struct crowd *crowd)
{
	static struct kmem_vmalloc_area areas[USERS_MAX * SLOTS];

	while (__atomic_load_n(&crowd->busy, __ATOMIC_ACQUIRE)) {
		size_t n = kmem_vmalloc_areas(areas, USERS_MAX * SLOTS);

		for (size_t i = 0; i < n && i < USERS_MAX * SLOTS; i++)
			vmalloc_dump_obj((void *)areas[i].address);
	}
}

/* The last thread is no user. */
static void run_in_crowd(unsigned int index, void *arg)
{
	struct crowd *crowd = arg;

	if (index == crowd->nr) {
		read_areas(crowd);
		return;
	}
	run_user(index, crowd->user);
	__atomic_fetch_sub(&crowd->busy, 1, __ATOMIC_RELEASE);
}

static void random_users(unsigned int n)
{
	static struct crowd crowd;
	uint64_t seed = test_seed("random_users");
	unsigned long faults = kmem_report_count();

	memset(&crowd, 0, sizeof(crowd));
	crowd.nr = n;
	crowd.busy = n;
	for (unsigned int i = 0; i < n; i++)
		crowd.user[i].prng.state = seed + i;
	threads_run(n + 1, run_in_crowd, &crowd);
	reports_take(); /* of vmalloc_dump_obj() */
	for (unsigned int i = 0; i < n; i++)
		ck_assert_msg(!crowd.user[i].fault, "%s", crowd.user[i].fault);
	ck_assert_uint_eq(kmem_report_count(), faults);
	ck_assert_uint_eq(kmem_validate(), 0);
	ck_assert_uint_eq(kmem_vmalloc_areas(NULL, 0), 0);
}

START_TEST(test_random_user)
{
	random_users(1);
}
END_TEST

START_TEST(test_random_users_in_threads)
{
	random_users(4);
}
END_TEST

/* ---- the host's limit ---------------------------------------------------- */

#define REPEATS 1000
#define AREAS_MAX 4000

/* One page many times: each is a mapping of its own. */
START_TEST(test_out_of_mappings)
{
	static struct page *pages[REPEATS];
	static void *areas[AREAS_MAX];
	unsigned int n = 0;
	char *p;

	pages[0] = alloc_page(GFP_KERNEL);
	for (int i = 1; i < REPEATS; i++)
		pages[i] = pages[0];
	while (n < AREAS_MAX &&
	       (areas[n] = vmap(pages, REPEATS, VM_MAP, PAGE_KERNEL)))
		n++;
	if (n < AREAS_MAX) {
		ck_assert(reports_mention("vm.max_map_count="));
		ck_assert_uint_eq(reports_take(), 1);
	}
	ck_assert_uint_eq(kmem_vmalloc_areas(NULL, 0), n);
	while (n--)
		vunmap(areas[n]);
	ck_assert_uint_eq(kmem_vmalloc_areas(NULL, 0), 0);
	p = checked(vmalloc(100 * PAGE));
	vfree(p);
	__free_page(pages[0]);
}
END_TEST

static void add_cases(TCase *tc)
{
	tcase_add_test(tc, test_fix_size_alloc);
	tcase_add_test(tc, test_full_fit_alloc);
	tcase_add_test(tc, test_long_busy_list_alloc);
	tcase_add_test(tc, test_random_size_alloc);
	tcase_add_test(tc, test_fix_align_alloc);
	tcase_add_test(tc, test_random_size_align_alloc);
	tcase_add_test(tc, test_align_shift_alloc);
	tcase_add_test(tc, test_kvfree_rcu_vmalloc);
	tcase_add_test(tc, test_no_block_alloc);
	tcase_add_test(tc, test_vrealloc);
	tcase_add_test(tc, test_random_user);
	tcase_add_test(tc, test_random_users_in_threads);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("vmalloc_cases");
	TCase *tc = suite_add(s, "memfd", memfd_setup, teardown);

	add_cases(tc);
	tcase_add_test(tc, test_vm_map_ram);
	/* Its runtime does not survive it. */
	if (!KMEM_TSAN)
		tcase_add_test(tc, test_out_of_mappings);
	add_cases(suite_add(s, "anonymous", anon_setup, teardown));
	return s;
}
