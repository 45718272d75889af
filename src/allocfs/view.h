/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * view.h - private definitions of liballocfs, one section per source file
 *
 * Terms. A *view* is one mount. A *source* is a directory that stands for
 * something in the library that comes and goes; most allocate: a cache, a pool,
 * an order of pages. A *kind* is what sources of one sort have in common. A
 * *node* is an entry of the constant tables that describe the
 * tree; a *place* is a node in a certain directory: what an inode number
 * means. A *call* is one request being served. An *attribute* is the text of
 * a file: a function that shows it and one that stores it.
 *
 * Locks, outer ones first. None is held while a request is answered, nor
 * while the allocators are called in a way that can end a waiting request
 * (freeing, resizing, limits): the answer to that request takes them again.
 *
 *	0 input->lock		what was written to one open file config
 *	0 views_lock (session.c)	a view begins to use the allocator, or ends
 *	1 shape_lock (source.c)	one mkdir or rmdir at a time, of all views
 *	2 store_lock (attr.c)	one change of a shape at a time, of all views
 *	2 source->submit_lock	a request is queued in a pool, or taken back
 *	3 stream->lock		questions and answers of one open file
 *	3 file->lock		the snapshot of one open file
 *	4 view->watch_lock	the list of all that waits
 *	5 view->lock		which sources and links exist, and references
 *	6 source->lock		objects and settings of one source
 *	7 view->meta_lock	owners, modes and times that were changed
 *	8 view->account_lock	what each user holds
 *	8 view->log_lock	the last refusals
 *	8 view->files_lock	the list of open files
 *	8 kmsg_lock (kmsg.c)	the messages; taken in the printk of others
 *	8 job_lock (job.c)	which commands run for which view
 *
 * libfuse's lock of a request is outside all of them while it reports an
 * interrupt; so fuse_req_interrupt_func() is called with no lock held.
 */
#ifndef ALLOCFS_VIEW_H
#define ALLOCFS_VIEW_H

#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 312
#endif

#include <fuse_lowlevel.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <kmem/introspect.h>

#include <allocfs/allocfs.h>

#include "util/list.h"
#include "util/strbuf.h"

#include "handle.h"

struct attr;
struct bytes;
struct call;
struct file;
struct kind;
struct order;
struct source;
struct stream;
struct view;

/* ---- node.c: the tree ---------------------------------------------------- */

enum node_type {
	NODE_END,
	NODE_FILE, /* a text: attr */
	NODE_BYTES, /* the memory of a source: bytes */
	NODE_DIR, /* fixed entries: table */
	NODE_MANY, /* one file or directory for each of many things: many */
	NODE_EACH, /* a directory of sources: kind */
	NODE_ALONE, /* the only source of its kind, in a fixed place */
	NODE_SOURCE, /* one of them; its table is the kind's */
	NODE_LINK, /* another name of one of them */
	NODE_SYMLINK, /* a symbolic link that every mount has: target */
	NODE_OBJECTS, /* the objects of a source */
	NODE_OBJECT, /* one of them */
};

/**
 * typedef node_many - the @i-th of what a NODE_MANY is there for
 * @about: what its directory is about, see struct place
 *
 * Return: false: there are no more.
 */
typedef bool node_many(unsigned int about, unsigned int i, char *name,
		       size_t size, unsigned int *ret_about);

#define NODE_NAME_MAX 64

/**
 * struct node - an entry of the tables
 * @table: of a NODE_DIR its entries; of a NODE_EACH the files that are always
 *	there, beside the sources, or NULL
 * @many: of a NODE_MANY, which is gone when the mount is there: in its place
 *	are files with its attr or directories with its table
 * @base: of a NODE_EACH, the index of its entries: which of the kind's tables
 *	they have
 */
struct node {
	const char *name;
	enum node_type type;
	const struct attr *attr;
	const struct bytes *bytes;
	const struct node *table;
	const struct kind *kind;
	unsigned int base;
	node_many *many;
	const char *target;
};

/* Indices of a source's further directories begin here, see node.c. */
#define SECOND_BASE (1u << 16)
#define THIRD_BASE (2u << 16)

/* clang-format off */
#define FILE(name_, attr_) { .name = (name_), .type = NODE_FILE, \
			     .attr = &(attr_) }
#define BYTES(name_, bytes_) { .name = (name_), .type = NODE_BYTES, \
			       .bytes = &(bytes_) }
