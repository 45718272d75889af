/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * introspect.h - looking into a running allocator, and driving it from outside
 *
 * What the view (liballocfs), tests and debuggers need beyond the kernel's
 * API. Everything read here is a snapshot in a plain struct: the caller never
 * sees, and can never break, an allocator's own structures.
 *
 * Caches and pools are named by *serials* that are never used twice. A serial
 * becomes a pointer by pinning: as long as it is pinned the object exists;
 * destroying waits for the pin. Pins are for the length of one request: who
 * holds one must not sleep.
 *
 * Numbers of a busy allocator are each right for some moment during the call;
 * when nothing runs they all agree (objects = active + cached, total_objects =
 * active + free).
 */
#ifndef KMEM_INTROSPECT_H
#define KMEM_INTROSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/introspect_cache.h>
#include <kmem/introspect_memory.h>
#include <kmem/introspect_pool.h>
#include <kmem/iomem.h>
#include <kmem/kmem.h>
#include <kmem/mempool.h>
#include <kmem/page_alloc.h>
#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * kmem_set_owner() - whose the calling thread's caches and pools are from now on
 * @name: a module's; cut to KMEM_OWNER_MAX bytes. NULL: the program's again
 *
 * For who runs the code of others, such as a loader of modules around their
 * init. What is made in a module's name is never merged with anything.
 * Context: any; per thread, threads that it makes begin with the program's.
 */
void kmem_set_owner(const char *name);

/* ---- areas of vmalloc and ioremap ---------------------------------------- */

/**
 * struct kmem_vmalloc_area - one area
 * @address: its first byte
 * @size: bytes to the end of its guard page
 * @requested: bytes that were asked for
 * @flags: VM_…, see vmalloc.h
 * @map_ram: it is of vm_map_ram()
 * @caller: code that made it
 * @nr_pages: pages that go when it is freed
 * @phys: address of a device region
 * @node_pages: of @nr_pages, those of each node
 */
struct kmem_vmalloc_area {
	void *address;
	size_t size;
	size_t requested;
	unsigned long flags;
	bool map_ram;
	const void *caller;
	unsigned long nr_pages;
	uint64_t phys;
	unsigned long node_pages[KMEM_MAX_NODES];
};

/**
 * kmem_vmalloc_areas() - all areas at one moment, and all mappings of devices
 * (VM_IOREMAP) at another, lowest address first
 * @areas: room for @room; may be NULL when @room is 0
 *
 * Return: how many there are; the first @room of them are stored.
 */
size_t kmem_vmalloc_areas(struct kmem_vmalloc_area *areas, size_t room);

/**
 * struct kmem_vmalloc_info - the addresses where areas are
 * @base: the first one
 * @size: bytes
 * @areas: areas just now
 * @pages: pages of areas, those of vmap() and of devices not counted
 */
struct kmem_vmalloc_info {
	const void *base;
	size_t size;
	unsigned long areas;
	unsigned long pages;
};

void kmem_vmalloc_info(struct kmem_vmalloc_info *ret_info);

/* ---- objects ------------------------------------------------------------- */

/**
 * enum kmem_location_kind - what an address is part of
 */
enum kmem_location_kind {
	KMEM_LOCATION_FREE,
	KMEM_LOCATION_PAGES,
	KMEM_LOCATION_SLAB,
	KMEM_LOCATION_LARGE,
	KMEM_LOCATION_VMALLOC,
};

/**
 * struct kmem_location - where an address is
 * @kind: see above
 * @pfn: page frame of the address
 * @node: its node
 * @zone: its zone's name
 * @order: of the block or slab
 * @slab_pfn: first page frame of the block or slab
 * @index: object in the slab, or page in the block or area
 * @offset: bytes into that object, or into that page
 * @cache: serial of the slab's cache, else 0
 */
struct kmem_location {
	enum kmem_location_kind kind;
	unsigned long pfn;
	unsigned int node;
	const char *zone;
	unsigned int order;
	unsigned long slab_pfn;
	unsigned int index;
	unsigned int offset;
	uint64_t cache;
};

/**
 * kmem_locate() - say what an address is part of
 *
 * In an area of vmalloc() it is the page at the address, on an anonymous arena
 * the one that was taken for it.
 *
 * Return: false outside the memory and its areas.
 */
bool kmem_locate(const void *address, struct kmem_location *ret_location);

/**
 * kmem_locate_page() - the same for a page, which may have no address
 */
bool kmem_locate_page(const struct page *page,
		      struct kmem_location *ret_location);

/* ---- device regions ------------------------------------------------------ */

/**
 * struct kmem_iomem_info - snapshot of a device region
 * @serial: its identity
 * @owner: as for a cache
 * @file: its path; "" when it is memory or emulated; cut when it is longer
 * @emulated: its accesses go to callbacks
 * @mappings: mappings that have some of its bytes
 */
