/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab.c - slabs: blocks of pages cut into equal objects
 *
 * Terms
 *   slab       2^order pages, described by the struct page of the first. Its
 *              other pages are PAGE_TAIL and know how far behind they are.
 *   free list  the slab's free objects, each holding the address of the next
 *              at offset freeptr.
 *   inuse      objects that are not on the free list: in use, or parked in
 *              a sheaf.
 *   node       the lists of a cache's slabs on one node, and their counts.
 *
 * Life of a slab
 *	inuse == objects        on node->full
 *	0 < inuse < objects     on node->partial
 *	inuse == 0              on node->partial; released when more than
 *	                        min_partial slabs are there, or on shrink
 *
 * Objects are looked for on one node, the caller's or the one that it names. If
 * no slab there has any, defrag_ratio in a hundred of those who do not care are
 * sent to partial slabs of other nodes, the nearest first, where more than
 * min_partial are; all others, and who finds nothing there, get a new slab of
 * the node. When the node has no pages for one, any partial slab of the others
 * serves before a new one is made there.
 *
 * Where it differs from the kernel: the lists of all nodes have one lock, which
 * the cache's limit needs as well; threads come here for half a sheaf, and
 * nodes are for their placement. Turns, not chance, decide who defragments. Full
 * slabs are on a list too, so that every slab can be shown, checked and, when a
 * cache is destroyed, found. A
 * slab's free list is changed under the cache's lock, not by a double-word
 * compare-exchange: most threads come here for half a sheaf. What cannot be an
 * object of the slab is reported and refused when it arrives here. Caches that
 * debug have entrances of their own, one object at a time; see slab_debug.c.
 */
#include <string.h>

#include <kmem/rcu.h>

#include "internal.h"

/* ---- addresses ---- */

struct page *slab_of(const void *object)
{
	struct page *page;

	if (!kmem.ready || !kmem_contains(object))
		return NULL;
	page = __virt_to_page(object);
	if (page_type(page) == PAGE_TAIL)
		page -= page->tail;
	return page_type(page) == PAGE_SLAB ? page : NULL;
}

/* By which kfree() finds the thread's array without looking at the slab. */
static void slab_set_bin(const struct page *slab, unsigned int order,
			 uint8_t bin)
{
	unsigned long pfn = __page_to_pfn(slab);

	for (unsigned long i = pfn; i < pfn + (1ul << order); i++)
		if (kmem.bin[i] != bin)
			counter_set(kmem.bin[i], bin);
}

/* Behind its left red zone, if it has one. */
void *slab_object(const struct kmem_cache *s, const struct page *slab,
		  unsigned int index)
{
	return (char *)__page_address(slab) + s->layout.red_left_pad +
	       (size_t)index * s->layout.size;
}

/* Index of an object in its slab, or -1 for an address that is none. */
int slab_index(const struct kmem_cache *s, const struct page *slab,
	       const void *object)
{
	size_t offset = (size_t)((const char *)object -
				 (char *)slab_object(s, slab, 0));

	if (offset % s->layout.size || offset / s->layout.size >= slab->objects)
		return -1;
	return (int)(offset / s->layout.size);
}

/*
 * A link is stored mixed with a secret of the cache and with its own address,
 * bytes reversed: whoever overwrites one cannot aim.
 */
static uint64_t mix(const struct kmem_cache *s, const void *where,
		    uint64_t value)
{
	return value ^ s->random ^ __builtin_bswap64((uint64_t)where);
}

void *slab_next_free(const struct kmem_cache *s, const void *object)
{
	const char *where = (const char *)object + s->layout.freeptr;
	uint64_t stored;

	memcpy(&stored, where, sizeof(stored));
	return (void *)mix(s, where, stored);
}

void slab_set_next_free(const struct kmem_cache *s, void *object, void *next)
{
	char *where = (char *)object + s->layout.freeptr;
	uint64_t stored = mix(s, where, (uint64_t)next);

	memcpy(where, &stored, sizeof(stored));
}

/* ---- making and releasing ---- */

static void construct(const struct kmem_cache *s, void *object)
{
	unsigned char *byte = object;

	switch (s->spec.ctor_kind) {
	case KMEM_CTOR_NONE:
		break;
	case KMEM_CTOR_ZERO:
		memset(object, 0, s->object_size);
		break;
	case KMEM_CTOR_BYTE:
		memset(object, s->spec.ctor_byte, s->object_size);
		break;
	case KMEM_CTOR_SEQUENCE:
		for (unsigned int i = 0; i < s->object_size; i++)
			byte[i] = (unsigned char)i;
		break;
	case KMEM_CTOR_CALL:
		s->spec.ctor(object);
		break;
	}
}

