/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm_info.c - what is known about areas
 *
 * An area is found under the lock and what is asked for is copied out of it.
 * Whoever asks about an area that another thread frees meanwhile gets an answer
 * that was right.
 */
#include <string.h>

#include "internal.h"
#include "util/symbol.h"

/* Under the lock. */
static struct vm_struct *struct_at(const void *p)
{
	struct vm_area *area = __vm_area_at(p);

	return area && !(area->vm.flags & VM_AREA_RAM) ? &area->vm : NULL;
}

struct vm_struct *find_vm_area(const void *p)
{
	struct vm_struct *vm;

	if (!kmem.ready || !is_vmalloc_addr(p))
		return NULL;
	vm_areas_lock();
	vm = struct_at(p);
	vm_areas_unlock();
	return vm;
}

/* The page at an address, and which one of its area it is. */
static struct page *page_at(const void *p, unsigned int *ret_index)
{
	struct page *page = NULL;
	struct vm_area *area;

	if (!kmem.ready || !is_vmalloc_addr(p))
		return NULL;
	vm_areas_lock();
	area = __vm_area_at(p);
	if (area) {
		size_t offset =
			(size_t)((const char *)p - (char *)area->vm.addr);

		*ret_index = (unsigned int)(offset >> KMEM_PAGE_SHIFT);
		if (*ret_index < area->nr_map)
			page = area->map[*ret_index];
	}
	vm_areas_unlock();
	return page;
}

struct page *vmalloc_to_page(const void *p)
{
	unsigned int index;

	if (kmem.ready && kmem.arena.fd < 0) {
		kmem_report("vmalloc_to_page(%p): the areas of an anonymous "
			    "arena are not made of its pages",
			    p);
		return NULL;
	}
	return page_at(p, &index);
}

unsigned long vmalloc_to_pfn(const void *p)
{
	struct page *page = vmalloc_to_page(p);

	return page ? __page_to_pfn(page) : ~0ul;
}

/* The page that is mapped, or that was taken for it where none can be. */
bool vm_area_locate(const void *p, struct page **ret_page,
		    unsigned int *ret_index)
{
	*ret_page = page_at(p, ret_index);
	return *ret_page != NULL;
}

bool vmalloc_dump_obj(void *p)
{
	const struct vm_struct *found;
	struct vm_struct vm;
	char caller[160];

	if (!kmem.ready || !is_vmalloc_addr(p))
		return false;
	vm_areas_lock();
	found = struct_at(p);
	if (found)
		vm = *found;
	vm_areas_unlock();
	if (!found)
		return false;
	symbol_format(caller, sizeof(caller), vm.caller);
	kmem_note(" %u-page vmalloc region starting at %p allocated at %s",
		  vm.nr_pages, vm.addr, caller);
	return true;
}

/* ---- all of them --------------------------------------------------------- */

struct snapshot {
	struct kmem_vmalloc_area *areas;
	size_t room;
	size_t nr;
	const void *base; /* of the range; device mappings are on both sides */
	bool below; /* those before it are being taken */
};

static void count_nodes(const struct vm_area *area,
			struct kmem_vmalloc_area *info)
{
	for (unsigned int i = 0; i < area->vm.nr_pages; i++)
		info->node_pages[area->map[i]->node]++;
}

static void take_area(void *arg, const struct vm_area *area)
{
	struct snapshot *snapshot = arg;
	struct kmem_vmalloc_area *info;

	if (snapshot->nr++ >= snapshot->room)
		return;
	info = &snapshot->areas[snapshot->nr - 1];
	memset(info, 0, sizeof(*info));
	info->address = area->vm.addr;
	info->size = area->vm.size;
	info->requested = area->vm.requested_size;
	info->flags = area->vm.flags & ~VM_AREA_RAM;
	info->map_ram = area->vm.flags & VM_AREA_RAM;
	info->caller = area->vm.caller;
	info->nr_pages = area->vm.nr_pages;
	info->phys = area->vm.phys_addr;
	count_nodes(area, info);
}

/* In the kernel they are areas of the same range (VM_IOREMAP), and listed so. */
static void take_iomap(void *arg, const struct kmem_iomap_info *map)
{
	struct snapshot *snapshot = arg;

	if (((const char *)map->start < (const char *)snapshot->base) !=
	    snapshot->below)
		return;
	if (snapshot->nr++ >= snapshot->room)
		return;
	snapshot->areas[snapshot->nr - 1] = (struct kmem_vmalloc_area){
		.address = map->start,
		.size = map->size,
		.requested = map->size - KMEM_PAGE_SIZE,
		.flags = VM_IOREMAP,
		.caller = map->caller,
		.phys = map->phys,
	};
}

size_t kmem_vmalloc_areas(struct kmem_vmalloc_area *areas, size_t room)
{
	struct snapshot snapshot = { areas, room, .below = true };
	size_t size;

	if (!kmem.ready)
		return 0;
	vm_areas_range(&snapshot.base, &size);
	iomaps_walk(take_iomap, &snapshot);
	vm_areas_walk(take_area, &snapshot);
	snapshot.below = false;
	iomaps_walk(take_iomap, &snapshot);
	return snapshot.nr;
}

void kmem_vmalloc_info(struct kmem_vmalloc_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	if (!kmem.ready)
		return;
	lock_reader_begin();
	vm_areas_range(&ret_info->base, &ret_info->size);
	vm_areas_count(&ret_info->areas, &ret_info->pages);
	lock_reader_end();
}
