/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * node.c - the tree: what names and inode numbers mean
 *
 * The tree is described by constant tables of nodes: files with their
 * attribute, directories with their table, and directories of sources, whose
 * entries come and go with caches and pools. Every operation walks these
 * tables; nothing else knows a path.
 *
 * Identity. The kernel names a file by a 64-bit number that we choose and that
 * it remembers as long as it likes. A number that is given out again later
 * would show an old reader something new; so none ever is:
 *
 *	bit 63 set	slot of the directory (23 bits), serial of the object
 *			(40 bits). The serial counter belongs to the slot and
 *			goes on when the slot is given to another directory;
 *			an object's ID is its serial less the counter's value
 *			when its directory was made.
 *	kind 0		fixed nodes; the number is the index in view->fixed,
 *			1 is the root
 *	kind 1		nodes of a source: serial of the directory (32 bits)
 *			and position in its table, 0 for the directory itself
 *	kind 2		files whose writes may wait: serial of the directory
 *			and a counter
 *
 * A write that waits holds the kernel's lock of the inode, and whoever wants
 * to write next would wait for that lock, deaf to signals. Files of kind 2
 * therefore are a new inode at each lookup; stat(2) shows their number of
 * kind 1 all the same.
 *
 * Numbers are decoded, not looked up: nothing is kept for a file that the
 * kernel knows, and FORGET means nothing to us. A number whose directory or
 * object is gone decodes to nothing.
 *
 * Life cycle of a directory of sources' entry:
 *
 *	made by		mkdir, or found by source_sync() when the program or
 *			the library made a cache or pool
 *	alive		in the tables of source.c; found by name, by serial,
 *			by slot, by the allocator's serial
 *	dead		rmdir, or call_hold() or source_sync() found the
 *			allocator's object gone; found by nobody; its struct
 *			lives on until the last request drops its reference
 *
 * Locks: none of its own. Tables are constant, source.c locks its own, and
 * objects are looked up under source->lock.
 */
#include <errno.h>
#include <string.h>

#include "view.h"

#define OBJECT_BIT (1ull << 63)
#define SLOT_SHIFT 40
#define SLOT_MASK ((1ull << 23) - 1)
#define OBJECT_MASK ((1ull << SLOT_SHIFT) - 1)
#define KIND_SHIFT 60
#define KIND_SOURCE 1ull
#define KIND_OPEN 2ull
#define SERIAL_SHIFT 28
#define INDEX_MASK ((1ull << SERIAL_SHIFT) - 1)

/* Offsets of a directory stream: 0 and 1 are "." and "..". */
#define FIRST_ENTRY 2

static const struct node root_node = DIR("", root_table);
const struct node source_node = { .type = NODE_SOURCE };
static const struct node object_node = { .type = NODE_OBJECT };

/* ---- numbers ------------------------------------------------------------- */

static uint64_t ino_of_source(const struct source *source, uint64_t index)
{
	return KIND_SOURCE << KIND_SHIFT |
	       (uint64_t)source->serial << SERIAL_SHIFT | index;
}

static uint64_t ino_of_object(const struct source *source, uint64_t id)
{
	return OBJECT_BIT | (uint64_t)source->slot << SLOT_SHIFT |
	       ((source->first + id) & OBJECT_MASK);
}

fuse_ino_t place_nodeid(const struct place *place)
{
	struct source *source = place->source;

	if (place->node->type != NODE_FILE ||
	    !(place->node->attr->flags & ATTR_FRESH))
		return place->ino;
	return KIND_OPEN << KIND_SHIFT |
	       (uint64_t)source->serial << SERIAL_SHIFT |
	       (atomic_fetch_add(&source->opens, 1) & INDEX_MASK);
}

/* ---- fixed nodes --------------------------------------------------------- */

static int fixed_add(struct view *view, const struct node *node,
		     unsigned int parent)
{
	unsigned int index = view->nr_fixed;
	const struct node *child;
	int err;

	if (index == MAX_FIXED_NODES)
		return -ENOSPC;
	view->fixed[index].node = node;
	view->fixed[index].parent = parent;
	view->nr_fixed++;
	if (node->type != NODE_DIR)
		return 0;
	for (child = node->table; child->type != NODE_END; child++) {
		err = fixed_add(view, child, index);
		if (err)
			return err;
	}
	return 0;
}

