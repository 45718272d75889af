/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/mm.h - pages, their numbers and addresses
 */
#ifndef KMEM_LINUX_MM_H
#define KMEM_LINUX_MM_H

#include <kmem/mm.h>
#include <kmem/vmalloc.h>
#include <linux/align.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* As <sys/user.h> has them. */
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#ifndef PAGE_MASK
#define PAGE_MASK (~(PAGE_SIZE - 1))
#endif
#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER KMEM_MAX_ORDER
#endif

#define PAGE_ALIGN(address) ALIGN(address, PAGE_SIZE)
#define PAGE_ALIGN_DOWN(address) ALIGN_DOWN(address, PAGE_SIZE)
#define PAGE_ALIGNED(address) IS_ALIGNED((unsigned long)(address), PAGE_SIZE)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#define PFN_ALIGN(x) (((unsigned long)(x) + (PAGE_SIZE - 1)) & PAGE_MASK)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_PHYS(x) ((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))

static inline phys_addr_t page_to_phys(const struct page *page)
{
	return PFN_PHYS(page_to_pfn(page));
}

static inline struct page *phys_to_page(phys_addr_t address)
{
	return pfn_to_page(PHYS_PFN(address));
}

static inline phys_addr_t virt_to_phys(const void *address)
{
	return page_to_phys(virt_to_page(address)) + offset_in_page(address);
}

static inline void *phys_to_virt(phys_addr_t address)
{
	return (char *)page_address(phys_to_page(address)) +
	       offset_in_page(address);
}

#define lowmem_page_address(page) page_address(page)

#endif /* KMEM_LINUX_MM_H */
