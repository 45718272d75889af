/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle.c - the objects that a mount allocated in one directory, by ID
 *
 * A radix tree whose leaves are chunks of 145 handles: a page each, so that an
 * object without a name costs 29 bytes. IDs are dense when young, and chunks
 * go when their last object does; a directory that keeps one object of each
 * 145 pays a page for each, which is still bounded by what it once held.
 *
 *	height 0:  root = chunk                    IDs 0 .. 144
 *	height 1:  root = node of 256 chunks       IDs 0 .. 37119
 *	height 2:  root = node of 256 nodes        ...
 *
 * Objects are found in the time it takes to walk at most five levels, and the
 * next or previous one of any ID likewise, so a directory can be read on from
 * any place however it changed meanwhile.
 *
 * Names are records of their own, found by hash tables with chaining: by their
 * text, and by the ID of the object, which has a bit that says whether there is
 * one. All memory is of the metadata region: naming an object works when the
 * zones are full.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <kmem/introspect.h>

#include "util/text.h"

#include "handle.h"

#define CHUNK_NR 145
#define LIVE_WORDS ((CHUNK_NR + 63) / 64)
#define NODE_NR 256
#define NAMES_LEAST 32

struct chunk {
	uint64_t live[LIVE_WORDS]; /* bit i: handle i holds an object */
	struct handle handle[CHUNK_NR];
};

struct node {
	void *child[NODE_NR];
};

struct handle_name {
	uint64_t id;
	uint32_t hash;
	uint32_t next; /* of the same bucket by text; index, 0 ends */
	uint32_t next_id; /* of the same bucket by ID */
	char text[];
};

static_assert(sizeof(struct chunk) + sizeof(struct handle) > 4096 &&
		      sizeof(struct chunk) <= 4096,
	      "a chunk fills its page");
static_assert(4096 / CHUNK_NR < 29, "an object costs 29 bytes, in whole");

/* ---- the tree ------------------------------------------------------------ */

/* Chunks below one child of a node that stands @height levels above them. */
static uint64_t span_of(unsigned int height)
{
	return 1ull << (8 * (height - 1));
}

/* Also answers for numbers that the tree is too low for. */
static struct chunk *chunk_find(const struct handles *hs, uint64_t nr)
{
	unsigned int height = hs->height;
	void *p = hs->root;

	if (!p || (height < 8 && nr >> (8 * height)))
		return NULL;
	for (; p && height; height--)
		p = ((struct node *)p)->child[nr / span_of(height) % NODE_NR];
	return p;
}

/* Put nodes above the root until it spans chunk @nr. */
static int tree_raise(struct handles *hs, uint64_t nr)
{
	while (nr >> (8 * hs->height)) {
		if (hs->root) {
			struct node *n = kmem_meta_alloc(sizeof(*n));

			if (!n)
				return -ENOMEM;
			n->child[0] = hs->root;
			hs->root = n;
		}
		hs->height++;
	}
	return 0;
}

/*
 * Nodes that it made on the way stay when the rest fails: they are empty, and
 * found again by the next try.
 */
static int chunk_make(struct handles *hs, uint64_t nr)
{
	unsigned int height;
	void **at;

	if (tree_raise(hs, nr))
		return -ENOMEM;
	at = &hs->root;
	for (height = hs->height; height; height--) {
		if (!*at)
			*at = kmem_meta_alloc(sizeof(struct node));
		if (!*at)
			return -ENOMEM;
		at = &((struct node *)*at)
			      ->child[nr / span_of(height) % NODE_NR];
	}
	if (!*at)
		*at = kmem_meta_alloc(sizeof(struct chunk));
	return *at ? 0 : -ENOMEM;
}

static bool node_empty(const struct node *n)
{
	unsigned int i;

	for (i = 0; i < NODE_NR; i++)
		if (n->child[i])
			return false;
	return true;
}

/*
 * Free chunk @nr below *@at, then the nodes that this leaves empty. Rarely
 * called, once in 145 removals, so that nodes need no counts.
 */
