/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool_debug.c - pools that watch over their reserve
 *
 * What lies in a reserve for months and is needed in the worst moment must be
 * whole then. In a pool that poisons
 *
 *	in the reserve	an element is full of 0x6b and ends in 0xa5; when it
 *			leaves, a byte that differs is reported
 *	handed out	it is full of 0x5a if it comes from the reserve, and what
 *			kmalloc() gave behind its end is 0xcc
 *	returned	it must be an element, must not be in the reserve
 *			already, and must have left alone what is behind its end
 *
 * Only pools on a cache, kmalloc(), kvmalloc() or pages know what their elements are: the
 * pair of functions says it, both of them, so that a pool whose two functions
 * belong to different pairs is left alone. So is one on a cache that lets go of
 * its objects by RCU, whose readers may still look at them, and one of blocks
 * of no size.
 *
 * Where it differs from the kernel: there it is chosen when the kernel is built
 * or booted, here for the stack or for a pool. The kernel sees what was written
 * behind an element, and elements that come back wrong, with KASAN only, which
 * in turn leaves no poison in them. A page element is poisoned as one piece,
 * and one of high memory not at all.
 */
#include <errno.h>
#include <string.h>

#include <kmem/highmem.h>
#include <kmem/vmalloc.h>

#include "internal.h"
#include "util/text.h"

#define POISON_INUSE 0x5a
#define POISON_FREE 0x6b
#define POISON_END 0xa5
#define RED_ZONE 0xcc

/* Bytes that a report shows before and behind the one that is wrong. */
#define AROUND 8

/* ---- what an element is -------------------------------------------------- */

enum kmem_mempool_kind pool_watchable(const mempool_t *pool)
{
	const struct kmem_cache *s = pool->pool_data;
	enum kmem_mempool_kind kind = pool_kind_of(pool);

	if (kind == KMEM_MEMPOOL_SLAB && s->spec.flags & SLAB_TYPESAFE_BY_RCU)
		return KMEM_MEMPOOL_CUSTOM;
	if ((kind == KMEM_MEMPOOL_KMALLOC || kind == KMEM_MEMPOOL_KVMALLOC) &&
	    !pool->pool_data)
		return KMEM_MEMPOOL_CUSTOM;
	return kind;
}

static size_t element_size(const mempool_t *pool)
{
	switch (pool->cold->watched) {
	case KMEM_MEMPOOL_SLAB:
		return kmem_cache_size(pool->pool_data);
	case KMEM_MEMPOOL_PAGES:
		return KMEM_PAGE_SIZE << (size_t)pool->pool_data;
	default:
		return (size_t)pool->pool_data;
	}
}

/* NULL: it has no address of its own, and goes without poison. */
static unsigned char *element_memory(const mempool_t *pool, void *element)
{
	if (pool->cold->watched != KMEM_MEMPOOL_PAGES)
		return element;
	return PageHighMem(element) ? NULL : page_address(element);
}

/* The first page of a block of kmalloc()'s that is a whole number of pages. */
static const struct page *large_block(const void *p)
{
	const struct page *page;

	if (!kmem_contains(p) || (size_t)p % KMEM_PAGE_SIZE)
		return NULL;
	page = __virt_to_page(p);
	return page_type(page) == PAGE_LARGE ? page : NULL;
}

/* Bytes at @element that kmalloc() gave; 0: it gave none there. */
static size_t kmalloc_bytes(const void *element)
{
	const struct page *page = slab_of(element);

	if (page)
		return page->cache->spec.flags & SLAB_KMALLOC &&
				       slab_index(page->cache, page, element) >=
					       0
			       ? page->cache->object_size
			       : 0;
	page = large_block(element);
	return page ? KMEM_PAGE_SIZE << page->order : 0;
}

/* The same of kvmalloc(), which may have mapped an area. */
static size_t kvmalloc_bytes(const void *element)
{
	const struct vm_struct *area = find_vm_area(element);

	if (area)
		return area->addr == element ? area->requested_size : 0;
	return kmalloc_bytes(element);
}

static bool is_block(const struct page *page, unsigned int order)
{
	size_t offset = (size_t)((const char *)page - (const char *)kmem.map);

	return offset < kmem.nr_pages * sizeof(*page) &&
	       offset % sizeof(*page) == 0 && page_type(page) == PAGE_USED &&
	       page->order == order;
}

static bool is_element(const mempool_t *pool, const void *element)
{
	const struct page *page;

	switch (pool->cold->watched) {
	case KMEM_MEMPOOL_SLAB:
		page = slab_of(element);
		return page && page->cache == pool->pool_data &&
		       slab_index(page->cache, page, element) >= 0;
	case KMEM_MEMPOOL_PAGES:
		return is_block(element, (unsigned int)(size_t)pool->pool_data);
	default:
		return kvmalloc_bytes(element) >= (size_t)pool->pool_data;
	}
}

/* ---- in the reserve ------------------------------------------------------ */

void pool_poison(mempool_t *pool, void *element)
{
	unsigned char *memory = element_memory(pool, element);
	size_t size = element_size(pool);

	if (!memory)
		return;
	memset(memory, POISON_FREE, size - 1);
	memory[size - 1] = POISON_END;
}

