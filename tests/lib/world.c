/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * world.c - random users of the allocators, each checked against a model
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define BULK_MOST 40
#define POOL_MOST 12

struct parcel {
	struct entry entry;
	enum source_kind kind;
	struct kmem_cache *cache;
	mempool_t *pool;
};

void world_fault(struct world *w, const char *what)
{
	if (w->fault)
		return;
	w->fault = what;
	w->fault_step = w->step;
}

static void fault_if(struct world *w, bool wrong, const char *what)
{
	if (wrong)
		world_fault(w, what);
}

static unsigned int roll(struct world *w, unsigned int n)
{
	return prng_below(&w->prng, n);
}

/* ---- what a world owns --------------------------------------------------- */

static struct entry *own(struct world *w, struct source *src, void *handle,
			 void *address, size_t size)
{
	struct entry *entry;
	const char *wrong;

	if (src->nr == src->room) {
		src->room = src->room ? 2 * src->room : 64;
		src->entries = realloc(src->entries,
				       src->room * sizeof(src->entries[0]));
		if (!src->entries)
			abort();
	}
	entry = &src->entries[src->nr++];
	*entry = (struct entry){
		.object = { .address = address,
			    .size = size,
			    .tag = prng_next(&w->prng),
			    .sparse = size > 2 * KMEM_PAGE_SIZE },
		.handle = handle,
	};
	w->live += size;
	wrong = model_claim(w->model, &entry->object);
	if (wrong)
		world_fault(w, wrong);
	return entry;
}

/* The last takes the place of the one that goes. */
static struct entry disown(struct world *w, struct source *src, unsigned int i)
{
	struct entry entry = src->entries[i];
	const char *wrong;

	src->entries[i] = src->entries[--src->nr];
	w->live -= entry.object.size;
	wrong = model_release(w->model, &entry.object);
	if (wrong)
		world_fault(w, wrong);
	return entry;
}

static struct entry disown_any(struct world *w, struct source *src)
{
	return disown(w, src, roll(w, src->nr));
}

/* ---- caches -------------------------------------------------------------- */

static unsigned int random_size(struct world *w)
{
	switch (roll(w, 10)) {
	case 0:
		return 1 + roll(w, 16000);
	case 1:
	case 2:
		return 1 + roll(w, 4096);
	default:
		return 1 + roll(w, 300);
	}
}

static const slab_flags_t debug_flags[4] = {
	SLAB_CONSISTENCY_CHECKS,
	SLAB_RED_ZONE | SLAB_POISON,
	SLAB_STORE_USER | SLAB_CONSISTENCY_CHECKS,
	SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON,
};

static void random_spec(struct world *w, struct kmem_cache_spec *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->object_size = random_size(w);
	if (roll(w, 4) == 0)
		ret->align = 1u << roll(w, 9);
	if (roll(w, 4) == 0)
		ret->flags |= SLAB_HWCACHE_ALIGN;
	if (roll(w, 8) == 0)
		ret->flags |= SLAB_TYPESAFE_BY_RCU;
	if (roll(w, 8) == 0)
		ret->flags |= SLAB_NOLEAKTRACE;
	if (roll(w, 8) == 0)
		ret->ctor_kind = KMEM_CTOR_SEQUENCE;
	if (roll(w, 8) == 0)
		ret->flags |= debug_flags[roll(w, 4)];
}

void source_add_cache(struct world *w, struct source *src)
{
	struct kmem_cache_spec spec;

	random_spec(w, &spec);
	src->kind = SOURCE_CACHE;
	src->size = spec.object_size;
	src->built = spec.ctor_kind != KMEM_CTOR_NONE;
	if (kmem_cache_new("model", "check", &spec, &src->cache)) {
		world_fault(w, "a cache was not made");
		src->kind = SOURCE_NONE;
		return;
	}
	if (roll(w, 4) == 0)
		kmem_cache_set_min_partial(src->cache, roll(w, 8));
}

static void cache_reshape(struct world *w, struct source *src)
{
	struct kmem_cache_spec spec;
	int error;

	random_spec(w, &spec);
	error = kmem_cache_reshape(src->cache, &spec);
	fault_if(w, error != (src->nr ? -EBUSY : 0), "reshape");
	if (!error) {
		src->built = spec.ctor_kind != KMEM_CTOR_NONE;
		src->size = spec.object_size;
	}
}

static void check_slab(struct world *w, const void *object)
{
	fault_if(w, kmem_slab_validate(object), "a slab is broken");
}

