/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ioremap.c - mappings of device memory
 *
 * Two windows of address space are set aside when the first mapping is made.
 * A mapping in the *direct* window is the memory or the file of the regions
 * under it, page by page, and a load or store through it needs nobody's help.
 * Addresses in the *trap* window have no memory: io_access.c sees by the
 * address alone that an access has to be carried out by iomem_access(), which
 * looks up what is registered there at that moment. So a device may come under
 * such a mapping, and one that is not there reads as all ones.
 *
 * A mapping is direct where memory or a file is registered for each of its
 * pages. In a window the lowest hole that fits is taken; an unmapped page
 * follows every mapping, and large ones are aligned to their size, as in the
 * kernel. A table with one entry per page leads from an address to its mapping.
 *
 * Where it differs from the kernel: cache modes are remembered, so that
 * conflicting ones are refused as x86 refuses them, but all memory is the same.
 * Mapping RAM is reported each time, not once. memremap() refuses what is no
 * memory, where the kernel maps anything.
 */
#include <string.h>

#include <kmem/highmem.h>

#include "internal.h"
#include "util/symbol.h"

/* Room for the largest devices there are, several of them. */
#define WINDOW_SIZE (64ul << 30)
#define WINDOW_PAGES (WINDOW_SIZE >> KMEM_PAGE_SHIFT)

/* The kernel's on x86-64: not aligned to more than a page of 1 GiB. */
#define IOREMAP_MAX_ALIGN (1ul << 30)

enum io_mode {
	MODE_UC,
	MODE_WC,
	MODE_WT,
	MODE_WB,
};

/**
 * struct iomap - a mapping
 * @start, @size: where, the unmapped page behind it included
 * @phys: of its first page
 * @pages: that are mapped
 * @going: being unmapped: its place is not free yet
 */
struct iomap {
	struct list_head link;
	char *start;
	size_t size;
	uint64_t phys;
	unsigned long pages;
	enum io_mode mode;
	bool direct;
	bool going;
	void *caller;
};

/**
 * struct window - a range of addresses for mappings
 * @base: constant once it is set
 * @at: the mapping of each page, or NULL
 */
struct window {
	char *base;
	struct list_head maps; /* LOCK_IOMEM, as the next: by address */
	struct iomap **at;
};

static struct window direct = { .maps = LIST_HEAD_INIT(direct.maps) };
static struct window trap = { .maps = LIST_HEAD_INIT(trap.maps) };

/* ---- windows ------------------------------------------------------------- */

static bool window_has(const struct window *window, const volatile void *p)
{
	const char *base = __atomic_load_n(&window->base, __ATOMIC_RELAXED);

	return base && (size_t)((const volatile char *)p - base) < WINDOW_SIZE;
}

static size_t page_in(const struct window *window, const volatile void *p)
{
	return (size_t)((const volatile char *)p - window->base) >>
	       KMEM_PAGE_SHIFT;
}

/* Address space only: what nobody uses costs nothing. */
static bool __window_open(struct window *window)
{
	char *base;

	if (window->base)
		return true;
	if (!window->at)
		window->at = os_reserve(WINDOW_PAGES * sizeof(*window->at));
	base = window->at ? os_fence(WINDOW_SIZE) : NULL;
	__atomic_store_n(&window->base, base, __ATOMIC_RELAXED);
	return base;
}

static void __window_close(struct window *window)
{
	if (window->base)
		os_release(window->base, WINDOW_SIZE);
	if (window->at)
		os_release(window->at, WINDOW_PAGES * sizeof(*window->at));
	list_init(&window->maps);
	window->at = NULL;
	__atomic_store_n(&window->base, NULL, __ATOMIC_RELAXED);
}

