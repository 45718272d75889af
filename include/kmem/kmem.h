/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem.h - setting the allocator stack up and taking it down
 *
 * One stack per process, as in a kernel. A program that never calls
 * kmem_init() gets the defaults at its first allocation.
 */
#ifndef KMEM_KMEM_H
#define KMEM_KMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define KMEM_PAGE_SHIFT 12
#define KMEM_PAGE_SIZE (1ul << KMEM_PAGE_SHIFT)
#define KMEM_MAX_ORDER 10
#define KMEM_NR_ORDERS (KMEM_MAX_ORDER + 1)
/* One block of the highest order: the unit in which memory is installed. */
#define KMEM_BLOCK_SIZE (KMEM_PAGE_SIZE << KMEM_MAX_ORDER)
#define KMEM_MIN_MEMORY (2 * KMEM_BLOCK_SIZE)
#define KMEM_NAME_MAX 127
/* For limits of caches and pools: none. */
#define KMEM_NO_LIMIT UINT64_MAX
/* The longest name of an owner: that of a module of the kernel. */
#define KMEM_OWNER_MAX 55
#define KMEM_MAX_NODES 16
/* DMA, DMA32, Normal, HighMem, Movable. */
#define KMEM_NR_ZONE_TYPES 5
#define KMEM_ZONE_HIGHMEM 3

/**
 * enum kmem_backing - what the "physical" memory is made of
 * @KMEM_ANON: private anonymous memory, huge pages allowed (fastest to touch)
 * @KMEM_MEMFD: a memfd: can be mapped twice and by other processes
 * @KMEM_FILE: the file kmem_config.path, created or reused
 */
enum kmem_backing {
	KMEM_ANON,
	KMEM_MEMFD,
	KMEM_FILE,
};

/**
 * struct kmem_config - how to set the stack up; all zero means defaults
 * @memory: bytes of "physical" memory, rounded down to 4 MiB; 0: the host's
 *          RAM, halved until it maps
 * @backing: see enum kmem_backing
 * @path: the file, for KMEM_FILE
 * @cpus: virtual CPUs that formulas and formats use; 0: the host's online ones
 * @min_free_kbytes: as the sysctl; 0: by the kernel's formula
 * @thp: make it as large as a kernel with transparent huge pages does
 * @background: have a thread that reclaims when all zones are below their low
 *         mark, until they are above their high mark; as the kernel's kswapd
 * @init_on_alloc: clear all memory that is handed out, as if __GFP_ZERO were in
 *         every mask (not of caches that keep the content of free objects)
 * @init_on_free: clear all memory that is freed
 * @page_poison: fill free pages with 0xaa (whatever @init_on_free says) and
 *         report those that were written to meanwhile
 * @freelist_random: give the objects of each slab in an order of its own
 * @merge: let programs' caches of like objects be one, as the kernel does
 * @mempool_debug: let pools on caches, kmalloc() and pages poison their reserve,
 *         and look at what comes back; see mempool_set_poison()
 * @slab_debug: the kernel's slab_debug= parameter: letters F Z P U T O for all
 *         caches, "FZ,name*" for some, blocks joined by ';', "-" for none;
 *         NULL: no debugging, "": FZPU
 * @zones: the zones and their sizes, lowest first, in units of 4 MiB, together
 *         the whole memory; one may go without and gets the rest:
 *         "DMA:16M,Normal,HighMem:16M". NULL: the kernel's x86-64 limits (DMA to
 *         16 MiB, DMA32 to 4 GiB, Normal above). Borders are addresses, whatever
 *         the nodes are. HighMem needs KMEM_MEMFD or KMEM_FILE and leaves some
 *         memory to the others; Movable may be named and is empty
 * @nodes: into how many nodes the memory is divided, in shares that differ by
 *         4 MiB at most; 0: 1, at most KMEM_MAX_NODES
 * @distances: nodes * nodes numbers, row by row: how far the memory of the
 *         column is from the CPUs of the row. 10 on the diagonal, else more;
 *         NULL: 20. Read by kmem_init() alone
 */
struct kmem_config {
	size_t memory;
	enum kmem_backing backing;
	const char *path;
	unsigned int cpus;
	unsigned long min_free_kbytes;
	bool thp;
	bool background;
	bool init_on_alloc;
	bool init_on_free;
	bool page_poison;
	bool freelist_random;
	bool merge;
	bool mempool_debug;
	const char *slab_debug;
	const char *zones;
	unsigned int nodes;
	const uint8_t *distances;
};

/**
 * kmem_init() - set the stack up
 * @config: NULL means all defaults
 *
 * Context: may sleep (maps memory). Not from a signal handler.
 * Return: 0; -EBUSY when it is already up; -EINVAL for a bad configuration
 * (less than 8 MiB, bad zones or slab_debug, more than 1024 CPUs, more than 16
 * nodes or more nodes than blocks of 4 MiB); -EOPNOTSUPP for HighMem in anonymous
 * memory; -ENOMEM or the error of open(2) and mmap(2).
 */
int kmem_init(const struct kmem_config *config);

/**
 * kmem_exit() - release everything, objects and caches in use included
 *
 * Every pointer that the library gave out is dead afterwards; kmem_init() may
 * be called again. Context: no other thread may be inside the library.
 */
void kmem_exit(void);

/**
 * kmem_ready() - is the stack up?
 */
bool kmem_ready(void);

/**
 * typedef kmem_report_fn - receives one report, without a trailing newline
 */
typedef void (*kmem_report_fn)(void *arg, const char *text);

/**
 * kmem_set_report() - where reports of misuse and of broken metadata go
 * @fn: NULL drops them (they are counted all the same)
 * @arg: handed to @fn
 *
 * The library never prints. It calls @fn with no lock held that @fn could
 * need, except that @fn must not call the library back.
 */
void kmem_set_report(kmem_report_fn fn, void *arg);

/**
 * kmem_set_panic_on_report() - abort(3) after a report, for tests and debugging
 */
void kmem_set_panic_on_report(bool on);

/**
 * kmem_report_count() - reports made since the program started
 */
unsigned long kmem_report_count(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_KMEM_H */
