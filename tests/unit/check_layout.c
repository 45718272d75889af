/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_layout.c - where objects lie in slabs, and how large slabs are
 *
 * The formulas are written a second time here, from the description
 * and with nothing of the library's; tests/data/real-caches.tsv says what a
 * real kernel chose for its caches.
 *
 *	|<------------------- size ------------------->|
 *	| object_size         | to 8 | (link) | align   |
 *	          ^ freeptr          ^ or here, behind the object
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arithmetic.h"
#include "fixture.h"
#include "runner.h"

#define MAX_ORDER_OF_SLABS 3
#define MAX_OBJECTS 32767

struct layout {
	unsigned int size;
	unsigned int align;
	unsigned int freeptr;
	unsigned int order;
	unsigned int objs_per_slab;
	unsigned int sheaf_capacity;
	unsigned long min_partial;
};

static void ctor_nothing(void *object)
{
	(void)object;
}

/* ---- the formulas again -------------------------------------------------- */

static unsigned int expect_align(const struct kmem_cache_spec *spec)
{
	unsigned int align = spec->align;
	unsigned int line = 64;

	if (spec->flags & SLAB_HWCACHE_ALIGN) {
		while (spec->object_size <= line / 2)
			line /= 2;
		if (align < line)
			align = line;
	}
	return up(align < 8 ? 8 : align, 8);
}

static void expect_size(const struct kmem_cache_spec *spec, struct layout *ret)
{
	bool written_while_free = spec->flags & SLAB_TYPESAFE_BY_RCU ||
				  spec->ctor_kind != KMEM_CTOR_NONE;
	unsigned int size = up(spec->object_size, 8);

	if (written_while_free && spec->use_freeptr_offset) {
		ret->freeptr = spec->freeptr_offset;
	} else if (written_while_free) {
		ret->freeptr = size;
		size += 8;
	} else {
		ret->freeptr = spec->object_size / 2 / 8 * 8;
	}
	ret->align = expect_align(spec);
	ret->size = up(size, ret->align);
}

static unsigned int expect_order(unsigned int size, unsigned int cpus)
{
	unsigned int most = (4096u << MAX_ORDER_OF_SLABS) / size;
	unsigned int least = 4 * (highest_bit(cpus) + 1);
	unsigned int first;

	if (most < 1)
		most = 1;
	if (least > most)
		least = most;
	first = order_of(least * size);
	if ((4096u << first) / size > MAX_OBJECTS)
		return order_of(size * MAX_OBJECTS) - 1;
	for (unsigned int part = 16; part >= 2; part /= 2) {
		for (unsigned int o = first; o <= MAX_ORDER_OF_SLABS; o++) {
			if ((4096u << o) % size <= (4096u << o) / part)
				return o;
		}
	}
	return order_of(size);
}

/* Kept per thread: as large as the array's kmalloc class allows. */
static unsigned int expect_sheaf(unsigned int size, slab_flags_t flags)
{
	if (flags & SLAB_NOLEAKTRACE)
		return 0;
	if (size >= 4096)
		return 4;
	if (size >= 1024)
		return 12;
	return size >= 256 ? 28 : 60;
}

static struct layout expect_layout(const struct kmem_cache_spec *spec,
				   unsigned int cpus)
{
	struct layout e;

	expect_size(spec, &e);
	e.order = expect_order(e.size, cpus);
	e.objs_per_slab = (4096u << e.order) / e.size;
	e.min_partial = (highest_bit(e.size) - 1) / 2;
	if (e.min_partial > 10)
		e.min_partial = 10;
	if (e.min_partial < 5)
		e.min_partial = 5;
	e.sheaf_capacity = expect_sheaf(e.size, spec->flags);
	if (spec->sheaf_capacity > e.sheaf_capacity)
		e.sheaf_capacity = spec->sheaf_capacity;
	return e;
}

/* ---- comparing ----------------------------------------------------------- */

static void assert_info(const struct kmem_cache_info *info,
			const struct layout *e)
{
	const struct kmem_cache_spec *spec = &info->spec;

	ck_assert_msg(info->size == e->size && info->align == e->align &&
			      info->freeptr == e->freeptr &&
			      info->order == e->order &&
			      info->objs_per_slab == e->objs_per_slab &&
			      info->min_partial == e->min_partial,
		      "object_size %u align %u flags %#x ctor %d:\n"
		      "has  size %u align %u freeptr %u order %u objs %u "
		      "min_partial %lu\n"
		      "want size %u align %u freeptr %u order %u objs %u "
		      "min_partial %lu",
		      spec->object_size, spec->align, spec->flags,
		      spec->ctor_kind, info->size, info->align, info->freeptr,
		      info->order, info->objs_per_slab, info->min_partial,
		      e->size, e->align, e->freeptr, e->order, e->objs_per_slab,
		      e->min_partial);
	ck_assert_uint_eq(info->sheaf_capacity, e->sheaf_capacity);
}