static void report_mismatch(const mempool_t *pool, const unsigned char *memory,
			    size_t size, size_t at)
{
	size_t from = at < AROUND ? 0 : at - AROUND;
	size_t end = MIN(at + AROUND, size);
	char text[512];
	size_t n;

	n = text_format(text, sizeof(text),
			"BUG: mempool element poison mismatch\n"
			"Mempool %s %p size %zu\n"
			" nr=%d @ %p: %s0x",
			pool->cold->name, (const void *)pool, size,
			pool->curr_nr, (const void *)memory,
			from ? "... " : "");
	for (size_t i = from; i < end; i++)
		n += text_format(text + n, sizeof(text) - n, "%x ", memory[i]);
	text_format(text + n, sizeof(text) - n, "%s", end < size ? "..." : "");
	kmem_report_text(text);
}

/* One report for an element, and then it is made as good as any. */
static void check_poison(const mempool_t *pool, const unsigned char *memory)
{
	size_t size = element_size(pool);

	for (size_t i = 0; i < size; i++) {
		if (memory[i] == (i < size - 1 ? POISON_FREE : POISON_END))
			continue;
		report_mismatch(pool, memory, size, i);
		return;
	}
}

/* ---- handed out ---------------------------------------------------------- */

/*
 * What is behind an element and nobody's, in @ret_bytes. Of a cache with red
 * zones it is theirs.
 */
static unsigned char *element_tail(const mempool_t *pool, void *element,
				   size_t *ret_bytes)
{
	size_t size = element_size(pool);
	const struct page *page = slab_of(element);

	*ret_bytes = 0;
	if (pool->cold->watched == KMEM_MEMPOOL_KMALLOC &&
	    !(page && cache_debugs(page->cache)))
		*ret_bytes = kmalloc_bytes(element) - size;
	return (unsigned char *)element + size;
}

void pool_mark_out(mempool_t *pool, void *element)
{
	size_t bytes;
	unsigned char *tail = element_tail(pool, element, &bytes);

	memset(tail, RED_ZONE, bytes);
}

void pool_unpoison(mempool_t *pool, void *element)
{
	unsigned char *memory = element_memory(pool, element);

	if (memory) {
		check_poison(pool, memory);
		memset(memory, POISON_INUSE, element_size(pool));
	}
	pool_mark_out(pool, element);
}

/* ---- returned ------------------------------------------------------------ */

/*
 * The reserve is only searched for what looks as if it were in it, or a free
 * would take as long as the reserve is large. Who writes to both ends of an
 * element after freeing it, and frees it again, goes unseen here; the poison
 * tells later.
 */
static bool is_in_reserve(const mempool_t *pool, void *element)
{
	const unsigned char *memory = element_memory(pool, element);
	size_t size = element_size(pool);

	if (memory && memory[0] != POISON_FREE &&
	    memory[size - 1] != POISON_END)
		return false;
	for (int i = 0; i < pool->curr_nr; i++)
		if (pool->elements[i] == element)
			return true;
	return false;
}

static void check_tail(const mempool_t *pool, void *element)
{
	size_t bytes;
	unsigned char *tail = element_tail(pool, element, &bytes);

	for (size_t i = 0; i < bytes; i++) {
		if (tail[i] == RED_ZONE)
			continue;
		kmem_report("mempool_free(%s, %p): byte %zu behind the end was "
			    "overwritten: 0x%x",
			    pool->cold->name, element, i, tail[i]);
		return;
	}
}

/*
 * Whether the pool may have @element back, under the pool's lock. What it may
 * not have is reported, and stays where it is.
 */
bool pool_may_return(mempool_t *pool, void *element)
{
	lock_assert_held(&pool->lock);
	if (!is_element(pool, element)) {
		kmem_report("mempool_free(%s, %p): not an element",
			    pool->cold->name, element);
		return false;
	}
	if (is_in_reserve(pool, element)) {
		kmem_report("mempool_free(%s, %p): element is free already",
			    pool->cold->name, element);
		return false;
	}
	check_tail(pool, element);
	return true;
}

/* ---- the switch ---------------------------------------------------------- */

/* Elements that are out have no marks behind them; hence only when none is. */
int mempool_set_poison(mempool_t *pool, bool on)
{
	enum kmem_mempool_kind kind = on ? pool_watchable(pool)
					 : KMEM_MEMPOOL_CUSTOM;
	int err = 0;

	if (on && !kind)
		return -EOPNOTSUPP;
	pool_lock(pool);
	if (kind == pool->cold->watched)
		;
	else if (pool_in_use(pool))
		err = -EBUSY;
	else
		pool_watch(pool, kind);
	pool_unlock(pool);
	return err;
}

/* Under the lock of a pool that nobody uses, or that nobody knows yet. */
void pool_watch(mempool_t *pool, enum kmem_mempool_kind kind)
{
	bool was = pool->cold->watched;

	for (int i = 0; was && i < pool->curr_nr; i++)
		pool_unpoison(pool, pool->elements[i]);
	counter_set(pool->cold->watched, kind);
	for (int i = 0; kind && i < pool->curr_nr; i++)
		pool_poison(pool, pool->elements[i]);
	pool_set_careful(pool);
}
