/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_check.c - is this page what it is taken for?
 *
 * Whoever frees a page, or counts a reference to it, names a struct page. What
 * that says is compared with what the caller thinks, and a page which is not
 * fit for what is asked of it is reported in the kernel's words, and left alone:
 * what was in use stays so, what was free stays free, and what contradicts
 * itself is never handed out again. After 60 reports there is silence for a
 * minute.
 *
 * Where it differs from the kernel: the checks are made in every build, on the
 * first page of a block, which is the only one that says anything.
 */
#include <sys/prctl.h>

#include "internal.h"
#include "util/text.h"

#define BURST 60
#define SILENCE_NS (60 * 1000000000ull)

static const char *const type_names[] = {
	[PAGE_NONE] = "none",	  [PAGE_BUDDY] = "buddy",
	[PAGE_PARKED] = "parked", [PAGE_USED] = "used",
	[PAGE_LARGE] = "kmalloc", [PAGE_SLAB] = "slab",
	[PAGE_TAIL] = "tail",	  [PAGE_BAD] = "bad",
};

/*
 * Both words change by single stores; threads that report at the same time may
 * make one report more than they should.
 */
static bool may_report(void)
{
	struct report_burst *burst = &kmem.bad_pages;
	unsigned long missed = counter_read(burst->missed);
	uint64_t now = os_now_ns();

	if (counter_read(burst->shown) == BURST) {
		if (now < counter_read(burst->resume_ns)) {
			counter_add(burst->missed, 1);
			return false;
		}
		counter_set(burst->shown, 0);
		counter_set(burst->missed, 0);
		if (missed)
			kmem_report("BUG: Bad page state: %lu messages "
				    "suppressed",
				    missed);
	}
	if (counter_read(burst->shown) == 0)
		counter_set(burst->resume_ns, now + SILENCE_NS);
	counter_add(burst->shown, 1);
	return true;
}

/* @call: what was asked of it; @why: why that cannot be. */
void bad_page(const struct page *page, const char *call, const char *why)
{
	unsigned long pfn = __page_to_pfn(page);
	unsigned int type = page_type(page);
	char thread[16] = "";

	if (!may_report())
		return;
	prctl(PR_GET_NAME, thread);
	kmem_report("BUG: Bad page state in process %s  pfn:%05lx\n"
		    "page: refcount:%d order:%u type:%s node:%u zone:%s\n"
		    "page dumped because: %s: %s",
		    thread, pfn, counter_read(page->refcount),
		    (unsigned int)counter_read(page->order),
		    type < ARRAY_SIZE(type_names) ? type_names[type]
						  : "unknown",
		    node_of_pfn(pfn), zone_of_pfn(pfn)->name, call, why);
}

/* What keeps a page from being the first of a block in use; NULL: nothing. */
static const char *why_unused(const struct page *page)
{
	switch (page_type(page)) {
	case PAGE_USED:
		return counter_read(page->refcount) > 0 ? NULL
							: "no reference left";
	case PAGE_BUDDY:
	case PAGE_PARKED:
		return "free already";
	case PAGE_SLAB:
	case PAGE_TAIL:
		return "part of a slab";
	case PAGE_LARGE:
		return "a block of kmalloc";
	case PAGE_BAD:
		return "found bad before";
	default:
		return "not the first page of a block";
	}
}

/* Called when page_is_block() said no: says why. */
void complain_of_free(const struct page *page, unsigned int order,
		      const char *call)
{
	const char *why;

	if (!is_map_entry(page)) {
		kmem_report("%s(%p, %u): not a page", call, (void *)page,
			    order);
		return;
	}
	why = why_unused(page);
	bad_page(page, call, why ? why : "allocated with another order");
}

/* For who has only the page: may it be referred to? Says why not. */
bool check_page_in_use(const struct page *page, const char *call)
{
	const char *why;

	if (!is_map_entry(page)) {
		kmem_report("%s(%p): not a page", call, (void *)page);
		return false;
	}
	why = why_unused(page);
	if (why)
		bad_page(page, call, why);
	return !why;
}

/*
 * A block that comes off a free list. One that somebody refers to all the same
 * is not handed out: it is nobody's from now on.
 */
bool check_page_free(struct page *page, unsigned int order)
{
	if (likely(counter_read(page->refcount) == 0))
		return true;
	counter_set(page->order, (uint8_t)order);
	page_set_type(page, PAGE_BAD);
	bad_page(page, "alloc_pages", "nonzero _refcount");
	return false;
}