#define DIR(name_, table_) { .name = (name_), .type = NODE_DIR, \
			     .table = (table_) }
#define MANY_FILES(many_, attr_) { .type = NODE_MANY, .many = (many_), \
				   .attr = &(attr_) }
#define MANY_DIRS(many_, table_) { .type = NODE_MANY, .many = (many_), \
				   .table = (table_) }
#define SYMLINK(name_, target_) { .name = (name_), .type = NODE_SYMLINK, \
				  .target = (target_) }
#define EACH(name_, kind_) { .name = (name_), .type = NODE_EACH, \
			     .kind = &(kind_) }
#define EACH_SECOND(name_, kind_) { .name = (name_), .type = NODE_EACH, \
				    .kind = &(kind_), .base = SECOND_BASE }
#define EACH_THIRD(name_, kind_) { .name = (name_), .type = NODE_EACH, \
				   .kind = &(kind_), .base = THIRD_BASE }
#define EACH_AND(name_, kind_, table_) { .name = (name_), .type = NODE_EACH, \
					 .kind = &(kind_), .table = (table_) }
#define ALONE(name_, kind_) { .name = (name_), .type = NODE_ALONE, \
			      .kind = &(kind_) }
#define OBJECTS(name_)	   { .name = (name_), .type = NODE_OBJECTS }
#define NODES_END	   { .type = NODE_END }
/* clang-format on */

/**
 * struct place - what an inode number means
 * @node: its node
 * @source: with a reference, for NODE_SOURCE and all below, and for NODE_LINK
 *	the target; else NULL
 * @index: of fixed nodes the number; of a source's its position in the table
 *	plus one, 0 for the source itself, both on top of the table's base
 * @about: of a fixed node that is one of many, or below one: the number of what
 *	it is about, as node_many gave it
 * @object: the ID of a NODE_OBJECT, the serial of a NODE_LINK
 * @ino: the inode number that stat(2) shows
 */
struct place {
	const struct node *node;
	struct source *source;
	unsigned int index;
	unsigned int about;
	uint64_t object;
	uint64_t ino;
};

/**
 * struct fixed - a node that every mount has; its number is its inode number
 * @made: the node, where a NODE_MANY made it
 * @about: see struct place
 */
struct fixed {
	const struct node *node;
	struct node *made;
	unsigned int parent;
	unsigned int about;
};

/* The directory of one source. */
extern const struct node source_node;

int node_init(struct view *view);
void node_exit(struct view *view);

/* What an inode number means: 0, -ENOENT when it no longer means anything. */
int place_get(struct view *view, fuse_ino_t ino, struct place *ret_place);
/* Drop its reference; a place that was never got is left alone. */
void place_put(struct view *view, struct place *place);

/* The directory in which the sources of a kind are; no reference is taken. */
void place_of_kind(struct view *view, const struct kind *kind,
		   struct place *ret_place);

/* What a path from the root, without a leading '/', leads to. */
int place_at(struct call *call, const char *path, struct place *ret_place);
/* The child of a directory: 0, -ENOENT, -ENOTDIR. */
int place_child(struct call *call, const struct place *dir, const char *name,
		struct place *ret_place);

bool place_is_dir(const struct place *place);

static inline bool place_is_link(const struct place *place)
{
	return place->node->type == NODE_LINK ||
	       place->node->type == NODE_SYMLINK;
}

/* What a link says; a NODE_LINK: the name of its target, next to it. */
void place_target(struct view *view, const struct place *place, char *buf,
		  size_t size);

/* The inode number by which the kernel is to know it from now on. */
fuse_ino_t place_nodeid(const struct place *place, pid_t looker);
/* The file with that number was opened by that thread; was closed. */
void place_opened(const struct place *place, fuse_ino_t ino, pid_t opener);
void place_closed(const struct place *place, fuse_ino_t ino);
/* Its path in the mount, for messages. */
void place_path(const struct view *view, const struct place *place,
		struct strbuf *sb);
/* All of it; @size false spares the rendering of a text. 0, -ENODEV. */
int place_stat(struct call *call, const struct place *place, bool size,
	       struct stat *ret_st);

/**
 * typedef place_emit - takes one directory entry
 * @next: offset at which reading goes on behind this entry
 *
 * Return: false when there is no room for it.
 */
typedef bool place_emit(void *arg, const char *name, uint64_t ino, mode_t type,
			uint64_t next);

