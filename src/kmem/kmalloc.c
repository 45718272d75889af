/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmalloc.c - memory by size: four sets of thirteen caches, whole pages above
 *
 * The classes are the kernel's: powers of two from 8 bytes to 8 KiB, and 96
 * and 192 between them. A larger request is a block of pages of its own, whose
 * first struct page says so.
 *
 * Each class exists once per kind of memory, which the mask tells: for DMA,
 * reclaimable, accounted, or none of these. A mask with several of these bits
 * is of the first kind.
 *
 * How large a block is has three answers. kmalloc_caller() was asked for the
 * request; debugging caches remember it. The bucket is the object size of the
 * block's cache, or its pages, and what krealloc() keeps within. ksize() adds
 * what lies unused behind an object: the user may fill it, but no __GFP_ZERO
 * ever clears it, so krealloc() must neither grow into it nor copy it.
 *
 * What the fast paths need of a cache is in its bin, a small number. The size
 * and the mask say which bin serves a request. kfree() finds the bin in a table
 * of bytes, one for each frame, so that it touches neither the slab nor the
 * cache: a million objects have their bins in a few lines of the CPU's cache.
 * Frames of other memory have bin 0, and so have slabs of which a free is more
 * than parking the object.
 *
 * Where it differs from the kernel: kfree() and the others refuse and report
 * what kmalloc() did not give. ksize() leaves a free object's link alone where
 * it lies behind an object of a constructor. There are no partitioned classes
 * (kmalloc-part-N) and none of fewer extensions (kmalloc-no-objext-N).
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

/* ---- classes ---- */

const struct kmalloc_class kmalloc_classes[KMALLOC_CLASSES] = {
	{ 8, "8" },	{ 16, "16" },	{ 32, "32" },	{ 64, "64" },
	{ 96, "96" },	{ 128, "128" }, { 192, "192" }, { 256, "256" },
	{ 512, "512" }, { 1024, "1k" }, { 2048, "2k" }, { 4096, "4k" },
	{ 8192, "8k" },
};

/* Class of each size up to 192, by (size - 1) / 8. */
const uint8_t kmalloc_small_class[24] = {
	0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6,
};

/* In the order in which the kernel makes them. */
enum kind {
	KIND_NORMAL,
	KIND_RECLAIM,
	KIND_DMA,
	KIND_ACCOUNT,
	NR_KINDS
};

#define KIND_BITS (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)

static const struct {
	const char *prefix;
	slab_flags_t flags;
} kinds[NR_KINDS] = {
	[KIND_NORMAL] = { "kmalloc", SLAB_NO_MERGE },
	[KIND_RECLAIM] = { "kmalloc-rcl", SLAB_RECLAIM_ACCOUNT },
	[KIND_DMA] = { "dma-kmalloc", SLAB_CACHE_DMA },
	[KIND_ACCOUNT] = { "kmalloc-cg", SLAB_ACCOUNT },
};

struct bin {
	struct kmem_cache *cache;
	unsigned int slot; /* the cache's */
};

/* Constant after kmem_init(); the first is none. */
static struct bin bins[1 + NR_KINDS * KMALLOC_CLASSES];

static inline unsigned int bin_of(enum kind kind, unsigned int class)
{
	return 1 + (unsigned int)kind * KMALLOC_CLASSES + class;
}

static enum kind special_kind(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return KIND_DMA;
	return gfp & __GFP_RECLAIMABLE ? KIND_RECLAIM : KIND_ACCOUNT;
}

/*
 * Slots of plain requests, by the size: up to 192 in steps of 8, above that by
 * powers of two. All 0 while the library is down.
 */
#define NR_PLAIN 30

static uint16_t plain_slot[NR_PLAIN];

static inline unsigned int plain_index(size_t size)
{
	if (size <= 192)
		return (unsigned int)(size - 1) / 8;
	/* The first of these has 8 bits. */
	return 24 + 64u - (unsigned int)__builtin_clzl(size - 1) - 8;
}

static void set_plain_slots(void)
{
	for (size_t size = 8; size <= KMALLOC_MAX_CACHE_SIZE; size += 8) {
		unsigned int class = kmalloc_class_of(size);

		plain_slot[plain_index(size)] =
			(uint16_t)bins[bin_of(KIND_NORMAL, class)].slot;
	}
}

static inline struct kmem_cache *cache_for(size_t size, gfp_t gfp)
{
	unsigned int class = kmalloc_class_of(size);

	if (likely(!(gfp & KIND_BITS)))
		return bins[bin_of(KIND_NORMAL, class)].cache;
	return bins[bin_of(special_kind(gfp), class)].cache;
}

static int make_cache(enum kind kind, unsigned int class)
{
	unsigned int size = kmalloc_classes[class].size;
	struct kmem_cache_spec spec = {
		.object_size = size,
		.align = kmalloc_class_align(class),
		.flags = kinds[kind].flags | SLAB_KMALLOC,
		.usersize = size,
	};
	struct bin *bin = &bins[bin_of(kind, class)];
	char name[32];
	int err;

	text_format(name, sizeof(name), "%s-%s", kinds[kind].prefix,
		    kmalloc_classes[class].name);
	err = kmem_cache_new(name, "boot", &spec, &bin->cache);
	if (err)
		return err;
	bin->slot = bin->cache->slot;
	bin->cache->bin = (uint8_t)(bin - bins);
	return 0;
}