/* Puts @map into the lowest hole. Return: false when there is none. */
static bool __window_place(struct window *window, struct iomap *map)
{
	struct list_head *before = &window->maps;
	size_t align = KMEM_PAGE_SIZE, bytes = map->size - KMEM_PAGE_SIZE;
	struct iomap *other;
	size_t at = 0, offset;

	while (align < bytes && align < IOREMAP_MAX_ALIGN)
		align <<= 1;
	list_for_each_entry(other, &window->maps, link) {
		offset = (size_t)(other->start - window->base);
		if (at + map->size <= offset)
			break;
		at = ALIGN_UP(offset + other->size, align);
		before = &other->link;
	}
	if (map->size > WINDOW_SIZE || at > WINDOW_SIZE - map->size)
		return false;
	map->start = window->base + at;
	list_add(&map->link, before);
	return true;
}

static void __window_set(struct window *window, struct iomap *map,
			 struct iomap *entry)
{
	size_t first = page_in(window, map->start);

	for (unsigned long i = 0; i < map->pages; i++)
		window->at[first + i] = entry;
}

/* ---- checks -------------------------------------------------------------- */

/*
 * What x86 says of two mappings of the same page: a cached one is not had
 * beside another mode, nor write-through beside write-combining; any other
 * second mapping is given the mode of the first.
 */
static bool modes_conflict(enum io_mode wanted, enum io_mode there)
{
	return (wanted != MODE_WB && there == MODE_WB) ||
	       (wanted == MODE_WT && there == MODE_WC);
}

static bool overlaps(const struct iomap *map, uint64_t phys, uint64_t size)
{
	uint64_t bytes = (uint64_t)map->pages << KMEM_PAGE_SHIFT;

	return map->phys < phys + size && phys < map->phys + bytes;
}

/*
 * The mode that a mapping wanted in *@mode gets, which is that of all that it
 * overlaps. Return: false when there is none.
 */
static bool __agree(uint64_t phys, uint64_t size, enum io_mode *mode)
{
	const struct window *const windows[] = { &direct, &trap };
	const struct iomap *map, *first = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		list_for_each_entry(map, &windows[i]->maps, link) {
			if (!overlaps(map, phys, size))
				continue;
			if (first && first->mode != map->mode)
				return false;
			first = map;
		}
	}
	if (!first)
		return true;
	if (modes_conflict(*mode, first->mode))
		return false;
	*mode = first->mode;
	return true;
}

/* A quiet answer to nonsense, a loud one to what a driver should not try. */
static bool check_range(uint64_t phys, size_t size)
{
	if (!size || phys + size - 1 < phys)
		return false;
	if (phys >= IOMEM_END || size > IOMEM_END - phys) {
		kmem_report("ioremap: invalid physical address %llx",
			    (unsigned long long)phys);
		return false;
	}
	return true;
}

/* ---- making -------------------------------------------------------------- */

/*
 * Is all of it memory or files? Also tells the regions, of which a driver
 * usually maps one at a time.
 */
static bool __all_plain(uint64_t phys, uint64_t size, unsigned int *ret_regions)
{
	uint64_t end = phys + size;
	bool plain = true;

	*ret_regions = 0;
	while (phys < end) {
		const struct kmem_iomem *region =
			__iomem_at(KMEM_IOMEM_MEMORY, phys, end - phys);

		if (!region)
			return false;
		if (region->emulated || region->phys > phys)
			plain = false;
		++*ret_regions;
		phys = region->phys + region->size;
	}
	return plain;
}

/*
 * Under the lock the place is taken and nobody can remove what is under it any
 * more; the system calls come afterwards.
 */
static const char *__map_begin(struct iomap *map, bool memory,
			       unsigned int *ret_regions)
{
	uint64_t bytes = (uint64_t)map->pages << KMEM_PAGE_SHIFT;
	struct window *window;

	map->direct = __all_plain(map->phys, bytes, ret_regions);
	if (memory && !map->direct)
		return "not all of it is memory or a file";
	if (!__agree(map->phys, bytes, &map->mode))
		return "it is mapped with another cache mode";
	window = map->direct ? &direct : &trap;
	if (!__window_open(window))
		return "no address space";
	if (!__window_place(window, map))
		return "no room";
	__window_set(window, map, map);
	return NULL;
}

