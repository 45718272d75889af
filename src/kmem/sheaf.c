/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sheaf.c - arrays of objects between threads and slabs
 *
 * A sheaf is an array of sheaf_capacity objects. A thread has two, main and
 * spare; a cache has a barn of some more, full and empty ones, on each node.
 * Objects move between these by the array, so that a thread which allocates what
 * another frees pays for one exchange every sheaf_capacity objects, and touches
 * no slab at all.
 *
 *	main empty     spare is full?  exchange the two
 *	               barn has a full one?  take it, leave the empty one
 *	               else from the slabs, half a sheaf (kmem_cache.c)
 *	main full      spare is empty?  exchange the two
 *	               barn has room?  the spare goes there, main becomes spare
 *	               else the spare goes to the slabs, and is empty then
 *
 * The spare changes hands whole, so it is always empty or full.
 *
 * A barn has room for ten full sheaves at first, as in the kernel. When it had
 * none, and came to be empty afterwards, objects went through the slabs for
 * nothing: it has twice the room the next time that it is full, until what may
 * lie there is BARN_BYTES of objects or a 64th of the memory. It has ten again
 * after it was emptied by force, which is what reclaim does.
 *
 * A sheaf holds objects of one node, that of the thread or barn which has it.
 * Objects of other nodes pass all this by.
 *
 * Where it differs from the kernel: a refill stops at half, since a thread that
 * came to allocate is as likely to free next, what was allocated elsewhere
 * because the node is full is not parked, and a barn grows. Context of all
 * functions: the record's and the cache's lock, except where it says otherwise.
 */
#include <string.h>

#include "internal.h"

#define BARN_LEAST 10u
#define BARN_BYTES (4ul << 20)

/* Of the calling thread's node: what its sheaves hold is from there. */
static struct barn *my_barn(struct kmem_cache *s)
{
	struct thread *t = thread_self;

	return &s->node[t ? t->node : 0].barn;
}

static void count(struct kmem_cache *s, enum kmem_cache_stat stat, uint64_t n)
{
	counter_add(s->stat[stat], n);
}

static size_t sheaf_bytes(const struct kmem_cache *s)
{
	return s->layout.sheaf_capacity * sizeof(void *);
}

static void **new_sheaf(struct kmem_cache *s)
{
	void **sheaf = kmem_meta_alloc(sheaf_bytes(s));

	count(s, KMEM_CACHE_STAT_sheaf_alloc, sheaf != NULL);
	return sheaf;
}

static void free_sheaf(struct kmem_cache *s, void **sheaf)
{
	kmem_meta_free(sheaf, sheaf_bytes(s));
	count(s, KMEM_CACHE_STAT_sheaf_free, 1);
}

/* ---- the barn ---- */

static void **pop_empty(struct barn *barn)
{
	void **sheaf = barn->empty;

	barn->empty = sheaf[0];
	barn->nr_empty--;
	return sheaf;
}

static void **take_empty(struct kmem_cache *s)
{
	struct barn *barn = my_barn(s);

	return barn->nr_empty ? pop_empty(barn) : new_sheaf(s);
}

static void put_empty(struct kmem_cache *s, void **sheaf)
{
	struct barn *barn = my_barn(s);

	if (barn->nr_empty >= MAX(barn->most, BARN_LEAST)) {
		free_sheaf(s, sheaf);
		return;
	}
	sheaf[0] = barn->empty;
	barn->empty = sheaf;
	barn->nr_empty++;
}

static void **take_full(struct kmem_cache *s)
{
	struct barn *barn = my_barn(s);

	if (!barn->nr_full) {
		barn->missed |= barn->flushed;
		count(s, KMEM_CACHE_STAT_barn_get_fail, 1);
		return NULL;
	}
	count(s, KMEM_CACHE_STAT_barn_get, 1);
	counter_set(barn->nr_full, barn->nr_full - 1);
	return barn->full[barn->nr_full];
}

static unsigned int barn_limit(const struct kmem_cache *s)
{
	size_t bytes = MIN(BARN_BYTES, kmem.nr_pages * KMEM_PAGE_SIZE / 64);
	size_t sheaf = (size_t)s->layout.sheaf_capacity * s->layout.size;

	return MAX((unsigned int)(bytes / sheaf), BARN_LEAST);
}

static void set_room(struct barn *barn, void ***full, unsigned int most)
{
	kmem_meta_free(barn->full, barn->most * sizeof(*barn->full));
	barn->full = full;
	barn->most = most;
	barn->flushed = false;
	barn->missed = false;
}

static bool barn_grow(struct kmem_cache *s, struct barn *barn)
{
	unsigned int most = MIN(2 * barn->most, barn_limit(s));
	void ***full;

	if (!barn->most)
		most = BARN_LEAST;
	else if (!barn->missed || most <= barn->most)
		return false;
	full = kmem_meta_alloc(most * sizeof(*full));
	if (!full)
		return false;
	if (barn->nr_full)
		memcpy(full, barn->full, barn->nr_full * sizeof(*full));
	set_room(barn, full, most);
	return true;
}