static void cache_alloc(struct world *w, struct source *src)
{
	bool zero = roll(w, 8) == 0 && !src->built;
	void *p = kmem_cache_alloc(src->cache,
				   zero ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL);

	if (!p) {
		world_fault(w, "no memory for an object");
		return;
	}
	fault_if(w, zero && !bytes_are(p, src->size, 0), "zero: was not");
	own(w, src, p, p, src->size);
	check_slab(w, p);
}

static void cache_free(struct world *w, struct source *src)
{
	void *p = disown_any(w, src).handle;

	if (roll(w, 4))
		kmem_cache_free(src->cache, p);
	else
		kfree(p);
	if (src->nr)
		check_slab(w, src->entries[roll(w, src->nr)].handle);
}

static void cache_bulk(struct world *w, struct source *src)
{
	unsigned int n = 1 + roll(w, BULK_MOST);
	void *objects[BULK_MOST];

	if (roll(w, 2)) {
		if (!kmem_cache_alloc_bulk(src->cache, GFP_KERNEL, n,
					   objects)) {
			world_fault(w, "no memory for objects");
			return;
		}
		for (unsigned int i = 0; i < n; i++)
			own(w, src, objects[i], objects[i], src->size);
		check_slab(w, objects[0]);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (!src->nr)
			n = i;
		else
			objects[i] = disown_any(w, src).handle;
	}
	kmem_cache_free_bulk(roll(w, 2) ? src->cache : NULL, n, objects);
	if (src->nr)
		check_slab(w, src->entries[0].handle);
}

static void cache_meddle(struct world *w, struct source *src)
{
	switch (roll(w, 4)) {
	case 0:
		kmem_cache_set_limit(src->cache, 1000000);
		break;
	case 1:
		kmem_cache_set_limit(src->cache, KMEM_NO_LIMIT);
		break;
	case 2:
		fault_if(w, kmem_cache_validate(src->cache),
			 "a cache is broken");
		break;
	default:
		kmem_cache_shrink(src->cache);
		break;
	}
}

static void cache_step(struct world *w, struct source *src)
{
	unsigned int choice = roll(w, 1000);

	if (choice < 4 && !src->shared)
		source_remove(w, src);
	else if (choice < 6 && !src->shared)
		cache_reshape(w, src);
	else if (choice < 14)
		cache_meddle(w, src);
	else if (choice < 100)
		cache_bulk(w, src);
	else if (src->nr && roll(w, 2))
		cache_free(w, src);
	else
		cache_alloc(w, src);
}

/* ---- kmalloc ------------------------------------------------------------- */

static void kmalloc_alloc(struct world *w, struct source *src)
{
	size_t size = random_size(w) * (roll(w, 50) ? 1 : 10);
	unsigned char *p = kmalloc(size, GFP_KERNEL);

	if (!p) {
		fault_if(w, size <= 8 * KMEM_PAGE_SIZE, "no memory: kmalloc");
		return;
	}
	fault_if(w, ksize(p) < size, "ksize below the size");
	own(w, src, p, p, size);
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		check_slab(w, p);
}

static void kmalloc_free(struct world *w, struct source *src)
{
	kfree(disown_any(w, src).handle);
}

/* What both sizes have in common must have moved along. */
static void kmalloc_resize(struct world *w, struct source *src)
{
	struct entry old = disown_any(w, src);
	size_t size = random_size(w);
	void *p = krealloc(old.handle, size, GFP_KERNEL);
	struct model_object part = old.object;

	if (!p) {
		world_fault(w, "no memory: krealloc");
		kfree(old.handle);
		return;
	}
	part.address = p;
	if (part.sparse && size < KMEM_PAGE_SIZE)
		part.size = 0;
	else if (part.size > size)
		part.size = part.sparse ? KMEM_PAGE_SIZE : size / 8 * 8;
	fault_if(w, !model_intact(&part), "krealloc lost bytes");
	own(w, src, p, p, size);
}

static void kmalloc_step(struct world *w, struct source *src)
{
	unsigned int choice = roll(w, 10);

	if (!src->nr || choice < 5)
		kmalloc_alloc(w, src);
	else if (choice < 9)
		kmalloc_free(w, src);
	else
		kmalloc_resize(w, src);
}

/* ---- pages --------------------------------------------------------------- */

static void pages_alloc(struct world *w, struct source *src)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_KERNEL | __GFP_COMP,
				      GFP_KERNEL | __GFP_DMA,
				      GFP_ATOMIC | __GFP_NOWARN };
	unsigned int order = roll(w, 2)	   ? 0
			     : roll(w, 20) ? roll(w, 5)
					   : roll(w, 10);
	gfp_t gfp = gfps[roll(w, 4)];
	struct page *page = alloc_pages(gfp, order);
	struct entry *entry;

	if (!page) {
		fault_if(w, order == 0 && gfp == GFP_KERNEL,
			 "no memory: a page");
		return;
	}
	fault_if(w, kmem_block_validate(page, order), "a block is broken");
	fault_if(w, page_to_pfn(page) & ((1ul << order) - 1),
		 "a block is not aligned");
	entry = own(w, src, page, page_address(page), KMEM_PAGE_SIZE << order);
	entry->order = order;
}