/* The descriptor behind @phys and how far it reaches. */
static int piece_at(uint64_t phys, uint64_t end, uint64_t *ret_offset,
		    size_t *ret_size)
{
	const struct kmem_iomem *region;
	int fd;

	lock(&iomem_lock, LOCK_IOMEM);
	region = __iomem_at(KMEM_IOMEM_MEMORY, phys, end - phys);
	*ret_offset = phys - region->phys;
	*ret_size = MIN(end, region->phys + region->size) - phys;
	fd = region->fd;
	unlock(&iomem_lock);
	return fd;
}

/* Its regions stay as they are because it counts as a mapping of them. */
static bool map_pieces(struct iomap *map)
{
	uint64_t phys = map->phys;
	uint64_t end = phys + ((uint64_t)map->pages << KMEM_PAGE_SHIFT);
	char *to = map->start;

	while (phys < end) {
		uint64_t offset;
		size_t size;
		int fd = piece_at(phys, end, &offset, &size);

		if (os_map_shared(to, size, fd, offset))
			return false;
		phys += size;
		to += size;
	}
	return true;
}

/* The table first: who looks now finds nothing. Then the memory, the place. */
static void unmap(struct iomap *map)
{
	if (map->direct)
		os_fence_again(map->start, map->pages << KMEM_PAGE_SHIFT);
	lock(&iomem_lock, LOCK_IOMEM);
	list_del(&map->link);
	unlock(&iomem_lock);
	kmem_meta_free(map, sizeof(*map));
}

static void __unmap_begin(struct iomap *map)
{
	__window_set(map->direct ? &direct : &trap, map, NULL);
	map->going = true;
}

static struct iomap *new_map(uint64_t phys, size_t size, enum io_mode mode,
			     void *caller)
{
	struct iomap *map = kmem_meta_alloc(sizeof(*map));
	uint64_t first = phys & ~(uint64_t)(KMEM_PAGE_SIZE - 1);

	if (!map)
		return NULL;
	map->phys = first;
	map->pages =
		(unsigned long)((phys + size - first + KMEM_PAGE_SIZE - 1) >>
				KMEM_PAGE_SHIFT);
	map->size = (map->pages + 1) << KMEM_PAGE_SHIFT;
	map->mode = mode;
	map->caller = caller;
	return map;
}

/* As in the kernel it is worth a line, and works. */
static void note_many(void *caller)
{
	char name[128];

	symbol_format(name, sizeof(name), caller);
	kmem_note("caller %s mapping multiple BARs", name);
}

/* @who is for the report; @memory: only what plain pointers can reach. */
static void *map_range(const char *who, uint64_t phys, size_t size,
		       enum io_mode mode, bool memory, void *caller)
{
	struct iomap *map = new_map(phys, size, mode, caller);
	const char *why = "no memory for its descriptor";
	unsigned int regions = 0;

	if (map) {
		lock(&iomem_lock, LOCK_IOMEM);
		why = __map_begin(map, memory, &regions);
		unlock(&iomem_lock);
	}
	if (map && !why && map->direct && !map_pieces(map)) {
		why = "the system refused to map it";
		lock(&iomem_lock, LOCK_IOMEM);
		__unmap_begin(map);
		unlock(&iomem_lock);
		unmap(map);
		map = NULL;
	}
	if (why) {
		kmem_report("%s error for 0x%llx-0x%llx: %s", who,
			    (unsigned long long)phys,
			    (unsigned long long)(phys + size - 1), why);
		if (map)
			kmem_meta_free(map, sizeof(*map));
		return NULL;
	}
	if (regions > 1)
		note_many(caller);
	return map->start + (phys & (KMEM_PAGE_SIZE - 1));
}