static void chunk_drop(void **at, unsigned int height, uint64_t nr)
{
	struct node *n = *at;

	if (!n)
		return;
	if (!height) {
		kmem_meta_free(*at, sizeof(struct chunk));
		*at = NULL;
		return;
	}
	chunk_drop(&n->child[nr / span_of(height) % NODE_NR], height - 1,
		   nr % span_of(height));
	if (node_empty(n)) {
		kmem_meta_free(n, sizeof(*n));
		*at = NULL;
	}
}

static void tree_free(void *p, unsigned int height)
{
	unsigned int i;

	if (!p)
		return;
	if (!height) {
		kmem_meta_free(p, sizeof(struct chunk));
		return;
	}
	for (i = 0; i < NODE_NR; i++)
		tree_free(((struct node *)p)->child[i], height - 1);
	kmem_meta_free(p, sizeof(struct node));
}

static bool chunk_live(const struct chunk *c)
{
	unsigned int w;

	for (w = 0; w < LIVE_WORDS; w++)
		if (c->live[w])
			return true;
	return false;
}

/* The least live index >= @from, or -1. */
static int chunk_next(const struct chunk *c, unsigned int from)
{
	unsigned int w = from / 64;
	uint64_t bits = c->live[w] & (UINT64_MAX << (from % 64));

	while (!bits && w + 1 < LIVE_WORDS)
		bits = c->live[++w];
	return bits ? (int)(w * 64) + __builtin_ctzll(bits) : -1;
}

/* The largest live index <= @from, or -1. */
static int chunk_prev(const struct chunk *c, unsigned int from)
{
	unsigned int w = from / 64;
	uint64_t bits = c->live[w] & (UINT64_MAX >> (63 - from % 64));

	while (!bits && w > 0)
		bits = c->live[--w];
	return bits ? (int)(w * 64) + 63 - __builtin_clzll(bits) : -1;
}

/*
 * The nearest chunk with objects, from chunk @nr on, up or down. Children on
 * the way to @nr are searched from there, all others from their near end.
 * Return: the chunk's number in *@ret_nr, counted from this subtree's start.
 */
static struct chunk *tree_scan(void *p, unsigned int height, uint64_t nr,
			       int step, uint64_t *ret_nr)
{
	uint64_t span;
	int i;

	if (!p)
		return NULL;
	if (!height) {
		*ret_nr = 0;
		return chunk_live(p) ? p : NULL;
	}
	span = span_of(height);
	nr = nr < span * NODE_NR ? nr : span * NODE_NR - 1;
	for (i = (int)(nr / span); i >= 0 && i < NODE_NR; i += step) {
		uint64_t near = step > 0 ? 0 : span - 1;
		struct chunk *c;

		if (i == (int)(nr / span))
			near = nr % span;
		c = tree_scan(((struct node *)p)->child[i], height - 1, near,
			      step, ret_nr);
		if (c) {
			*ret_nr += (uint64_t)i * span;
			return c;
		}
	}
	return NULL;
}

/* ---- handles ------------------------------------------------------------- */

/* What was made for a request that cannot be served whole is freed again. */
int handles_reserve(struct handles *hs, uint64_t nr)
{
	uint64_t first = (hs->last + 1) / CHUNK_NR;
	uint64_t last = (hs->last + nr) / CHUNK_NR;
	uint64_t i;

	for (i = first; i <= last; i++)
		if (!chunk_find(hs, i) && chunk_make(hs, i))
			break;
	if (i > last)
		return 0;
	for (; i + 1 > first; i--) {
		struct chunk *c = chunk_find(hs, i);

		if (!c || !chunk_live(c))
			chunk_drop(&hs->root, hs->height, i);
		if (!i)
			break;
	}
	return -ENOMEM;
}

struct handle *handles_add(struct handles *hs, void *element, uint64_t *ret_id)
{
	uint64_t id = ++hs->last;
	struct chunk *c = chunk_find(hs, id / CHUNK_NR);
	unsigned int i = (unsigned int)(id % CHUNK_NR);

	c->live[i / 64] |= 1ull << (i % 64);
	memset(&c->handle[i], 0, sizeof(c->handle[i]));
	c->handle[i].element = element;
	hs->count++;
	*ret_id = id;
	return &c->handle[i];
}

struct handle *handles_find(const struct handles *hs, uint64_t id)
{
	struct chunk *c = chunk_find(hs, id / CHUNK_NR);

