/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peers.h - the allocators that bench_slab compares
 *
 * Each is called through a pointer, ours as well, which is what a program
 * built with -fno-plt pays for a shared library; those named inline are
 * compiled into the loop. Other malloc()s are loaded apart from the program, so
 * that it keeps its C library's.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>

#include <kmem/inline.h>
#include <kmem/introspect.h>

#include "floor_stack.h"
#include "rte_pool.h"

#define MAX_PEERS 11

enum peer_kind {
	PEER_CACHE,
	PEER_CACHE_INLINE,
	PEER_KMALLOC,
	PEER_MALLOC,
	PEER_RTE,
	PEER_FLOOR,
	PEER_FLOOR_INLINE,
	PEER_FLOOR_LIST,
};

/* Those that limits.c names. The columns come in this order. */
enum peer_id {
	ID_CACHE,
	ID_CACHE_INLINE,
	ID_KMALLOC,
	ID_GLIBC,
	ID_MIMALLOC,
	ID_JEMALLOC,
	ID_TCMALLOC,
	ID_RTE,
	ID_FLOOR_INLINE,
	ID_FLOOR_LIST,
	ID_FLOOR,
};

/**
 * struct peer - one allocator
 * @name: its row
 * @id: which
 * @kind: which of the pointers below it has
 * @trim: ask it to give back what is free; may be NULL
 */
struct peer {
	const char *name;
	enum peer_id id;
	enum peer_kind kind;
	void *(*cache_alloc)(struct kmem_cache *s, gfp_t gfp);
	void (*cache_free)(struct kmem_cache *s, void *object);
	void *(*kmalloc)(size_t size, gfp_t gfp);
	void (*kfree)(const void *p);
	void *(*malloc)(size_t size);
	void (*free)(void *p);
	void *(*floor_alloc)(struct floor_depot *depot, unsigned int flags);
	void (*floor_free)(struct floor_depot *depot, void *object);
	void (*trim)(void);
};

/**
 * struct source - where a workload gets objects of one size
 * @peer: the allocator
 * @cache: for PEER_CACHE and PEER_CACHE_INLINE
 * @rte: for PEER_RTE
 * @depot: for the floors
 * @size: of an object
 */
struct source {
	const struct peer *peer;
	struct kmem_cache *cache;
	struct rte_mempool *rte;
	struct floor_depot *depot;
	size_t size;
};

extern struct peer peers[MAX_PEERS];
extern size_t nr_peers;

/**
 * peers_reserve_tls() - at the beginning of main(): may run the program again
 */
void peers_reserve_tls(char **argv);

/**
 * peers_find() - fill peers[]; a line is printed for each that is not here
 * @rte: rte_mempool as well
 */
void peers_find(bool rte);

/* @nr: objects that are in use at the same time, at most */
void source_open(struct source *source, const struct peer *peer, size_t size,
		 size_t nr);
void source_close(struct source *source);

/* A thread begins with @source, and is done with it. */
void source_enter(const struct source *source);
void source_leave(const struct source *source);

void bench_no_memory(void) __attribute__((noreturn));

/*
 * A program writes to what it asked for. @kind is a constant where this is
 * expanded, so that nothing is left of the switch.
 */
static inline __attribute__((always_inline)) void *
source_alloc(const struct source *from, enum peer_kind kind)
{
	const struct peer *peer = from->peer;
	char *p;

	switch (kind) {
	case PEER_CACHE:
		p = peer->cache_alloc(from->cache, GFP_KERNEL);
		break;
	case PEER_CACHE_INLINE:
		p = kmem_cache_alloc_inline(from->cache, GFP_KERNEL);
		break;
	case PEER_RTE:
		p = rte_pool_get(from->rte);
		break;
	case PEER_FLOOR:
		p = peer->floor_alloc(from->depot, GFP_KERNEL);
		break;
	case PEER_FLOOR_INLINE:
		p = floor_stack_pop(&floor_stack, from->depot);
		break;
	case PEER_FLOOR_LIST:
		p = floor_list_pop(&floor_list, from->depot);
		break;
	case PEER_KMALLOC:
		p = peer->kmalloc(from->size, GFP_KERNEL);
		break;
	default:
		p = peer->malloc(from->size);
	}
	if (__builtin_expect(!p, 0))
		bench_no_memory();
	*(volatile char *)p = 1;
	return p;
}

static inline __attribute__((always_inline)) void
source_free(const struct source *from, enum peer_kind kind, void *p)
{
	const struct peer *peer = from->peer;

	switch (kind) {
	case PEER_CACHE:
		peer->cache_free(from->cache, p);
		break;
	case PEER_CACHE_INLINE:
		kmem_cache_free_inline(from->cache, p);
		break;
	case PEER_RTE:
		rte_pool_put(from->rte, p);
		break;
	case PEER_FLOOR:
		peer->floor_free(from->depot, p);
		break;
	case PEER_FLOOR_INLINE:
		floor_stack_push(&floor_stack, from->depot, p);
		break;
	case PEER_FLOOR_LIST:
		floor_list_push(&floor_list, p);
		break;
	case PEER_KMALLOC:
		peer->kfree(p);
		break;
	default:
		peer->free(p);
	}
}

#endif /* PEERS_H */