static bool put_full(struct kmem_cache *s, void **sheaf)
{
	struct barn *barn = my_barn(s);

	if (barn->nr_full == barn->most && !barn_grow(s, barn)) {
		barn->flushed = true;
		count(s, KMEM_CACHE_STAT_barn_put_fail, 1);
		return false;
	}
	count(s, KMEM_CACHE_STAT_barn_put, 1);
	barn->full[barn->nr_full] = sheaf;
	counter_set(barn->nr_full, barn->nr_full + 1);
	return true;
}

/* Under the cache's lock. */
static void barn_empty(struct kmem_cache *s, struct barn *barn,
		       struct slab_discard *discard)
{
	while (barn->nr_full) {
		void **sheaf = barn->full[barn->nr_full - 1];

		slab_give(s, sheaf, s->layout.sheaf_capacity, discard);
		count(s, KMEM_CACHE_STAT_sheaf_flush, s->layout.sheaf_capacity);
		counter_set(barn->nr_full, barn->nr_full - 1);
		free_sheaf(s, sheaf);
	}
	while (barn->nr_empty)
		free_sheaf(s, pop_empty(barn));
	set_room(barn, NULL, 0);
}

/* Everything in the barns goes to the slabs, and the sheaves. */
void barns_empty(struct kmem_cache *s, struct slab_discard *discard)
{
	for_each_cache_node(s, node) barn_empty(s, &node->barn, discard);
}

/* ---- a thread's two ---- */

static void exchange_spare(struct kmem_record *r)
{
	void **main = r->slots;
	uint32_t main_count = kmem_record_count(r);

	counter_set(r->slots, r->spare);
	record_set_count(r, r->spare_count);
	r->spare = main;
	counter_set(r->spare_count, main_count);
}

/* Main is empty. Return: whether it has objects now. */
bool sheaf_get(struct kmem_cache *s, struct kmem_record *r)
{
	void **full;

	if (r->spare_count) {
		exchange_spare(r);
		return true;
	}
	full = take_full(s);
	if (!full)
		return false;
	put_empty(s, r->slots);
	counter_set(r->slots, full);
	record_move(r, r->capacity);
	return true;
}

/* Main is full. Afterwards it has room. */
void sheaf_make_room(struct kmem_cache *s, struct kmem_record *r,
		     struct slab_discard *discard)
{
	if (!r->spare)
		r->spare = take_empty(s);
	if (!r->spare) {
		/* No memory for a second one: the older half goes. */
		unsigned int half = (r->capacity + 1) / 2;

		slab_give(s, r->slots, half, discard);
		record_drop_oldest(r, half);
		count(s, KMEM_CACHE_STAT_sheaf_flush, half);
		return;
	}
	if (r->spare_count) {
		if (put_full(s, r->spare)) {
			r->spare = take_empty(s);
		} else {
			slab_give(s, r->spare, r->spare_count, discard);
			count(s, KMEM_CACHE_STAT_sheaf_flush, r->spare_count);
		}
		record_move_spare(r, 0);
	}
	if (r->spare)
		exchange_spare(r);
	else
		sheaf_make_room(s, r, discard);
}

/* For a bulk request: a whole sheaf of the barn, if it fits. Cache's lock. */
unsigned int sheaf_take_bulk(struct kmem_cache *s, unsigned int nr,
			     void **objects)
{
	unsigned int capacity = s->layout.sheaf_capacity;
	void **full;

	if (!capacity || nr < capacity || !my_barn(s)->nr_full)
		return 0;
	full = take_full(s);
	memcpy(objects, full, capacity * sizeof(*objects));
	put_empty(s, full);
	return capacity;
}

/* For prefill.c: a full sheaf that leaves the cache, or NULL. */
void **sheaf_lend(struct kmem_cache *s, struct kmem_record *r)
{
	void **full = r->spare;

	if (!r->spare_count)
		return my_barn(s)->nr_full ? take_full(s) : NULL;
	r->spare = NULL;
	record_move_spare(r, 0);
	return full;
}

/* The way back. Return: false when there is no room for it. */
bool sheaf_take_back(struct kmem_cache *s, struct kmem_record *r, void **full)
{
	if (!r->slots || r->capacity != s->layout.sheaf_capacity)
		return put_full(s, full);
	if (r->spare_count)
		return put_full(s, full);
	if (r->spare)
		put_empty(s, r->spare);
	r->spare = full;
	record_move_spare(r, r->capacity);
	return true;
}

/*
 * Objects parked by threads and in the barns; without locks. The capacity
 * changes only while the barns are empty; one of before counts wrongly what has
 * come into them since, for as long as the reader looks.
 */
uint64_t cache_parked(const struct kmem_cache *s)
{
	return record_parked(s->slot) +
	       cache_sum(s, barn.nr_full) * counter_read(s->sheaf_capacity);
}
