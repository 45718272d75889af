/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_poison.c - free pages filled with a pattern
 *
 * With kmem_config.page_poison every page is filled with 0xaa when it is freed,
 * and looked at when it is allocated again: another byte was written by
 * somebody who had no right to it. What was found is reported, and the page
 * handed out all the same, as the kernel does: the harm is done.
 *
 * Each struct page says whether its page is filled, since memory that was never
 * touched, or that the system has back, is not.
 *
 * Where it differs from the kernel: HighMem is left out.
 */
#include <string.h>

#include "internal.h"

#define POISON 0xaa

static bool has_poison(const struct page *page)
{
	return !page_is_high(page);
}

void block_poison(struct page *page, unsigned int order)
{
	if (!has_poison(page))
		return;
	memset(__page_address(page), POISON, KMEM_PAGE_SIZE << order);
	for (unsigned long i = 0; i < 1ul << order; i++)
		page[i].poisoned = true;
}

/* The memory is about to be gone, and the pattern with it. */
void block_forget_poison(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; kmem.page_poison && i < 1ul << order; i++)
		page[i].poisoned = false;
}

static bool is_single_bit(unsigned char byte)
{
	unsigned int wrong = byte ^ POISON;

	return (wrong & (wrong - 1)) == 0;
}

/* The first wrong byte and those that follow, as far as the page goes. */
static void complain(const struct page *page, const unsigned char *start,
		     size_t first, size_t last)
{
	const char *what = first == last && is_single_bit(start[first])
				   ? "single bit error"
				   : "memory corruption";
	unsigned char bytes[16] = { 0 };

	memcpy(bytes, start + first,
	       MIN(sizeof(bytes), KMEM_PAGE_SIZE - first));
	kmem_report("pagealloc: %s\npfn:%05lx, bytes %zu to %zu: "
		    "%02x %02x %02x %02x %02x %02x %02x %02x "
		    "%02x %02x %02x %02x %02x %02x %02x %02x",
		    what, __page_to_pfn(page), first, last, bytes[0], bytes[1],
		    bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
		    bytes[8], bytes[9], bytes[10], bytes[11], bytes[12],
		    bytes[13], bytes[14], bytes[15]);
}

static void check(const struct page *page)
{
	const unsigned char *start = __page_address(page);
	size_t first = 0, last = KMEM_PAGE_SIZE - 1;

	while (first < KMEM_PAGE_SIZE && start[first] == POISON)
		first++;
	if (first == KMEM_PAGE_SIZE)
		return;
	while (start[last] == POISON)
		last--;
	complain(page, start, first, last);
}

/* A block is handed out: was it left alone since it was freed? */
void block_check_poison(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		if (page[i].poisoned)
			check(&page[i]);
		page[i].poisoned = false;
	}
}
