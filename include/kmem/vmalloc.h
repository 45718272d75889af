/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmalloc.h - memory of single pages that lie side by side
 *
 * An area is a range of addresses of its own, in a part of the address space
 * that holds nothing else, with pages from anywhere mapped into it and a page
 * behind it that nobody can touch. On a memfd or file arena these are the very
 * pages: what is written through the area is read at page_address(). On an
 * anonymous arena, whose pages cannot be mapped twice, an area is memory of its
 * own; as many pages are taken from the zones, and vmap(), vm_map_ram() and
 * vmalloc_to_page() say in a report that they cannot work.
 *
 * A size beyond all memory and memory that cannot be had are NULL, with a
 * report as of any request that finds no page: one in ten seconds, none with
 * __GFP_NOWARN. A size of 0 is NULL and always reported. The host limits how
 * many mappings a process may have (vm.max_map_count); an area takes two of
 * them and one more for each gap between its pages.
 *
 * With __GFP_NOFAIL and a mask that may sleep, NULL is only for what can never
 * be: a size of 0 or beyond all memory, an alignment that no address has. For
 * pages, addresses and mappings the caller waits as long as it takes. A mask
 * that may not sleep cannot insist, and may get NULL.
 *
 * Context, unless a function says otherwise: any thread, may sleep; not from a
 * signal handler.
 */
#ifndef KMEM_VMALLOC_H
#define KMEM_VMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/page_alloc.h>
#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What an area is: the flags of struct vm_struct. */
#define VM_IOREMAP 0x1ul
#define VM_ALLOC 0x2ul
#define VM_MAP 0x4ul
#define VM_USERMAP 0x8ul
#define VM_DMA_COHERENT 0x10ul
#define VM_UNINITIALIZED 0x20ul
#define VM_NO_GUARD 0x40ul
#define VM_KASAN 0x80ul
#define VM_FLUSH_RESET_PERMS 0x100ul
#define VM_MAP_PUT_PAGES 0x200ul
#define VM_ALLOW_HUGE_VMAP 0x400ul
#define VM_SPARSE 0x1000ul

/**
 * struct vm_struct - an area, to be looked at and not to be changed
 * @addr: its first byte
 * @size: bytes from there to the end of the guard page
 * @flags: VM_…
 * @pages: the pages that go with it when it is freed; NULL: none do
 * @nr_pages: how many
 * @phys_addr: of a device region
 * @caller: code that made it
 * @requested_size: bytes that were asked for
 */
struct vm_struct {
	void *addr;
	unsigned long size;
	unsigned long flags;
	struct page **pages;
	unsigned int nr_pages;
	uint64_t phys_addr;
	const void *caller;
	unsigned long requested_size;
};

/* How pages are mapped. */
typedef struct {
	bool writable;
} pgprot_t;

#define PAGE_KERNEL ((pgprot_t){ true })
#define PAGE_KERNEL_RO ((pgprot_t){ false })

/* ---- areas with pages of their own --------------------------------------- */

/**
 * vmalloc() - @size bytes of pages, side by side from a page border on
 * @size: bytes, rounded up to pages
 *
 * Return: memory whose content is undefined, for vfree(); NULL.
 */
void *vmalloc(unsigned long size)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * vzalloc() - vmalloc(), cleared
 */
void *vzalloc(unsigned long size)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * vmalloc_node(), vzalloc_node() - the same from a node, or others when it has
 * nothing left
 * @node: NUMA_NO_NODE: any
 */
void *vmalloc_node(unsigned long size, int node)
	__attribute__((alloc_size(1), malloc, warn_unused_result));
void *vzalloc_node(unsigned long size, int node)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * __vmalloc() - vmalloc() with a mask
 * @gfp: as of GFP_KERNEL, GFP_USER, GFP_ATOMIC and their kind, with __GFP_ZERO,
 *	__GFP_NORETRY, __GFP_RETRY_MAYFAIL, __GFP_NOFAIL, __GFP_NOWARN; other
 *	bits are taken out and reported
 *
 * A mask that may not sleep is for the pages; mapping them is a system call all
 * the same.
 */
void *__vmalloc(unsigned long size, gfp_t gfp)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * __vmalloc_node() - with all that can be said
 * @align: the address is a multiple of it; a power of two, at least a page
 *	whatever it says
 * @gfp: any mask, not looked at as __vmalloc() does
 * @node: as vmalloc_node()
 * @caller: code to be named as the maker
 */
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * vmalloc_user() - vzalloc() for memory that user space is to see
 */
void *vmalloc_user(unsigned long size)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * vmalloc_32(), vmalloc_32_user() - vmalloc(), vmalloc_user() with pages of the
 * first 4 GiB
 */
