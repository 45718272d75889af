/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab_layout.c - how big a slot is, how it is aligned, how many make a slab
 *
 * Pure arithmetic: the kernel's formulas as we understand them, which agree
 * with every cache of a real kernel (tests/data/real-caches.tsv). The number
 * of CPUs is an argument, so that a layout can be computed for any machine.
 *
 * The link to the next free object lies in the middle of a free object, where
 * small overruns of its neighbours do not reach it, or behind the object when
 * its bytes must survive a free (constructor, TYPESAFE_BY_RCU) or are checked
 * while it is free (POISON). Debugging puts more around it, from low to high:
 *
 *	red zone | object | red zone | link | alloc, free track | request | pad
 */
#include <errno.h>

#include "internal.h"

#define WORD ((unsigned int)sizeof(void *))
#define CACHE_LINE 64u
#define SLAB_MAX_ORDER 3u
#define MAX_OBJS_PER_PAGE 32767u /* fits struct page.objects, sign bit spare */

/* The 64 bytes of two struct track, see slab_debug.c. */
#define TRACK_BYTES 64u

static const slab_flags_t slab_flags_permitted =
#define OR_FLAG(flag) flag |
	KMEM_SLAB_FLAGS(OR_FLAG) SLAB_KMALLOC;
#undef OR_FLAG

/* Number of the highest bit set, counted from 1; 0 for 0. */
static unsigned int fls(unsigned int n)
{
	return n ? 32u - (unsigned int)__builtin_clz(n) : 0;
}

static unsigned int block_bytes(unsigned int order)
{
	return (unsigned int)KMEM_PAGE_SIZE << order;
}

/*
 * The least order that wastes at most a sixteenth of the slab, else an eighth,
 * and so on, and holds enough objects to make the trip to the page allocator
 * worth it: more of them on machines with more CPUs.
 */
static unsigned int calculate_order(unsigned int size, unsigned int cpus)
{
	unsigned int min_objects = 4 * (fls(cpus) + 1);
	unsigned int max_objects = MAX(block_bytes(SLAB_MAX_ORDER) / size, 1u);
	unsigned int min_order;

	min_objects = MIN(min_objects, max_objects);
	min_order = get_order((size_t)min_objects * size);
	if (block_bytes(min_order) / size > MAX_OBJS_PER_PAGE)
		return get_order((size_t)size * MAX_OBJS_PER_PAGE) - 1;
	for (unsigned int fraction = 16; fraction > 1; fraction /= 2)
		for (unsigned int order = min_order; order <= SLAB_MAX_ORDER;
		     order++)
			if (block_bytes(order) % size <=
			    block_bytes(order) / fraction)
				return order;
	return get_order(size);
}

static unsigned int calculate_align(const struct kmem_cache_spec *spec)
{
	unsigned int align = spec->align;

	if (spec->flags & SLAB_HWCACHE_ALIGN) {
		unsigned int line = CACHE_LINE;

		while (spec->object_size <= line / 2)
			line /= 2;
		align = MAX(align, line);
	}
	return ALIGN_UP(MAX(align, WORD), WORD);
}

/*
 * Objects a thread may park: fewer of the larger, and as many as fill the
 * kmalloc class that the array of pointers would come from in the kernel.
 */
static unsigned int calculate_sheaf(unsigned int size,
				    const struct kmem_cache_spec *spec)
{
	unsigned int capacity;

	if (spec->flags & (SLAB_NOLEAKTRACE | SLAB_DEBUG_FLAGS))
		return 0;
	capacity = size >= 4096 ? 4 : size >= 1024 ? 12 : size >= 256 ? 28 : 60;
	return MAX(capacity, spec->sheaf_capacity);
}

