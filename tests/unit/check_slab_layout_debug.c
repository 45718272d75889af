/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_layout_debug.c - where debugging puts what it keeps per object
 *
 * The formulas of sizes and offsets, and the picture of a slot, once more,
 * with nothing of the library's. Offsets count from the object, whose slot
 * begins a left red zone before it:
 *
 *	|<----------------------------- size ---------------------------->|
 *	| left zone | object | right zone | link | tracks | request | pad |
 *	            0    object_size    inuse    track              end
 *
 * check_layout.c does the same for caches that do not debug.
 */
#include <stdio.h>

#include "arithmetic.h"
#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

#define CPUS 2
#define NR_DEBUG_FLAGS 5
#define NR_COMBINATIONS (1 << NR_DEBUG_FLAGS)
#define KMALLOC_FLAG (1u << 3)

static const slab_flags_t debug_flags[NR_DEBUG_FLAGS] = {
	SLAB_CONSISTENCY_CHECKS, SLAB_RED_ZONE, SLAB_POISON,
	SLAB_STORE_USER,	 SLAB_TRACE,
};

static slab_flags_t combination(int i)
{
	slab_flags_t flags = 0;

	for (int bit = 0; bit < NR_DEBUG_FLAGS; bit++)
		if (i >> bit & 1)
			flags |= debug_flags[bit];
	return flags;
}

/* ---- the formulas again -------------------------------------------------- */

static unsigned int expect_order(unsigned int size, unsigned int cpus)
{
	unsigned int most = 32768 / size ? 32768 / size : 1;
	unsigned int least = 4 * (highest_bit(cpus) + 1);
	unsigned int first = order_of((least < most ? least : most) * size);

	for (unsigned int part = 16; part >= 2; part /= 2)
		for (unsigned int o = first; o <= 3; o++)
			if ((4096u << o) % size <= (4096u << o) / part)
				return o;
	return order_of(size);
}

static unsigned int expect_align(const struct kmem_cache_spec *spec)
{
	unsigned int align = spec->align > 8 ? spec->align : 8;
	unsigned int line = 64;

	while (spec->object_size <= line / 2)
		line /= 2;
	if (spec->flags & SLAB_HWCACHE_ALIGN && line > align)
		align = line;
	return align;
}

/* Whether the user may want the bytes of a free object. */
static bool keeps_bytes(const struct kmem_cache_spec *spec)
{
	return spec->flags & SLAB_TYPESAFE_BY_RCU ||
	       spec->ctor_kind != KMEM_CTOR_NONE;
}

static bool knows_request(const struct kmem_cache_spec *spec)
{
	return spec->flags & KMALLOC_FLAG && spec->flags & SLAB_STORE_USER;
}

static bool link_is_outside(const struct kmem_cache_spec *spec)
{
	if (spec->flags & SLAB_POISON)
		return true;
	if (spec->flags & SLAB_RED_ZONE &&
	    (spec->object_size < 8 || knows_request(spec)))
		return true;
	return keeps_bytes(spec) && !spec->use_freeptr_offset;
}

static void expect_offsets(const struct kmem_cache_spec *spec,
			   struct slab_layout *e)
{
	unsigned int at = up(spec->object_size, 8);

	if (spec->flags & SLAB_RED_ZONE && at == spec->object_size)
		at += 8;
	e->inuse = at;
	e->freeptr = link_is_outside(spec)	? at
		     : spec->use_freeptr_offset ? spec->freeptr_offset
						: spec->object_size / 2 / 8 * 8;
	if (link_is_outside(spec))
		at += 8;
	if (spec->flags & SLAB_STORE_USER) {
		e->track = at;
		at += 2 * 32;
	}
	if (knows_request(spec)) {
		e->request = at;
		at += 8;
	}
	e->end = at;
}