void *vmalloc_32(unsigned long size)
	__attribute__((alloc_size(1), malloc, warn_unused_result));
void *vmalloc_32_user(unsigned long size)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * vmalloc_huge(), vmalloc_huge_node() - __vmalloc() at an address where huge
 * pages could be mapped, if it is that large and there is room
 */
void *vmalloc_huge(unsigned long size, gfp_t gfp)
	__attribute__((alloc_size(1), malloc, warn_unused_result));
void *vmalloc_huge_node(unsigned long size, gfp_t gfp, int node)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * vmalloc_array(), vcalloc() - @n elements; a product that overflows is NULL
 */
void *vmalloc_array(size_t n, size_t size)
	__attribute__((alloc_size(1, 2), malloc, warn_unused_result));
void *vcalloc(size_t n, size_t size)
	__attribute__((alloc_size(1, 2), malloc, warn_unused_result));

/**
 * vrealloc() - another size for an area
 * @p: NULL: as __vmalloc()
 * @size: 0: as vfree(), and NULL comes back
 * @gfp: of what is new; with __GFP_ZERO so are the bytes that are added
 *
 * Within the pages that it has, an area grows where it is. One that shrinks
 * stays where it is as well and gives back the pages that it no longer needs,
 * unless it is one of vmalloc_user() or vmalloc_huge(), or @gfp lacks __GFP_IO
 * or __GFP_FS.
 *
 * Return: the area, perhaps elsewhere; NULL: @p is as it was.
 */
void *vrealloc(const void *p, size_t size, gfp_t gfp)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * vrealloc_node_align() - vrealloc() that asks for more
 * @align: a power of two; an area whose address is no multiple of it is
 *	reported and refused
 * @node: as vmalloc_node(), of pages that are added
 */
void *vrealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * vfree() - give an area back
 * @p: its first byte; NULL is a no-op. Anything else is reported and refused,
 *	an area that was freed before too
 *
 * Whoever touches it afterwards gets SIGSEGV, until the addresses are used
 * again. An area of vmap() is unmapped, its pages stay with their owner but
 * for VM_MAP_PUT_PAGES.
 */
void vfree(const void *p);

/**
 * vfree_atomic() - vfree(), but later and by another thread
 *
 * Context: any thread, does not sleep. kmem_rcu_barrier() waits for it.
 */
void vfree_atomic(const void *p);

/* ---- areas of given pages ------------------------------------------------ */

/**
 * vmap() - map pages side by side
 * @pages: the pages, each as often as it stands there
 * @count: how many; 0, and more than there are at all, is NULL
 * @flags: VM_MAP; with VM_MAP_PUT_PAGES vfree() frees each page and @pages,
 *	which then is of kvmalloc() or kmalloc()
 * @prot: PAGE_KERNEL or PAGE_KERNEL_RO
 *
 * Return: where they are, for vunmap() or vfree(); NULL.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot) __attribute__((warn_unused_result));

/**
 * vunmap() - undo vmap()
 * @p: what it gave; NULL is a no-op. Anything else, an area of vmalloc()
 *	too, is reported and refused
 */
void vunmap(const void *p);

/**
 * vm_map_ram() - map a few pages for a short while
 * @node: ignored
 */
void *vm_map_ram(struct page **pages, unsigned int count, int node)
	__attribute__((warn_unused_result));

/**
 * vm_unmap_ram() - undo vm_map_ram(), of all @count pages at once
 *
 * Anything that vm_map_ram() did not give is reported and refused.
 */
void vm_unmap_ram(const void *p, unsigned int count);

/* ---- questions ----------------------------------------------------------- */

/**
 * is_vmalloc_addr() - is it an address where areas are?
 *
 * Context: any. Return: also true where there is none just now.
 */
bool is_vmalloc_addr(const void *p);

/**
 * vmalloc_to_page() - the page that is mapped at an address
 *
 * Return: NULL outside of areas, at guard pages, for a device region, and with
 * a report on an anonymous arena.
 */
struct page *vmalloc_to_page(const void *p);

/**
 * vmalloc_to_pfn() - its number; ~0 for none
 */
unsigned long vmalloc_to_pfn(const void *p);

/**
 * find_vm_area() - the area of an address
 *
 * Return: NULL for none and for those of vm_map_ram(). It is the owner's: when
 * he frees the area, the struct goes with it.
 */
struct vm_struct *find_vm_area(const void *p);

/**
 * vmalloc_dump_obj() - tell all that is known about an area
 *
 * One text to the report hook, which does not count as a fault. Return: false,
 * and nothing told, for an address that is in no area.
 */
bool vmalloc_dump_obj(void *p);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_VMALLOC_H */