static void assert_layout(const struct kmem_cache_spec *spec, unsigned int cpus)
{
	const struct layout e = expect_layout(spec, cpus);
	struct kmem_cache_info info;
	struct kmem_cache *s;

	ck_assert_int_eq(kmem_cache_new("layout", "test", spec, &s), 0);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.spec.object_size, spec->object_size);
	ck_assert_uint_eq(info.spec.align, spec->align);
	ck_assert_uint_eq(kmem_cache_size(s), spec->object_size);
	assert_info(&info, &e);
	kmem_cache_destroy(s);
}

/* ---- all sizes ----------------------------------------------------------- */

static const unsigned int cpu_counts[] = { 1, 2, 4, 16, 64 };

static void up_with_cpus(unsigned int cpus)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = cpus,
	};

	kmem_up_with(&config);
}

static const struct kmem_cache_spec shapes[] = {
	{ .align = 0 },
	{ .align = 16 },
	{ .align = 64 },
	{ .align = 512 },
	{ .align = 4096 },
	{ .flags = SLAB_HWCACHE_ALIGN },
	{ .flags = SLAB_TYPESAFE_BY_RCU },
	{ .flags = SLAB_TYPESAFE_BY_RCU | SLAB_HWCACHE_ALIGN },
	{ .flags = SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT },
	{ .flags = SLAB_NOLEAKTRACE },
	{ .ctor_kind = KMEM_CTOR_ZERO },
	{ .ctor_kind = KMEM_CTOR_CALL, .ctor = ctor_nothing, .align = 32 },
	{ .sheaf_capacity = 100 },
	{ .sheaf_capacity = 3 },
};

#define NR_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* Small sizes one by one, larger ones by a step that meets all residues. */
START_TEST(test_sizes_to_8192_follow_the_formulas)
{
	unsigned int cpus = cpu_counts[_i];

	up_with_cpus(cpus);
	for (size_t i = 0; i < NR_SHAPES; i++) {
		struct kmem_cache_spec spec = shapes[i];

		for (unsigned int n = 1; n <= 8192; n += n < 600 ? 1 : 7) {
			spec.object_size = n;
			assert_layout(&spec, cpus);
		}
	}
}
END_TEST

START_TEST(test_large_sizes_follow_the_formulas)
{
	static const unsigned int sizes[] = { 12288,  16384,   16385,	20000,
					      32768,  32769,   65536,	100000,
					      262144, 1000000, 1 << 20, 3 << 20,
					      4 << 20 };
	unsigned int cpus = cpu_counts[_i];

	up_with_cpus(cpus);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct kmem_cache_spec spec = { .object_size = sizes[i] };

		assert_layout(&spec, cpus);
	}
}
END_TEST

START_TEST(test_free_pointer_may_lie_anywhere_in_the_object)
{
	struct kmem_cache_spec spec = {
		.flags = SLAB_TYPESAFE_BY_RCU,
		.use_freeptr_offset = true,
	};

	up_with_cpus(2);
	for (unsigned int n = 8; n <= 512; n += 8) {
		spec.object_size = n;
		for (unsigned int at = 0; at < n; at += 8) {
			spec.freeptr_offset = at;
			assert_layout(&spec, 2);
		}
	}
}
END_TEST

/* ---- a real kernel's caches ---------------------------------------------- */

#define NAME_LENGTH 64

struct real_cache {
	char name[NAME_LENGTH];
	unsigned int object_size;
	unsigned int align;
	unsigned int rcu;
	unsigned int hwcache;
	unsigned int reclaim;
	unsigned int dma;
	unsigned int ctor;
	unsigned int usersize;
	unsigned int size;
	unsigned int order;
	unsigned int objs_per_slab;
	unsigned long min_partial;
};

static FILE *open_data(const char *name)
{
	static const char *const folders[] = { "srcdir", "abs_top_srcdir" };
	char path[4096];
	FILE *f = NULL;

	for (unsigned int i = 0; i < 4 && !f; i++) {
		const char *top = i < 2	  ? getenv(folders[i])
				  : i < 3 ? "."
					  : "..";

		snprintf(path, sizeof(path), "%s/tests/data/%s",
			 top ? top : ".", name);
		f = fopen(path, "r");
	}
	ck_assert_msg(f != NULL, "%s: set srcdir to find it", name);
	return f;
}

static bool parse_real_cache(const char *line, struct real_cache *ret)
{
	return line[0] != '#' &&
	       sscanf(line, "%63s %u %u %u %u %u %u %u %u => %u %u %u %lu",
		      ret->name, &ret->object_size, &ret->align, &ret->rcu,
		      &ret->hwcache, &ret->reclaim, &ret->dma, &ret->ctor,
		      &ret->usersize, &ret->size, &ret->order,
		      &ret->objs_per_slab, &ret->min_partial) == 13;
}

