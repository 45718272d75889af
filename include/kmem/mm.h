/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mm.h - pages as somebody holds them: references, and units of several
 *
 * A block of several pages that was asked for with __GFP_COMP is a *compound
 * page*: one unit, with one count of references, whichever of its pages is
 * named. The first page is its head, the others are tails. Slabs of several
 * pages, and what kmalloc() takes from the page allocator, are such units too,
 * but only their allocators free them.
 *
 * A block without __GFP_COMP is a row of pages of which only the first has a
 * reference. split_page() makes each of them a page of its own.
 */
#ifndef KMEM_MM_H
#define KMEM_MM_H

#include <stdbool.h>
#include <stddef.h>

#include <kmem/page_alloc.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* ---- references ---------------------------------------------------------- */

/**
 * get_page() - one more reference to a page
 * @page: any page of a compound page, or the first of another block; the caller
 *        holds a reference, or somebody who cannot drop his meanwhile does
 *
 * Context: any thread; no lock. A page that is not in use, or that belongs to a
 * slab or to kmalloc(), is reported and left alone.
 */
void get_page(struct page *page);

/**
 * put_page() - drop a reference
 * @page: as get_page(); NULL is a no-op
 *
 * The last one frees the page, or the whole of a compound page. It frees all of
 * another block, too, where the kernel frees its first page and loses the rest.
 *
 * Context and misuse: as get_page().
 */
void put_page(struct page *page);

/**
 * page_count() - references to the page, or to the compound page that it is of
 *
 * 0 for a page that is free, and for tails of other blocks. With other holders
 * about, a number of the past.
 */
int page_count(const struct page *page);

/**
 * page_ref_count() - the page's own count, which of a tail is 0
 */
int page_ref_count(const struct page *page);

/* ---- compound pages ------------------------------------------------------ */

/**
 * compound_head() - the first page of the unit that a page is of
 *
 * Return: @page itself if it is of none.
 */
struct page *compound_head(const struct page *page);

/**
 * virt_to_head_page() - compound_head() by address; NULL outside the memory
 */
struct page *virt_to_head_page(const void *address);

/**
 * compound_order() - order of a compound page, by its head; 0 for any other page
 */
unsigned int compound_order(const struct page *page);

/**
 * compound_nr() - pages of a compound page, by its head; 1 for any other page
 */
unsigned long compound_nr(const struct page *page);

/**
 * page_size() - bytes of a compound page, by its head; 4096 for any other page
 */
unsigned long page_size(const struct page *page);

/**
 * PageHead() - is it the first page of a compound page?
 */
bool PageHead(const struct page *page);

/**
 * PageTail() - is it another page of one?
 */
bool PageTail(const struct page *page);

/**
 * PageCompound() - is it either?
 */
bool PageCompound(const struct page *page);

/**
 * PageBuddy() - is it the first page of a free block on a zone's list?
 *
 * Right at some time during the call, as long as nobody owns the page.
 */
bool PageBuddy(const struct page *page);

/**
 * PageSlab() - is it of a slab?
 */
bool PageSlab(const struct page *page);

/**
 * page_zonenum() - the type of the page's zone: 0 DMA, 1 DMA32, 2 Normal,
 * 3 HighMem, 4 Movable
 */
unsigned int page_zonenum(const struct page *page);

/**
 * split_page() - make the pages of a block single ones
 * @page: the first page of a block in use that is not compound
 * @order: its order
 *
 * Each has as many references as the first one had, and is freed by itself. A
 * compound page, a wrong @order, or what is not in use is reported and left
 * alone.
 */
void split_page(struct page *page, unsigned int order);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_MM_H */
