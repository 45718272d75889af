/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_debug_clobber.c - bytes that nobody may write, written
 *
 * One object of a cache is looked at, first in use, then free. What each byte
 * of its slot must be told by is worked out from the layout:
 *
 *	in use: | left zone | the user's  | zone or padding | metadata | pad |
 *	free:   | left zone | poison, end | zone or padding | metadata | pad |
 *
 * A byte that a flag protects is clobbered alone: one complaint that names the
 * region, one repair, the byte as before. Bytes that nothing protects are
 * clobbered together: no complaint. Metadata (link, tracks, request) is left
 * alone: a wrong link is another kind of fault, and a wrong track is none.
 *
 * A small slot is clobbered byte by byte, of a large one the ends of each
 * region and some bytes between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

#define NR_DEBUG_FLAGS 5
#define NR_COMBINATIONS (1 << NR_DEBUG_FLAGS)

static const slab_flags_t debug_flags[NR_DEBUG_FLAGS] = {
	SLAB_RED_ZONE,		 SLAB_POISON, SLAB_STORE_USER,
	SLAB_CONSISTENCY_CHECKS, SLAB_TRACE,
};

static slab_flags_t combination(unsigned int i)
{
	slab_flags_t flags = 0;

	for (unsigned int bit = 0; bit < NR_DEBUG_FLAGS; bit++)
		if (i >> bit & 1)
			flags |= debug_flags[bit];
	return flags;
}

/* ---- what was reported --------------------------------------------------- */

static struct {
	unsigned int bugs;
	unsigned int fixes;
	char bug[160]; /* how the latest begins */
	char fix[160];
} seen;

static void note_report(void *arg, const char *text)
{
	(void)arg;
	if (!strncmp(text, "TRACE ", 6))
		return;
	if (!strncmp(text, "FIX ", 4)) {
		seen.fixes++;
		snprintf(seen.fix, sizeof(seen.fix), "%s", text);
		return;
	}
	seen.bugs++;
	snprintf(seen.bug, sizeof(seen.bug), "%s", text + strspn(text, "=\n"));
}

static void forget_reports(void)
{
	memset(&seen, 0, sizeof(seen));
}

/* ---- the object under test ----------------------------------------------- */

static struct kmem_cache *cache;
static struct slab_layout layout;
static struct prng prng;
static unsigned char *object;
static size_t request;
static bool in_use;

static bool has(slab_flags_t flag)
{
	return cache->spec.flags & flag;
}

/* Then the bytes of a free object are what they were. */
static bool keeps_bytes(void)
{
	return has(SLAB_TYPESAFE_BY_RCU) ||
	       cache->spec.ctor_kind != KMEM_CTOR_NONE;
}

static bool is_within(int offset, unsigned int from, unsigned int size)
{
	return offset >= (int)from && offset < (int)(from + size);
}

static bool is_metadata(int offset)
{
	int end = (int)(layout.size - layout.red_left_pad);

	if (layout.freeptr >= cache->object_size || !in_use)
		if (is_within(offset, layout.freeptr, sizeof(void *)))
			return true;
	if (layout.track && is_within(offset, layout.track, 64))
		return true;
	if (layout.request && is_within(offset, layout.request, 8))
		return true;
	return offset >= end;
}

static const char *region_in_object(int offset)
{
	int last = (int)cache->object_size - 1;

	if (in_use)
		return has(SLAB_RED_ZONE) && layout.request &&
				       offset >= (int)request
			       ? "kmalloc Redzone"
			       : NULL;
	if (!has(SLAB_POISON) || keeps_bytes())
		return NULL;
	return offset == last ? "End Poison" : "Poison";
}

/* Whose byte it is, in the words of a report; NULL: nobody watches it. */
static const char *region_of(int offset)
{
	if (offset < 0)
		return "Left Redzone";
	if (offset < (int)cache->object_size)
		return region_in_object(offset);
	if (offset < (int)layout.inuse)
		return has(SLAB_RED_ZONE) ? "Right Redzone"
		       : has(SLAB_POISON) ? "Alignment padding"
					  : NULL;
	return has(SLAB_POISON) ? "Object padding" : NULL;
}

static void complain(int offset, const char *region, unsigned int faults)
{
	ck_abort_msg("size %u align %u flags %#x, %s, byte %d (%s): %u faults, "
		     "%u bugs: %s; %u fixes: %s",
		     cache->object_size, cache->spec.align, cache->spec.flags,
		     in_use ? "in use" : "free", offset,
		     region ? region : "unwatched", faults, seen.bugs, seen.bug,
		     seen.fixes, seen.fix);
}