int node_init(struct view *view)
{
	view->nr_fixed = FUSE_ROOT_ID;
	return fixed_add(view, &root_node, FUSE_ROOT_ID);
}

static void place_fixed(struct view *view, unsigned int index,
			struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->node = view->fixed[index].node;
	place->index = index;
	place->ino = index;
}

/* The directory in which a kind's sources are. */
static unsigned int fixed_of_kind(const struct view *view,
				  const struct kind *kind)
{
	unsigned int i;

	for (i = FUSE_ROOT_ID; i < view->nr_fixed; i++)
		if (view->fixed[i].node->kind == kind)
			return i;
	return FUSE_ROOT_ID;
}

/* ---- places -------------------------------------------------------------- */

static unsigned int table_length(const struct node *table)
{
	unsigned int n = 0;

	while (table[n].type != NODE_END)
		n++;
	return n;
}

/* The place of entry @index of a source, whose reference it takes over. */
static void place_source(struct source *source, unsigned int index,
			 struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->source = source;
	place->index = index;
	place->ino = ino_of_source(source, index);
	place->node = index ? &source->kind->table[index - 1] : &source_node;
}

static void place_object(struct source *source, uint64_t id,
			 struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->source = source;
	place->object = id;
	place->ino = ino_of_object(source, id);
	place->node = &object_node;
}

/* Entry of the table that is a new inode at each lookup. */
static unsigned int fresh_index(const struct source *source)
{
	const struct node *table = source->kind->table;
	unsigned int i;

	for (i = 0; table[i].type != NODE_END; i++)
		if (table[i].type == NODE_FILE &&
		    (table[i].attr->flags & ATTR_FRESH))
			break;
	return i + 1;
}

static int place_get_object(struct view *view, fuse_ino_t ino,
			    struct place *place)
{
	struct source *source;
	uint64_t id;

	source = source_by_slot(view, ino >> SLOT_SHIFT & SLOT_MASK);
	if (!source)
		return -ENOENT;
	id = (ino - source->first) & OBJECT_MASK;
	/* The serial is older than this directory: it wraps to a huge ID. */
	if (!id || id > OBJECT_MASK / 2) {
		source_put(view, source);
		return -ENOENT;
	}
	place_object(source, id, place);
	return 0;
}

int place_get(struct view *view, fuse_ino_t ino, struct place *ret_place)
{
	uint64_t index = ino & INDEX_MASK;
	struct source *source;

	if (ino & OBJECT_BIT)
		return place_get_object(view, ino, ret_place);
	if (ino >> KIND_SHIFT == 0) {
		if (ino < FUSE_ROOT_ID || ino >= view->nr_fixed)
			return -ENOENT;
		place_fixed(view, (unsigned int)ino, ret_place);
		return 0;
	}
	source = source_by_serial(view, (uint32_t)(ino >> SERIAL_SHIFT));
	if (!source)
		return -ENOENT;
	if (ino >> KIND_SHIFT == KIND_OPEN)
		index = fresh_index(source);
	if (index > table_length(source->kind->table)) {
		source_put(view, source);
		return -ENOENT;
	}
	place_source(source, (unsigned int)index, ret_place);
	return 0;
}

void place_put(struct view *view, struct place *place)
{
	source_put(view, place->source);
	memset(place, 0, sizeof(*place));
}

bool place_is_dir(const struct place *place)
{
	return place->node->type != NODE_FILE &&
	       place->node->type != NODE_OBJECT;
}

/* ---- children ------------------------------------------------------------ */

static int child_of_fixed(struct view *view, const struct place *dir,
			  const char *name, struct place *ret_place)
{
	unsigned int i;

	for (i = dir->index + 1; i < view->nr_fixed; i++) {
		if (view->fixed[i].parent != dir->index ||
		    strcmp(view->fixed[i].node->name, name) != 0)
			continue;
		place_fixed(view, i, ret_place);
		return 0;
	}
	return -ENOENT;
}

static int child_of_kind(struct view *view, const struct place *dir,
			 const char *name, struct place *ret_place)
{
	struct source *source = source_by_name(view, dir->node->kind, name);

	if (!source)
		return -ENOENT;
	place_source(source, 0, ret_place);
	return 0;
}

