/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_bulk.c - many single pages at once
 *
 * As many as the thread's page list has come from it in one step; others come
 * one by one, each of which may fill the list for the next.
 */
#include "internal.h"

#define BULK 64

/* Pages of the list that a request would be served from first, or none. */
static unsigned int take_listed(gfp_t gfp, unsigned long nr, void **pages)
{
	struct kmem_record *r = first_list(gfp, 0);

	return r ? kmem_record_pop_many(r, MIN(nr, (unsigned long)BULK), pages)
		 : 0;
}

/* Up to @nr pages, in the order in which they would come one by one. */
static unsigned int take_some(gfp_t gfp, int node, unsigned long nr,
			      void **pages)
{
	unsigned int n = node == NUMA_NO_NODE ? take_listed(gfp, nr, pages) : 0;

	for (unsigned int i = 0; i < n / 2; i++) {
		void *page = pages[i];

		pages[i] = pages[n - 1 - i];
		pages[n - 1 - i] = page;
	}
	for (unsigned int i = 0; i < n; i++)
		page_hand_out(pages[i], gfp, 0);
	if (n == 0) {
		pages[0] = __alloc_pages(gfp, 0, node, NULL);
		n = pages[0] != NULL;
	}
	return n;
}

static unsigned long count_empty(struct page **array, unsigned long nr)
{
	unsigned long empty = 0;

	for (unsigned long i = 0; i < nr; i++)
		empty += !array[i];
	return empty;
}

unsigned long alloc_pages_bulk_node(gfp_t gfp, int node, unsigned long nr,
				    struct page **array)
{
	unsigned long empty = count_empty(array, nr), i = 0;
	unsigned int have = 0, used = 0;
	void *pages[BULK];

	for (; i < nr; i++) {
		if (array[i])
			continue;
		if (used == have) {
			have = take_some(gfp, node, empty, pages);
			used = 0;
		}
		if (!have)
			break;
		array[i] = pages[used++];
		empty--;
	}
	return i;
}

unsigned long alloc_pages_bulk(gfp_t gfp, unsigned long nr, struct page **array)
{
	return alloc_pages_bulk_node(gfp, NUMA_NO_NODE, nr, array);
}

void free_pages_bulk(struct page **array, unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		__free_pages(array[i], 0);
}
