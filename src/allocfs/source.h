/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source.h - directories that come and go, their kinds, and what is allocated in
 * them
 *
 * A part of view.h, which includes it and explains the terms; nobody else does.
 */
#ifndef ALLOCFS_SOURCE_H
#define ALLOCFS_SOURCE_H

/* ---- source.c: the directories that come and go ---------------------------- */

/* X(name, help): what the mount counts itself, for the file events. */
#define SOURCE_EVENTS(X)                                                       \
	X(allocated, "objects allocated through the mount")                    \
	X(freed, "objects freed through the mount")                            \
	X(failed, "requests that found no memory")                             \
	X(blocked, "requests that had to wait")                                \
	X(interrupted, "requests that were taken back while they waited")

enum source_event {
#define SOURCE_EVENT_ENUM(name, help) SOURCE_EVENT_##name,
	SOURCE_EVENTS(SOURCE_EVENT_ENUM)
#undef SOURCE_EVENT_ENUM
	SOURCE_NR_EVENTS
};

#define SOURCE_NAME_MAX KMEM_NAME_MAX
#define SOURCE_BUCKETS 4096
#define MAX_SOURCES (1u << 20)

/*
 * struct fresh - the inode of a file whose writes may wait (ATTR_FRESH)
 * @number: of the last inode that was given to a lookup
 * @opens: how often that is open
 * @looker: thread that looked it up and has not opened it since; 0: none,
 *	LOOKER_UNKNOWN: one that has no number here
 */
struct fresh {
	unsigned int number;
	unsigned int opens;
	pid_t looker;
};

#define LOOKER_UNKNOWN ((pid_t)-1)

/**
 * struct source - a directory that stands for something in the library
 *
 * Constant: kind, kmem, serial, slot, first.
 * Under view->lock: refs, dead, links, and name (which changes when a program
 *	renames its pool).
 * Under lock: objects, gfp, size (bytes of an object, where a request does not
 *	say), limit, peak, mtime; of no meaning where the kind does not
 *	allocate.
 * Under view->meta_lock: meta, uid, gid, born.
 */
struct source {
	const struct kind *kind;
	uint64_t kmem; /* serial in the allocator; the order of pages */
	uint32_t serial; /* identity of the directory, never used twice */
	uint32_t slot; /* identity of its objects, with a serial */
	uint64_t first; /* serial of the slot's last object before ours */

	unsigned int refs;
	bool dead;
	bool mounted; /* owner is the mount, or another one of this process */
	bool ours; /* made by this view; under shape_lock */
	struct list_head same_name; /* bucket */
	struct list_head same_kmem; /* bucket */
	struct list_head same_serial; /* bucket */
	char name[SOURCE_NAME_MAX + 1];
	char given[KMEM_NAME_MAX + 1]; /* by the program */

	pthread_mutex_t lock;
	struct handles objects;
	gfp_t gfp;
	size_t size;
	uint64_t limit;
	uint64_t peak;
	uint64_t base[SOURCE_NR_EVENTS]; /* of events, when stats were reset */
	struct timespec mtime;

	pthread_mutex_t submit_lock;
	atomic_uint_fast64_t event[SOURCE_NR_EVENTS];
	struct fresh fresh; /* under lock */

	struct meta *meta;
	uid_t uid;
	gid_t gid;
	struct timespec born;
};

/* Who a source is, and who made it: `mount`, `boot` or a program's name. */
struct identity {
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
};

/* What every kind that allocates knows of its sources, each in its own way. */
struct numbers {
	uint64_t limit;
	uint64_t peak;
};

/* One that waits in the library. */
union request {
	struct mempool_request pool;
	struct kmem_page_request pages;
};

/* Which kind: where its sources are in the tables. */
enum kind_id {
	KIND_CACHE,
	KIND_POOL,
	KIND_PAGE,
	KIND_KMALLOC,
	KIND_VMALLOC,
	KIND_IOMEM,
	KIND_MODULE,
	KIND_NR,
};

