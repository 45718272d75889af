/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal_slab.h - caches, kmalloc and deferred frees
 *
 * A part of internal.h, which includes it; nobody else does.
 */
#ifndef KMEM_INTERNAL_SLAB_H
#define KMEM_INTERNAL_SLAB_H

/* ---- slab_layout.c ------------------------------------------------------- */

/* How objects lie in a slab; computed from the spec, constant after it. */
struct slab_layout {
	unsigned int size;
	unsigned int align;
	unsigned int inuse;
	unsigned int freeptr;
	unsigned int order;
	unsigned int min_order;
	unsigned int objects;
	unsigned int sheaf_capacity;
	unsigned long min_partial;

	/* debugging; 0 where there is none */
	unsigned int red_left_pad; /* before each object */
	unsigned int track; /* offset of two struct track */
	unsigned int request; /* offset of the size that was asked for */
	unsigned int end; /* offset behind the last of these */
	bool poison; /* the object's own bytes, when free */
};

int slab_layout(const struct kmem_cache_spec *spec, unsigned int cpus,
		struct slab_layout *ret_layout);

/* ---- slab.c -------------------------------------------------------------- */

/* Sheaves that are with no thread, see sheaf.c. */
struct barn {
	unsigned int nr_full; /* read without the lock */
	unsigned int nr_empty;
	unsigned int most; /* room in @full; empty ones are no more than that */
	void ***full;
	void **empty; /* the first, in whose first slot is the next */
	bool flushed; /* it had no room, and objects went to the slabs */
	bool missed; /* which were wanted again */
};

/*
 * The slabs of a cache on one node. Every slab is on exactly one of the two
 * lists.
 *
 *	out = sum of page->inuse over both lists
 *	total - out = free objects, all of them in slabs on the partial list
 */
struct cache_node {
	struct list_head partial;
	struct list_head full;
	struct barn barn; /* objects of this node alone */
	/* read without the lock */
	uint64_t nr_slabs;
	uint64_t nr_partial;
	uint64_t total;
	uint64_t partial_total; /* capacity of the slabs on @partial */
	uint64_t out;
};

/* What a free has to do beside parking the object. */
#define FREE_WIPE 1u /* clear it */
#define FREE_HOME 2u /* look whether it is of the thread's node */

struct kmem_cache {
	/* These three are for inline.h as well. */
	unsigned int slot; /* its record in each thread's block; constant */
	gfp_t always; /* __GFP_ZERO where every object is to be cleared */
	unsigned int on_free; /* FREE_… */

	uint8_t bin; /* of the caches behind kmalloc(), see there; constant */

	/* The shape, and what follows from it above: changed under
	 * LOCK_CACHES and LOCK_SLABS together, while there is no slab. */
	unsigned int object_size;
	struct slab_layout layout;
	struct kmem_cache_spec spec;
	gfp_t gfp; /* added to every request for pages */
	/* read without the lock, as @object_size */
	unsigned int shapes; /* that it has had */
	bool debugs; /* it has one of SLAB_DEBUG_FLAGS */

	uint64_t random; /* what links in free objects are mixed with */
	uint16_t *shuffle; /* an order of a slab's objects, or NULL */

	uint64_t serial;
	struct list_head link; /* LOCK_CACHES, as the next five */
	unsigned int pins;
	unsigned int awaited; /* by how many, that there are no pins */
	unsigned int users; /* that created it, under one name or another */
	bool mergeable;
	bool dying;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];

	pthread_mutex_t lock; /* LOCK_SLABS: all below, and the nodes */
	unsigned int growing; /* slabs that are being made */
	/* read without the lock */
	uint64_t limit;
	bool shut; /* its shape is changing, or it is going: nothing is parked */
	unsigned int sheaf_capacity; /* as the layout has it */
	unsigned long min_partial;
	bool min_partial_set; /* by hand: another shape does not change it */

	unsigned int defrag_ratio;
	unsigned int defrag_turn;
	uint64_t out; /* objects outside slabs, of all nodes */
	uint64_t peak;
	uint64_t stat[KMEM_NR_CACHE_STATS];

	/* LOCK_THREADS: of threads that ended; what "reset" subtracts */
	uint64_t folded_gets;
	uint64_t folded_puts;
	uint64_t stat_base[KMEM_NR_CACHE_STATS];

	struct cache_node node[]; /* kmem.nr_nodes of them */
};

_Static_assert(offsetof(struct kmem_cache, slot) ==
			       offsetof(struct kmem_cache_fast, slot) &&
		       offsetof(struct kmem_cache, always) ==
			       offsetof(struct kmem_cache_fast, always) &&
		       offsetof(struct kmem_cache, on_free) ==
			       offsetof(struct kmem_cache_fast, on_free) &&
		       offsetof(struct thread, record) == 0,
	       "programs were compiled with these");

