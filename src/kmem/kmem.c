/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem.c - one allocator stack per process: setting it up, taking it down
 *
 * The arena, from low to high addresses:
 *
 *	memory       what the zones manage; frame n is at base + 4096 * n, unless
 *	             it is HighMem (highmem.c)
 *	header       says what is where, for other processes and for debuggers
 *	map          one struct page for each frame
 *	heap         descriptors and handles (meta.c)
 *	last page    the mark by which a file is known for an arena
 *
 * Everything but the header is untouched until used, so that installing 16 GiB
 * costs as much as installing 8 MiB.
 *
 * Where it differs from the kernel: a program may take the whole stack down
 * and set it up again.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define HEADER_MAGIC 0x616d656d6b62696cull /* "libkmema" */
#define HEADER_VERSION 2
#define HEAP_MIN (1ul << 30)
#define CPUS_MAX 1024u

/* At the first address behind the memory. */
struct arena_header {
	uint64_t magic;
	uint32_t version;
	uint32_t page_bytes; /* size of a struct page */
	uint64_t base;
	uint64_t memory;
	uint64_t map;
	uint64_t heap;
	uint64_t end;
	uint64_t pageblock; /* migrate types, a byte per 2^9 pages */
};

struct kmem kmem;

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER; /* LOCK_INIT */

static size_t map_bytes(size_t memory)
{
	return ALIGN_UP((memory >> KMEM_PAGE_SHIFT) * sizeof(struct page),
			KMEM_PAGE_SIZE);
}

static struct arena_header *arena_header(void)
{
	return (struct arena_header *)(kmem.base + kmem.memory);
}

static void set_header(void)
{
	struct arena_header *header = arena_header();
	char *map = (char *)header + KMEM_PAGE_SIZE;
	char *heap = map + map_bytes(kmem.memory);
	char *end = kmem.arena.base + kmem.arena.size - KMEM_PAGE_SIZE;

	*header = (struct arena_header){
		.magic = HEADER_MAGIC,
		.version = HEADER_VERSION,
		.page_bytes = sizeof(struct page),
		.base = (uint64_t)kmem.base,
		.memory = kmem.memory,
		.map = (uint64_t)map,
		.heap = (uint64_t)heap,
		.end = (uint64_t)end,
	};
	kmem.map = (struct page *)map;
	meta_init(heap, end);
}

/* The heap is address space: pools and handles of any size find room. */
static int map_arena(const struct kmem_config *config, size_t memory)
{
	size_t size = memory + KMEM_PAGE_SIZE + map_bytes(memory) +
		      MAX(HEAP_MIN, memory) + KMEM_PAGE_SIZE;
	int err = os_arena_map(config, size, memory, &kmem.arena);

	if (err)
		return err;
	kmem.base = kmem.arena.base;
	kmem.memory = memory;
	kmem.linear = memory;
	kmem.nr_pages = memory >> KMEM_PAGE_SHIFT;
	return 0;
}

/* Without a size: the host's, or as much of it as can be had. */
static int map_some(const struct kmem_config *config)
{
	size_t memory = config->memory ? config->memory : os_host_memory();
	int err;

	memory &= ~(KMEM_BLOCK_SIZE - 1);
	if (memory < KMEM_MIN_MEMORY)
		return -EINVAL;
	err = map_arena(config, memory);
	while (err == -ENOMEM && !config->memory &&
	       memory / 2 >= KMEM_MIN_MEMORY) {
		memory = memory / 2 & ~(KMEM_BLOCK_SIZE - 1);
		err = map_arena(config, memory);
	}
	return err;
}

/* In the reverse order of set_up(); serves its failure path as well. */
static void take_down(void)
{
	shrinkers_reset();
	vm_events_reset();
	report_failure_reset();
	caches_exit();
	pools_exit();
	kmalloc_exit();
	iomem_exit();
	stacks_reset();
	highmem_exit();
	threads_reset();
	vm_areas_exit();
	meta_init(NULL, NULL);
	os_arena_unmap(&kmem.arena);
	memset(&kmem, 0, sizeof(kmem));
}

static int set_up(const struct kmem_config *config)
{
	int err;

	if (config->cpus > CPUS_MAX || slab_options_set(config->slab_debug))
		return -EINVAL;
	err = map_some(config);
	if (err)
		return err;
	kmem.cpus = config->cpus ? config->cpus : os_host_cpus();
	kmem.init_on_alloc = config->init_on_alloc;
	kmem.init_on_free = config->init_on_free;
	kmem.page_poison = config->page_poison;
	kmem.wipe_pages = kmem.page_poison || kmem.init_on_free;
	kmem.prepare_pages = kmem.page_poison || kmem.init_on_alloc;
	kmem.freelist_random = config->freelist_random;
	kmem.merge = config->merge;
	kmem.mempool_debug = config->mempool_debug;
	kmem.barrier = KMEM_TSAN || os_barrier_setup();
	fork_setup();
	set_header();
	err = zones_init(config);
	arena_header()->pageblock = (uint64_t)kmem.pageblock;
	if (!err)
		err = vm_areas_init(kmem.memory);
	if (!err)
		err = highmem_init();
	if (!err)
		err = kmalloc_init();
	if (!err)
		err = background_init(config);
	if (err) {
		take_down();
		return err;
	}
	pools_init();
	__atomic_store_n(&kmem.ready, true, __ATOMIC_RELEASE);
	return 0;
}

/* The last to let go: an orphan then has no stack, and no memory of one. */
void kmem_fork(enum fork_step step)
{
	if (step == FORK_ORPHAN) {
		kmalloc_exit();
		if (kmem.arena.fd >= 0)
			os_close(kmem.arena.fd);
		memset(&kmem, 0, sizeof(kmem));
	} else if (step == FORK_CHILD && kmem.ready) {
		os_barrier_setup();
	}
	fork_mutex(&init_lock, step);
}

int kmem_init(const struct kmem_config *config)
{
	static const struct kmem_config defaults;
	int err = -EBUSY;

	lock(&init_lock, LOCK_INIT);
	if (!kmem.ready)
		err = set_up(config ? config : &defaults);
	unlock(&init_lock);
	return err;
}

/* Two threads may come first at the same time; one finds it busy. */
bool kmem_start(void)
{
	int err = kmem_init(NULL);

	return err == 0 || err == -EBUSY;
}

void kmem_exit(void)
{
	background_stop();
	page_wait_exit();
	ticker_stop();
	rcu_stop();
	lock(&init_lock, LOCK_INIT);
	if (kmem.ready)
		take_down();
	unlock(&init_lock);
}

bool kmem_ready(void)
{
	return __atomic_load_n(&kmem.ready, __ATOMIC_ACQUIRE);
}