/**
 * struct kind - what sources of one sort have in common
 *
 * Of every kind:
 * @id: which of them it is
 * @table: files of each
 * @second_table: files of each in the second directory that shows the kind;
 *	NULL: there is none
 * @in_second: whether the held one is there
 * @third_table: of each in the third directory, which has all of them
 * @renames: a program can change the name of one
 * @aliases: one may have further names, shown as links
 * @hold: pin call's source; false when it is gone
 * @release: unpin
 * @serials: all that exist, see kmem_cache_serials(); NULL: they never change
 * @changes: what has happened to them, see struct kmem_changes; NULL: nobody
 *	counts, there are few
 * @describe: name and owner of the held one; NULL: they never change
 * @make: mkdir; NULL: not here
 * @remove: rmdir, with no pin; -ENOENT when it has gone; NULL: not here
 * @plan: copy the held one's shape, so that stores can change the copy, and
 *	@carry_out then all of it at once; NULL: each store does it itself
 *
 * Of those that allocate, whose table has SOURCE_FILES; the others leave all of
 * it out:
 * @refuses: bits that no mask may have here
 * @size: objects are of the size that is asked for, and this one at first where
 *	nobody says; 0: all objects of a source are of one size
 * @largest: bytes of the largest object that there can be; 0: all memory
 * @objsize: usable bytes of an object, or what source->size says
 * @in_use: objects in use, by anybody
 * @available: objects that can be had without asking the layer below
 * @take: all that is ordered or nothing, without waiting: -ENOMEM, -EAGAIN
 * @reserve: whoever may sleep waits for an element, not only who must have one,
 *	and nobody chooses its node
 * @submit: the same for a request that may wait: -EINPROGRESS, park_ended() will
 *	be called; NULL: none can, it has to be tried again and again
 * @cancel: take such a request back; false: it ends by itself
 * @untold: this one has to be tried, too: the library does not know what it
 *	waits for; NULL: none
 * @give: give elements back
 * @memory: address of an element's memory; NULL: ask for its @page
 * @page: the first page of an element without an address, of HighMem
 * @numbers: limit and peak
 * @set_limit: may end requests that wait
 * @reset_peak: begin anew from what is in use
 * @show_stats: the counters, flat keyed
 * @reset_stats: begin counting anew
 * @where_reserve: lines of `where` for elements that nobody has; NULL: none
 */
struct kind {
	enum kind_id id;
	const struct node *table;
	const struct node *second_table;
	bool (*in_second)(struct call *call);
	const struct node *third_table;
	bool renames;
	bool aliases;
	bool (*hold)(struct call *call);
	void (*release)(struct call *call);
	size_t (*serials)(struct view *view, uint64_t *serials, size_t room);
	void (*changes)(struct kmem_changes *ret_changes);
	void (*describe)(struct call *call, struct identity *ret_identity);
	int (*make)(struct call *call, const char *name, uint64_t *ret_kmem);
	int (*remove)(struct call *call);
	void (*plan)(struct call *call, struct kmem_cache_spec *plan);
	int (*carry_out)(struct call *call);

	gfp_t refuses;
	size_t size;
	size_t largest;
	size_t (*objsize)(struct call *call);
	uint64_t (*in_use)(struct call *call);
	uint64_t (*available)(struct call *call);
	int (*take)(struct call *call, const struct order *order,
		    void **elements);
	bool reserve;
	int (*submit)(struct call *call, const struct order *order,
		      void **elements, union request *request);
	bool (*cancel)(struct call *call, union request *request);
	bool (*untold)(struct call *call, const struct order *order);
	void (*give)(struct call *call, unsigned int nr, void **elements);
	void *(*memory)(struct call *call, void *element);
	struct page *(*page)(struct call *call, void *element);
	void (*numbers)(struct call *call, struct numbers *ret_numbers);
	void (*set_limit)(struct call *call, uint64_t limit);
	void (*reset_peak)(struct call *call);
	void (*show_stats)(struct call *call, struct strbuf *sb);
	void (*reset_stats)(struct call *call);
	int (*where_reserve)(struct call *call, struct strbuf *sb);
};

extern const struct kind cache_kind;
extern const struct kind pool_kind;
extern const struct kind page_kind;
extern const struct kind iomem_kind;
extern const struct kind module_kind;
extern const struct kind kmalloc_kind;
extern const struct kind vmalloc_kind;

static inline bool kind_allocates(const struct kind *kind)
{
	return kind->take != NULL;
}

/**
 * struct source_follow - what we know of the allocator's list of a kind
 * @seen: changes that are in our tables; under view->lock
 * @doubts: times that a source was found to be gone, perhaps wrongly: a cache
 *	that is about to be destroyed may stay after all
 * @settled: those that were looked into since
 */
struct source_follow {
	struct kmem_changes seen;
	uint64_t doubts;
	uint64_t settled;
};

void source_sync(struct view *view, const struct kind *kind);
/* All serials of a kind, to be freed; NULL without memory. */
uint64_t *source_serials(struct view *view, const struct kind *kind,
			 size_t *ret_nr);
struct source *source_by_name(struct view *view, const struct kind *kind,
			      const char *name);
struct source *source_get(struct source *source);
void source_put(struct view *view, struct source *source);
void source_name(struct view *view, struct source *source, char *buf,
		 size_t size);
/* Its object is gone, as far as one sees. */
void source_died(struct view *view, struct source *source);
void source_count(struct source *source, enum source_event event, uint64_t nr);
int source_add_fixed(struct view *view, const struct kind *kind, uint64_t kmem,
		     const char *name);
/* Nothing is made or removed through a mount in between. */
void source_shape_lock(void);
void source_shape_unlock(void);
int source_make(struct call *call, const struct kind *kind, const char *name,
		struct place *ret_place);
int source_remove(struct call *call, const struct place *place);
void source_init(struct view *view);
/* @last: no other view is left, which could have a use for what was made. */
void source_exit(struct view *view, bool last);

/*
 * How a program's name is shown: as the rule of the mount allows it, and as
 * nobody else in the directory is. @name has SOURCE_NAME_MAX bytes and NUL.
 * Under view->lock.
 */
void __source_show_name(struct view *view, const struct kind *kind,
			const char *given, char *name);