/* The two odd sizes come first, as a kernel's slabinfo shows. */
int kmalloc_init(void)
{
	static const uint8_t order[KMALLOC_CLASSES] = { 4, 6, 0, 1,  2,	 3, 5,
							7, 8, 9, 10, 11, 12 };
	int err = 0;

	/* Fresh memory, all zero. */
	kmem.bin = kmem_meta_alloc(kmem.nr_pages);
	if (!kmem.bin)
		return -ENOMEM;
	for (int kind = 0; !err && kind < NR_KINDS; kind++)
		for (int i = 0; !err && i < KMALLOC_CLASSES; i++)
			err = make_cache((enum kind)kind, order[i]);
	if (!err)
		set_plain_slots();
	return err;
}

void kmalloc_exit(void)
{
	memset(bins, 0, sizeof(bins));
	memset(plain_slot, 0, sizeof(plain_slot));
}

/* ---- allocation ---- */

/* The type of the first page tells kfree() what it is. */
static void *alloc_large(size_t size, gfp_t gfp, int node)
{
	struct page *page;

	if (size > KMALLOC_MAX_SIZE)
		return NULL;
	if (unlikely(gfp & GFP_SLAB_BUG_MASK))
		gfp = gfp_fix(gfp, GFP_SLAB_BUG_MASK);
	page = alloc_pages_node(node, gfp | __GFP_COMP, get_order(size));
	if (!page)
		return NULL;
	page_set_type(page, PAGE_LARGE);
	return __page_address(page);
}

/* For who prefers a node; also for nothing, whole pages, the first request. */
__attribute__((noinline)) void *kmalloc_on(size_t size, gfp_t gfp, int node,
					   void *caller)
{
	if (size == 0)
		return ZERO_SIZE_PTR;
	if (!kmem_up())
		return NULL;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return alloc_large(size, gfp, node);
	return cache_alloc_on(cache_for(size, gfp), gfp, node, size, caller);
}

/* Requests that are not plain, and the first one. */
static __attribute__((noinline)) void *alloc_unusual(size_t size, gfp_t gfp,
						     void *caller)
{
	if (unlikely(size - 1 >= KMALLOC_MAX_CACHE_SIZE || !kmem_is_up()))
		return kmalloc_on(size, gfp, NUMA_NO_NODE, caller);
	return cache_alloc_sized(cache_for(size, gfp), gfp, size, caller);
}

/*
 * Nothing is kept over a call here, as in alloc_object(). While the library is
 * down there is nothing parked anywhere, in the record of slot 0 as little as in
 * others.
 */
static inline void *alloc(size_t size, gfp_t gfp, void *caller)
{
	struct kmem_record *r;
	void *object;

	if (unlikely(size - 1 >= KMALLOC_MAX_CACHE_SIZE ||
		     gfp & (KIND_BITS | __GFP_ZERO) || kmem.init_on_alloc))
		return alloc_unusual(size, gfp, caller);
	r = thread_record(plain_slot[plain_index(size)]);
	object = likely(r != NULL) ? kmem_record_pop(r) : NULL;
	return likely(object != NULL) ? object
				      : alloc_unusual(size, gfp, caller);
}

/* For who wants another's address remembered than his own. */
void *kmalloc_caller(size_t size, gfp_t gfp, void *caller)
{
	return alloc(size, gfp, caller);
}

/* The cache of requests with nothing special in their mask, or NULL. */
struct kmem_cache *kmalloc_cache(size_t size)
{
	return size && size <= KMALLOC_MAX_CACHE_SIZE ? cache_for(size, 0)
						      : NULL;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp, __builtin_return_address(0));
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp | __GFP_ZERO, __builtin_return_address(0));
}

void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return alloc(bytes, gfp, __builtin_return_address(0));
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return alloc(bytes, gfp | __GFP_ZERO, __builtin_return_address(0));
}

/* ---- sizes ---- */

/* The first page of a large block that starts at @p, or NULL. */
static struct page *large_block(const void *p)
{
	struct page *page;

	if (!kmem.ready || !kmem_contains(p) ||
	    (size_t)p & (KMEM_PAGE_SIZE - 1))
		return NULL;
	page = __virt_to_page(p);
	return page_type(page) == PAGE_LARGE ? page : NULL;
}

/* Bytes that krealloc() may use of the block at @p; 0: there is none. */
size_t kmalloc_bucket(const void *p)
{
	struct page *page = slab_of(p);

	if (page)
		return slab_index(page->cache, page, p) < 0
			       ? 0
			       : page->cache->object_size;
	page = large_block(p);
	return page ? KMEM_PAGE_SIZE << page->order : 0;
}

/* Where the next thing begins that somebody else will look at. */
static size_t usable_bytes(const struct kmem_cache *s)
{
	if (s->spec.flags & (SLAB_RED_ZONE | SLAB_POISON))
		return s->object_size;
	if (s->spec.flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER) ||
	    s->layout.freeptr >= s->layout.inuse)
		return s->layout.inuse;
	return s->layout.size;
}