static int child_of_source(const struct place *dir, const char *name,
			   struct place *ret_place)
{
	const struct node *table = dir->source->kind->table;
	unsigned int i;

	for (i = 0; table[i].type != NODE_END; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		place_source(source_get(dir->source), i + 1, ret_place);
		return 0;
	}
	return -ENOENT;
}

static int child_of_objects(const struct place *dir, const char *name,
			    struct place *ret_place)
{
	uint64_t id;

	pthread_mutex_lock(&dir->source->lock);
	id = object_find(dir->source, name);
	pthread_mutex_unlock(&dir->source->lock);
	if (!id)
		return -ENOENT;
	place_object(source_get(dir->source), id, ret_place);
	return 0;
}

int place_child(struct call *call, const struct place *dir, const char *name,
		struct place *ret_place)
{
	switch (dir->node->type) {
	case NODE_DIR:
		return child_of_fixed(call->view, dir, name, ret_place);
	case NODE_EACH:
		return child_of_kind(call->view, dir, name, ret_place);
	case NODE_SOURCE:
		return child_of_source(dir, name, ret_place);
	case NODE_OBJECTS:
		return child_of_objects(dir, name, ret_place);
	default:
		return -ENOTDIR;
	}
}

static uint64_t parent_ino(const struct view *view, const struct place *dir)
{
	switch (dir->node->type) {
	case NODE_SOURCE:
		return fixed_of_kind(view, dir->source->kind);
	case NODE_OBJECTS:
		return ino_of_source(dir->source, 0);
	default:
		return view->fixed[dir->index].parent;
	}
}

/* ---- listing ------------------------------------------------------------- */

static mode_t type_of(const struct node *node)
{
	return node->type == NODE_FILE || node->type == NODE_OBJECT ? S_IFREG
								    : S_IFDIR;
}

static int list_fixed(struct view *view, const struct place *dir, uint64_t from,
		      place_emit *emit, void *arg)
{
	uint64_t i;

	for (i = from > dir->index ? from : dir->index + 1; i < view->nr_fixed;
	     i++) {
		const struct node *node = view->fixed[i].node;

		if (view->fixed[i].parent == dir->index &&
		    !emit(arg, node->name, i, type_of(node),
			  i + FIRST_ENTRY + 1))
			break;
	}
	return 0;
}

static int list_kind(struct view *view, const struct place *dir, uint64_t from,
		     place_emit *emit, void *arg)
{
	const struct kind *kind = dir->node->kind;
	char name[SOURCE_NAME_MAX + 1];
	struct source *source;
	bool more = true;

	if (!from)
		source_sync(view, kind);
	while (more && from <= UINT32_MAX &&
	       (source = source_next(view, kind, (uint32_t)from)) != NULL) {
		from = (uint64_t)source->serial + 1;
		source_name(view, source, name, sizeof(name));
		more = emit(arg, name, ino_of_source(source, 0), S_IFDIR,
			    from + FIRST_ENTRY);
		source_put(view, source);
	}
	return 0;
}

static int list_source(const struct place *dir, uint64_t from, place_emit *emit,
		       void *arg)
{
	const struct node *table = dir->source->kind->table;
	unsigned int n = table_length(table);
	uint64_t i;

	for (i = from; i < n; i++)
		if (!emit(arg, table[i].name, ino_of_source(dir->source, i + 1),
			  type_of(&table[i]), i + FIRST_ENTRY + 1))
			break;
	return 0;
}

/* Offsets are made of IDs, so that entries may come and go meanwhile. */
static int list_objects(const struct place *dir, uint64_t from,
			place_emit *emit, void *arg)
{
	struct source *source = dir->source;
	char name[KMEM_NAME_MAX + 1];
	struct handle *h;
	uint64_t id = from;

	pthread_mutex_lock(&source->lock);
	while ((h = handles_next(&source->objects, id, &id)) != NULL) {
		object_name(source, h, id, name, sizeof(name));
		if (!emit(arg, name, ino_of_object(source, id), S_IFREG,
			  id + FIRST_ENTRY + 1))
			break;
		id++;
	}
	pthread_mutex_unlock(&source->lock);
	return 0;
}

