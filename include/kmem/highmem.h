/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * highmem.h - pages that are not mapped: looking into them all the same
 *
 * Low memory is mapped once and for all. Pages of zone HighMem, which exist
 * where kmem_config.zones asks for them, have no address until one is made, by
 * kmap_local_page() for a moment or by kmap() for longer. Code that means to
 * work with any page maps each one, as in the kernel; for a page of low memory
 * that costs nothing and gives page_address().
 */
#ifndef KMEM_HIGHMEM_H
#define KMEM_HIGHMEM_H

#include <stdbool.h>
#include <stddef.h>

#include <kmem/page_alloc.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Pages that a thread may have mapped by kmap_local_page() at a time. */
#define KMAP_LOCAL_MAX 16

/**
 * PageHighMem() - is the page one without an address of its own?
 */
bool PageHighMem(const struct page *page);

/**
 * kmap_local_page() - map a page for the calling thread
 * @page: any page of the memory
 *
 * Mappings are a stack: they are undone in the reverse order, by the thread
 * that made them. What is behind the page is not accessible.
 *
 * Context: any thread; not from a signal handler. A system call for HighMem.
 * Return: the address, KMEM_PAGE_SIZE bytes. NULL, reported, with
 * KMAP_LOCAL_MAX pages mapped already or when the process may have no more
 * mappings (the kernel crashes, or has enough).
 */
void *kmap_local_page(const struct page *page);

/**
 * kmap_local_pfn() - kmap_local_page(), by frame number
 *
 * Return: NULL, reported, past the memory.
 */
void *kmap_local_pfn(unsigned long pfn);

/**
 * kunmap_local() - undo the latest kmap_local_page()
 * @address: any address in the page
 *
 * A page that was not mapped last, or not by this thread, is reported and stays
 * as it is: of HighMem in any build, of low memory in debug builds.
 */
void kunmap_local(const void *address);

/* The older names. Page faults are not switched off: there is no such thing. */
#define kmap_atomic(page) kmap_local_page(page)
#define kmap_atomic_pfn(pfn) kmap_local_pfn(pfn)
#define kunmap_atomic(address) kunmap_local(address)

/**
 * kmap() - map a page for all threads, or once more
 *
 * Context: as kmap_local_page(). There is room for all pages at a time, so
 * nothing waits. Return: the address, which page_address() gives, too, until the
 * last kunmap(); NULL, reported, when the process may have no more mappings.
 */
void *kmap(struct page *page);

/**
 * kunmap() - undo one kmap(); one too many is reported
 */
void kunmap(const struct page *page);

/**
 * kmap_to_page() - the page of an address that kmap() or, in this thread,
 * kmap_local_page() gave, or of low memory
 *
 * Return: NULL for any other address.
 */
struct page *kmap_to_page(const void *address);

/**
 * memcpy_to_page() - and its relatives: bytes of any page
 * @page: the page
 * @offset: in the page; a range that leaves the page is reported and refused
 *
 * Context: as kmap_local_page().
 */
void memcpy_to_page(struct page *page, size_t offset, const void *from,
		    size_t len);
void memcpy_from_page(void *to, const struct page *page, size_t offset,
		      size_t len);
void memcpy_page(struct page *to, size_t to_offset, const struct page *from,
		 size_t from_offset, size_t len);
void memset_page(struct page *page, size_t offset, int value, size_t len);
void memzero_page(struct page *page, size_t offset, size_t len);

/**
 * clear_highpage() - a page of zeroes
 */
void clear_highpage(struct page *page);

/**
 * copy_highpage() - a whole page; both may be of any zone
 */
void copy_highpage(struct page *to, const struct page *from);

/**
 * zero_user_segment() - bytes @start to @end - 1 of a page become 0
 */
void zero_user_segment(struct page *page, unsigned int start, unsigned int end);

#define zero_user(page, start, size)                                           \
	zero_user_segment(page, start, (start) + (size))
#define flush_dcache_page(page) ((void)(page))

/**
 * totalhigh_pages() - pages of zone HighMem
 */
unsigned long totalhigh_pages(void);

/**
 * nr_free_highpages() - of those, on the buddy lists
 */
unsigned long nr_free_highpages(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_HIGHMEM_H */
