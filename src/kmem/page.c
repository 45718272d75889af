/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page.c - from pages to addresses and frame numbers, and back
 *
 * Low memory is mapped once, contiguously, so most of this is arithmetic.
 *
 * Where it differs from the kernel: what does not exist is NULL, not garbage.
 */
#include "internal.h"

void *page_address(const struct page *page)
{
	return likely(!page_is_high(page)) ? __page_address(page)
					   : kmap_address(page);
}

struct page *virt_to_page(const void *address)
{
	return kmem.ready && kmem_contains(address) ? __virt_to_page(address)
						    : NULL;
}

unsigned long page_to_pfn(const struct page *page)
{
	return __page_to_pfn(page);
}

struct page *pfn_to_page(unsigned long pfn)
{
	return kmem.ready && pfn < kmem.nr_pages ? kmem.map + pfn : NULL;
}