/* The entries of a directory from offset @from on. */
int place_list(struct call *call, const struct place *dir, uint64_t from,
	       place_emit *emit, void *arg);

/* ---- meta.c: owners, modes and times ------------------------------------- */

/**
 * struct meta - what is not as it was at first for one node
 * @next: of the same source, or of the fixed nodes
 * @index: as in struct place
 */
struct meta {
	struct meta *next;
	unsigned int index;
	bool has_mode;
	mode_t mode;
	bool has_owner;
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
};

void meta_stat(struct view *view, const struct place *place, struct stat *st);
/* Note that something was written, or that a directory changed. */
void meta_touch(struct view *view, const struct place *place);
int meta_set(struct call *call, const struct place *place,
	     const struct stat *st, int to_set);
void meta_free(struct meta *list);
struct timespec meta_now(void);

/* ---- call.c: one request ------------------------------------------------- */

#define CALL_WHY_MAX 128

/**
 * struct call - one request being served
 * @req: to be answered; NULL when nobody asks
 * @place: what it is about
 * @held: the source's allocator object is pinned
 * @cache, @pool, @iomem, @order: that object, by kind
 * @flags: open flags of the file
 * @size: bytes of the write that is being served
 * @check: stores look whether the command is one, and do nothing else
 * @plan: stores of a cache's shape change this, see kind->plan
 * @later: what may wait is noted there, and not begun
 * @why: what was wrong, for error_log
 */
struct call {
	struct view *view;
	fuse_req_t req;
	uid_t uid;
	gid_t gid;
	pid_t pid; /* of the thread; 0: it has none here */
	mode_t umask;
	struct place place;
	bool held;
	union {
		struct kmem_cache *cache;
		mempool_t *pool;
		struct kmem_iomem *iomem;
		unsigned int order;
	};
	int flags;
	size_t size;
	bool check;
	struct kmem_cache_spec *plan;
	struct later *later;
	char why[CALL_WHY_MAX];
};