static void assert_valid(void)
{
	unsigned int faults;

	forget_reports();
	faults = kmem_cache_validate(cache);
	if (faults || seen.bugs || seen.fixes)
		complain(0, "nothing clobbered", faults);
}

/* ---- clobbering ---------------------------------------------------------- */

/* Any value but the right one. */
static unsigned char another(unsigned char right)
{
	return (unsigned char)(right + 1 + prng_below(&prng, 255));
}

static bool was_reported(const char *region)
{
	char bug[80], fix[80];

	snprintf(bug, sizeof(bug), "[%s overwritten]", region);
	snprintf(fix, sizeof(fix), ": Restoring %s ", region);
	return seen.bugs == 1 && seen.fixes == 1 && strstr(seen.fix, fix) &&
	       !strncmp(seen.bug, bug, strlen(bug));
}

static void clobber(int offset, const char *region)
{
	unsigned char was = object[offset];
	unsigned int faults;

	object[offset] = another(was);
	forget_reports();
	faults = kmem_cache_validate(cache);
	if (faults != 1 || !was_reported(region) || object[offset] != was)
		complain(offset, region, faults);
}

/* Of a region, [@from, @to): up to 10 bytes, or up to @all of them. */
static void clobber_region(int from, int to, const char *region, int all)
{
	if (to - from <= all) {
		for (int offset = from; offset < to; offset++)
			clobber(offset, region);
		return;
	}
	for (int i = 0; i < 3; i++) {
		clobber(from + i, region);
		clobber(to - 1 - i, region);
	}
	for (int i = 0; i < 4; i++)
		clobber(from + (int)prng_below(&prng, (unsigned)(to - from)),
			region);
}

/* Writable by anybody: in use, that includes the user's own bytes. */
static bool is_free_for_all(int offset)
{
	return !is_metadata(offset) && !region_of(offset);
}

static void clobber_unwatched(void)
{
	int from = -(int)layout.red_left_pad;
	int end = from + (int)layout.size;
	unsigned char *kept = malloc(layout.size);
	unsigned int faults;

	ck_assert_ptr_nonnull(kept);
	memcpy(kept, object + from, layout.size);
	for (int offset = from; offset < end; offset++)
		if (is_free_for_all(offset))
			object[offset] = another(object[offset]);
	forget_reports();
	faults = kmem_cache_validate(cache);
	if (faults || seen.bugs || seen.fixes)
		complain(0, NULL, faults);
	for (int offset = from; offset < end; offset++)
		if (is_free_for_all(offset))
			object[offset] = kept[offset - from];
	free(kept);
}

/* All bytes of the slot, a run of equal regions at a time. */
static void clobber_slot(int all)
{
	int end = (int)(layout.size - layout.red_left_pad);
	int from = -(int)layout.red_left_pad, to;

	clobber_unwatched();
	for (; from < end; from = to) {
		const char *region = is_metadata(from) ? NULL : region_of(from);

		for (to = from + 1; to < end && !is_metadata(to); to++)
			if (region_of(to) != region)
				break;
		if (region)
			clobber_region(from, to, region, all);
	}
	assert_valid();
}

/* ---- what is left behind the last object of a slab ----------------------- */

static void clobber_tail_at(unsigned char *p)
{
	unsigned char was = *p;
	unsigned int faults;

	*p = another(was);
	forget_reports();
	faults = kmem_cache_validate(cache);
	if (!has(SLAB_POISON) && !faults && !seen.bugs) {
		*p = was;
		return;
	}
	if (!has(SLAB_POISON) || faults != 1 || seen.bugs != 1 ||
	    seen.fixes != 1 || *p != was ||
	    !strstr(seen.bug, "Padding overwritten.") ||
	    !strstr(seen.fix, ": Restoring slab padding "))
		complain(0, "slab tail", faults);
}

static void clobber_tail(void)
{
	size_t bytes = KMEM_PAGE_SIZE << layout.order;
	size_t rest = bytes - (size_t)layout.objects * layout.size;
	unsigned char *slab = object - ((uintptr_t)object & (bytes - 1));

	if (!rest)
		return;
	clobber_tail_at(slab + bytes - rest);
	clobber_tail_at(slab + bytes - 1);
	clobber_tail_at(slab + bytes - 1 -
			prng_below(&prng, (unsigned int)rest));
	assert_valid();
}

/* ---- one cache ----------------------------------------------------------- */

static void take_object(const struct kmem_cache_spec *spec)
{
	request = spec->object_size;
	if (spec->flags & SLAB_KMALLOC)
		request = 1 + prng_below(&prng, spec->object_size);
	object = cache_alloc_sized(cache, GFP_KERNEL, request,
				   __builtin_return_address(0));
	ck_assert_ptr_nonnull(object);
	in_use = true;
	memset(object, 0x11, request);
}