struct kmem_iomem_info {
	uint64_t serial;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
	enum kmem_iomem_space space;
	phys_addr_t phys;
	uint64_t size;
	char file[4096];
	bool emulated;
	unsigned int mappings;
};

void kmem_iomem_info(struct kmem_iomem *region,
		     struct kmem_iomem_info *ret_info);
uint64_t kmem_iomem_serial(const struct kmem_iomem *region);

/**
 * kmem_iomem_serials() - all regions, oldest first, as kmem_cache_serials()
 */
size_t kmem_iomem_serials(uint64_t *serials, size_t room);

/**
 * kmem_iomem_pin() - as kmem_cache_pin(); unregister waits for the unpin
 */
struct kmem_iomem *kmem_iomem_pin(uint64_t serial);
void kmem_iomem_unpin(struct kmem_iomem *region);

/**
 * kmem_iomem_move() - another address, with what it holds
 *
 * Return: as kmem_iomem_register(); -EBUSY also while it is mapped or accessed.
 * On failure nothing has changed; so with the next two.
 */
int kmem_iomem_move(struct kmem_iomem *region, phys_addr_t phys);

/**
 * kmem_iomem_resize() - another size: it begins anew, as zeroes or as the file
 *
 * Return: as above; -EINVAL of an emulated device.
 */
int kmem_iomem_resize(struct kmem_iomem *region, size_t size);

/**
 * kmem_iomem_set_file() - be another file, or with NULL memory, all zero
 * @serial: of the region, which is not pinned while the file is opened
 *
 * Return: as above; -EINVAL of an emulated device, -ENODEV of one that is gone.
 */
int kmem_iomem_set_file(uint64_t serial, const char *file);

/**
 * kmem_iomem_read(), kmem_iomem_write() - copy bytes out of it or into it
 *
 * Return: 0; -ERANGE past its end; -EOPNOTSUPP of an emulated device, which a
 * look would change; the error of pread(2) or pwrite(2), -EIO of a file that
 * has become shorter.
 */
int kmem_iomem_read(struct kmem_iomem *region, uint64_t offset, void *buf,
		    size_t size);
int kmem_iomem_write(struct kmem_iomem *region, uint64_t offset,
		     const void *buf, size_t size);

/**
 * struct kmem_iomap_info - a mapping made by ioremap() or memremap()
 * @start: its first address
 * @size: bytes, the unmapped page behind it included
 * @phys: physical address of its first page
 * @caller: who made it
 */
struct kmem_iomap_info {
	void *start;
	size_t size;
	phys_addr_t phys;
	void *caller;
};

/**
 * kmem_iomaps() - all of them, by address
 *
 * Return: how many there are; the first @room of them are stored.
 */
size_t kmem_iomaps(struct kmem_iomap_info *infos, size_t room);

/* ---- validation ---------------------------------------------------------- */

/**
 * kmem_cache_validate() - check every slab, list and array of a cache
 *
 * Walks the free lists of all slabs, compares counts with lists, threads'
 * arrays with slabs. Each fault is reported. Context: takes the cache's locks;
 * the arrays of running threads are closed meanwhile.
 * Return: the number of faults.
 */
unsigned int kmem_cache_validate(struct kmem_cache *s);

/**
 * kmem_slab_validate() - check the one slab that holds an object
 *
 * Return: faults; 1 when @object is in no slab.
 */
unsigned int kmem_slab_validate(const void *object);

/**
 * kmem_zone_validate() - check the buddy lists of the @i-th populated zone
 */
unsigned int kmem_zone_validate(unsigned int i);

/**
 * kmem_block_validate() - check that the block at @page may be in use: type
 * and order are right, and no part of it is on a buddy list
 */
unsigned int kmem_block_validate(const struct page *page, unsigned int order);

/**
 * mempool_validate() - check counts, reserve and queue of a pool
 */
unsigned int mempool_validate(mempool_t *pool);

/**
 * kmem_iomem_validate() - check the device regions and their mappings
 */
unsigned int kmem_iomem_validate(void);

/**
 * kmem_validate() - all of the above
 */
unsigned int kmem_validate(void);

/* ---- memory outside the zones --------------------------------------------- */

/**
 * kmem_meta_alloc() - zeroed memory of the metadata region
 * @size: bytes
 *
 * For descriptors and handles: it does not fail because the zones are full,
 * and does not show in buddyinfo. Return: NULL when the region is full.
 */
void *kmem_meta_alloc(size_t size) __attribute__((warn_unused_result));

/**
 * kmem_meta_free() - give it back
 * @p: NULL is a no-op
 * @size: as it was asked for
 */
void kmem_meta_free(void *p, size_t size);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_INTROSPECT_H */