#define for_each_cache_node(s, n)                                              \
	for (struct cache_node *n = (s)->node; n < (s)->node + kmem.nr_nodes;  \
	     n++)

/* A count of all nodes together. */
#define cache_sum(s, field)                                                    \
	__extension__({                                                        \
		uint64_t sum_ = 0;                                             \
		for (unsigned int i_ = 0; i_ < kmem.nr_nodes; i_++)            \
			sum_ += counter_read((s)->node[i_].field);             \
		sum_;                                                          \
	})

/* Of a descriptor with its nodes. */
#define cache_bytes()                                                          \
	(sizeof(struct kmem_cache) + kmem.nr_nodes * sizeof(struct cache_node))

/* The library's own flag, of the caches behind kmalloc(). */
#define SLAB_KMALLOC (1u << 3)

static inline bool cache_debugs(const struct kmem_cache *s)
{
	return counter_read(s->debugs);
}

/* Under the cache's lock: may its objects be kept in threads and in the barn? */
static inline bool cache_parks(const struct kmem_cache *s)
{
	return s->limit == KMEM_NO_LIMIT && !s->shut;
}

/* Who asks, as far as debugging wants to know. */
struct slab_user {
	size_t size; /* asked for, of kmalloc() */
	void *caller;
};

/* Slabs that became empty and wait to be released outside the lock. */
struct slab_discard {
	struct list_head list;
	bool to_zone;
};

#define DISCARD_INIT(name, zone)                                               \
	{                                                                      \
		LIST_HEAD_INIT((name).list), zone                              \
	}

void slab_nodes_init(struct kmem_cache *s);
struct page *slab_new(struct kmem_cache *s, gfp_t gfp, unsigned int node);
void slab_install(struct kmem_cache *s, struct page *slab);
unsigned int slab_take(struct kmem_cache *s, unsigned int node, unsigned int nr,
		       void **objects);
unsigned int slab_take_elsewhere(struct kmem_cache *s, unsigned int node,
				 unsigned long spared, unsigned int nr,
				 void **objects);
bool slab_may_look_elsewhere(struct kmem_cache *s);
void slab_give(struct kmem_cache *s, void **objects, unsigned int nr,
	       struct slab_discard *discard);
void slab_collect_empty(struct kmem_cache *s, struct slab_discard *discard);
void slab_release(struct kmem_cache *s, struct slab_discard *discard);
void slab_release_now(struct slab_discard *discard);
struct page *slab_of(const void *object);
void *slab_take_checked(struct kmem_cache *s, unsigned int node,
			const struct slab_user *user);
void slab_give_checked(struct kmem_cache *s, void *object,
		       const struct slab_user *user,
		       struct slab_discard *discard);
void slab_set_next_free(const struct kmem_cache *s, void *object, void *next);
void slab_adjust_inuse(struct kmem_cache *s, struct page *slab,
		       unsigned int inuse);
void *slab_object(const struct kmem_cache *s, const struct page *slab,
		  unsigned int index);
void *slab_next_free(const struct kmem_cache *s, const void *object);
int slab_index(const struct kmem_cache *s, const struct page *slab,
	       const void *object);

/* ---- sheaf.c ------------------------------------------------------------- */

bool sheaf_get(struct kmem_cache *s, struct kmem_record *r);
void sheaf_make_room(struct kmem_cache *s, struct kmem_record *r,
		     struct slab_discard *discard);
unsigned int sheaf_take_bulk(struct kmem_cache *s, unsigned int nr,
			     void **objects);
void **sheaf_lend(struct kmem_cache *s, struct kmem_record *r);
bool sheaf_take_back(struct kmem_cache *s, struct kmem_record *r, void **full);
void barns_empty(struct kmem_cache *s, struct slab_discard *discard);
uint64_t cache_parked(const struct kmem_cache *s);

/* ---- slab_debug.c -------------------------------------------------------- */

void slab_debug_new(struct kmem_cache *s, struct page *slab);
bool slab_debug_may_take(struct kmem_cache *s, struct page *slab);
void slab_debug_taken(struct kmem_cache *s, struct page *slab, void *object,
		      const struct slab_user *user);
bool slab_debug_may_give(struct kmem_cache *s, struct page *slab, void *object);
void slab_debug_given(struct kmem_cache *s, struct page *slab, void *object,
		      const struct slab_user *user);
