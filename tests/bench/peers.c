/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peers.c - the allocators that bench_slab compares
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peers.h"

/* More than that many caches are not made here. */
#define MAX_CACHES 256

struct peer peers[MAX_PEERS];
size_t nr_peers;

static void (*mimalloc_collect)(bool force);
static int (*jemalloc_ctl)(const char *name, void *old, size_t *old_size,
			   void *new, size_t new_size);

/* Those that are compiled into the loop. */
__thread struct floor_stack floor_stack;
__thread struct floor_list floor_list;

void bench_no_memory(void)
{
	fprintf(stderr, "bench: out of memory\n");
	exit(EXIT_FAILURE);
}

/* ---- giving back --------------------------------------------------------- */

static void kmem_trim(void)
{
	uint64_t serials[MAX_CACHES];
	size_t n = kmem_cache_serials(serials, MAX_CACHES);

	for (size_t i = 0; i < n && i < MAX_CACHES; i++) {
		struct kmem_cache *s = kmem_cache_pin(serials[i]);

		if (!s)
			continue;
		kmem_cache_shrink(s);
		kmem_cache_unpin(s);
	}
	kmem_release_free_pages();
}

static void glibc_trim(void)
{
	malloc_trim(0);
}

static void mimalloc_trim(void)
{
	mimalloc_collect(true);
}

/* 4096 is jemalloc's MALLCTL_ARENAS_ALL. */
static void jemalloc_trim(void)
{
	jemalloc_ctl("thread.tcache.flush", NULL, NULL, NULL, 0);
	jemalloc_ctl("arena.4096.purge", NULL, NULL, NULL, 0);
}

static void (*tcmalloc_release)(void);

static void tcmalloc_trim(void)
{
	tcmalloc_release();
}

/* ---- the list ------------------------------------------------------------ */

/* ISO C has no cast from an object to a function; POSIX promises this one. */
static bool find_symbol(void *handle, const char *name, void *ret_function)
{
	void *symbol = dlsym(handle, name);

	memcpy(ret_function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

static void *load(const char *name, const char *file)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);

	if (!handle)
		printf("%s is left out: %s\n", name, dlerror());
	return handle;
}

static void add_mimalloc(void)
{
	struct peer peer = { .name = "mimalloc",
			     .id = ID_MIMALLOC,
			     .kind = PEER_MALLOC };
	void *handle = load(peer.name, "libmimalloc.so.2");

	if (!handle || !find_symbol(handle, "mi_malloc", &peer.malloc) ||
	    !find_symbol(handle, "mi_free", &peer.free))
		return;
	if (find_symbol(handle, "mi_collect", &mimalloc_collect))
		peer.trim = mimalloc_trim;
	peers[nr_peers++] = peer;
}

static void add_jemalloc(void)
{
	struct peer peer = { .name = "jemalloc",
			     .id = ID_JEMALLOC,
			     .kind = PEER_MALLOC };
	void *handle = load(peer.name, "libjemalloc.so.2");

	if (!handle || !find_symbol(handle, "malloc", &peer.malloc) ||
	    !find_symbol(handle, "free", &peer.free))
		return;
	if (find_symbol(handle, "mallctl", &jemalloc_ctl))
		peer.trim = jemalloc_trim;
	peers[nr_peers++] = peer;
}

static void add_tcmalloc(void)
{
	struct peer peer = { .name = "tcmalloc",
			     .id = ID_TCMALLOC,
			     .kind = PEER_MALLOC };
	void *handle = load(peer.name, "libtcmalloc_minimal.so.4");

	if (!handle || !find_symbol(handle, "malloc", &peer.malloc) ||
	    !find_symbol(handle, "free", &peer.free))
		return;
	if (find_symbol(handle, "MallocExtension_ReleaseFreeMemory",
			&tcmalloc_release))
		peer.trim = tcmalloc_trim;
	peers[nr_peers++] = peer;
}

