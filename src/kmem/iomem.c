/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iomem.c - device regions: what answers at physical addresses outside RAM
 *
 * A region is memory (a memfd), a file, or emulated by two callbacks. The
 * first two are descriptors that ioremap.c maps and that are read and written
 * by pread() and pwrite() where nothing is mapped, so that a file that became
 * shorter is an error and no signal.
 *
 * Regions are found by address in a sorted array, one for memory and one for
 * ports; no two overlap. By serial they are found as caches are: it holds the
 * slot in its low bits.
 *
 * Life of a region:
 *
 *	registered	in the arrays, found by address and by serial
 *	busy		somebody accesses it: a callback runs, or bytes are
 *			copied, with no lock held. It is neither changed nor
 *			removed meanwhile: -EBUSY, no waiting, because it may
 *			be a callback that asks
 *	mapped		the same; what is mapped is counted when it is asked
 *	pinned		the mount looks at it; who removes it waits
 *
 * Where it differs from the kernel: there, addresses that nobody claims are the
 * hardware's business. Here they are certainly nothing: reads give all ones.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

struct iomem_space {
	uint64_t end; /* first address that is none */
	uint64_t first; /* where KMEM_IOMEM_ANYWHERE begins to look */
	unsigned int nr; /* LOCK_IOMEM, as the rest */
	struct kmem_iomem *region[KMEM_IOMEM_MAX]; /* by address */
};

/* Devices of a PC are at the top of the first 4 GiB; no RAM of ours reaches
 * there unless it is large, and then it is passed over. */
static struct iomem_space spaces[] = {
	[KMEM_IOMEM_MEMORY] = { .end = IOMEM_END, .first = 0xe0000000 },
	[KMEM_IOMEM_PORTS] = { .end = IOPORT_END, .first = 0x1000 },
};

pthread_mutex_t iomem_lock = PTHREAD_MUTEX_INITIALIZER; /* LOCK_IOMEM */
static pthread_cond_t iomem_unpinned = PTHREAD_COND_INITIALIZER;

/* LOCK_IOMEM. Descriptors are kept here, too, for a child without the arena. */
static struct slot_set slots;
static struct kmem_iomem *region_of_slot[KMEM_IOMEM_MAX];
static int fd_of_slot[KMEM_IOMEM_MAX]; /* plus one: 0 is none */
static uint64_t regions_made;

/* ---- addresses ----------------------------------------------------------- */

/* Does [start, start + size) have a byte of RAM, and nothing else? */
bool phys_has_ram(uint64_t start, uint64_t size, bool *ret_only)
{
	uint64_t ram = 0;

	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		const struct zone *zone = &kmem.zone[i];
		uint64_t from = (uint64_t)zone->start_pfn << KMEM_PAGE_SHIFT;
		uint64_t to = (uint64_t)zone->end_pfn << KMEM_PAGE_SHIFT;

		from = MAX(from, start);
		to = MIN(to, start + size);
		if (from < to)
			ram += to - from;
	}
	if (ret_only)
		*ret_only = ram == size;
	return ram;
}