static struct slab_layout expect(const struct kmem_cache_spec *spec,
				 unsigned int cpus)
{
	struct slab_layout e = { .align = expect_align(spec) };
	unsigned int log2;

	expect_offsets(spec, &e);
	e.size = e.end;
	if (spec->flags & SLAB_RED_ZONE) {
		e.red_left_pad = up(8, e.align);
		e.size += 8 + e.red_left_pad;
	}
	e.size = up(e.size, e.align);
	e.poison = spec->flags & SLAB_POISON && !keeps_bytes(spec);
	e.min_order = order_of(e.size);
	e.order = expect_order(e.size, cpus);
	e.objects = (4096u << e.order) / e.size;
	log2 = highest_bit(e.size) - 1;
	e.min_partial = log2 / 2 < 5 ? 5 : log2 / 2 > 10 ? 10 : log2 / 2;
	return e;
}

/* ---- comparing ----------------------------------------------------------- */

static bool same(const struct slab_layout *l, const struct slab_layout *e)
{
	return l->size == e->size && l->align == e->align &&
	       l->inuse == e->inuse && l->freeptr == e->freeptr &&
	       l->red_left_pad == e->red_left_pad && l->track == e->track &&
	       l->request == e->request && l->end == e->end &&
	       l->poison == e->poison && l->order == e->order &&
	       l->min_order == e->min_order && l->objects == e->objects &&
	       l->min_partial == e->min_partial;
}

static void complain(const struct kmem_cache_spec *spec, const char *who,
		     const struct slab_layout *l)
{
	printf("# size %u align %u flags %#x ctor %d, %s: size %u align %u "
	       "inuse %u freeptr %u left %u track %u request %u end %u "
	       "poison %d order %u/%u objects %u min_partial %lu\n",
	       spec->object_size, spec->align, spec->flags, spec->ctor_kind,
	       who, l->size, l->align, l->inuse, l->freeptr, l->red_left_pad,
	       l->track, l->request, l->end, l->poison, l->order, l->min_order,
	       l->objects, l->min_partial);
}

static void assert_layout(const struct kmem_cache_spec *spec, unsigned int cpus)
{
	const struct slab_layout e = expect(spec, cpus);
	struct slab_layout l;
	int err = slab_layout(spec, cpus, &l);

	if (!err && same(&l, &e) &&
	    (!l.sheaf_capacity || !(spec->flags & SLAB_DEBUG_FLAGS)))
		return;
	complain(spec, "has", &l);
	complain(spec, "wants", &e);
	ck_abort_msg("size %u align %u flags %#x: error %d or another layout",
		     spec->object_size, spec->align, spec->flags, err);
}

/* ---- all layouts --------------------------------------------------------- */

/* 0, then the powers of two to 4096. */
#define NR_ALIGNS 14

static unsigned int align_of(unsigned int i)
{
	return i ? 1u << (i - 1) : 0;
}

/* Of one object size: every alignment, on a few machines. */
static void assert_aligns(struct kmem_cache_spec *spec)
{
	for (unsigned int i = 0; i < NR_ALIGNS; i++) {
		spec->align = align_of(i);
		assert_layout(spec, CPUS);
	}
	spec->align = 0;
	for (unsigned int cpus = 1; cpus <= 256; cpus *= 4)
		assert_layout(spec, cpus);
}

START_TEST(test_sizes_to_8192)
{
	struct kmem_cache_spec spec = { .flags = combination(_i) };

	for (unsigned int n = 8; n <= 8192; n += 8) {
		spec.object_size = n;
		spec.flags = combination(_i);
		assert_aligns(&spec);
		spec.flags |= KMALLOC_FLAG;
		assert_aligns(&spec);
	}
}
END_TEST

/* Where the right red zone may be what rounding leaves. */
START_TEST(test_odd_sizes)
{
	struct kmem_cache_spec spec = { .flags = combination(_i) };

	for (unsigned int n = 1; n <= 600; n++) {
		spec.object_size = n;
		spec.flags = combination(_i);
		assert_aligns(&spec);
		spec.flags |= KMALLOC_FLAG;
		assert_aligns(&spec);
		spec.flags = combination(_i) | SLAB_HWCACHE_ALIGN;
		assert_aligns(&spec);
	}
}
END_TEST