static void spec_of_real_cache(const struct real_cache *real,
			       struct kmem_cache_spec *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->object_size = real->object_size;
	ret->align = real->align;
	ret->usersize = real->usersize;
	ret->flags |= real->rcu ? SLAB_TYPESAFE_BY_RCU : 0;
	ret->flags |= real->hwcache ? SLAB_HWCACHE_ALIGN : 0;
	ret->flags |= real->reclaim ? SLAB_RECLAIM_ACCOUNT : 0;
	ret->flags |= real->dma ? SLAB_CACHE_DMA : 0;
	if (real->ctor) {
		ret->ctor_kind = KMEM_CTOR_CALL;
		ret->ctor = ctor_nothing;
	}
	if (!strcmp(real->name, "vm_area_struct")) {
		ret->use_freeptr_offset = true;
		ret->freeptr_offset = 8;
	}
}

/* What is wrong goes to @ret_wrong, cut to fit. */
static void compare_real_cache(const struct real_cache *real, char *ret_wrong,
			       size_t room)
{
	struct kmem_cache_info info = { 0 };
	struct kmem_cache_spec spec;
	struct kmem_cache *s;
	int error;

	spec_of_real_cache(real, &spec);
	error = kmem_cache_new(real->name, "test", &spec, &s);
	if (!error)
		kmem_cache_info(s, &info);
	if (info.size == real->size && info.order == real->order &&
	    info.objs_per_slab == real->objs_per_slab &&
	    info.min_partial == real->min_partial)
		return;
	snprintf(ret_wrong, room,
		 "%s: error %d size %u order %u objs %u min_partial %lu\n",
		 real->name, error, info.size, info.order, info.objs_per_slab,
		 info.min_partial);
}

START_TEST(test_real_caches_have_the_kernels_layout)
{
	FILE *f = open_data("real-caches.tsv");
	struct real_cache real;
	char wrong[1000] = "";
	unsigned int n = 0;
	char line[512];
	size_t used;

	up_with_cpus(2);
	while (fgets(line, sizeof(line), f)) {
		if (!parse_real_cache(line, &real))
			continue;
		n++;
		used = strlen(wrong);
		compare_real_cache(&real, wrong + used, sizeof(wrong) - used);
	}
	fclose(f);
	ck_assert_uint_eq(n, 235);
	ck_assert_msg(!wrong[0], "%s", wrong);
}
END_TEST

/* ---- objects in memory --------------------------------------------------- */

START_TEST(test_objects_lie_where_the_layout_says)
{
	static const unsigned int sizes[] = { 1,   8,	 24,   100,  192,
					      700, 3000, 4096, 9000, 40000 };
	const struct kmem_cache_spec spec = {
		.object_size = sizes[_i],
		.align = _i % 2 ? 64 : 0,
	};
	struct kmem_location location;
	struct kmem_cache_info info;
	struct kmem_cache *s;
	void *objects[64];

	up_with_cpus(4);
	ck_assert_int_eq(kmem_cache_new("where", "test", &spec, &s), 0);
	kmem_cache_info(s, &info);
	ck_assert(kmem_cache_alloc_bulk(s, GFP_KERNEL, 64, objects));
	for (int i = 0; i < 64; i++) {
		uintptr_t address = (uintptr_t)objects[i];

		ck_assert(kmem_locate(objects[i], &location));
		ck_assert_int_eq(location.kind, KMEM_LOCATION_SLAB);
		ck_assert_uint_eq(location.order, info.order);
		ck_assert_uint_eq(location.cache, info.serial);
		ck_assert_uint_eq(location.offset, 0);
		ck_assert_uint_lt(location.index, info.objs_per_slab);
		ck_assert_uint_eq(address % info.align, 0);
		ck_assert_ptr_eq(
			(char *)page_address(pfn_to_page(location.slab_pfn)) +
				(size_t)location.index * info.size,
			objects[i]);
	}
	kmem_cache_free_bulk(s, 64, objects);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("layout");
	TCase *tc;

	tc = suite_add(s, "formulas", NULL, kmem_down);
	tcase_add_loop_test(tc, test_sizes_to_8192_follow_the_formulas, 0, 5);
	tcase_add_loop_test(tc, test_large_sizes_follow_the_formulas, 0, 5);
	tcase_add_test(tc, test_free_pointer_may_lie_anywhere_in_the_object);

	tc = suite_add(s, "kernel", NULL, kmem_down);
	tcase_add_test(tc, test_real_caches_have_the_kernels_layout);

	tc = suite_add(s, "objects", NULL, kmem_down);
	tcase_add_loop_test(tc, test_objects_lie_where_the_layout_says, 0, 10);
	return s;
}