/* Index of the first region that ends behind @phys; there may be none. */
static unsigned int __first_behind(const struct iomem_space *space,
				   uint64_t phys)
{
	unsigned int low = 0, high = space->nr;

	lock_assert_held(&iomem_lock);
	while (low < high) {
		unsigned int middle = (low + high) / 2;
		const struct kmem_iomem *region = space->region[middle];

		if (region->phys + region->size > phys)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct kmem_iomem *__iomem_at(enum kmem_iomem_space space, uint64_t phys,
			      uint64_t size)
{
	const struct iomem_space *s = &spaces[space];
	unsigned int i = __first_behind(s, phys);

	if (i == s->nr || s->region[i]->phys >= phys + size)
		return NULL;
	return s->region[i];
}

/*
 * The lowest free multiple of the size, which is rounded up to a power of two:
 * as firmware places the regions of PCI devices. Return: IOMEM_NOWHERE when none is.
 */
static uint64_t __place(const struct iomem_space *space, uint64_t size,
			const struct kmem_iomem *except)
{
	uint64_t align = 1, at = space->first;
	unsigned int i;

	while (align < size)
		align <<= 1;
	at = ALIGN_UP(at, align);
	while (at < space->end && size <= space->end - at) {
		uint64_t behind = 0;

		if (space == &spaces[KMEM_IOMEM_MEMORY] &&
		    phys_has_ram(at, size, NULL)) {
			behind = (uint64_t)kmem.nr_pages << KMEM_PAGE_SHIFT;
		} else {
			i = __first_behind(space, at);
			if (i < space->nr && space->region[i] == except)
				i++;
			if (i == space->nr ||
			    space->region[i]->phys >= at + size)
				return at;
			behind =
				space->region[i]->phys + space->region[i]->size;
		}
		at = ALIGN_UP(behind, align);
	}
	return IOMEM_NOWHERE;
}

/* ---- what a region may be ------------------------------------------------ */

/* Where and how long: what holds for every region. */
static int check_range(enum kmem_iomem_space space, uint64_t phys, size_t size,
		       bool pages)
{
	uint64_t end = spaces[space].end;

	if (!size || size > end)
		return -EINVAL;
	if (pages && size % KMEM_PAGE_SIZE)
		return -EINVAL;
	if (phys == KMEM_IOMEM_ANYWHERE)
		return 0;
	if (phys >= end || size > end - phys)
		return -EINVAL;
	if (pages && phys % KMEM_PAGE_SIZE)
		return -EINVAL;
	if (space == KMEM_IOMEM_MEMORY && phys_has_ram(phys, size, NULL))
		return -EINVAL;
	return 0;
}

static int check_spec(const struct kmem_iomem_spec *spec)
{
	if (!spec->name || !*spec->name || strlen(spec->name) > KMEM_NAME_MAX)
		return -EINVAL;
	if (spec->space != KMEM_IOMEM_MEMORY &&
	    (spec->space != KMEM_IOMEM_PORTS || !spec->ops))
		return -EINVAL;
	if (spec->ops && spec->file)
		return -EINVAL;
	return check_range(spec->space, spec->phys, spec->size, !spec->ops);
}

/* Memory of its own, or the file. Return: a descriptor, or -errno. */
static int open_region(const char *file, size_t size)
{
	return file ? os_file_open(file, size) : os_memfd("iomem", size);
}

/* A copy for the region to keep; NULL for memory. */
static int copy_path(const char *file, char **ret_path)
{
	*ret_path = NULL;
	if (!file)
		return 0;
	*ret_path = kmem_meta_alloc(strlen(file) + 1);
	if (!*ret_path)
		return -ENOMEM;
	strcpy(*ret_path, file);
	return 0;
}

static void free_path(char *path)
{
	if (path)
		kmem_meta_free(path, strlen(path) + 1);
}

/* ---- the arrays ---------------------------------------------------------- */

static void __remove(struct kmem_iomem *region)
{
	struct iomem_space *space = &spaces[region->space];
	unsigned int i = __first_behind(space, region->phys);

	space->nr--;
	memmove(&space->region[i], &space->region[i + 1],
		(space->nr - i) * sizeof(space->region[0]));
}

static void __insert(struct kmem_iomem *region)
{
	struct iomem_space *space = &spaces[region->space];
	unsigned int i = __first_behind(space, region->phys);

	memmove(&space->region[i + 1], &space->region[i],
		(space->nr - i) * sizeof(space->region[0]));
	space->region[i] = region;
	space->nr++;
}

/* Where it shall be, free of others; @self does not stand in its own way. */
static int __find_room(struct kmem_iomem *self, uint64_t *phys, uint64_t size)
{
	const struct iomem_space *space = &spaces[self->space];
	unsigned int i;

	if (*phys == KMEM_IOMEM_ANYWHERE) {
		*phys = __place(space, size, self);
		return *phys == IOMEM_NOWHERE ? -ENOSPC : 0;
	}
	for (i = __first_behind(space, *phys);
	     i < space->nr && space->region[i]->phys < *phys + size; i++)
		if (space->region[i] != self)
			return -EBUSY;
	return 0;
}

static int __add(struct kmem_iomem *region)
{
	int slot, err;

	err = __find_room(region, &region->phys, region->size);
	if (err)
		return err;
	slot = slot_take(&slots);
	if (slot < 0 || slot >= KMEM_IOMEM_MAX) {
		if (slot >= 0)
			slot_put(&slots, (unsigned int)slot);
		return -ENOSPC;
	}
	region->slot = (unsigned int)slot;
	region->serial = ++regions_made * KMEM_IOMEM_MAX + region->slot;
	region_of_slot[slot] = region;
	fd_of_slot[slot] = region->fd + 1;
	__insert(region);
	return 0;
}

/* ---- register, change, unregister ---------------------------------------- */

static void free_region(struct kmem_iomem *region)
{
	if (region->fd >= 0)
		os_close(region->fd);
	free_path(region->path);
	kmem_meta_free(region, sizeof(*region));
}

/* All that it has of its own; not yet in the arrays. */
static int new_region(const struct kmem_iomem_spec *spec,
		      struct kmem_iomem **ret_region)
{
	struct kmem_iomem *region = kmem_meta_alloc(sizeof(*region));
	int err;

	if (!region)
		return -ENOMEM;
	text_copy(region->name, sizeof(region->name), spec->name);
	text_copy(region->owner, sizeof(region->owner),
		  spec->owner ? spec->owner : owner_name());
	region->space = spec->space;
	region->phys = spec->phys;
	region->size = spec->size;
	region->arg = spec->arg;
	region->emulated = spec->ops;
	if (spec->ops)
		region->ops = *spec->ops;
	region->fd = -1;
	err = copy_path(spec->file, &region->path);
	if (!err && !spec->ops) {
		region->fd = open_region(spec->file, spec->size);
		err = region->fd < 0 ? region->fd : 0;
	}
	if (err) {
		free_region(region);
		return err;
	}
	*ret_region = region;
	return 0;
}

int kmem_iomem_register(const struct kmem_iomem_spec *spec,
			struct kmem_iomem **ret_region)
{
	struct kmem_iomem *region;
	int err;

	if (!kmem_up())
		return -ENOMEM;
	err = check_spec(spec);
	if (!err)
		err = new_region(spec, &region);
	if (err)
		return err;
	lock(&iomem_lock, LOCK_IOMEM);
	err = __add(region);
	unlock(&iomem_lock);
	if (err) {
		free_region(region);
		return err;
	}
	*ret_region = region;
	return 0;
}

/* Does anybody have it in hand who cannot be waited for? */
static bool __in_use(const struct kmem_iomem *region)
{
	lock_assert_held(&iomem_lock);
	return region->busy || region->dying ||
	       (region->space == KMEM_IOMEM_MEMORY &&
		__iomaps_over(region->phys, region->size));
}

int kmem_iomem_unregister(struct kmem_iomem *region)
{
	int err = 0;

	if (!region)
		return 0;
	lock(&iomem_lock, LOCK_IOMEM);
	if (__in_use(region)) {
		err = -EBUSY;
	} else {
		region->dying = true;
		__remove(region);
		region_of_slot[region->slot] = NULL;
		while (region->pins)
			pthread_cond_wait(&iomem_unpinned, &iomem_lock);
		fd_of_slot[region->slot] = 0;
		slot_put(&slots, region->slot);
	}
	unlock(&iomem_lock);
	if (!err)
		free_region(region);
	return err;
}

/* Its address, if another may be had; nothing of it moves, it is not mapped. */
static int __move(struct kmem_iomem *region, uint64_t phys, uint64_t size)
{
	int err;

	if (__in_use(region))
		return -EBUSY;
	err = __find_room(region, &phys, size);
	if (err)
		return err;
	__remove(region);
	region->phys = phys;
	region->size = size;
	__insert(region);
	return 0;
}

int kmem_iomem_move(struct kmem_iomem *region, phys_addr_t phys)
{
	int err;

	lock(&iomem_lock, LOCK_IOMEM);
	err = check_range(region->space, phys, region->size, !region->emulated);
	if (!err)
		err = __move(region, phys, region->size);
	unlock(&iomem_lock);
	return err;
}

/**
 * struct backing - what a region is made of
 *
 * Another one is made first, and the old one released in the end, so that the
 * lock is held for neither.
 */
struct backing {
	size_t size;
	char *path; /* NULL: memory */
	int fd; /* -1: not open */
};

static void backing_close(struct backing *backing)
{
	if (backing->fd >= 0)
		os_close(backing->fd);
	free_path(backing->path);
}

static bool same_path(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Fails when the half that was to be kept is another by now. */
static int __swap_backing(struct kmem_iomem *region, struct backing *backing,
			  bool keep_path)
{
	char *path = region->path;
	int fd = region->fd, err;

	if (keep_path ? !same_path(region->path, backing->path)
		      : region->size != backing->size)
		return -EBUSY;
	err = __move(region, region->phys, backing->size);
	if (err)
		return err;
	region->fd = backing->fd;
	region->path = backing->path;
	*backing = (struct backing){ backing->size, path, fd };
	fd_of_slot[region->slot] = region->fd + 1;
	return 0;
}

/*
 * To open a file may take as long as its filesystem likes: the region is not
 * pinned meanwhile, so that nobody who removes it waits for that.
 */
static int replace(uint64_t serial, struct backing *backing, bool keep_path)
{
	struct kmem_iomem *region;
	int err = 0;

	backing->fd = open_region(backing->path, backing->size);
	if (backing->fd < 0)
		err = backing->fd;
	region = err ? NULL : kmem_iomem_pin(serial);
	if (region) {
		lock(&iomem_lock, LOCK_IOMEM);
		err = __swap_backing(region, backing, keep_path);
		unlock(&iomem_lock);
		kmem_iomem_unpin(region);
	} else if (!err) {
		err = -ENODEV;
	}
	backing_close(backing);
	return err;
}

int kmem_iomem_resize(struct kmem_iomem *region, size_t size)
{
	struct backing backing = { .size = size, .fd = -1 };
	bool same;
	int err;

	if (region->emulated)
		return -EINVAL;
	lock(&iomem_lock, LOCK_IOMEM);
	same = size == region->size;
	err = check_range(region->space, region->phys, size, true);
	if (!err)
		err = copy_path(region->path, &backing.path);
	unlock(&iomem_lock);
	if (!err && !same)
		return replace(region->serial, &backing, true);
	backing_close(&backing);
	return err;
}

int kmem_iomem_set_file(uint64_t serial, const char *file)
{
	struct kmem_iomem *region = kmem_iomem_pin(serial);
	struct backing backing = { .fd = -1 };
	bool same;
	int err;

	if (!region)
		return -ENODEV;
	lock(&iomem_lock, LOCK_IOMEM);
	err = region->emulated ? -EINVAL : 0;
	same = same_path(file, region->path);
	backing.size = region->size;
	unlock(&iomem_lock);
	kmem_iomem_unpin(region);
	if (err || same)
		return err;
	err = copy_path(file, &backing.path);
	return err ? err : replace(serial, &backing, false);
}

/* ---- access -------------------------------------------------------------- */

static uint64_t all_ones(unsigned int width)
{
	return ~0ull >> (64 - 8 * width);
}

static int copy_bytes(struct kmem_iomem *region, uint64_t offset, void *buf,
		      size_t size, bool write)
{
	return write ? os_pwrite(region->fd, buf, size, offset)
		     : os_pread(region->fd, buf, size, offset);
}

/* Busy, with no lock: nobody changes what is used here. */
static void access_region(struct kmem_iomem *region, uint64_t offset,
			  unsigned int width, bool write, uint64_t *value)
{
	uint64_t got = all_ones(width);
	uint64_t bytes = htole64(*value);

	if (!region->emulated) {
		if (!copy_bytes(region, offset, &bytes, width, write))
			got = le64toh(bytes) & all_ones(width);
	} else if (write && region->ops.write) {
		region->ops.write(region->arg, offset, width,
				  *value & all_ones(width));
	} else if (!write && region->ops.read) {
		got = region->ops.read(region->arg, offset, width) &
		      all_ones(width);
	}
	if (!write)
		*value = got;
}

static void access_end(struct kmem_iomem *region)
{
	lock(&iomem_lock, LOCK_IOMEM);
	region->busy--;
	unlock(&iomem_lock);
}

/* Within one region from end to end, or else there is nothing. */
static struct kmem_iomem *access_begin(enum kmem_iomem_space space,
				       uint64_t phys, unsigned int width,
				       uint64_t *ret_offset)
{
	struct kmem_iomem *region;

	lock(&iomem_lock, LOCK_IOMEM);
	region = __iomem_at(space, phys, width);
	if (region &&
	    (phys < region->phys || width > region->phys + region->size - phys))
		region = NULL;
	if (region) {
		region->busy++;
		*ret_offset = phys - region->phys;
	}
	unlock(&iomem_lock);
	return region;
}

void iomem_access(enum kmem_iomem_space space, uint64_t phys,
		  unsigned int width, bool write, uint64_t *value)
{
	struct kmem_iomem *region;
	uint64_t offset;

	region = access_begin(space, phys, width, &offset);
	if (region) {
		access_region(region, offset, width, write, value);
		access_end(region);
	} else if (!write) {
		*value = all_ones(width);
	}
}

static int copy_region(struct kmem_iomem *region, uint64_t offset, void *buf,
		       size_t size, bool write)
{
	int err = 0;

	if (region->emulated)
		return -EOPNOTSUPP;
	lock(&iomem_lock, LOCK_IOMEM);
	if (offset > region->size || size > region->size - offset)
		err = -ERANGE;
	else
		region->busy++;
	unlock(&iomem_lock);
	if (err)
		return err;
	err = copy_bytes(region, offset, buf, size, write);
	access_end(region);
	return err;
}

int kmem_iomem_read(struct kmem_iomem *region, uint64_t offset, void *buf,
		    size_t size)
{
	return copy_region(region, offset, buf, size, false);
}

int kmem_iomem_write(struct kmem_iomem *region, uint64_t offset,
		     const void *buf, size_t size)
{
	return copy_region(region, offset, (void *)buf, size, true);
}

/* ---- snapshots ----------------------------------------------------------- */

uint64_t kmem_iomem_serial(const struct kmem_iomem *region)
{
	return region->serial;
}

void kmem_iomem_info(struct kmem_iomem *region,
		     struct kmem_iomem_info *ret_info)
{
	lock(&iomem_lock, LOCK_IOMEM);
	ret_info->serial = region->serial;
	ret_info->space = region->space;
	ret_info->phys = region->phys;
	ret_info->size = region->size;
	ret_info->emulated = region->emulated;
	ret_info->mappings = region->space == KMEM_IOMEM_MEMORY
				     ? __iomaps_over(region->phys, region->size)
				     : 0;
	text_copy(ret_info->name, sizeof(ret_info->name), region->name);
	text_copy(ret_info->owner, sizeof(ret_info->owner), region->owner);
	text_copy(ret_info->file, sizeof(ret_info->file),
		  region->path ? region->path : "");
	unlock(&iomem_lock);
}

/* Serials ascend with time; slots do not. */
static void __sorted_insert(uint64_t *serials, size_t nr, uint64_t serial)
{
	for (; nr && serials[nr - 1] > serial; nr--)
		serials[nr] = serials[nr - 1];
	serials[nr] = serial;
}

size_t kmem_iomem_serials(uint64_t *serials, size_t room)
{
	size_t nr = 0;

	if (!kmem_up())
		return 0;
	lock(&iomem_lock, LOCK_IOMEM);
	for (unsigned int i = 0; i < KMEM_IOMEM_MAX; i++) {
		if (!region_of_slot[i])
			continue;
		if (nr < room)
			__sorted_insert(serials, nr, region_of_slot[i]->serial);
		nr++;
	}
	unlock(&iomem_lock);
	return nr;
}

struct kmem_iomem *kmem_iomem_pin(uint64_t serial)
{
	struct kmem_iomem *region;

	if (!kmem_ready())
		return NULL;
	lock(&iomem_lock, LOCK_IOMEM);
	region = region_of_slot[serial % KMEM_IOMEM_MAX];
	if (region && region->serial == serial)
		region->pins++;
	else
		region = NULL;
	unlock(&iomem_lock);
	return region;
}

void kmem_iomem_unpin(struct kmem_iomem *region)
{
	lock(&iomem_lock, LOCK_IOMEM);
	if (--region->pins == 0 && region->dying)
		pthread_cond_broadcast(&iomem_unpinned);
	unlock(&iomem_lock);
}

/* ---- validation, fork, the end ------------------------------------------- */

static unsigned int __validate_space(const struct iomem_space *space)
{
	unsigned int faults = 0;
	uint64_t end = 0;

	for (unsigned int i = 0; i < space->nr; i++) {
		const struct kmem_iomem *region = space->region[i];

		if (region->phys < end || region->size == 0 ||
		    region->phys + region->size > space->end ||
		    region_of_slot[region->slot] != region) {
			kmem_report("validate iomem %s: bad range or slot",
				    region->name);
			faults++;
		}
		end = region->phys + region->size;
	}
	return faults;
}

unsigned int kmem_iomem_validate(void)
{
	unsigned int faults = 0;

	lock(&iomem_lock, LOCK_IOMEM);
	for (unsigned int i = 0; i < ARRAY_SIZE(spaces); i++)
		faults += __validate_space(&spaces[i]);
	faults += __iomaps_validate();
	unlock(&iomem_lock);
	return faults;
}

/* Forgets everything; descriptors in the arena go with it. */
void iomem_exit(void)
{
	lock(&iomem_lock, LOCK_IOMEM);
	__iomaps_exit();
	io_access_reset();
	for (unsigned int i = 0; i < KMEM_IOMEM_MAX; i++)
		if (fd_of_slot[i])
			os_close(fd_of_slot[i] - 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(spaces); i++)
		spaces[i].nr = 0;
	memset(fd_of_slot, 0, sizeof(fd_of_slot));
	memset(region_of_slot, 0, sizeof(region_of_slot));
	memset(&slots, 0, sizeof(slots));
	unlock(&iomem_lock);
}

/*
 * A device is not copied by a fork: where the child has an allocator of its
 * own, it has the same regions and mappings, and both see what either writes.
 */
void iomem_fork(enum fork_step step)
{
	fork_mutex(&iomem_lock, step);
	if (step == FORK_ORPHAN) {
		iomem_exit();
	} else if (step == FORK_CHILD) {
		pthread_cond_init(&iomem_unpinned, NULL);
		for (unsigned int i = 0; i < KMEM_IOMEM_MAX; i++)
			if (region_of_slot[i]) {
				region_of_slot[i]->busy = 0;
				region_of_slot[i]->pins = 0;
			}
	}
}
