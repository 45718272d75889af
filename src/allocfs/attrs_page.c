/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_page.c - pages/order-N: the buddy allocator, one directory per order
 *
 * The page allocator does not count the blocks of each order that are in use,
 * so `alloc` and `peak` here are those of the mount.
 */
#include <errno.h>

#include <kmem/highmem.h>

#include "view.h"

static int objsize_show(struct call *call, struct strbuf *sb)
{
	return show_number(sb, KMEM_PAGE_SIZE << call->order);
}
static ATTR_RO(objsize, "bytes of a block");

/* clang-format off */
const struct node page_table[] = {
	FILE("objsize", objsize_attr),
	SOURCE_FILES,
	NODES_END,
};
/* clang-format on */

/* An order is always there; "holding" it only says which it is. */
static bool page_hold(struct call *call)
{
	call->order = (unsigned int)call->place.source->kmem;
	return true;
}

static void page_release(struct call *call)
{
	(void)call;
}

static size_t page_objsize(struct call *call)
{
	return KMEM_PAGE_SIZE << call->order;
}

static uint64_t page_in_use(struct call *call)
{
	struct source *source = call->place.source;
	uint64_t count;

	pthread_mutex_lock(&source->lock);
	count = source->objects.count;
	pthread_mutex_unlock(&source->lock);
	return count;
}

/* Blocks that can be cut out of the free blocks of this order and above. */
static uint64_t page_available(struct call *call)
{
	struct kmem_zone_info zone;
	uint64_t blocks = 0;
	unsigned int i, o;

	for (i = 0; kmem_zone_info(i, &zone); i++)
		for (o = call->order; o < KMEM_NR_ORDERS; o++)
			blocks += (uint64_t)zone.nr_free[o]
				  << (o - call->order);
	return blocks;
}

static void page_give(struct call *call, unsigned int nr, void **elements)
{
	while (nr--)
		__free_pages(elements[nr], call->order);
}

/* An early look at the limit; object_publish() looks again, under the lock. */
static bool over_limit(struct source *source, unsigned int nr)
{
	bool over;

	pthread_mutex_lock(&source->lock);
	over = source->objects.count + nr > source->limit;
	pthread_mutex_unlock(&source->lock);
	return over;
}

/* Half of a request is of no use: what was got goes back. */
static int page_take(struct call *call, unsigned int nr, gfp_t gfp,
		     void **elements)
{
	unsigned int i;

	if (over_limit(call->place.source, nr))
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		elements[i] = alloc_pages(gfp, call->order);
		if (!elements[i])
			break;
	}
	if (i == nr)
		return 0;
	page_give(call, i, elements);
	return -ENOMEM;
}

static void *page_memory(struct call *call, void *element)
{
	(void)call;
	return PageHighMem(element) ? NULL : page_address(element);
}

static struct page *page_page(struct call *call, void *element)
{
	(void)call;
	return element;
}

/* Counted by the mount: the page allocator knows no such numbers. */
static void page_numbers(struct call *call, struct numbers *ret_numbers)
{
	struct source *source = call->place.source;

	pthread_mutex_lock(&source->lock);
	ret_numbers->limit = source->limit;
	ret_numbers->peak = source->peak;
	pthread_mutex_unlock(&source->lock);
}

/*
 * Binds what goes through the mount; the program's own requests to the page
 * allocator know nothing of it.
 */
static void page_set_limit(struct call *call, uint64_t limit)
{
	struct source *source = call->place.source;

	pthread_mutex_lock(&source->lock);
	source->limit = limit;
	pthread_mutex_unlock(&source->lock);
}

static void page_reset_peak(struct call *call)
{
	struct source *source = call->place.source;

	pthread_mutex_lock(&source->lock);
	source->peak = source->objects.count;
	pthread_mutex_unlock(&source->lock);
}

static void page_show_stats(struct call *call, struct strbuf *sb)
{
	show_events(call->place.source, sb, true);
}

static void page_reset_stats(struct call *call)
{
	struct source *source = call->place.source;
	unsigned int i;

	pthread_mutex_lock(&source->lock);
	for (i = 0; i < SOURCE_NR_EVENTS; i++)
		source->base[i] = atomic_load(&source->event[i]);
	pthread_mutex_unlock(&source->lock);
}

const struct kind page_kind = {
	.table = page_table,
	.hold = page_hold,
	.release = page_release,
	.objsize = page_objsize,
	.in_use = page_in_use,
	.available = page_available,
	.take = page_take,
	.give = page_give,
	.memory = page_memory,
	.page = page_page,
	.numbers = page_numbers,
	.set_limit = page_set_limit,
	.reset_peak = page_reset_peak,
	.show_stats = page_show_stats,
	.reset_stats = page_reset_stats,
};