void call_begin(struct call *call, fuse_req_t req);
void call_end(struct call *call);
/* call_begin() and place_get() in one. */
int call_at(struct call *call, fuse_req_t req, fuse_ino_t ino);
/* Pin the source's allocator object until call_end(): 0, -ENODEV. */
int call_hold(struct call *call);
void call_release(struct call *call);
/* Say what was wrong. Return: @err. */
int call_fail(struct call *call, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* End a call that changes something: note a refusal, wake what waits. */
void call_note(struct call *call, int err, const char *name);

/* ---- watch.c: the list of all that waits --------------------------------- */

/**
 * struct watch - something that waits
 * @link: in view->watches; empty while it does not wait
 * @refs: references; @destroy runs with the last
 * @polled: must be looked at again and again: nobody tells when it is due
 * @check: look whether it can end now; called with a reference, no lock
 */
struct watch {
	struct list_head link;
	atomic_uint refs;
	bool polled;
	void (*check)(struct watch *watch);
	void (*destroy)(struct watch *watch);
};

int watch_init(struct view *view);
void watch_exit(struct view *view);
void watch_setup(struct watch *watch, bool polled,
		 void (*check)(struct watch *),
		 void (*destroy)(struct watch *));
void watch_get(struct watch *watch);
void watch_put(struct watch *watch);
void watch_add(struct view *view, struct watch *watch);
/* Return: it was on the list. */
bool watch_remove(struct view *view, struct watch *watch);
/* Something changed. Takes no lock. */
void watch_kick(struct view *view);
/* End all that waits with ESHUTDOWN. */
void watch_drain(struct view *view);

/* ---- attr.c: show and store ---------------------------------------------- */

enum {
	/* The shape: 0444 where the owner is not the mount; stored one at a
	 * time, as a store changes a part of it and keeps the rest. */
	ATTR_OWNED = 1 << 0,
	ATTR_LONG = 1 << 1, /* not worth rendering for a mere lookup */
	ATTR_RAW = 1 << 2, /* anything is a command, a lone newline too */
	ATTR_FRESH = 1 << 3, /* an inode for each opener: writes may park */
	ATTR_BIG = 1 << 4, /* commands up to 128 KiB */
	ATTR_POLL = 1 << 5, /* poll(2) tells when it changed, see poll.c */
	ATTR_LIMIT = 1 << 6, /* binds who allocates: config.c has it last */
};

struct later;

/**
 * struct attr - the text of a file
 * @help: one line for the manual
 * @show: append the text; NULL: empty
 * @store: carry out a command, terminated by NUL and without its newline.
 *	-EINPROGRESS: call->req will be answered later, by somebody else
 * @stream: what opening it for reading and writing gives, see stream.c
 * @save: append what the file config says of it, a text that @store takes, with
 *	a newline or without; nothing: config need not mention it. NULL: it
 *	never does
 * @first: what that is in something new; config leaves it out where the mount
 *	did not make it
 * @write: takes a write, of any size, in place of @store
 * @flush: a descriptor is closed
 */
struct attr {
	const char *help;
	int (*show)(struct call *call, struct strbuf *sb);
	int (*store)(struct call *call, char *text, size_t len);
	const struct stream_ops *stream;
	int (*save)(struct call *call, struct strbuf *sb);
	const char *first;
	int (*write)(struct call *call, struct file *file, const char *buf,
		     size_t size);
	int (*flush)(struct call *call, struct file *file);
	unsigned int flags;
};

/* clang-format off */
#define ATTR_RO(x, help_, ...) const struct attr x##_attr = { \
	.help = (help_), .show = x##_show, __VA_ARGS__ }
#define ATTR_RW(x, help_, ...) const struct attr x##_attr = { \
	.help = (help_), .show = x##_show, .store = x##_store, __VA_ARGS__ }
/* Reads as empty. */
#define ATTR_WO(x, help_, ...) const struct attr x##_attr = { \
	.help = (help_), .store = x##_store, __VA_ARGS__ }
/* clang-format on */

/**
 * struct bytes - a file that is memory, not a text
 * @size: how long it is; NULL for objects, which know more (see node.c)
 * @open: may it be opened?
 * @read: copy out what there is from @offset on, into memory of the caller's
 * @write: all bytes or none
 */
struct bytes {
	int (*size)(struct call *call, uint64_t *ret_size);
	int (*open)(struct call *call);
	int (*read)(struct call *call, off_t offset, size_t size,
		    void **ret_data, size_t *ret_len);
	int (*write)(struct call *call, off_t offset, const void *data,
		     size_t size);
};

#define COMMAND_MAX 4096
#define COMMAND_BIG_MAX (128 * 1024)

/**
 * struct file - an open attribute
 * @link: in view->files
 * @lock: protects @text, @shown and @poll
 * @text: the snapshot
 * @shown: there is one
 * @stream: instead, when it is a stream
 * @input: what was written, where lines come in pieces, see config_input.c
 * @watch: its reference is the open file; on the list while @poll is set
 * @view, @place, @uid: what to look at then, and on whose behalf
 * @poll: whom to tell that the text is another one
 * @lease: until when he is believed to wait, see poll.c
 */
struct file {
	struct list_head link;
	pthread_mutex_t lock;
	struct strbuf text;
	bool shown;
	struct stream *stream;
	struct config_input *input;
	struct watch watch;
	struct view *view;
	struct place place;
	uid_t uid;
	gid_t gid;
	struct fuse_pollhandle *poll;
	time_t lease;
};

int attr_show(struct call *call, struct strbuf *sb);
/* For who stores several things that are one: see ATTR_OWNED. */
void attr_store_lock(void);
void attr_store_unlock(void);
int attr_store(struct call *call, const char *buf, size_t size);
/* A write as text, at most @most bytes, in memory of the caller's. */
int command_text(struct call *call, const char *buf, size_t size, size_t most,
		 char **ret_text, size_t *ret_len);
mode_t attr_mode(struct view *view, const struct place *place);

#include "source.h"

/* ---- job.c: commands that take long -------------------------------------- */

/* What they say if something is wrong, and the path before it. */
#define JOB_WHY_MAX 512

/**
 * typedef job_fn - a command, on a thread of its own
 * @kmem: what its source is in the library; 0: it is about no source
 * @why: @size bytes for what is wrong
 */
typedef int job_fn(const struct allocfs_modules *modules, uint64_t kmem,
		   const char *text, char *why, size_t size);

/*
 * Run it, and answer call->req when it has ended: a write of @size bytes, or
 * with 0 something that has no length.
 * @name: of what is meant in that directory, for messages, or NULL
 * Return: -EINPROGRESS; an error: it was not begun.
 */
int job_start(struct call *call, job_fn *run, const char *text, size_t size,
	      const char *name);
/* What still runs has nobody to tell from now on. */
void job_exit(struct view *view);

struct job;

/**
 * typedef job_task - a command that works on the view, which stays meanwhile
 * @arg: the task's
 */
typedef int job_task(struct job *job, void *arg, char *why, size_t size);

/* As job_start(). @drop frees @arg in the end, begun or not. */
int job_start_task(struct call *call, job_task *run, void *arg,
		   void (*drop)(void *arg), size_t size);
/* Of a task: nobody waits for it any more, or the mount ends: stop soon. */
bool job_is_idle(struct job *job);
/*
 * Around what may take as long as it likes, holding nothing of the view: the
 * mount may end meanwhile. Return: whether it is still there.
 */
void job_leave(struct job *job);
bool job_enter(struct job *job);

/**
 * struct later - a job that a store would have begun, see struct call
 * @run: NULL: there is none
 */
struct later {
	job_fn *run;
	uint64_t kmem;
	char *text;
};

/* Begin it, or note it in call->later. Return: 0 or -EINPROGRESS, or an error. */
int job_start_or_note(struct call *call, job_fn *run, const char *text);

/* ---- park.c: allocation requests that wait ------------------------------- */

struct park;

/**
 * typedef park_done - a request for a stream has ended
 */
typedef void park_done(void *arg, struct call *call, int error, uint64_t first,
		       unsigned int nr);

/*
 * Carry out an order, waiting if it must. With @done NULL the answer to a
 * write of @size bytes goes to call->req.
 * Return: 0 and *ret_first; -EINPROGRESS: the answer comes later; an error.
 */
int park_submit(struct call *call, const struct order *order, size_t size,
		park_done *done, void *arg, uint64_t *ret_first,
		struct park **ret_park);
/* For kinds' submit(): the library has served or ended it. */
void park_ended(union request *request, int error);
/* Take it back. false: it has ended or is ending by @done. */
bool park_cancel(struct park *park);
void park_put(struct park *park);

/* ---- stream.c: files that answer ----------------------------------------- */

/**
 * struct ask - a question of a stream and its answer
 * @ready: answered
 * @error: the answer is an errno
 * @text: else this
 * @pos: bytes of @text that were read
 * @first, @nr: the objects that the text names
 * @park: the request that waits, with a reference
 */
struct ask {
	struct list_head link;
	struct stream *stream;
	bool ready;
	int error;
	struct strbuf text;
	size_t pos;
	uint64_t first;
	unsigned int nr;
	struct park *park;
	struct condition *condition;
};

/**
 * struct stream_ops - the two sorts
 * @ask: check a command; on success fill @ask or start what will
 * @idle: what is read before anything was asked; NULL: nothing
 * @poll: is the answer there now? NULL: stream_answer() brings it
 * @drop: the file is closed before the answer was read
 */
struct stream_ops {
	int (*ask)(struct call *call, struct ask *ask, char *text);
	int (*idle)(struct call *call, struct strbuf *sb);
	void (*poll)(struct call *call, struct ask *ask);
	void (*drop)(struct call *call, struct ask *ask);
};

struct stream *stream_new(struct call *call, const struct stream_ops *ops);
void stream_close(struct stream *stream);
int stream_write(struct call *call, struct stream *stream, char *text);
/* Answers call->req itself. */
void stream_read(struct call *call, struct stream *stream, size_t size);
/* Would a read wait? Then, and only then, @handle is kept: see poll.c. */
bool stream_poll(struct stream *stream, struct fuse_pollhandle *handle);
/* Return: false when the stream was closed, and @ask is gone. */
bool stream_answer(struct ask *ask, int error, uint64_t first, unsigned int nr);
void ask_free(struct ask *ask);

/* ---- poll.c: files that say when they have changed ------------------------ */

/* What poll(2) says of a file that has nothing to tell. */
#define POLL_ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

/* What is ready. Keeps @handle, or destroys it; NULL: nobody would wait. */
unsigned int file_poll(struct call *call, struct file *file,
		       struct fuse_pollhandle *handle);
/* Tell whoever waits, and forget him. Holding no lock. */
void poll_tell(struct fuse_pollhandle *handle);
void poll_forget(struct fuse_pollhandle *handle);
/* Until when somebody who polls now is believed to wait. */
time_t poll_lease(void);
bool poll_lease_over(time_t lease);
void file_check(struct watch *watch);

/* ---- wait.c: the file `wait` --------------------------------------------- */

extern const struct attr wait_attr;
void condition_free(struct condition *condition);

/* ---- attrs_source.c: files that all sources have ------------------------- */

/* For attr->save: what the file says. */
int save_shown(struct call *call, struct strbuf *sb);

extern const struct attr alloc_attr, free_attr, gfp_attr, where_attr,
	limit_attr, peak_attr, owner_attr, stats_attr, events_attr;

#define SOURCE_FILES                                                           \
	FILE("alloc", alloc_attr), FILE("free", free_attr),                    \
		FILE("gfp", gfp_attr), OBJECTS("objects"),                     \
		FILE("where", where_attr), FILE("peak", peak_attr),            \
		FILE("limit", limit_attr), FILE("stats", stats_attr),          \
		FILE("events", events_attr), FILE("wait", wait_attr)

/* For attributes: a number and a newline. */
int show_number(struct strbuf *sb, uint64_t value);
int show_limit(struct strbuf *sb, uint64_t value);
/* A line of a flat keyed file. */
void show_counter(struct strbuf *sb, const char *name, uint64_t value);
void show_events(struct source *source, struct strbuf *sb, bool since_reset);
int store_number(struct call *call, const char *text, uint64_t max,
		 uint64_t *ret_value);
int store_limit(struct call *call, const char *text, uint64_t *ret_value);
int store_reset(struct call *call, const char *text);

/*
 * ---- attrs_cache.c, _pool.c, _page.c, _iomem.c, _module.c, _proc.c, _root.c,
 *	_debug.c
 */

extern const struct node cache_table[], pool_table[], page_table[],
	sized_table[], iomem_table[], proc_table[], root_table[], debug_table[],
	trace_table[], module_table[], modules_table[];

/* proc/iomem */
extern const struct attr iomem_map_attr;

extern const struct attr vmallocinfo_attr;

/* attrs_map.c: the pictures */
extern const struct attr map_attr, map_txt_attr, map_svg_attr, zone_map_attr,
	cache_map_attr;

/* ---- attrs_zone.c, _vmstat.c, _node.c, _sysctl.c -------------------------- */

extern const struct node extfrag_table[], nodes_table[], sys_table[],
	proc_sys_table[];

extern const struct attr buddyinfo_attr, pagetypeinfo_attr, zoneinfo_attr,
	vmstat_attr, node_vmstat_attr, numastat_attr, meminfo_attr,
	node_meminfo_attr;

/* Note what they are, so that config knows what was changed. */
int sysctl_remember(struct view *view);

/* Is the type in the kernel's lists of zones here? */
bool zone_type_shown(unsigned int type);
/* The part of the free pages that is of no use to the order, of 1000. */
int zone_unusable_index(const struct kmem_zone_info *zone, unsigned int order);
/*
 * Why a request for the order would fail: towards 0 for want of memory, towards
 * 1000 for its fragmentation; -1000 where it would not fail.
 */
int zone_extfrag_index(const struct kmem_zone_info *zone, unsigned int order);
/* Lines of a name and a value, for zoneinfo. */
void show_zone_counters(struct strbuf *sb, unsigned int i, const char *format);
void show_node_counters(struct strbuf *sb, unsigned int node,
			const char *format);

/* What there is to say in proc/meminfo; all other rows are 0. */
struct meminfo_row {
	const char *name;
	unsigned long long kb;
};

#define MEMINFO_ROWS_MAX 20

unsigned int meminfo_rows(struct meminfo_row *row);
unsigned long long meminfo_kb(const struct meminfo_row *row, unsigned int nr,
			      const char *name);

/* ---- attrs_metrics.c ------------------------------------------------------ */

extern const struct node metrics_table[];

/* ---- names.c: flags by name ---------------------------------------------- */

void gfp_print(struct strbuf *sb, gfp_t gfp);
/* What is wrong, also for the source of @call, is told there. */
int gfp_parse(struct call *call, const char *text, gfp_t *ret_gfp);
void slab_flags_print(struct strbuf *sb, slab_flags_t flags);
/* `none` is 0, too. */
int slab_flags_parse(struct call *call, const char *text,
		     slab_flags_t *ret_flags);

/* ---- account.c: what each user holds ------------------------------------- */

enum account_what {
	ACCOUNT_OBJECTS,
	ACCOUNT_WAITERS,
	ACCOUNT_NR,
};

struct account {
	struct list_head link;
	uid_t uid;
	uint64_t held[ACCOUNT_NR];
};

/* Return: 0, -EDQUOT, -ENOMEM. */
int account_charge(struct view *view, uid_t uid, enum account_what what,
		   uint64_t nr);
int account_refuse(struct call *call, int err, uid_t uid,
		   enum account_what what, uint64_t nr);
void account_refund(struct view *view, uid_t uid, enum account_what what,
		    uint64_t nr);
uint64_t account_held(struct view *view, uid_t uid, enum account_what what);
/* Of all users. */
uint64_t account_total(struct view *view, enum account_what what);
void account_exit(struct view *view);

/* ---- error_log.c --------------------------------------------------------- */

#define ERROR_LOG_LINES 64

struct error_line {
	uid_t uid;
	char *text;
};

void error_log_add(struct view *view, uid_t uid, const char *path, int error,
		   const char *why);
void error_log_show(struct view *view, uid_t uid, struct strbuf *sb);
void error_log_clear(struct view *view, uid_t uid);

/* ---- config.c, config_apply.c, config_input.c: the layout as text --------- */

extern const struct attr config_attr;

#include "config.h"

/* ---- kmsg.c: what kernel-style code prints ------------------------------- */

extern const struct attr kmsg_attr;

/* ---- readme.c ------------------------------------------------------------ */

extern const char readme_text[];

/* ---- mountpoint.c -------------------------------------------------------- */

/* Detach a mount of ours whose server died. Return: 0, -errno. */
int mountpoint_clear(const char *path);

/* ---- session.c: the mount ------------------------------------------------ */

/**
 * struct view - one mount
 *
 * Constant after allocfs_start(): options, uid, gid, fixed, mounted, threads,
 *	first_tunables.
 * For the rest see the locks above.
 */
struct view {
	struct allocfs_options options;
	uid_t uid;
	gid_t gid;
	struct fixed *fixed;
	unsigned int nr_fixed;
	unsigned int fixed_room;
	struct timespec mounted;
	struct fuse_session *session;

	pthread_t *threads;
	unsigned int nr_threads;
	atomic_bool ended;

	struct mempool_watcher pool_watcher;

	pthread_mutex_t lock;
	struct source_table table;
	struct source_follow follow[KIND_NR];
	struct list_head links;
	uint32_t last_link;
	uint64_t links_seen; /* kmem_changes.named when they were complete */
	uint64_t links_lost; /* times that some went with their target */
	uint64_t links_settled; /* those that were looked into since */

	pthread_mutex_t watch_lock;
	struct list_head watches;
	atomic_uint nr_polled;
	atomic_uint nr_watches;
	atomic_bool ending;
	sem_t watch_wake;
	pthread_t watch_thread;
	bool watch_stop;

	pthread_mutex_t meta_lock;
	struct meta *meta;

	pthread_mutex_t account_lock;
	struct list_head accounts;
	uint64_t total[ACCOUNT_NR];

	struct list_head jobs; /* under job_lock */

	int64_t (*first_tunables)[KMEM_SYSCTL_VALUES]; /* when we began */

	pthread_mutex_t files_lock;
	struct list_head files;

	pthread_mutex_t log_lock;
	struct error_line error_lines[ERROR_LOG_LINES];
	unsigned int error_next;
};

void view_log(struct view *view, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- ops.c, ops_dir.c, ops_file.c ---------------------------------------- */

extern const struct fuse_lowlevel_ops view_ops;

/* Entries and attributes of names that never vanish, in seconds. */
#define FOREVER 3600.0

void op_init(void *userdata, struct fuse_conn_info *conn);
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		struct fuse_file_info *fi);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	       fuse_ino_t newparent, const char *newname, unsigned int flags);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	      dev_t rdev);
void op_readlink(fuse_req_t req, fuse_ino_t ino);
void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
		const char *name);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent,
	     const char *newname);
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
	     struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size,
	      off_t off, struct fuse_file_info *fi);
void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	     struct fuse_pollhandle *handle);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
/* Close what is open when the mount ends: no release will come. */
void op_release_all(struct view *view);
/* The answer to a lookup, and to all that makes a file. */
int op_fill_entry(struct call *call, const struct place *place,
		  struct fuse_entry_param *ret_entry);
double op_attr_timeout(const struct place *place);

#endif /* ALLOCFS_VIEW_H */
