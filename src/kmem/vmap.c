/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmap.c - areas of pages that somebody has already
 *
 * The pages are mapped as they are given, in their order, and stay their
 * owner's; with VM_MAP_PUT_PAGES they pass to the area.
 *
 * Where it differs from the kernel: an array with something in it that is no
 * page is reported and refused. vunmap() refuses an area of vmalloc(), whose
 * pages would be lost. vm_map_ram() makes an area as vmap() does, since the
 * mapping itself is what costs here, and vm_unmap_ram() takes back all of it or
 * nothing.
 */
#include <string.h>

#include "internal.h"

/* Why an array of pages cannot be mapped; NULL: it can. */
static const char *wrong_with(struct page **pages, unsigned int count)
{
	if (count == 0)
		return "no pages";
	if (kmem.arena.fd < 0)
		return "an anonymous arena cannot map pages twice";
	for (unsigned int i = 0; i < count; i++)
		if (!is_map_entry(pages[i]))
			return "not a page";
	return NULL;
}

static void *map_pages(const char *name, struct page **pages,
		       unsigned int count, unsigned long flags, pgprot_t prot,
		       const void *caller)
{
	size_t bytes = (size_t)count << KMEM_PAGE_SHIFT;
	enum os_range_flags how = OS_RANGE_POPULATE;
	struct vm_area *area;
	const char *wrong;
	int err;

	if (!kmem_up() || count > kmem.nr_pages)
		return NULL;
	wrong = wrong_with(pages, count);
	if (wrong) {
		kmem_report("%s: %s", name, wrong);
		return NULL;
	}
	area = vm_area_new(bytes, KMEM_PAGE_SIZE, flags & ~VM_MAP_PUT_PAGES,
			   caller);
	if (!area || !vm_area_make_map(area, count)) {
		vm_complain(GFP_KERNEL, bytes, "vm_struct allocation failed");
		goto fail;
	}
	memcpy(area->map, pages, count * sizeof(*pages));
	area->nr_map = count;
	if (!prot.writable)
		how |= OS_RANGE_READ_ONLY;
	err = vm_area_map(area, how);
	if (err) {
		vm_complain_map(GFP_KERNEL, bytes, err);
		goto fail;
	}
	if (flags & VM_MAP_PUT_PAGES) {
		area->vm.flags |= VM_MAP_PUT_PAGES;
		area->vm.pages = pages;
		area->vm.nr_pages = count;
	}
	vm_area_open(area);
	return area->vm.addr;

fail:
	if (area)
		vm_area_release(area);
	return NULL;
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot)
{
	flags = (flags & VM_MAP_PUT_PAGES) | VM_MAP;
	return map_pages("vmap", pages, count, flags, prot,
			 __builtin_return_address(0));
}

void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	(void)node;
	return map_pages("vm_map_ram", pages, count, VM_AREA_RAM, PAGE_KERNEL,
			 __builtin_return_address(0));
}

void vunmap(const void *p)
{
	struct vm_area *area = NULL;

	if (!p)
		return;
	if (kmem.ready && is_vmalloc_addr(p))
		area = vm_area_close(p, VM_MAP);
	if (!area) {
		kmem_report("Trying to vunmap() nonexistent vm area (%p)", p);
		return;
	}
	/* It only unmaps: who wants the pages put as well calls vfree(). */
	area->vm.flags &= ~VM_MAP_PUT_PAGES;
	vm_area_release(area);
}

void vm_unmap_ram(const void *p, unsigned int count)
{
	struct vm_area *area = NULL;

	if (kmem.ready && is_vmalloc_addr(p))
		area = vm_area_find(p, VM_AREA_RAM);
	if (!area || area->nr_map != count)
		kmem_report("vm_unmap_ram(%p, %u): nothing was mapped so", p,
			    count);
	else if ((area = vm_area_close(p, VM_AREA_RAM)))
		vm_area_release(area);
}