static int check_spec(const struct kmem_cache_spec *spec)
{
	bool has_ctor = spec->ctor_kind != KMEM_CTOR_NONE;

	if (spec->object_size < 1 || spec->object_size > KMALLOC_MAX_SIZE)
		return -EINVAL;
	if (spec->align & (spec->align - 1) || spec->align > KMALLOC_MAX_SIZE)
		return -EINVAL;
	if (spec->flags & ~slab_flags_permitted)
		return -EINVAL;
	if (spec->ctor_kind == KMEM_CTOR_CALL && !spec->ctor)
		return -EINVAL;
	if (spec->sheaf_capacity > 4096)
		return -EINVAL;
	if (spec->use_freeptr_offset &&
	    (spec->freeptr_offset >= spec->object_size ||
	     spec->freeptr_offset % WORD ||
	     !(has_ctor || spec->flags & SLAB_TYPESAFE_BY_RCU)))
		return -EINVAL;
	return 0;
}

/* Whether kmalloc's callers are told apart from the size of their class. */
static bool tracks_request(slab_flags_t flags)
{
	return (flags & SLAB_KMALLOC) && (flags & SLAB_STORE_USER);
}

static unsigned int place_freeptr(const struct kmem_cache_spec *spec,
				  unsigned int *size)
{
	bool keep = spec->flags & SLAB_TYPESAFE_BY_RCU ||
		    spec->ctor_kind != KMEM_CTOR_NONE;
	bool zone_in_object =
		spec->flags & SLAB_RED_ZONE &&
		(spec->object_size < WORD || tracks_request(spec->flags));
	unsigned int offset;

	if ((keep && !spec->use_freeptr_offset) || spec->flags & SLAB_POISON ||
	    zone_in_object) {
		offset = *size;
		*size += WORD;
		return offset;
	}
	if (spec->use_freeptr_offset)
		return spec->freeptr_offset;
	return spec->object_size / 2 & ~(WORD - 1);
}

/* What debugging adds behind the link, and in front of the object. */
static unsigned int place_metadata(const struct kmem_cache_spec *spec,
				   struct slab_layout *l, unsigned int size)
{
	if (spec->flags & SLAB_STORE_USER) {
		l->track = size;
		size += TRACK_BYTES;
		if (tracks_request(spec->flags)) {
			l->request = size;
			size += WORD;
		}
	}
	l->end = size;
	if (spec->flags & SLAB_RED_ZONE) {
		l->red_left_pad = ALIGN_UP(WORD, l->align);
		size += WORD + l->red_left_pad;
	}
	return size;
}

/**
 * slab_layout() - compute a layout
 * @spec: what is asked for
 * @cpus: for the number of objects in a slab
 * @ret_layout: set on success
 *
 * Return: 0, -EINVAL.
 */
int slab_layout(const struct kmem_cache_spec *spec, unsigned int cpus,
		struct slab_layout *ret_layout)
{
	struct slab_layout l = { 0 };
	unsigned int size, log2;

	if (check_spec(spec))
		return -EINVAL;
	l.align = calculate_align(spec);
	l.poison = spec->flags & SLAB_POISON &&
		   !(spec->flags & SLAB_TYPESAFE_BY_RCU) &&
		   spec->ctor_kind == KMEM_CTOR_NONE;
	size = ALIGN_UP(spec->object_size, WORD);
	/* The right red zone must not be empty. */
	if (spec->flags & SLAB_RED_ZONE && size == spec->object_size)
		size += WORD;
	l.inuse = size;
	l.freeptr = place_freeptr(spec, &size);
	size = place_metadata(spec, &l, size);
	l.size = ALIGN_UP(size, l.align);
	l.min_order = get_order(l.size);
	l.order = calculate_order(l.size, cpus);
	if (l.order > KMEM_MAX_ORDER)
		return -EINVAL;
	l.objects = block_bytes(l.order) / l.size;
	log2 = fls(l.size) - 1;
	l.min_partial = MAX(5u, MIN(10u, log2 / 2));
	l.sheaf_capacity = calculate_sheaf(l.size, spec);
	*ret_layout = l;
	return 0;
}