static void clobber_cache(const struct kmem_cache_spec *spec, int all)
{
	if (kmem_cache_new("clobbered", "test", spec, &cache))
		ck_abort_msg("no cache of %u", spec->object_size);
	layout = cache->layout;
	take_object(spec);
	clobber_slot(all);
	clobber_tail();
	kmem_cache_free(cache, object);
	in_use = false;
	clobber_slot(all);
	clobber_tail();
	forget_reports();
	kmem_cache_destroy(cache);
	if (seen.bugs || seen.fixes)
		ck_abort_msg("destroy of %u: %s", spec->object_size, seen.bug);
}

/* ---- many caches --------------------------------------------------------- */

static void clobber_setup(void)
{
	kmem_up();
	kmem_set_report(note_report, NULL);
	prng.state = test_seed("clobber");
}

/* Objects come in any order: the one looked at is rarely a slab's first. */
static void shuffled_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.freelist_random = true,
	};

	kmem_up_with(&config);
	kmem_set_report(note_report, NULL);
	prng.state = test_seed("clobber");
}

static const unsigned int sizes[] = {
	1,  2,	7,  8,	9,   12,  16,  20,  24,	 31,  32,   40,
	48, 64, 65, 96, 100, 128, 150, 192, 200, 256, 1000, 2100,
};
static const unsigned int aligns[] = { 0, 16, 64 };

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define ALL_OF_SMALL 12

/* Without a debug flag (the first combination) nothing is watched at all. */
START_TEST(test_each_watched_byte_is_told)
{
	struct kmem_cache_spec spec = {
		.flags = combination((unsigned int)_i),
	};

	for (size_t i = 0; i < NR_SIZES; i++)
		for (size_t j = 0; j < sizeof(aligns) / sizeof(aligns[0]);
		     j++) {
			spec.object_size = sizes[i];
			spec.align = aligns[j];
			clobber_cache(&spec, ALL_OF_SMALL);
		}
}
END_TEST

/* No sampling here: every byte of small slots. */
START_TEST(test_every_byte_of_a_small_slot)
{
	static const struct kmem_cache_spec small[] = {
		{ .object_size = 5 },
		{ .object_size = 8, .align = 32 },
		{ .object_size = 24 },
		{ .object_size = 33 },
		{ .object_size = 64, .align = 64 },
	};

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		struct kmem_cache_spec spec = small[i];

		spec.flags = combination((unsigned int)_i);
		clobber_cache(&spec, 1000);
	}
}
END_TEST

/* What kmalloc() was not asked for is watched, if the request is known. */
START_TEST(test_bytes_behind_the_request)
{
	static const unsigned int classes[] = { 8, 16, 96, 192, 512 };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct kmem_cache_spec spec = {
			.object_size = classes[i],
			.align = classes[i] & -classes[i],
			.flags = combination((unsigned int)_i) | SLAB_KMALLOC,
		};

		clobber_cache(&spec, 40);
	}
}
END_TEST

static struct kmem_cache_spec cache_by_chance(void)
{
	struct kmem_cache_spec spec = {
		.object_size = 1 + prng_below(&prng, 8192),
		.flags = combination(prng_below(&prng, NR_COMBINATIONS)),
	};

	if (prng_below(&prng, 4))
		spec.align = 1u << prng_below(&prng, 13);
	switch (prng_below(&prng, 6)) {
	case 0:
		spec.flags |= SLAB_KMALLOC;
		break;
	case 1:
		spec.flags |= SLAB_TYPESAFE_BY_RCU;
		break;
	case 2:
		spec.ctor_kind = KMEM_CTOR_SEQUENCE;
		break;
	}
	return spec;
}

/* The rest of the sizes, alignments and flags. */
START_TEST(test_caches_by_chance)
{
	unsigned long steps = test_steps(500);

	for (unsigned long i = 0; i < steps; i++) {
		const struct kmem_cache_spec spec = cache_by_chance();

		clobber_cache(&spec, 4);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slab_debug_clobber");
	TCase *tc = suite_add(s, "clobber", clobber_setup, kmem_down);

	tcase_add_loop_test(tc, test_each_watched_byte_is_told, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(tc, test_every_byte_of_a_small_slot, 0,
			    NR_COMBINATIONS);
	tcase_add_loop_test(tc, test_bytes_behind_the_request, 0,
			    NR_COMBINATIONS);
	tcase_add_test(tc, test_caches_by_chance);

	tc = suite_add(s, "shuffled", shuffled_setup, kmem_down);
	tcase_add_test(tc, test_caches_by_chance);
	return s;
}