static void add_kmem(void)
{
	peers[nr_peers++] = (struct peer){
		.name = "kmem_cache",
		.id = ID_CACHE,
		.kind = PEER_CACHE,
		.cache_alloc = kmem_cache_alloc,
		.cache_free = kmem_cache_free,
		.trim = kmem_trim,
	};
	peers[nr_peers++] = (struct peer){
		.name = "kmem_cache inline",
		.id = ID_CACHE_INLINE,
		.kind = PEER_CACHE_INLINE,
		.trim = kmem_trim,
	};
	peers[nr_peers++] = (struct peer){
		.name = "kmalloc",
		.id = ID_KMALLOC,
		.kind = PEER_KMALLOC,
		.kmalloc = kmalloc,
		.kfree = kfree,
		.trim = kmem_trim,
	};
}

/* What nothing that keeps objects per thread can be faster than. */
static void add_floors(void)
{
	peers[nr_peers++] = (struct peer){
		.name = "floor inline",
		.id = ID_FLOOR_INLINE,
		.kind = PEER_FLOOR_INLINE,
	};
	peers[nr_peers++] = (struct peer){
		.name = "floor list",
		.id = ID_FLOOR_LIST,
		.kind = PEER_FLOOR_LIST,
	};
	peers[nr_peers++] = (struct peer){
		.name = "floor called",
		.id = ID_FLOOR,
		.kind = PEER_FLOOR,
		.floor_alloc = floor_alloc,
		.floor_free = floor_free,
	};
}

static void add_glibc(void)
{
	peers[nr_peers++] = (struct peer){
		.name = "glibc",
		.id = ID_GLIBC,
		.kind = PEER_MALLOC,
		.malloc = malloc,
		.free = free,
		.trim = glibc_trim,
	};
}

void peers_find(bool rte)
{
	add_kmem();
	add_glibc();
	add_mimalloc();
	add_jemalloc();
	add_tcmalloc();
	if (rte && rte_pool_init())
		peers[nr_peers++] = (struct peer){ .name = "rte_mempool",
						   .id = ID_RTE,
						   .kind = PEER_RTE };
	add_floors();
}

/* ---- objects of one size ------------------------------------------------- */

void source_open(struct source *source, const struct peer *peer, size_t size,
		 size_t nr)
{
	*source = (struct source){ .peer = peer, .size = size };
	switch (peer->kind) {
	case PEER_CACHE:
	case PEER_CACHE_INLINE:
		source->cache = kmem_cache_create("bench", (unsigned int)size,
						  0, 0, NULL);
		if (!source->cache)
			bench_no_memory();
		break;
	case PEER_RTE:
		source->rte = rte_pool_open(size, nr, RTE_POOL_CACHE);
		if (!source->rte)
			bench_no_memory();
		break;
	case PEER_FLOOR:
	case PEER_FLOOR_INLINE:
	case PEER_FLOOR_LIST:
		source->depot = floor_depot_open(size, nr);
		break;
	default:
		break;
	}
}

void source_close(struct source *source)
{
	source_leave(source);
	kmem_cache_destroy(source->cache);
	rte_pool_close(source->rte);
	floor_depot_close(source->depot);
}

void source_enter(const struct source *source)
{
	if (source->rte)
		rte_pool_enter();
}

void source_leave(const struct source *source)
{
	switch (source->peer->kind) {
	case PEER_RTE:
		rte_pool_leave();
		break;
	case PEER_FLOOR:
		floor_leave(source->depot);
		break;
	case PEER_FLOOR_INLINE:
		floor_stack_flush(&floor_stack, source->depot);
		break;
	case PEER_FLOOR_LIST:
		floor_list_flush(&floor_list, source->depot);
		break;
	default:
		break;
	}
}

/* ---- the program -------------------------------------------------------- */

/*
 * A library loaded late gets its thread-local storage from a reserve, which is
 * too small for jemalloc unless the program was started with a larger one.
 */
void peers_reserve_tls(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384", 1);
	execv("/proc/self/exe", argv);
}