unsigned int slab_debug_validate(struct kmem_cache *s, struct page *slab);
void slab_debug_report_used(struct kmem_cache *s);
size_t slab_debug_request(const struct kmem_cache *s, const void *object);
void slab_debug_set_request(struct kmem_cache *s, void *object, size_t size);
unsigned int slab_debug_origin(const struct kmem_cache *s, void *object,
			       bool freed, void **ret_caller,
			       void *const **ret_frames);

/* Who did it; two of them behind each object, of the alloc and of the free. */
struct slab_track {
	void *addr;
	uint32_t stack; /* see stack_depot.c */
	int32_t cpu;
	int32_t pid;
	uint64_t when_ms;
};

void slab_debug_track(const struct kmem_cache *s, void *object, bool free,
		      struct slab_track *ret_track);
void slab_debug_for_each_used(struct kmem_cache *s,
			      void (*visit)(void *arg, void *object),
			      void *arg);

/* ---- slab_options.c ------------------------------------------------------ */

int slab_options_set(const char *text);
slab_flags_t slab_options_for(const char *name, slab_flags_t flags,
			      bool *ret_keep_order);

/* ---- stack_depot.c ------------------------------------------------------- */

uint32_t stack_save(void *caller);
unsigned int stack_fetch(uint32_t handle, void *const **ret_frames);
void stacks_reset(void);
void stacks_fork(enum fork_step step);

/* ---- kmem_cache.c -------------------------------------------------------- */

void cache_strip(struct kmem_cache *s,
		 void (*drain)(unsigned int, record_sink_t *, void *),
		 struct slab_discard *discard);

void *cache_alloc_sized(struct kmem_cache *s, gfp_t gfp, size_t size,
			void *caller);
void *cache_alloc_unparked(struct kmem_cache *s, gfp_t gfp, size_t size,
			   void *caller);
void *cache_alloc_on(struct kmem_cache *s, gfp_t gfp, int node, size_t size,
		     void *caller);
bool cache_is_local(const struct kmem_cache *s, void **objects,
		    unsigned int nr);
void caches_drain(void);
void cache_free(struct kmem_cache *s, void *object, void *caller);
void cache_free_unparked(struct kmem_cache *s, void *object, void *caller);
void cache_count_rcu(struct kmem_cache *s);
void caches_shrink(void);
void cache_thread_exit(struct thread *t);

/* ---- cache_list.c -------------------------------------------------------- */

extern struct list_head cache_list;
extern pthread_mutex_t cache_list_lock;

int cache_list_add(struct kmem_cache *s);
bool cache_list_shut(struct kmem_cache *s);
bool cache_in_use(const struct kmem_cache *s);
void cache_list_remove(struct kmem_cache *s);
void cache_slot_put(struct kmem_cache *s);
void cache_list_named(void);
void caches_exit(void);

/* ---- cache_merge.c ------------------------------------------------------- */

struct kmem_cache *cache_merge(const char *name,
			       const struct kmem_cache_spec *spec,
			       const struct slab_layout *layout);
void cache_forget_aliases(const struct kmem_cache *s);
void cache_merge_reset(void);

/* ---- kmalloc.c ----------------------------------------------------------- */

struct kmalloc_class {
	unsigned int size;
	const char *name; /* what follows "kmalloc-" */
};

#define KMALLOC_CLASSES 13

extern const struct kmalloc_class kmalloc_classes[KMALLOC_CLASSES];
extern const uint8_t kmalloc_small_class[24];

/* The smallest class that holds @size, of 1 to KMALLOC_MAX_CACHE_SIZE. */
static inline unsigned int kmalloc_class_of(size_t size)
{
	if (size <= 192)
		return kmalloc_small_class[(size - 1) / 8];
	/* 256 is class 7 and needs 8 bits. */
	return 64u - (unsigned int)__builtin_clzl(size - 1) - 1;
}

/* The alignment that a class promises: the power of two that divides it. */
static inline unsigned int kmalloc_class_align(unsigned int class)
{
	return kmalloc_classes[class].size & -kmalloc_classes[class].size;
}

int kmalloc_init(void);
void kmalloc_exit(void);
struct kmem_cache *kmalloc_cache(size_t size);
void *kmalloc_caller(size_t size, gfp_t gfp, void *caller);
void *kmalloc_on(size_t size, gfp_t gfp, int node, void *caller);
size_t kmalloc_bucket(const void *p);

/* ---- rcu.c --------------------------------------------------------------- */

void rcu_defer_slabs(struct slab_discard *discard);
void rcu_defer_area(struct vm_area *area);
void rcu_stop(void);
void rcu_fork(enum fork_step step);

#endif /* KMEM_INTERNAL_SLAB_H */
