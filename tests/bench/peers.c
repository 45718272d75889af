/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peers.c - the allocators that bench_slab compares
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"

/* More than that many caches are not made here. */
#define MAX_CACHES 256

struct peer peers[MAX_PEERS];
size_t nr_peers;

static void (*mimalloc_collect)(bool force);
static int (*jemalloc_ctl)(const char *name, void *old, size_t *old_size,
			   void *new, size_t new_size);

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
	struct peer peer = { .name = "mimalloc", .kind = PEER_MALLOC };
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
	struct peer peer = { .name = "jemalloc", .kind = PEER_MALLOC };
	void *handle = load(peer.name, "libjemalloc.so.2");

	if (!handle || !find_symbol(handle, "malloc", &peer.malloc) ||
	    !find_symbol(handle, "free", &peer.free))
		return;
	if (find_symbol(handle, "mallctl", &jemalloc_ctl))
		peer.trim = jemalloc_trim;
	peers[nr_peers++] = peer;
}

void peers_find(void)
{
	peers[nr_peers++] = (struct peer){
		.name = "kmem_cache",
		.kind = PEER_CACHE,
		.cache_alloc = kmem_cache_alloc,
		.cache_free = kmem_cache_free,
		.trim = kmem_trim,
	};
	peers[nr_peers++] = (struct peer){
		.name = "kmalloc",
		.kind = PEER_KMALLOC,
		.kmalloc = kmalloc,
		.kfree = kfree,
		.trim = kmem_trim,
	};
	peers[nr_peers++] = (struct peer){
		.name = "glibc",
		.kind = PEER_MALLOC,
		.malloc = malloc,
		.free = free,
		.trim = glibc_trim,
	};
	add_mimalloc();
	add_jemalloc();
}

/* ---- objects of one size ------------------------------------------------- */

void source_open(struct source *source, const struct peer *peer, size_t size)
{
	*source = (struct source){ .peer = peer, .size = size };
	if (peer->kind != PEER_CACHE)
		return;
	source->cache =
		kmem_cache_create("bench", (unsigned int)size, 0, 0, NULL);
	if (!source->cache)
		bench_no_memory();
}

void source_close(struct source *source)
{
	kmem_cache_destroy(source->cache);
}