static void pages_free(struct world *w, struct source *src)
{
	struct entry entry = disown_any(w, src);

	if (roll(w, 2))
		__free_pages(entry.handle, entry.order);
	else
		free_pages((unsigned long)entry.object.address, entry.order);
}

static void pages_step(struct world *w, struct source *src)
{
	if (roll(w, 2000) == 0)
		drain_all_pages();
	else if (src->nr && roll(w, 2))
		pages_free(w, src);
	else
		pages_alloc(w, src);
}

/* ---- pools --------------------------------------------------------------- */

/* The cache under the pool is limited, so that the model knows when it fails. */
void source_add_pool(struct world *w, struct source *src)
{
	src->size = 1 + roll(w, 500);
	src->cache = kmem_cache_create("backing", src->size, 0, 0, NULL);
	src->kind = SOURCE_POOL;
	src->limit = src->shared ? INT32_MAX : POOL_MOST + roll(w, 30);
	src->curr = 1 + (int)roll(w, POOL_MOST - 1);
	if (!src->shared)
		kmem_cache_set_limit(src->cache, src->limit);
	src->pool = mempool_create_slab_pool(src->curr, src->cache);
	if (!src->pool) {
		world_fault(w, "a pool was not made");
		src->kind = SOURCE_NONE;
	}
}

static unsigned int backing_left(const struct source *src)
{
	return src->limit - src->nr - (unsigned int)src->curr;
}

/* What a refused request got from the backing may stay in the reserve. */
static void pool_was_refused(struct world *w, struct source *src)
{
	unsigned int most = (unsigned int)src->curr + backing_left(src);
	int now = src->pool->curr_nr;

	if (most > (unsigned int)src->pool->min_nr)
		most = (unsigned int)src->pool->min_nr;
	fault_if(w, now < src->curr || (unsigned int)now > most,
		 "pool: curr_nr after a refusal");
	src->curr = now;
}

/* All at once or none: first what the backing gives, then the reserve. */
static void pool_take_some(struct world *w, struct source *src)
{
	unsigned int n = 1 + roll(w, (unsigned int)src->pool->min_nr);
	void *elements[POOL_MOST];
	struct mempool_request request = {
		.nr = n,
		.gfp = GFP_KERNEL,
		.elements = elements,
	};
	unsigned int left = backing_left(src);
	int error = mempool_submit(src->pool, &request);
	bool expect = src->shared || n <= left + (unsigned int)src->curr;

	fault_if(w, error != (expect ? 0 : -EAGAIN), "pool: served or not");
	if (error) {
		pool_was_refused(w, src);
		return;
	}
	if (n > left && !src->shared)
		src->curr -= (int)(n - left);
	for (unsigned int i = 0; i < n; i++)
		own(w, src, elements[i], elements[i], src->size);
}

static void pool_take_one(struct world *w, struct source *src)
{
	unsigned int left = backing_left(src);
	void *p = mempool_alloc(src->pool, GFP_NOWAIT);
	bool expect = src->shared || left || src->curr;

	fault_if(w, !p == expect, "pool: served or not");
	if (!p)
		return;
	if (!left && !src->shared)
		src->curr--;
	own(w, src, p, p, src->size);
}

static void pool_give_one(struct world *w, struct source *src)
{
	mempool_free(disown_any(w, src).handle, src->pool);
	if (src->curr < src->pool->min_nr)
		src->curr++;
}

static void pool_resize(struct world *w, struct source *src)
{
	int min_nr = 1 + (int)roll(w, POOL_MOST);
	int left = (int)backing_left(src);
	bool grows = min_nr > src->pool->min_nr;
	int missing = min_nr - src->curr;

	fault_if(w, mempool_resize(src->pool, min_nr), "pool: not resized");
	if (grows)
		src->curr += missing < left ? missing : left;
	else if (missing < 0)
		src->curr = min_nr;
}

static void pool_step(struct world *w, struct source *src)
{
	unsigned int choice = roll(w, 100);

	if (choice < 2 && !src->shared)
		pool_resize(w, src);
	else if (choice < 15)
		pool_take_some(w, src);
	else if (src->nr && roll(w, 2))
		pool_give_one(w, src);
	else
		pool_take_one(w, src);
	fault_if(w, mempool_validate(src->pool), "a pool is broken");
	fault_if(w, !src->shared && src->pool->curr_nr != src->curr,
		 "pool: curr_nr");
}