/* ---- ioremap ------------------------------------------------------------- */

static void *ioremap_mode(uint64_t phys, size_t size, enum io_mode mode,
			  void *caller)
{
	if (!kmem_up() || !check_range(phys, size))
		return NULL;
	if (phys_has_ram(phys, size, NULL)) {
		kmem_report("ioremap on RAM at 0x%016llx - 0x%016llx",
			    (unsigned long long)phys,
			    (unsigned long long)(phys + size - 1));
		return NULL;
	}
	return map_range("ioremap", phys, size, mode, false, caller);
}

void *ioremap(phys_addr_t phys, size_t size)
{
	return ioremap_mode(phys, size, MODE_UC, __builtin_return_address(0));
}

void *ioremap_uc(phys_addr_t phys, size_t size)
{
	return ioremap_mode(phys, size, MODE_UC, __builtin_return_address(0));
}

void *ioremap_np(phys_addr_t phys, size_t size)
{
	return ioremap_mode(phys, size, MODE_UC, __builtin_return_address(0));
}

void *ioremap_wc(phys_addr_t phys, size_t size)
{
	return ioremap_mode(phys, size, MODE_WC, __builtin_return_address(0));
}

void *ioremap_wt(phys_addr_t phys, size_t size)
{
	return ioremap_mode(phys, size, MODE_WT, __builtin_return_address(0));
}

void *ioremap_cache(phys_addr_t phys, size_t size)
{
	return ioremap_mode(phys, size, MODE_WB, __builtin_return_address(0));
}

/* The mapping that begins in the page of @addr, from now on nobody else's. */
static struct iomap *take_map(const volatile void *addr)
{
	struct window *window = window_has(&trap, addr) ? &trap : &direct;
	struct iomap *map = NULL;

	lock(&iomem_lock, LOCK_IOMEM);
	if (window_has(window, addr))
		map = window->at[page_in(window, addr)];
	if (map && page_in(window, map->start) != page_in(window, addr))
		map = NULL;
	if (map)
		__unmap_begin(map);
	unlock(&iomem_lock);
	return map;
}

void iounmap(volatile void *addr)
{
	struct iomap *map;

	if (!addr)
		return;
	map = take_map(addr);
	if (map)
		unmap(map);
	else
		kmem_report("Trying to iounmap() nonexistent vm area (%p)",
			    (void *)addr);
}

/* ---- memremap ------------------------------------------------------------ */

/* The modes in the order in which they are tried. */
static const struct {
	unsigned long flag;
	enum io_mode mode;
} memremap_modes[] = {
	{ MEMREMAP_WB, MODE_WB },
	{ MEMREMAP_WT, MODE_WT },
	{ MEMREMAP_WC, MODE_WC },
};

/* There is one mode for RAM, and a mapping of all of it but HighMem. */
static void *remap_ram(uint64_t phys, size_t size, bool only,
		       unsigned long flags)
{
	struct page *first = pfn_to_page(phys >> KMEM_PAGE_SHIFT);
	struct page *last = pfn_to_page((phys + size - 1) >> KMEM_PAGE_SHIFT);

	/* HighMem is above all other memory; kmap() gives it no lasting one. */
	if (only && (flags & MEMREMAP_WB) && !PageHighMem(last))
		return (char *)page_address(first) +
		       (phys & (KMEM_PAGE_SIZE - 1));
	kmem_report("memremap attempted on %s 0x%016llx size: %#zx",
		    only ? "ram" : "mixed range", (unsigned long long)phys,
		    size);
	return NULL;
}

