/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem_buckets.c - size classes of one's own
 *
 * Memory whose size a stranger decides is a tool for attackers when it comes
 * from the same slabs as everything else of that size. A set of buckets is a
 * second kmalloc() whose caches nobody else uses; kfree() finds them by address
 * like any other.
 *
 * Where it differs from the kernel: a set can be destroyed; its caches have the
 * alignment that kmalloc() promises; a failure gives NULL, never ZERO_SIZE_PTR,
 * and the set itself is no object of a cache, but metadata.
 */
#include "internal.h"
#include "util/text.h"

struct kmem_buckets {
	struct kmem_cache *cache[KMALLOC_CLASSES];
};

/* Of the window for user space, each class has what lies inside of it. */
static struct kmem_cache *create_bucket(const char *name, unsigned int class,
					slab_flags_t flags,
					struct kmem_cache_args args)
{
	unsigned int size = kmalloc_classes[class].size;
	char full_name[KMEM_NAME_MAX + 16];

	text_format(full_name, sizeof(full_name), "%s-%s", name,
		    kmalloc_classes[class].name);
	args.align = kmalloc_class_align(class);
	if (args.useroffset >= size) {
		args.useroffset = 0;
		args.usersize = 0;
	}
	args.usersize = MIN(args.usersize, size - args.useroffset);
	return kmem_cache_create_args(full_name, size, &args, flags);
}

kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
				  unsigned int useroffset,
				  unsigned int usersize,
				  void (*ctor)(void *object))
{
	const struct kmem_cache_args args = {
		.useroffset = useroffset,
		.usersize = usersize,
		.ctor = ctor,
	};
	struct kmem_buckets *b;

	if (!kmem_up() || !name)
		return NULL;
	b = kmem_meta_alloc(sizeof(*b));
	for (unsigned int i = 0; b && i < KMALLOC_CLASSES; i++) {
		b->cache[i] =
			create_bucket(name, i, flags | SLAB_NO_MERGE, args);
		if (!b->cache[i]) {
			kmem_buckets_destroy(b);
			return NULL;
		}
	}
	return b;
}

void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	void *caller = __builtin_return_address(0);

	if (unlikely(!b || size - 1 >= KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_caller(size, gfp, caller);
	return cache_alloc_sized(b->cache[kmalloc_class_of(size)], gfp, size,
				 caller);
}

/* The caches of a set that is only half made end where they end. */
void kmem_buckets_destroy(kmem_buckets *b)
{
	if (!b)
		return;
	for (unsigned int i = 0; i < KMALLOC_CLASSES; i++)
		kmem_cache_destroy(b->cache[i]);
	kmem_meta_free(b, sizeof(*b));
}