int place_list(struct call *call, const struct place *dir, uint64_t from,
	       place_emit *emit, void *arg)
{
	if (!place_is_dir(dir))
		return -ENOTDIR;
	if (from < 1 && !emit(arg, ".", dir->ino, S_IFDIR, 1))
		return 0;
	if (from < FIRST_ENTRY &&
	    !emit(arg, "..", parent_ino(call->view, dir), S_IFDIR, FIRST_ENTRY))
		return 0;
	from = from < FIRST_ENTRY ? 0 : from - FIRST_ENTRY;
	switch (dir->node->type) {
	case NODE_EACH:
		return list_kind(call->view, dir, from, emit, arg);
	case NODE_SOURCE:
		return list_source(dir, from, emit, arg);
	case NODE_OBJECTS:
		return list_objects(dir, from, emit, arg);
	default:
		return list_fixed(call->view, dir, from, emit, arg);
	}
}

/* ---- paths and stat ------------------------------------------------------ */

static void fixed_path(const struct view *view, unsigned int index,
		       struct strbuf *sb)
{
	if (index == FUSE_ROOT_ID)
		return;
	fixed_path(view, view->fixed[index].parent, sb);
	strbuf_addf(sb, "/%s", view->fixed[index].node->name);
}

void place_path(const struct view *view, const struct place *place,
		struct strbuf *sb)
{
	struct source *source = place->source;
	char name[SOURCE_NAME_MAX + 1];
	struct handle *h;

	if (!source) {
		fixed_path(view, place->index, sb);
		if (!sb->len)
			strbuf_addc(sb, '/');
		return;
	}
	source_name((struct view *)view, source, name, sizeof(name));
	fixed_path(view, fixed_of_kind(view, source->kind), sb);
	strbuf_addf(sb, "/%s", name);
	if (place->node->name)
		strbuf_addf(sb, "/%s", place->node->name);
	if (place->node->type != NODE_OBJECT)
		return;
	pthread_mutex_lock(&source->lock);
	h = handles_find(&source->objects, place->object);
	if (h)
		object_name(source, h, place->object, name, sizeof(name));
	pthread_mutex_unlock(&source->lock);
	strbuf_addf(sb, "/objects/%s", h ? name : "?");
}

/* Mode, owner and size of an object: 0, -ENODEV. */
static int stat_object(struct call *call, struct stat *st)
{
	struct source *source = call->place.source;
	struct handle *h;
	size_t size;
	int err;

	err = call_hold(call);
	if (err)
		return err;
	size = source->kind->objsize(call);
	pthread_mutex_lock(&source->lock);
	h = handles_find(&source->objects, call->place.object);
	if (h) {
		st->st_mode = S_IFREG | h->mode;
		st->st_uid = h->uid;
		st->st_gid = h->gid;
		st->st_size = (off_t)(h->size ? h->size : size);
		st->st_mtim = source->mtime;
	}
	pthread_mutex_unlock(&source->lock);
	return h ? 0 : -ENODEV;
}

static int stat_here(struct call *call, bool size, struct stat *st)
{
	const struct node *node = call->place.node;
	struct strbuf sb = { 0 };
	int err = 0;

	if (node->type == NODE_OBJECT)
		return stat_object(call, st);
	meta_stat(call->view, &call->place, st);
	if (node->type != NODE_FILE || !size)
		return 0;
	/* The length of a text is known when it is written. */
	err = attr_show(call, &sb);
	if (!err)
		st->st_size = (off_t)sb.len;
	strbuf_free(&sb);
	return err;
}

int place_stat(struct call *call, const struct place *place, bool size,
	       struct stat *ret_st)
{
	struct place saved = call->place;
	int err;

	memset(ret_st, 0, sizeof(*ret_st));
	call->place = *place;
	err = stat_here(call, size, ret_st);
	call->place = saved;
	ret_st->st_ino = place->ino;
	ret_st->st_nlink = place_is_dir(place) ? 2 : 1;
	ret_st->st_blksize = KMEM_PAGE_SIZE;
	ret_st->st_blocks = (ret_st->st_size + 511) / 512;
	ret_st->st_atim = ret_st->st_mtim;
	ret_st->st_ctim = ret_st->st_mtim;
	return err;
}