/* Constructors and TYPESAFE_BY_RCU: no poison, and the link goes elsewhere. */
START_TEST(test_objects_that_keep_their_bytes)
{
	struct kmem_cache_spec spec = { 0 };

	for (int kind = 0; kind < 4; kind++) {
		spec.flags = combination(_i);
		spec.ctor_kind = KMEM_CTOR_NONE;
		if (kind & 1)
			spec.flags |= SLAB_TYPESAFE_BY_RCU;
		else
			spec.ctor_kind = KMEM_CTOR_ZERO;
		spec.use_freeptr_offset = kind & 2;
		for (unsigned int n = 8; n <= 1024; n += 4) {
			spec.object_size = n;
			spec.freeptr_offset = (n - 1) / 16 * 8;
			assert_aligns(&spec);
		}
	}
}
END_TEST

START_TEST(test_sizes_to_4_mib)
{
	struct kmem_cache_spec spec = { .flags = combination(_i) };

	for (unsigned int n = 8192; n <= 3u << 20; n += 4096 + n / 64 * 8) {
		spec.object_size = n;
		assert_layout(&spec, CPUS);
	}
}
END_TEST

/* ---- as the library shows it --------------------------------------------- */

static void assert_info(const struct kmem_cache_spec *spec)
{
	const struct slab_layout e = expect(spec, CPUS);
	struct kmem_cache_info info;
	struct kmem_cache *s;
	char *p;

	ck_assert_int_eq(kmem_cache_new("layout", "test", spec, &s), 0);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.spec.object_size, spec->object_size);
	ck_assert_uint_eq(info.spec.flags, spec->flags & ~SLAB_KMALLOC);
	ck_assert_uint_eq(info.size, e.size);
	ck_assert_uint_eq(info.align, e.align);
	ck_assert_uint_eq(info.inuse, e.inuse);
	ck_assert_uint_eq(info.freeptr, e.freeptr);
	ck_assert_uint_eq(info.order, e.order);
	ck_assert_uint_eq(info.objs_per_slab, e.objects);
	ck_assert_uint_eq(info.min_partial, e.min_partial);
	ck_assert_uint_eq(info.sheaf_capacity, 0);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq((uintptr_t)p % e.align, 0);
	ck_assert_uint_eq((uintptr_t)(p - e.red_left_pad) % 4096 % e.size, 0);
	kmem_cache_free(s, p);
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	kmem_cache_destroy(s);
}

START_TEST(test_caches_have_that_layout)
{
	static const unsigned int sizes[] = { 1,   4,	8,    13,   24,	 64,
					      100, 192, 1000, 4096, 5000 };
	static const unsigned int aligns[] = { 0, 16, 64, 512, 4096 };
	struct kmem_cache_spec spec = { .flags = combination(_i) };

	kmem_up();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		spec.object_size = sizes[i];
		spec.align = aligns[i % 5];
		assert_info(&spec);
		spec.align = aligns[(i + 2) % 5];
		spec.flags ^= KMALLOC_FLAG;
		assert_info(&spec);
	}
	reports_take(); /* of SLAB_TRACE */
	kmem_down();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slab_layout_debug");
	TCase *tc = suite_add(s, "formulas", NULL, NULL);

	tcase_add_loop_test(tc, test_sizes_to_8192, 0, NR_COMBINATIONS);
	tcase_add_loop_test(tc, test_odd_sizes, 0, NR_COMBINATIONS);
	tcase_add_loop_test(tc, test_objects_that_keep_their_bytes, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(tc, test_sizes_to_4_mib, 0, NR_COMBINATIONS);
	tc = suite_add(s, "caches", NULL, NULL);
	/* The first combination is no debugging: there objects are parked. */
	tcase_add_loop_test(tc, test_caches_have_that_layout, 1,
			    NR_COMBINATIONS);
	return s;
}
