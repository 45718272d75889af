/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal_vm.h - areas of vmalloc() and device memory
 *
 * A part of internal.h, which includes it; nobody else does.
 */
#ifndef KMEM_INTERNAL_VM_H
#define KMEM_INTERNAL_VM_H

/* ---- vm_area.c ----------------------------------------------------------- */

/* Of vm_map_ram(): no user sees its struct. A flag of our own, as the kernel
 * has no bit for it. */
#define VM_AREA_RAM (1ul << 31)

/*
 * Who may touch what, by state:
 *
 *	VM_AREA_NEW	who makes it, alone; nobody finds it
 *	VM_AREA_LIVE	whoever finds it may read @vm, @map and @nr_map; its
 *			owner, who alone may resize it, does so under the lock
 *	VM_AREA_CLOSED	who closed it, alone; nobody finds it
 */
enum vm_area_state {
	VM_AREA_NEW,
	VM_AREA_LIVE,
	VM_AREA_CLOSED,
};

/*
 * struct vm_area - a range of addresses and what is mapped there
 * @map: the pages, in the order of addresses; none of a device region
 * @map_room: entries of @map, for giving it back
 * @mapped: bytes from the start on that are not hidden
 * @link: for who closed it
 *
 * LOCK_AREAS: the state and the place in the tree.
 * @gap: bytes between the end of the area before this one and its start
 * @max_gap: the largest @gap of this area and all below it in the tree
 */
struct vm_area {
	struct vm_struct vm;
	struct page **map;
	unsigned int nr_map;
	unsigned int map_room;
	size_t mapped;
	struct list_head link;

	enum vm_area_state state;
	uint32_t priority;
	struct vm_area *left;
	struct vm_area *right;
	size_t gap;
	size_t max_gap;
};

int vm_areas_init(size_t memory);
void vm_areas_exit(void);
void vm_areas_fork(enum fork_step step);
void vm_areas_lock(void);
void vm_areas_unlock(void);

struct vm_area *vm_area_new(size_t bytes, size_t align, unsigned long flags,
			    const void *caller);
bool vm_areas_could_hold(size_t bytes, size_t align);
bool vm_area_make_map(struct vm_area *area, unsigned int nr);
int vm_area_map(struct vm_area *area, enum os_range_flags how);
void vm_area_open(struct vm_area *area);
struct vm_area *__vm_area_at(const void *p);
struct vm_area *vm_area_find(const void *p, unsigned long flags);
struct vm_area *vm_area_close(const void *p, unsigned long flags);
bool vm_area_hide(struct vm_area *area);
void vm_area_delete(struct vm_area *area);
void vm_area_set_request(struct vm_area *area, size_t size);
void vm_area_shrink(struct vm_area *area, size_t bytes);
void vm_areas_walk(void (*visit)(void *arg, const struct vm_area *area),
		   void *arg);
void vm_areas_count(unsigned long *ret_areas, unsigned long *ret_pages);
void vm_areas_range(const void **ret_base, size_t *ret_size);
unsigned int vm_areas_validate(void);

/* ---- vm_info.c ----------------------------------------------------------- */

bool vm_area_locate(const void *p, struct page **ret_page,
		    unsigned int *ret_index);

/* ---- vmalloc.c ----------------------------------------------------------- */

void vm_complain(gfp_t gfp, size_t size, const char *what);
void vm_complain_map(gfp_t gfp, size_t size, int err);
void vm_area_release(struct vm_area *area);

/* ---- iomem.c ------------------------------------------------------------- */

#define IOMEM_END (1ull << 52) /* as far as x86-64 may ever go */
#define IOPORT_END (1ull << 16)
#define IOMEM_NOWHERE UINT64_MAX

struct kmem_iomem {
	/* constant */
	unsigned int slot;
	uint64_t serial;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
	enum kmem_iomem_space space;
	bool emulated;
	struct kmem_iomem_ops ops;
	void *arg;

	/* LOCK_IOMEM; constant while it is busy or mapped */
	uint64_t phys;
	uint64_t size;
	int fd; /* memory or file; -1 when emulated */
	char *path;
	unsigned int busy; /* accesses that run without the lock */
	unsigned int pins;
	bool dying;
};

extern pthread_mutex_t iomem_lock;

bool phys_has_ram(uint64_t start, uint64_t size, bool *ret_only);
/* The first region with a byte of the range; NULL: none has. */
struct kmem_iomem *__iomem_at(enum kmem_iomem_space space, uint64_t phys,
			      uint64_t size);
void iomem_access(enum kmem_iomem_space space, uint64_t phys,
		  unsigned int width, bool write, uint64_t *value);
void iomem_exit(void);

/* ---- ioremap.c ----------------------------------------------------------- */

/* Must an access to @addr be carried out by iomem_access()? Takes no lock. */
bool iomap_traps(const volatile void *addr);
/* The physical address of such an address; false: it is not mapped. */
bool iomap_phys(const volatile void *addr, uint64_t *ret_phys);
/* Mappings of a page that has a byte of the range. */
unsigned int __iomaps_over(uint64_t phys, uint64_t size);
void iomaps_walk(void (*visit)(void *arg, const struct kmem_iomap_info *info),
		 void *arg);
unsigned int __iomaps_validate(void);
void __iomaps_exit(void);

/* ---- io_access.c --------------------------------------------------------- */

void io_access_reset(void);

#endif /* KMEM_INTERNAL_VM_H */