/* ---- objects that change hands ------------------------------------------- */

static void parcel_free(struct world *w, struct parcel *parcel)
{
	struct entry *entry = &parcel->entry;
	const char *wrong;

	wrong = model_release(w->model, &entry->object);
	if (wrong)
		world_fault(w, wrong);
	switch (parcel->kind) {
	case SOURCE_CACHE:
		kmem_cache_free(parcel->cache, entry->handle);
		break;
	case SOURCE_KMALLOC:
		kfree(entry->handle);
		break;
	case SOURCE_PAGES:
		__free_pages(entry->handle, entry->order);
		break;
	default:
		mempool_free(entry->handle, parcel->pool);
		break;
	}
	free(parcel);
}

static struct parcel *parcel_pack(struct world *w, struct source *src)
{
	struct parcel *parcel = malloc(sizeof(*parcel));
	unsigned int i = roll(w, src->nr);

	*parcel = (struct parcel){
		.entry = src->entries[i],
		.kind = src->kind,
		.cache = src->cache,
		.pool = src->pool,
	};
	src->entries[i] = src->entries[--src->nr];
	w->live -= parcel->entry.object.size;
	return parcel;
}

/* Leave something in a box, free what was there. */
static void post_step(struct world *w, struct source *src)
{
	struct parcel *parcel = parcel_pack(w, src);

	parcel = __atomic_exchange_n(&w->post->box[roll(w, POST_BOXES)], parcel,
				     __ATOMIC_ACQ_REL);
	if (parcel)
		parcel_free(w, parcel);
}

void post_empty(struct world *w)
{
	for (unsigned int i = 0; i < POST_BOXES; i++) {
		struct parcel *parcel = __atomic_exchange_n(
			&w->post->box[i], NULL, __ATOMIC_ACQ_REL);

		if (parcel)
			parcel_free(w, parcel);
	}
}

/* ---- the world ----------------------------------------------------------- */

static void free_one(struct world *w, struct source *src)
{
	switch (src->kind) {
	case SOURCE_CACHE:
		cache_free(w, src);
		break;
	case SOURCE_KMALLOC:
		kmalloc_free(w, src);
		break;
	case SOURCE_PAGES:
		pages_free(w, src);
		break;
	default:
		pool_give_one(w, src);
		break;
	}
}

void source_remove(struct world *w, struct source *src)
{
	while (src->nr)
		free_one(w, src);
	free(src->entries);
	if (!src->shared && src->pool)
		mempool_destroy(src->pool);
	if (!src->shared && src->cache)
		kmem_cache_destroy(src->cache);
	memset(src, 0, sizeof(*src));
}

void world_step(struct world *w)
{
	struct source *src = &w->source[roll(w, WORLD_SOURCES)];

	w->step++;
	if (src->nr && w->live > w->most) {
		free_one(w, src);
		return;
	}
	if (src->nr && src->shared && w->post && roll(w, 8) == 0) {
		post_step(w, src);
		return;
	}
	switch (src->kind) {
	case SOURCE_NONE:
		source_add_cache(w, src);
		break;
	case SOURCE_CACHE:
		cache_step(w, src);
		break;
	case SOURCE_KMALLOC:
		kmalloc_step(w, src);
		break;
	case SOURCE_PAGES:
		pages_step(w, src);
		break;
	case SOURCE_POOL:
		pool_step(w, src);
		break;
	}
}

static void check_counts(struct world *w, const struct source *src)
{
	struct kmem_mempool_info pool;
	struct kmem_cache_info cache;
	uint64_t active = src->nr;

	if (src->pool) {
		mempool_info(src->pool, &pool);
		fault_if(w, pool.active != src->nr, "pool: active");
		active += (unsigned int)pool.curr_nr;
	}
	if (src->cache) {
		kmem_cache_info(src->cache, &cache);
		fault_if(w, cache.active != active, "cache: active");
		fault_if(w, cache.objects != active + cache.cached,
			 "cache: objects");
		fault_if(w, cache.total_objects < cache.objects,
			 "cache: total_objects");
	}
}

void world_check(struct world *w)
{
	for (unsigned int i = 0; i < WORLD_SOURCES; i++) {
		struct source *src = &w->source[i];

		if (!src->shared)
			check_counts(w, src);
		for (unsigned int n = 0; n < 8 && src->nr; n++) {
			unsigned int j = roll(w, src->nr);

			fault_if(w, !model_intact(&src->entries[j].object),
				 "the bytes of a live object changed");
		}
	}
}

void world_empty(struct world *w)
{
	for (unsigned int i = 0; i < WORLD_SOURCES; i++) {
		while (w->source[i].nr)
			free_one(w, &w->source[i]);
	}
}
