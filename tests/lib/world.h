/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * world.h - random users of the allocators, each checked against a model
 *
 * A world is what one thread owns: objects of several sources (caches, kmalloc,
 * pages, pools), and the random numbers that decide what it does next. Worlds
 * of several threads may have sources in common and hand objects over through a
 * post; all of them claim their bytes in one model.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <kmem/introspect.h>

#include "fixture.h"
#include "model.h"

#define WORLD_SOURCES 20
#define POST_BOXES 16

enum source_kind {
	SOURCE_NONE,
	SOURCE_CACHE,
	SOURCE_KMALLOC,
	SOURCE_PAGES,
	SOURCE_POOL,
};

/* Something that a world owns. */
struct entry {
	struct model_object object;
	void *handle; /* what the allocator wants back */
	unsigned int order;
};

/**
 * struct source - where a world gets objects, and those it has
 * @kind: what it is
 * @shared: other threads use it too: not to be changed, counts unknown
 * @cache: for SOURCE_CACHE; for SOURCE_POOL its backing
 * @pool: for SOURCE_POOL
 * @size: bytes per object of the cache
 * @limit: of a pool's cache
 * @curr: what the pool's curr_nr must be
 * @entries: what the world owns
 * @nr: how many
 * @room: for how many there is room
 */
struct source {
	enum source_kind kind;
	bool shared;
	struct kmem_cache *cache;
	mempool_t *pool;
	bool built; /* by a constructor: not to be cleared */
	unsigned int size;
	unsigned int limit;
	int curr;
	struct entry *entries;
	unsigned int nr;
	unsigned int room;
};

/* An object in a box is nobody's until a thread takes it out. */
struct post {
	struct parcel *box[POST_BOXES];
};

/**
 * struct world - one user
 * @model: who owns which bytes, of all worlds
 * @post: where objects are handed over, or NULL
 * @prng: decides everything
 * @source: where objects come from
 * @live: bytes owned
 * @most: bytes that it may own
 * @step: steps done
 * @fault: the first thing that was wrong, or NULL
 * @fault_step: when
 */
struct world {
	struct model *model;
	struct post *post;
	struct prng prng;
	struct source source[WORLD_SOURCES];
	size_t live;
	size_t most;
	unsigned long step;
	const char *fault;
	unsigned long fault_step;
};

void world_fault(struct world *w, const char *what);

/**
 * world_step() - do one random thing and check what it touched
 */
void world_step(struct world *w);

/**
 * world_check() - compare the counts of all sources with what is owned
 */
void world_check(struct world *w);

/**
 * world_empty() - free everything that is owned; sources stay
 */
void world_empty(struct world *w);
void post_empty(struct world *w);

/* Sources of their own, as far as they are not shared. */
void source_add_cache(struct world *w, struct source *src);
void source_add_pool(struct world *w, struct source *src);
void source_remove(struct world *w, struct source *src);

#endif /* TESTS_WORLD_H */