size_t ksize(const void *p)
{
	struct page *slab;
	size_t bucket;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	bucket = kmalloc_bucket(p);
	if (!bucket)
		kmem_report("ksize(%p): not a kmalloc allocation", p);
	slab = slab_of(p);
	if (!bucket || !slab)
		return bucket;
	/* The whole bucket counts as asked for from now on. */
	slab_debug_set_request(slab->cache, (void *)p, bucket);
	return usable_bytes(slab->cache);
}

size_t kmalloc_size_roundup(size_t size)
{
	if (size == 0 || size > KMALLOC_MAX_SIZE)
		return size;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return KMEM_PAGE_SIZE << get_order(size);
	return kmalloc_classes[kmalloc_class_of(size)].size;
}

/* ---- free ---- */

/* Nothing, whole pages, objects of other caches, and what is none of these. */
static __attribute__((noinline)) void free_unbinned(const void *p, void *caller)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return;
	page = slab_of(p);
	if (page) {
		cache_free(page->cache, (void *)p, caller);
		return;
	}
	page = large_block(p);
	if (!page) {
		kmem_report("kfree(%p): Not a kmalloc allocation", p);
		return;
	}
	page_set_type(page, PAGE_USED);
	__free_pages(page, page->order);
}

/* From an address to the thread's array by two loads: bin, then slot. */
static inline void free_block(const void *p, void *caller)
{
	size_t offset = (size_t)((const char *)p - kmem.base);
	const struct bin *bin = bins;
	struct kmem_record *r;

	if (likely(offset < kmem.linear))
		bin += counter_read(kmem.bin[offset >> KMEM_PAGE_SHIFT]);
	if (unlikely(bin == bins)) {
		free_unbinned(p, caller);
		return;
	}
	r = thread_record(bin->slot);
	if (unlikely(!r || !kmem_record_push(r, (void *)p)))
		cache_free_unparked(bin->cache, (void *)p, caller);
}

void kfree(const void *p)
{
	free_block(p, __builtin_return_address(0));
}

/* A compiler may drop a memset() of what is freed next, but not this. */
void kfree_sensitive(const void *p)
{
	if (!ZERO_OR_NULL_PTR(p) && kmalloc_bucket(p))
		explicit_bzero((void *)p, ksize(p));
	free_block(p, __builtin_return_address(0));
}

/* ---- krealloc ---- */

/* What the caller was promised of a block: what it asked for, if known. */
static size_t promised(const void *p)
{
	struct page *slab = slab_of(p);

	return slab ? slab_debug_request(slab->cache, p) : kmalloc_bucket(p);
}

/* With zeroing, what the block had beyond its old size must not show. */
static void resize_in_place(void *p, size_t size, gfp_t gfp)
{
	struct page *slab = slab_of(p);
	bool tracked = slab && slab->cache->layout.request;
	size_t end = tracked ? size : kmalloc_bucket(p);
	size_t from = tracked ? MIN(promised(p), size) : size;

	if (gfp & __GFP_ZERO)
		memset((char *)p + from, 0, end - from);
	if (slab)
		slab_debug_set_request(slab->cache, p, size);
}

/* Only who insists on a node has a block moved for it. */
static bool is_on(const void *p, int node, gfp_t gfp)
{
	return node == NUMA_NO_NODE || !(gfp & __GFP_THISNODE) ||
	       page_to_nid(__virt_to_page(p)) == node;
}

/* A block may be too small, on the wrong address, or on the wrong node. */
static void *resize(void *p, size_t size, unsigned long align, gfp_t gfp,
		    int node, void *caller)
{
	size_t bucket = kmalloc_bucket(p);
	void *new;

	if (!bucket) {
		kmem_report("krealloc(%p): not a kmalloc allocation", p);
		return NULL;
	}
	if (size <= bucket && ((size_t)p & (align - 1)) == 0 &&
	    is_on(p, node, gfp)) {
		resize_in_place(p, size, gfp);
		return p;
	}
	new = kmalloc_on(size, gfp, node, caller);
	if (!new)
		return NULL;
	memcpy(new, p, MIN(size, promised(p)));
	free_block(p, caller);
	return new;
}

static inline void *reallocate(const void *p, size_t size, unsigned long align,
			       gfp_t gfp, int node, void *caller)
{
	if (size == 0) {
		free_block(p, caller);
		return ZERO_SIZE_PTR;
	}
	if (!ZERO_OR_NULL_PTR(p))
		return resize((void *)p, size, align, gfp, node, caller);
	return kmalloc_on(size, gfp, node, caller);
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	return reallocate(p, size, 1, gfp, NUMA_NO_NODE,
			  __builtin_return_address(0));
}

void *krealloc_array(const void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return reallocate(p, bytes, 1, gfp, NUMA_NO_NODE,
			  __builtin_return_address(0));
}

void *krealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node)
{
	return reallocate(p, size, align, gfp, node,
			  __builtin_return_address(0));
}