	if (!c || !c->handle[id % CHUNK_NR].element)
		return NULL;
	return &c->handle[id % CHUNK_NR];
}

static void name_drop(struct handles *hs, struct handle *h, uint64_t id);

void handles_remove(struct handles *hs, uint64_t id)
{
	struct chunk *c = chunk_find(hs, id / CHUNK_NR);
	unsigned int i = (unsigned int)(id % CHUNK_NR);

	name_drop(hs, &c->handle[i], id);
	c->live[i / 64] &= ~(1ull << (i % 64));
	c->handle[i].element = NULL;
	hs->count--;
	if (!chunk_live(c))
		chunk_drop(&hs->root, hs->height, id / CHUNK_NR);
}

/*
 * Mostly the neighbour is in the same chunk, where a bitmap finds it; only at
 * the chunk's end the tree is walked.
 */
static struct handle *handles_scan(const struct handles *hs, uint64_t id,
				   int step, uint64_t *ret_id)
{
	uint64_t nr = id / CHUNK_NR;
	struct chunk *c = chunk_find(hs, nr);
	uint64_t found = 0;
	int i = -1;

	if (c && step > 0)
		i = chunk_next(c, (unsigned int)(id % CHUNK_NR));
	else if (c)
		i = chunk_prev(c, (unsigned int)(id % CHUNK_NR));
	if (i < 0) {
		if (step < 0 && !nr)
			return NULL;
		if (step > 0 && ++nr >> (8 * hs->height))
			return NULL;
		if (step < 0)
			nr--;
		c = tree_scan(hs->root, hs->height, nr, step, &found);
		if (!c)
			return NULL;
		nr = found;
		i = step > 0 ? chunk_next(c, 0) : chunk_prev(c, CHUNK_NR - 1);
	}
	*ret_id = nr * CHUNK_NR + (unsigned int)i;
	return &c->handle[i];
}

struct handle *handles_next(const struct handles *hs, uint64_t id,
			    uint64_t *ret_id)
{
	if (id > hs->last)
		return NULL;
	return handles_scan(hs, id, 1, ret_id);
}

struct handle *handles_prev(const struct handles *hs, uint64_t id,
			    uint64_t *ret_id)
{
	return handles_scan(hs, id < hs->last ? id : hs->last, -1, ret_id);
}

/* ---- names --------------------------------------------------------------- */

static size_t name_size(const char *text)
{
	return sizeof(struct handle_name) + strlen(text) + 1;
}

static uint32_t *text_bucket(const struct handles *hs, uint32_t hash)
{
	return &hs->by_text[hash & (hs->names_room - 1)];
}

static uint32_t *id_bucket(const struct handles *hs, uint64_t id)
{
	uint32_t hash = (uint32_t)((id * 0x9e3779b97f4a7c15) >> 32);

	return &hs->by_id[hash & (hs->names_room - 1)];
}

/* Put it where it is found by its text, and by its object. */
static void name_link(struct handles *hs, uint32_t slot)
{
	struct handle_name *name = hs->names[slot];
	uint32_t *bucket = text_bucket(hs, name->hash);

	name->next = *bucket;
	*bucket = slot;
	bucket = id_bucket(hs, name->id);
	name->next_id = *bucket;
	*bucket = slot;
}

static void name_unlink(struct handles *hs, uint32_t slot)
{
	struct handle_name *name = hs->names[slot];
	uint32_t *at;

	for (at = text_bucket(hs, name->hash); *at != slot;)
		at = &hs->names[*at]->next;
	*at = name->next;
	for (at = id_bucket(hs, name->id); *at != slot;)
		at = &hs->names[*at]->next_id;
	*at = name->next_id;
}

/* The slot of the name of an object that has one. */
static uint32_t name_of(const struct handles *hs, uint64_t id)
{
	uint32_t slot = *id_bucket(hs, id);

	while (hs->names[slot]->id != id)
		slot = hs->names[slot]->next_id;
	return slot;
}

