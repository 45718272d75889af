/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_ref.c - who refers to a page, and what it is the first one of
 *
 * A block comes with one reference and goes with the last. Its first struct
 * page has the count, and says of which order the block is and whether it is
 * compound: one unit, whatever page of it somebody holds. To find the first
 * page from another is to look at the frames where a block that has this one
 * in it could begin, at most ten: pages inside a block have no type of their
 * own. So neither allocating nor freeing a block writes to each of its pages.
 *
 * One reference is the caller's own, so that nobody else can change the count:
 * it needs no atomic instruction then.
 *
 * Where it differs from the kernel: tails have no mark. A put of the last
 * reference frees all of a block that is not compound, where the kernel frees
 * the first page and loses the rest. There is no get_page_unless_zero().
 */
#include "internal.h"

/* ---- compound pages ---- */

/*
 * Is it the first page of a unit? Slabs are units too. A single page is none,
 * whatever its mask was.
 */
static bool is_head(const struct page *page)
{
	if (!counter_read(page->order))
		return false;
	switch (page_type(page)) {
	case PAGE_USED:
	case PAGE_LARGE:
		return counter_read(page->compound);
	case PAGE_SLAB:
		return true;
	default:
		return false;
	}
}

/* The head of the unit that has this page inside, or NULL. */
static struct page *head_before(const struct page *page)
{
	unsigned long pfn = __page_to_pfn(page);

	for (unsigned int order = 1; order <= KMEM_MAX_ORDER; order++) {
		unsigned long first = pfn & ~((1ul << order) - 1);
		struct page *head = kmem.map + first;

		if (first != pfn && is_head(head) &&
		    counter_read(head->order) >= order)
			return head;
	}
	return NULL;
}

struct page *compound_head(const struct page *page)
{
	struct page *head = NULL;

	if (page_type(page) == PAGE_TAIL)
		head = (struct page *)page - page->tail;
	else if (page_type(page) == PAGE_NONE)
		head = head_before(page);
	return head ? head : (struct page *)page;
}

struct page *virt_to_head_page(const void *address)
{
	struct page *page = virt_to_page(address);

	return page ? compound_head(page) : NULL;
}

bool PageHead(const struct page *page)
{
	return is_head(page);
}

bool PageTail(const struct page *page)
{
	return compound_head(page) != page;
}

bool PageCompound(const struct page *page)
{
	return is_head(compound_head(page));
}

bool PageBuddy(const struct page *page)
{
	return page_type(page) == PAGE_BUDDY;
}

bool PageSlab(const struct page *page)
{
	return page_type(compound_head(page)) == PAGE_SLAB;
}

unsigned int compound_order(const struct page *page)
{
	return is_head(page) ? counter_read(page->order) : 0;
}

unsigned long compound_nr(const struct page *page)
{
	return 1ul << compound_order(page);
}

unsigned long page_size(const struct page *page)
{
	return KMEM_PAGE_SIZE << compound_order(page);
}

unsigned int page_zonenum(const struct page *page)
{
	return zone_of_pfn(__page_to_pfn(page))->type;
}

/* ---- references ---- */

int page_ref_count(const struct page *page)
{
	return counter_read(page->refcount);
}

int page_count(const struct page *page)
{
	return counter_read(compound_head(page)->refcount);
}

void get_page(struct page *page)
{
	page = compound_head(page);
	if (check_page_in_use(page, "get_page"))
		__atomic_add_fetch(&page->refcount, 1, __ATOMIC_RELAXED);
}

/* Whether it was the last; what others did to the page happened before then. */
bool page_ref_drop(struct page *page)
{
	if (likely(__atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE) == 1)) {
		counter_set(page->refcount, 0);
		return true;
	}
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

void put_page(struct page *page)
{
	if (!page)
		return;
	page = compound_head(page);
	if (check_page_in_use(page, "put_page") && page_ref_drop(page))
		block_free(page, counter_read(page->order));
}
