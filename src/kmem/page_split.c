/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_split.c - blocks as so many single pages
 *
 * A block can be made single pages, each with a reference of its own. That is
 * how memory of any number of pages is had in one piece: the block that holds
 * it is split, and what is too much goes back.
 */
#include "internal.h"

/* From the last to the first, so that none is both inside a block and one. */
static void make_single(struct page *page, unsigned int order)
{
	for (unsigned long i = (1ul << order) - 1; i > 0; i--) {
		page[i].zone = page->zone;
		page[i].node = page->node;
		counter_set(page[i].order, 0);
		counter_set(page[i].slot, page->slot);
		counter_set(page[i].compound, false);
		counter_set(page[i].refcount, counter_read(page->refcount));
		page_set_type(&page[i], PAGE_USED);
	}
	counter_set(page->order, 0);
}

void split_page(struct page *page, unsigned int order)
{
	if (!check_page_in_use(page, "split_page"))
		return;
	if (page->order != order)
		bad_page(page, "split_page", "allocated with another order");
	else if (PageHead(page))
		bad_page(page, "split_page", "a compound page");
	else
		make_single(page, order);
}

/* What cannot be is said once, and left out. */
static gfp_t exact_gfp(gfp_t gfp)
{
	static bool said;

	if (!(gfp & (__GFP_COMP | __GFP_HIGHMEM)))
		return gfp;
	if (!counter_read(said))
		kmem_report("alloc_pages_exact: neither __GFP_COMP nor "
			    "__GFP_HIGHMEM can be");
	counter_set(said, true);
	return gfp & ~(__GFP_COMP | __GFP_HIGHMEM);
}

static void *make_exact(struct page *page, unsigned int order, size_t size)
{
	unsigned long nr = (size + KMEM_PAGE_SIZE - 1) >> KMEM_PAGE_SHIFT;

	if (!page)
		return NULL;
	make_single(page, order);
	/* Used again as late as possible: the rest of it may come back too. */
	for (unsigned long i = nr; i < 1ul << order; i++)
		block_free_last(&page[i], 0);
	return __page_address(page);
}

static unsigned int exact_order(size_t size)
{
	/* More than any order holds; alloc_pages() says so. */
	return size ? get_order(size) : KMEM_MAX_ORDER + 1;
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned int order = exact_order(size);

	return make_exact(alloc_pages(exact_gfp(gfp), order), order, size);
}

void *alloc_pages_exact_nid(int node, size_t size, gfp_t gfp)
{
	unsigned int order = exact_order(size);

	return make_exact(alloc_pages_node(node, exact_gfp(gfp), order), order,
			  size);
}

void free_pages_exact(void *p, size_t size)
{
	char *end = (char *)p + size;

	for (char *page = p; p && page < end; page += KMEM_PAGE_SIZE)
		free_pages((unsigned long)page, 0);
}