uint64_t handles_lookup(const struct handles *hs, const char *name)
{
	uint32_t hash = text_hash(name);
	uint32_t i;

	if (!hs->named)
		return 0;
	for (i = *text_bucket(hs, hash); i; i = hs->names[i]->next)
		if (hs->names[i]->hash == hash &&
		    !strcmp(hs->names[i]->text, name))
			return hs->names[i]->id;
	return 0;
}

/* The tables, not the names. */
static void names_free(struct handles *hs)
{
	kmem_meta_free(hs->names, hs->names_room * sizeof(*hs->names));
	kmem_meta_free(hs->by_text, hs->names_room * sizeof(*hs->by_text));
	kmem_meta_free(hs->by_id, hs->names_room * sizeof(*hs->by_id));
}

/* Twice the slots and buckets, and every name into its new bucket. */
static int names_grow(struct handles *hs)
{
	struct handles old = *hs;
	uint32_t i;

	hs->names_room = old.names_room ? old.names_room * 2 : NAMES_LEAST;
	hs->names = kmem_meta_alloc(hs->names_room * sizeof(*hs->names));
	hs->by_text = kmem_meta_alloc(hs->names_room * sizeof(*hs->by_text));
	hs->by_id = kmem_meta_alloc(hs->names_room * sizeof(*hs->by_id));
	if (!hs->names || !hs->by_text || !hs->by_id) {
		names_free(hs);
		*hs = old;
		return -ENOMEM;
	}
	/* It only grows while no slot is free, so all but slot 0 are used. */
	for (i = 1; i < old.names_used; i++) {
		hs->names[i] = old.names[i];
		name_link(hs, i);
	}
	if (old.names)
		names_free(&old);
	return 0;
}

/* A freed slot holds the index of the next one, odd to tell it from names. */
static struct handle_name *gap_of(uint32_t next)
{
	return (struct handle_name *)((uintptr_t)next << 1 | 1);
}

/* A free slot, or 0. */
static uint32_t slot_take(struct handles *hs)
{
	uint32_t slot = hs->names_free;

	if (slot) {
		hs->names_free = (uint32_t)((uintptr_t)hs->names[slot] >> 1);
		return slot;
	}
	if (!hs->names_used)
		hs->names_used = 1;
	if (hs->names_used >= hs->names_room && names_grow(hs))
		return 0;
	return hs->names_used++;
}

static void slot_give(struct handles *hs, uint32_t slot)
{
	hs->names[slot] = gap_of(hs->names_free);
	hs->names_free = slot;
}

/* Nothing happens to an object without a name. */
static void name_drop(struct handles *hs, struct handle *h, uint64_t id)
{
	struct handle_name *name;
	uint32_t slot;

	if (!h->named)
		return;
	slot = name_of(hs, id);
	name = hs->names[slot];
	name_unlink(hs, slot);
	slot_give(hs, slot);
	kmem_meta_free(name, name_size(name->text));
	h->named = 0;
	hs->named--;
}

/* The old name goes last, when nothing can fail any more. */
int handles_rename(struct handles *hs, uint64_t id, const char *text)
{
	struct handle *h = handles_find(hs, id);
	struct handle_name *name;
	uint32_t slot;

	if (handles_lookup(hs, text))
		return -EEXIST;
	name = kmem_meta_alloc(name_size(text));
	if (!name)
		return -ENOMEM;
	slot = slot_take(hs);
	if (!slot) {
		kmem_meta_free(name, name_size(text));
		return -ENOMEM;
	}
	name_drop(hs, h, id);
	strcpy(name->text, text);
	name->id = id;
	name->hash = text_hash(text);
	hs->names[slot] = name;
	name_link(hs, slot);
	hs->named++;
	h->named = 1;
	return 0;
}

const char *handles_name(const struct handles *hs, uint64_t id)
{
	const struct handle *h = handles_find(hs, id);

	return h && h->named ? hs->names[name_of(hs, id)]->text : NULL;
}

void handles_exit(struct handles *hs)
{
	uint64_t last = hs->last;
	struct handle *h;
	uint64_t id = 0;

	while (hs->named && (h = handles_next(hs, id, &id)) != NULL) {
		name_drop(hs, h, id);
		id++;
	}
	if (hs->names)
		names_free(hs);
	tree_free(hs->root, hs->height);
	memset(hs, 0, sizeof(*hs));
	hs->last = last;
}