/* ---- source_table.c: the tables in which they are found ------------------- */

/**
 * struct source_list - the sources of one kind, by serial, ascending
 */
struct source_list {
	struct source **at;
	uint32_t nr;
	uint32_t room;
};

/**
 * struct source_table - all of them; under view->lock
 * @slot_last: serial of each slot's last object
 * @slot_hint: no slot below it is free
 */
struct source_table {
	struct list_head by_name[SOURCE_BUCKETS];
	struct list_head by_kmem[SOURCE_BUCKETS];
	struct list_head by_serial[SOURCE_BUCKETS];
	struct source_list of_kind[KIND_NR];
	struct source **slots;
	uint64_t *slot_last;
	uint32_t nr_slots;
	uint32_t slots_room;
	uint32_t slot_hint;
	uint32_t last_serial;
};

void source_table_init(struct source_table *table);
void source_table_exit(struct source_table *table);
/* With a reference, or NULL. */
struct source *source_by_kmem(struct view *view, const struct kind *kind,
			      uint64_t kmem);
struct source *source_by_serial(struct view *view, uint32_t serial);
struct source *source_by_slot(struct view *view, uint32_t slot);
/* The one with the least serial >= @from. */
struct source *source_next(struct view *view, const struct kind *kind,
			   uint32_t from);
/* The newest one with a serial < @below. */
struct source *source_prev(struct view *view, const struct kind *kind,
			   uint32_t below);

/* The rest under view->lock. */
struct source *__source_find_name(struct view *view, const struct kind *kind,
				  const char *name);
struct source *__source_find_kmem(struct view *view, const struct kind *kind,
				  uint64_t kmem);
/* Gives it a slot and a serial; a name follows. 0, -ENOMEM, -ENOSPC. */
int __source_table_add(struct view *view, struct source *source);
void __source_table_del(struct view *view, struct source *source);
/* It has a name now, or another. */
void __source_hash_name(struct view *view, struct source *source);

/* ---- link.c: further names of merged caches ------------------------------ */

/* Add the names that came since; source_sync() comes first. */
void link_sync(struct view *view);
/* The target, with a reference, and the serial; NULL: no such link. */
struct source *link_by_name(struct view *view, const char *name,
			    uint32_t *ret_serial);
struct source *link_by_serial(struct view *view, uint32_t serial);
/* The least serial >= @from, and its name; 0: none. */
uint32_t link_next(struct view *view, uint32_t from, char *name, size_t size);
/* Under view->lock. */
bool __link_name_taken(const struct view *view, const char *name);
/* The target dies. Under view->lock. */
void __link_forget(struct view *view, const struct source *source);

/* ---- object.c: allocating and freeing in a source ------------------------ */

/* Longest text of an ID. */
#define OBJECT_ID_MAX 20

/**
 * struct order - what a write to `alloc` asks for
 */
struct order {
	unsigned int nr;
	int node;
	size_t size; /* of each, where sizes differ; else 0 */
	gfp_t gfp;
	bool nofail; /* __GFP_NOFAIL: wait, whatever the source */
};

int object_parse_order(struct call *call, char *text, struct order *ret_order);
/* Is there any use in trying? Checks and charges quotas. */
int object_admit(struct call *call, const struct order *order);
/* Undo what object_admit() charged. */
void object_refuse(struct call *call, unsigned int nr);
/* @err, and why: @nr objects were refused. */
int object_no_memory(struct call *call, int err, unsigned int nr);
/* Elements of a request, uncharged again when there is no memory for IDs. */
int object_publish(struct call *call, const struct order *order,
		   void **elements, uint64_t *ret_first);
int object_take(struct call *call, const struct order *order, void **elements);
int object_create(struct call *call, const char *name, mode_t mode,
		  struct place *ret_place);
int object_free_command(struct call *call, char *text);
/* Those of @nr IDs from @first on that still exist and have no name. */
void object_free_unnamed(struct call *call, uint64_t first, unsigned int nr);
void object_free_all(struct call *call);
int object_unlink(struct call *call, const char *name);
int object_rename(struct call *call, const char *from, const char *to);
/* ID of the object called @name, 0 for none. Under source->lock. */
uint64_t object_find(const struct source *source, const char *name);
void object_name(const struct source *source, const struct handle *h,
		 uint64_t id, char *buf, size_t size);
extern const struct bytes object_bytes;
void object_where(struct call *call, const char *prefix, struct strbuf *sb);
/* The part of a line that is about the memory. */
void object_where_element(struct call *call, void *element, struct strbuf *sb);

/* ---- counted.c: sources whose objects the mount alone counts ---------------- */

uint64_t counted_in_use(struct call *call);
/* An early look; object_publish() looks again, under the lock. */
bool counted_over_limit(struct call *call, unsigned int nr);
void counted_numbers(struct call *call, struct numbers *ret_numbers);
void counted_set_limit(struct call *call, uint64_t limit);
void counted_reset_peak(struct call *call);
void counted_show_stats(struct call *call, struct strbuf *sb);
void counted_reset_stats(struct call *call);

#endif /* ALLOCFS_SOURCE_H */