/*
 * The @i-th object of a slab's first free list. A slab of the least order holds
 * fewer than the order was made for, and does without.
 */
static unsigned int nth(const struct kmem_cache *s, const struct page *slab,
			unsigned int i)
{
	i %= slab->objects;
	if (s->shuffle && slab->objects == s->layout.objects)
		return s->shuffle[i];
	return i;
}

static void cut_into_objects(struct kmem_cache *s, struct page *slab)
{
	unsigned int start = s->shuffle ? os_random() % slab->objects : 0;

	/* From the last to the first, each before the one behind it. */
	slab->freelist = NULL;
	for (unsigned int i = slab->objects; i > 0; i--) {
		void *object =
			slab_object(s, slab, nth(s, slab, start + i - 1));

		construct(s, object);
		slab_set_next_free(s, object, slab->freelist);
		slab->freelist = object;
	}
}

/*
 * The preferred order is tried lightly, since the least order does as well: no
 * reclaim for it, and no report.
 */
static struct page *slab_pages(struct kmem_cache *s, gfp_t gfp,
			       unsigned int node, unsigned int *ret_order)
{
	struct page *page = NULL;
	gfp_t light = (gfp | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;

	if (gfpflags_allow_blocking(gfp))
		light = (light | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
	*ret_order = s->layout.order;
	if (s->layout.order > s->layout.min_order)
		page = alloc_pages_node((int)node, light, s->layout.order);
	if (page)
		return page;
	*ret_order = s->layout.min_order;
	return alloc_pages_node((int)node, gfp, s->layout.min_order);
}

/*
 * A new slab, of the node if it has pages, known to nobody yet. Called without
 * locks: looking for pages may reclaim, and constructors are the user's.
 */
struct page *slab_new(struct kmem_cache *s, gfp_t gfp, unsigned int node)
{
	struct page *slab;
	unsigned int order;

	/* The cache says of which migrate type its pages are, not the caller. */
	gfp = slab_fix_gfp(s, gfp) & ~(__GFP_ZERO | GFP_MOVABLE_MASK);
	slab = slab_pages(s, gfp | s->gfp, node, &order);
	if (!slab)
		return NULL;
	counter_set(slab->cache, s);
	counter_set(slab->cache_serial, s->serial);
	slab->node = (uint8_t)page_to_nid(slab);
	slab->inuse = 0;
	slab->full = false;
	slab->bad = false;
	slab->objects = (uint16_t)((KMEM_PAGE_SIZE << order) / s->layout.size);
	slab->tail = 0;
	list_init(&slab->list);
	for (unsigned int i = 1; i < 1u << order; i++) {
		slab[i].tail = (uint16_t)i;
		page_set_type(&slab[i], PAGE_TAIL);
	}
	if (cache_debugs(s))
		slab_debug_new(s, slab);
	cut_into_objects(s, slab);
	page_set_type(slab, PAGE_SLAB);
	slab_set_bin(slab, order, counter_read(s->on_free) ? 0 : s->bin);
	node_count_slab(slab, 1);
	return slab;
}

static struct cache_node *home(struct kmem_cache *s, const struct page *slab)
{
	return &s->node[slab->node];
}

/* Makes a new slab its node's. */
void slab_install(struct kmem_cache *s, struct page *slab)
{
	struct cache_node *node = home(s, slab);

	lock_assert_held(&s->lock);
	list_add(&slab->list, &node->partial);
	counter_add(node->nr_slabs, 1);
	counter_add(node->nr_partial, 1);
	counter_add(node->total, slab->objects);
	counter_add(node->partial_total, slab->objects);
	counter_add(s->stat[KMEM_CACHE_STAT_alloc_slab], 1);
	if (slab->order < s->layout.order)
		counter_add(s->stat[KMEM_CACHE_STAT_order_fallback], 1);
}

static void uninstall(struct kmem_cache *s, struct page *slab,
		      struct slab_discard *discard)
{
	struct cache_node *node = home(s, slab);

	list_move(&slab->list, &discard->list);
	counter_sub(node->nr_slabs, 1);
	counter_sub(node->nr_partial, 1);
	counter_sub(node->total, slab->objects);
	counter_sub(node->partial_total, slab->objects);
	counter_add(s->stat[KMEM_CACHE_STAT_free_slab], 1);
}

/* Gives the pages of discarded slabs back; called without locks. */
void slab_release_now(struct slab_discard *discard)
{
	struct page *slab, *next;

	list_for_each_entry_safe(slab, next, &discard->list, list) {
		unsigned int order = slab->order;

		list_del(&slab->list);
		node_count_slab(slab, -1);
		slab_set_bin(slab, order, 0);
		for (unsigned int i = 1; i < 1u << order; i++)
			page_set_type(&slab[i], PAGE_NONE);
		counter_set(slab->cache, NULL);
		slab->freelist = NULL;
		page_set_type(slab, PAGE_USED);
		if (discard->to_zone)
			free_pages_to_zone(slab, order);
		else
			__free_pages(slab, order);
	}
}

/* The same, after a grace period where readers may look at free objects. */
void slab_release(struct kmem_cache *s, struct slab_discard *discard)
{
	if (list_empty(&discard->list))
		return;
	if (s->spec.flags & SLAB_TYPESAFE_BY_RCU && kmem_has_rcu())
		rcu_defer_slabs(discard);
	else
		slab_release_now(discard);
}

void slab_nodes_init(struct kmem_cache *s)
{
	pthread_mutex_init(&s->lock, NULL);
	for_each_cache_node(s, node)
	{
		list_init(&node->partial);
		list_init(&node->full);
	}
}

/* ---- objects out of slabs ---- */

static void account_out(struct kmem_cache *s, unsigned int nr)
{
	counter_add(s->out, nr);
	if (s->out > s->peak)
		counter_set(s->peak, s->out);
}

static void mark_full(struct cache_node *node, struct page *slab)
{
	slab->full = true;
	list_move(&slab->list, &node->full);
	counter_sub(node->nr_partial, 1);
	counter_sub(node->partial_total, slab->objects);
}

static unsigned int take_from_slab(struct kmem_cache *s, struct page *slab,
				   unsigned int nr, void **objects)
{
	struct cache_node *node = home(s, slab);
	unsigned int n = 0;

	while (n < nr && slab->freelist) {
		objects[n++] = slab->freelist;
		slab->freelist = slab_next_free(s, slab->freelist);
	}
	slab->inuse = (uint16_t)(slab->inuse + n);
	counter_add(node->out, n);
	if (!slab->freelist)
		mark_full(node, slab);
	return n;
}

/*
 * Up to @nr objects from partial slabs of a node, fewer when those or the limit
 * end, and none of a cache that debugs: its caller has looked too early. Under
 * the cache's lock.
 */
unsigned int slab_take(struct kmem_cache *s, unsigned int node, unsigned int nr,
		       void **objects)
{
	struct list_head *partial = &s->node[node].partial;
	unsigned int n = 0;

	lock_assert_held(&s->lock);
	if (cache_debugs(s))
		return 0;
	if (s->limit != KMEM_NO_LIMIT) {
		uint64_t room = s->out < s->limit ? s->limit - s->out : 0;

		nr = (unsigned int)MIN((uint64_t)nr, room);
	}
	while (n < nr && !list_empty(partial)) {
		struct page *slab =
			list_first_entry(partial, struct page, list);

		n += take_from_slab(s, slab, nr - n, objects + n);
	}
	account_out(s, n);
	return n;
}

/* Whether it is this request's turn to use up what other nodes have begun. */
bool slab_may_look_elsewhere(struct kmem_cache *s)
{
	lock_assert_held(&s->lock);
	s->defrag_turn = (s->defrag_turn + 1) % 100;
	return s->defrag_turn < s->defrag_ratio;
}

/*
 * The same from the nearest other node that has more than @spared partial
 * slabs. The way of a zonelist leads by all nodes that may have any.
 */
unsigned int slab_take_elsewhere(struct kmem_cache *s, unsigned int node,
				 unsigned long spared, unsigned int nr,
				 void **objects)
{
	for (const uint8_t *z = zonelist(node, 0); *z != ZONELIST_END; z++) {
		unsigned int other = kmem.zone[*z].node, n = 0;

		if (other != node && s->node[other].nr_partial > spared)
			n = slab_take(s, other, nr, objects);
		if (n)
			return n;
	}
	return 0;
}

/* ---- objects back into slabs ---- */

/*
 * The slab that an object may go back to. What can be seen for nothing is
 * checked in every build; debug builds walk the free list as well.
 */
static struct page *slab_for_free(struct kmem_cache *s, void *object)
{
	struct page *slab = slab_of(object);
	const char *wrong = NULL;

	if (!slab) {
		kmem_report("kmem_cache_free(%s, %p): object is not in a slab "
			    "page",
			    s->name, object);
		return NULL;
	}
	if (slab->cache != s) {
		kmem_report("kmem_cache_free(%s, %p): object belongs to "
			    "different cache %s",
			    s->name, object, slab->cache->name);
		return NULL;
	}
	if (slab_index(s, slab, object) < 0)
		wrong = "not the start of an object";
	else if (slab->inuse == 0 || slab->freelist == object)
		wrong = "object is free already";
#ifdef KMEM_DEBUG
	for (void *p = slab->freelist; p && !wrong; p = slab_next_free(s, p))
		if (p == object)
			wrong = "object is free already";
#endif
	if (wrong)
		kmem_report("kmem_cache_free(%s, %p): %s", s->name, object,
			    wrong);
	return wrong ? NULL : slab;
}

static void give_one(struct kmem_cache *s, struct page *slab, void *object,
		     struct slab_discard *discard)
{
	struct cache_node *node = home(s, slab);

	slab_set_next_free(s, object, slab->freelist);
	if (slab->full) {
		slab->full = false;
		list_move_tail(&slab->list, &node->partial);
		counter_add(node->nr_partial, 1);
		counter_add(node->partial_total, slab->objects);
		counter_add(s->stat[KMEM_CACHE_STAT_free_add_partial], 1);
	}
	slab->freelist = object;
	slab->inuse--;
	counter_sub(node->out, 1);
	counter_sub(s->out, 1);
	if (slab->inuse == 0 && node->nr_partial > s->min_partial) {
		counter_add(s->stat[KMEM_CACHE_STAT_free_remove_partial], 1);
		uninstall(s, slab, discard);
	}
}

/*
 * Objects go back to their slabs; slabs that become empty beyond min_partial
 * are collected for slab_release(). Under the cache's lock.
 */
void slab_give(struct kmem_cache *s, void **objects, unsigned int nr,
	       struct slab_discard *discard)
{
	lock_assert_held(&s->lock);
	for (unsigned int i = 0; i < nr; i++) {
		struct page *slab = slab_for_free(s, objects[i]);

		if (slab)
			give_one(s, slab, objects[i], discard);
	}
}

/* ---- the same with checks ---- */

/* What debugging found: objects that are not on the free list after all. */
void slab_adjust_inuse(struct kmem_cache *s, struct page *slab,
		       unsigned int inuse)
{
	struct cache_node *node = home(s, slab);

	lock_assert_held(&s->lock);
	counter_set(node->out, node->out - slab->inuse + inuse);
	counter_set(s->out, s->out - slab->inuse + inuse);
	slab->inuse = (uint16_t)inuse;
	if (!slab->freelist && !slab->full)
		mark_full(node, slab);
}

/*
 * One object whose surroundings are as they should be. A slab with one that is
 * not so is not used again: all its objects count as used.
 */
void *slab_take_checked(struct kmem_cache *s, unsigned int node,
			const struct slab_user *user)
{
	struct list_head *partial = &s->node[node].partial;
	struct page *slab;
	void *object = NULL;

	lock_assert_held(&s->lock);
	while (!list_empty(partial) && s->out < s->limit) {
		slab = list_first_entry(partial, struct page, list);
		if (!slab_debug_may_take(s, slab)) {
			kmem_report("FIX %s: Marking all objects used",
				    s->name);
			slab->freelist = NULL;
			slab_adjust_inuse(s, slab, slab->objects);
			continue;
		}
		take_from_slab(s, slab, 1, &object);
		account_out(s, 1);
		slab_debug_taken(s, slab, object, user);
		return object;
	}
	return NULL;
}

void slab_give_checked(struct kmem_cache *s, void *object,
		       const struct slab_user *user,
		       struct slab_discard *discard)
{
	struct page *slab = slab_of(object);

	lock_assert_held(&s->lock);
	/* The slab's own debugging says more than slab_for_free() could. */
	if (!slab || slab->cache != s ||
	    !(s->spec.flags & SLAB_CONSISTENCY_CHECKS))
		slab = slab_for_free(s, object);
	if (!slab || !slab_debug_may_give(s, slab, object))
		return;
	slab_debug_given(s, slab, object, user);
	give_one(s, slab, object, discard);
}

/* For shrink: all empty slabs, whatever min_partial says. */
void slab_collect_empty(struct kmem_cache *s, struct slab_discard *discard)
{
	struct page *slab, *next;

	lock_assert_held(&s->lock);
	for_each_cache_node(s, node)
		list_for_each_entry_safe(slab, next, &node->partial,
					 list) if (slab->inuse == 0)
			uninstall(s, slab, discard);
}
