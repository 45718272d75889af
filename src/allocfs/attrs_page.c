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

/* Half of a request is of no use: what was got goes back. */
static int page_take(struct call *call, const struct order *order,
		     void **elements)
{
	unsigned int i;

	if (counted_over_limit(call, order->nr))
		return -ENOMEM;
	for (i = 0; i < order->nr; i++) {
		elements[i] =
			alloc_pages_node(order->node, order->gfp, call->order);
		if (!elements[i])
			break;
	}
	if (i == order->nr)
		return 0;
	page_give(call, i, elements);
	return -ENOMEM;
}

static void page_served(struct kmem_page_request *request, int error)
{
	park_ended(container_of(request, union request, pages), error);
}

/* In the line of all that wait for pages. */
static int page_submit(struct call *call, const struct order *order,
		       void **elements, union request *request)
{
	request->pages = (struct kmem_page_request){
		.nr = order->nr,
		.order = call->order,
		.gfp = order->gfp | __GFP_NOFAIL,
		.node = order->node,
		.pages = elements,
		.done = page_served,
	};
	return kmem_pages_submit(&request->pages);
}

static bool page_cancel(struct call *call, union request *request)
{
	(void)call;
	return kmem_pages_cancel(&request->pages);
}

/* The library knows nothing of limits of the mount. */
static bool page_untold(struct call *call, const struct order *order)
{
	return counted_over_limit(call, order->nr);
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

const struct kind page_kind = {
	.id = KIND_PAGE,
	.table = page_table,
	.hold = page_hold,
	.release = page_release,
	.objsize = page_objsize,
	.in_use = counted_in_use,
	.available = page_available,
	.take = page_take,
	.submit = page_submit,
	.cancel = page_cancel,
	.untold = page_untold,
	.give = page_give,
	.memory = page_memory,
	.page = page_page,
	.numbers = counted_numbers,
	.set_limit = counted_set_limit,
	.reset_peak = counted_reset_peak,
	.show_stats = counted_show_stats,
	.reset_stats = counted_reset_stats,
};
