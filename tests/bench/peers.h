/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peers.h - the allocators that bench_slab compares
 *
 * Each is called through a pointer, ours as well, which is what a program
 * built with -fno-plt pays for a shared library. The peers are loaded apart
 * from the program, so that it keeps its C library's malloc().
 */
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>

#include <kmem/introspect.h>

#define MAX_PEERS 5

enum peer_kind {
	PEER_CACHE,
	PEER_KMALLOC,
	PEER_MALLOC,
};

/**
 * struct peer - one allocator
 * @name: its column
 * @kind: which of the pointers below it has
 * @trim: ask it to give back what is free; may be NULL
 */
struct peer {
	const char *name;
	enum peer_kind kind;
	void *(*cache_alloc)(struct kmem_cache *s, gfp_t gfp);
	void (*cache_free)(struct kmem_cache *s, void *object);
	void *(*kmalloc)(size_t size, gfp_t gfp);
	void (*kfree)(const void *p);
	void *(*malloc)(size_t size);
	void (*free)(void *p);
	void (*trim)(void);
};

/**
 * struct source - where a workload gets objects of one size
 * @peer: the allocator
 * @cache: for PEER_CACHE
 * @size: of an object
 */
struct source {
	const struct peer *peer;
	struct kmem_cache *cache;
	size_t size;
};

extern struct peer peers[MAX_PEERS];
extern size_t nr_peers;

/**
 * peers_find() - fill peers[]; a line is printed for each that is not here
 */
void peers_find(void);

void source_open(struct source *source, const struct peer *peer, size_t size);
void source_close(struct source *source);

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
	case PEER_KMALLOC:
		peer->kfree(p);
		break;
	default:
		peer->free(p);
	}
}

#endif /* PEERS_H */