void *memremap(phys_addr_t phys, size_t size, unsigned long flags)
{
	bool only;

	if (!flags || !kmem_up() || !check_range(phys, size))
		return NULL;
	if (phys_has_ram(phys, size, &only))
		return remap_ram(phys, size, only, flags);
	for (unsigned int i = 0; i < ARRAY_SIZE(memremap_modes); i++) {
		enum io_mode mode = memremap_modes[i].mode, got = mode;
		bool agreed;

		if (!(flags & memremap_modes[i].flag))
			continue;
		flags &= ~memremap_modes[i].flag;
		lock(&iomem_lock, LOCK_IOMEM);
		agreed = __agree(phys, size, &got);
		unlock(&iomem_lock);
		/* The last one that is left says what is wrong. */
		if (agreed || !flags)
			return map_range("memremap", phys, size, mode, true,
					 __builtin_return_address(0));
	}
	return NULL;
}

void memunmap(void *addr)
{
	if (addr && !(kmem_ready() && kmem_contains(addr)))
		iounmap(addr);
}

/* ---- for the rest of the library ----------------------------------------- */

bool iomap_traps(const volatile void *addr)
{
	return window_has(&trap, addr);
}

bool iomap_phys(const volatile void *addr, uint64_t *ret_phys)
{
	const struct iomap *map;

	lock(&iomem_lock, LOCK_IOMEM);
	map = window_has(&trap, addr) ? trap.at[page_in(&trap, addr)] : NULL;
	if (map)
		*ret_phys = map->phys + (uint64_t)((const volatile char *)addr -
						   map->start);
	unlock(&iomem_lock);
	return map;
}

unsigned int __iomaps_over(uint64_t phys, uint64_t size)
{
	const struct window *const windows[] = { &direct, &trap };
	const struct iomap *map;
	unsigned int nr = 0;

	lock_assert_held(&iomem_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++)
		list_for_each_entry(map, &windows[i]->maps, link)
			nr += overlaps(map, phys, size);
	return nr;
}

/* All mappings, lowest address first. */
void iomaps_walk(void (*visit)(void *arg, const struct kmem_iomap_info *info),
		 void *arg)
{
	const struct window *windows[] = { &direct, &trap };
	const struct iomap *map;

	lock(&iomem_lock, LOCK_IOMEM);
	if (trap.base < direct.base) {
		windows[0] = &trap;
		windows[1] = &direct;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		list_for_each_entry(map, &windows[i]->maps, link) {
			const struct kmem_iomap_info info = {
				.start = map->start,
				.size = map->size,
				.phys = map->phys,
				.caller = map->caller,
			};

			visit(arg, &info);
		}
	}
	unlock(&iomem_lock);
}

struct list {
	struct kmem_iomap_info *infos;
	size_t room;
	size_t nr;
};

static void add_to_list(void *arg, const struct kmem_iomap_info *info)
{
	struct list *list = arg;

	if (list->nr < list->room)
		list->infos[list->nr] = *info;
	list->nr++;
}

size_t kmem_iomaps(struct kmem_iomap_info *infos, size_t room)
{
	struct list list = { infos, room, 0 };

	iomaps_walk(add_to_list, &list);
	return list.nr;
}

/* One window: mappings ascend, do not touch, and the table knows them. */
static unsigned int __window_validate(const struct window *window)
{
	const struct iomap *map;
	const char *end = window->base;
	unsigned int faults = 0;

	list_for_each_entry(map, &window->maps, link) {
		size_t first = page_in(window, map->start);
		bool bad = map->start < end ||
			   first + map->pages >= WINDOW_PAGES ||
			   map->size != (map->pages + 1) << KMEM_PAGE_SHIFT;

		for (unsigned long i = 0; !bad && i < map->pages; i++)
			bad = window->at[first + i] !=
			      (map->going ? NULL : map);
		if (bad) {
			kmem_report("validate ioremap: bad mapping at %p",
				    (void *)map->start);
			faults++;
		}
		end = map->start + map->size;
	}
	return faults;
}

unsigned int __iomaps_validate(void)
{
	return __window_validate(&direct) + __window_validate(&trap);
}

/* Descriptors go with the arena. */
void __iomaps_exit(void)
{
	__window_close(&direct);
	__window_close(&trap);
}
