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
 *			1 is the root. They are the tables written out once,
 *			when the mount is made: so a table may say "one for
 *			each node of the memory" (NODE_MANY)
 *	kind 1		nodes of a source: serial of the directory (32 bits)
 *			and index: position in its table, 0 for the directory
 *			itself; SECOND_BASE more for its second directory,
 *			THIRD_BASE for its third
 *	kind 2		files whose writes may wait: serial of the directory
 *			and a counter
 *	kind 3		links to sources: their serial (32 bits, link.c)
 *	kind 4		fixed nodes whose writes may wait: the index in
 *			view->fixed (32 bits) and a counter
 *
 * A source may be shown thrice, as caches/NAME, debug/slab/NAME and
 * sys/slab/NAME are: each NODE_EACH has the base of the indices of all that is
 * below it, and the base says which of the kind's tables they are positions in.
 * So all directories are one source, with one life, and everything else is
 * alike. Only the first has objects, and mkdir and rmdir; the second may leave
 * some sources out (kind->in_second), and has no links.
 *
 * A source that stands alone (NODE_ALONE) has a fixed node only to be found by
 * its name; its own number is of kind 1.
 *
 * A write that waits holds the kernel's lock of the inode, and whoever wants
 * to write next would wait for that lock, deaf to signals. Files of kinds 2 and
 * 4 therefore are an inode of its own for each who looks them up; stat(2) shows
 * their number of kind 1 or 0 all the same. One of kind 2 that nobody has in
 * hand any more is given out again (struct fresh): same file, same meaning.
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
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#include "view.h"

#define OBJECT_BIT (1ull << 63)
#define SLOT_SHIFT 40
#define SLOT_MASK ((1ull << 23) - 1)
#define OBJECT_MASK ((1ull << SLOT_SHIFT) - 1)
#define KIND_SHIFT 60
#define KIND_SOURCE 1ull
#define KIND_OPEN 2ull
#define KIND_LINK 3ull
#define KIND_FIXED_OPEN 4ull
#define SERIAL_SHIFT 28
#define INDEX_MASK ((1ull << SERIAL_SHIFT) - 1)

/* Offsets of a directory stream: 0 and 1 are "." and "..". */
#define FIRST_ENTRY 2
/* In a directory of sources, links come behind all serials. */
#define FIRST_LINK (1ull << 32)
/* And behind all links the files that are always there. */
#define FIRST_FIXED (1ull << 33)

/* Of all links: they have no settings that a number would have to find. */
#define LINK_INDEX (3 * SECOND_BASE)

static const struct node root_node = DIR("", root_table);
const struct node source_node = { .type = NODE_SOURCE };
static const struct node object_node = { .type = NODE_OBJECT,
					 .bytes = &object_bytes };
static const struct node link_node = { .type = NODE_LINK };

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

static uint64_t ino_of_link(uint32_t serial)
{
	return KIND_LINK << KIND_SHIFT | (uint64_t)serial << SERIAL_SHIFT;
}

/* Of all views: numbers have to differ, no more. */
static atomic_uint fixed_opens;

/*
 * Another inode, unless nobody has the last one in hand: it is not open, and
 * whoever looked it up opened it, or looks again. So calls that follow each
 * other share one, which spares the kernel the making of inodes and a second
 * lookup, and calls at the same time never do.
 */
static unsigned int fresh_number(struct source *source, pid_t looker)
{
	struct fresh *fresh = &source->fresh;
	unsigned int number;

	pthread_mutex_lock(&source->lock);
	if (fresh->opens || (fresh->looker && fresh->looker != looker)) {
		fresh->number = (fresh->number + 1) & INDEX_MASK;
		fresh->opens = 0;
	}
	fresh->looker = looker ? looker : LOOKER_UNKNOWN;
	number = fresh->number;
	pthread_mutex_unlock(&source->lock);
	return number;
}

static uint64_t ino_of_open(const struct source *source, unsigned int number)
{
	return KIND_OPEN << KIND_SHIFT |
	       (uint64_t)source->serial << SERIAL_SHIFT | number;
}

fuse_ino_t place_nodeid(const struct place *place, pid_t looker)
{
	struct source *source = place->source;

	if (place->node->type != NODE_FILE ||
	    !(place->node->attr->flags & ATTR_FRESH))
		return place->ino;
	if (!source)
		return KIND_FIXED_OPEN << KIND_SHIFT |
		       (uint64_t)place->index << SERIAL_SHIFT |
		       (atomic_fetch_add(&fixed_opens, 1) & INDEX_MASK);
	return ino_of_open(source, fresh_number(source, looker));
}

/* Of inodes that are not the last one there is nothing to know any more. */
void place_opened(const struct place *place, fuse_ino_t ino, pid_t opener)
{
	struct source *source = place->source;

	if (ino >> KIND_SHIFT != KIND_OPEN)
		return;
	pthread_mutex_lock(&source->lock);
	if (ino == ino_of_open(source, source->fresh.number)) {
		source->fresh.opens++;
		if (source->fresh.looker == opener)
			source->fresh.looker = 0;
	}
	pthread_mutex_unlock(&source->lock);
}

void place_closed(const struct place *place, fuse_ino_t ino)
{
	struct source *source = place->source;

	if (ino >> KIND_SHIFT != KIND_OPEN)
		return;
	pthread_mutex_lock(&source->lock);
	if (ino == ino_of_open(source, source->fresh.number))
		source->fresh.opens--;
	pthread_mutex_unlock(&source->lock);
}

/* ---- fixed nodes --------------------------------------------------------- */

static int fixed_room(struct view *view)
{
	unsigned int room = view->fixed_room ? 2 * view->fixed_room : 64;
	struct fixed *more;

	if (view->nr_fixed < view->fixed_room)
		return 0;
	more = realloc(view->fixed, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	view->fixed = more;
	view->fixed_room = room;
	return 0;
}

static int fixed_add(struct view *view, const struct fixed *fixed);

/* The node that stands for one of many, its name behind it. */
static struct node *node_of_many(const struct node *many, const char *name)
{
	size_t len = strlen(name) + 1;
	struct node *node = malloc(sizeof(*node) + len);

	if (!node)
		return NULL;
	*node = *many;
	node->type = many->table ? NODE_DIR : NODE_FILE;
	node->name = memcpy(node + 1, name, len);
	return node;
}

static int fixed_add_many(struct view *view, const struct fixed *fixed)
{
	const struct node *many = fixed->node;
	char name[NODE_NAME_MAX + 1];
	struct fixed one = *fixed;
	unsigned int i;
	int err = 0;

	for (i = 0; !err &&
		    many->many(fixed->about, i, name, sizeof(name), &one.about);
	     i++) {
		one.made = node_of_many(many, name);
		if (!one.made)
			return -ENOMEM;
		one.node = one.made;
		err = fixed_add(view, &one);
	}
	return err;
}

/* A node and, for a directory, all that is below it. */
static int fixed_add(struct view *view, const struct fixed *fixed)
{
	struct fixed below = { .parent = view->nr_fixed,
			       .about = fixed->about };
	const struct node *child;
	int err;

	if (fixed->node->type == NODE_MANY)
		return fixed_add_many(view, fixed);
	err = fixed_room(view);
	if (err) {
		free(fixed->made);
		return err;
	}
	view->fixed[view->nr_fixed++] = *fixed;
	/* A directory of sources may have files of its own, too. */
	for (child = fixed->node->table;
	     !err && child && child->type != NODE_END; child++) {
		below.node = child;
		err = fixed_add(view, &below);
	}
	return err;
}

int node_init(struct view *view)
{
	struct fixed root = { .node = &root_node, .parent = FUSE_ROOT_ID };
	int err;

	/* Number 0 is no inode. */
	err = fixed_room(view);
	if (err)
		return err;
	memset(view->fixed, 0, sizeof(*view->fixed) * FUSE_ROOT_ID);
	view->nr_fixed = FUSE_ROOT_ID;
	return fixed_add(view, &root);
}

void node_exit(struct view *view)
{
	unsigned int i;

	for (i = 0; i < view->nr_fixed; i++)
		free(view->fixed[i].made);
	free(view->fixed);
}

static void place_fixed(struct view *view, unsigned int index,
			struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->node = view->fixed[index].node;
	place->index = index;
	place->about = view->fixed[index].about;
	place->ino = index;
}

/* The directory in which a kind's sources are, with that base. */
static unsigned int fixed_of_kind(const struct view *view,
				  const struct kind *kind, unsigned int base)
{
	unsigned int i;

	for (i = FUSE_ROOT_ID; i < view->nr_fixed; i++)
		if (view->fixed[i].node->kind == kind &&
		    view->fixed[i].node->base == base)
			return i;
	return FUSE_ROOT_ID;
}

void place_of_kind(struct view *view, const struct kind *kind,
		   struct place *ret_place)
{
	place_fixed(view, fixed_of_kind(view, kind, 0), ret_place);
}

/* ---- places -------------------------------------------------------------- */

static unsigned int table_length(const struct node *table)
{
	unsigned int n = 0;

	while (table[n].type != NODE_END)
		n++;
	return n;
}

static unsigned int base_of(unsigned int index)
{
	return index == LINK_INDEX ? 0 : index & ~(SECOND_BASE - 1);
}

/* The table in which @index is a position. */
static const struct node *table_of(const struct kind *kind, unsigned int index)
{
	switch (base_of(index)) {
	case SECOND_BASE:
		return kind->second_table;
	case THIRD_BASE:
		return kind->third_table;
	default:
		return kind->table;
	}
}

/* Numbers come from outside: not all of them mean something. */
static bool index_exists(const struct kind *kind, uint64_t index)
{
	const struct node *table;

	if (index >= LINK_INDEX)
		return false;
	table = table_of(kind, (unsigned int)index);
	return table && index % SECOND_BASE <= table_length(table);
}

static const struct node *node_of(const struct kind *kind, unsigned int index)
{
	unsigned int position = index - base_of(index);

	return position ? &table_of(kind, index)[position - 1] : &source_node;
}

/* The place of entry @index of a source, whose reference it takes over. */
static void place_source(struct source *source, unsigned int index,
			 struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->source = source;
	place->index = index;
	place->ino = ino_of_source(source, index);
	place->node = node_of(source->kind, index);
}

/* The same for a link to it. */
static void place_link(struct source *source, uint32_t serial,
		       struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->source = source;
	place->index = LINK_INDEX;
	place->object = serial;
	place->ino = ino_of_link(serial);
	place->node = &link_node;
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

static int place_get_link(struct view *view, fuse_ino_t ino,
			  struct place *place)
{
	uint32_t serial = (uint32_t)(ino >> SERIAL_SHIFT);
	struct source *source = link_by_serial(view, serial);

	if (!source)
		return -ENOENT;
	place_link(source, serial, place);
	return 0;
}

int place_get(struct view *view, fuse_ino_t ino, struct place *ret_place)
{
	uint64_t index = ino & INDEX_MASK;
	struct source *source;

	if (ino >> KIND_SHIFT == KIND_LINK)
		return place_get_link(view, ino, ret_place);
	if (ino & OBJECT_BIT)
		return place_get_object(view, ino, ret_place);
	if (ino >> KIND_SHIFT == KIND_FIXED_OPEN)
		ino = ino >> SERIAL_SHIFT & UINT32_MAX;
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
	if (!index_exists(source->kind, index)) {
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

static mode_t type_of(const struct node *node)
{
	switch (node->type) {
	case NODE_FILE:
	case NODE_BYTES:
	case NODE_OBJECT:
		return S_IFREG;
	case NODE_LINK:
	case NODE_SYMLINK:
		return S_IFLNK;
	default:
		return S_IFDIR;
	}
}

bool place_is_dir(const struct place *place)
{
	return type_of(place->node) == S_IFDIR;
}

void place_target(struct view *view, const struct place *place, char *buf,
		  size_t size)
{
	if (place->node->type == NODE_SYMLINK)
		text_copy(buf, size, place->node->target);
	else
		source_name(view, place->source, buf, size);
}

/* ---- children ------------------------------------------------------------ */

/* The source of a NODE_ALONE, with a reference. It lives as long as we do. */
static struct source *the_only(struct view *view, unsigned int index)
{
	return source_by_kmem(view, view->fixed[index].node->kind, 0);
}

static int child_of_fixed(struct view *view, const struct place *dir,
			  const char *name, struct place *ret_place)
{
	unsigned int i;

	for (i = dir->index + 1; i < view->nr_fixed; i++) {
		if (view->fixed[i].parent != dir->index ||
		    strcmp(view->fixed[i].node->name, name) != 0)
			continue;
		if (view->fixed[i].node->type == NODE_ALONE)
			place_source(the_only(view, i), 0, ret_place);
		else
			place_fixed(view, i, ret_place);
		return 0;
	}
	return -ENOENT;
}

/* Not all sources of a kind are in its second directory. */
static bool is_shown(struct view *view, const struct place *dir,
		     struct source *source)
{
	struct call call = { .view = view, .place.source = source };
	bool shown;

	if (dir->node->base != SECOND_BASE)
		return true;
	if (call_hold(&call))
		return false;
	shown = source->kind->in_second(&call);
	call_release(&call);
	return shown;
}

static bool has_links(const struct place *dir)
{
	return dir->node->kind->aliases && dir->node->base != SECOND_BASE;
}

static int child_of_kind(struct view *view, const struct place *dir,
			 const char *name, struct place *ret_place)
{
	struct source *source;
	uint32_t serial;

	if (!child_of_fixed(view, dir, name, ret_place))
		return 0;
	source = source_by_name(view, dir->node->kind, name);
	if (source && is_shown(view, dir, source)) {
		place_source(source, dir->node->base, ret_place);
		return 0;
	}
	source_put(view, source);
	if (source || !has_links(dir))
		return -ENOENT;
	source = link_by_name(view, name, &serial);
	if (!source)
		return -ENOENT;
	place_link(source, serial, ret_place);
	return 0;
}

static int child_of_source(const struct place *dir, const char *name,
			   struct place *ret_place)
{
	const struct node *table = table_of(dir->source->kind, dir->index);
	unsigned int i;

	for (i = 0; table[i].type != NODE_END; i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		place_source(source_get(dir->source),
			     base_of(dir->index) + i + 1, ret_place);
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

int place_at(struct call *call, const char *path, struct place *ret_place)
{
	char name[SOURCE_NAME_MAX + 1];
	struct place place, next;
	int err = 0;

	place_fixed(call->view, FUSE_ROOT_ID, &place);
	while (!err && *path) {
		size_t len = strcspn(path, "/");

		text_format(name, sizeof(name), "%.*s", (int)len, path);
		path += len + (path[len] == '/');
		err = len < sizeof(name)
			      ? place_child(call, &place, name, &next)
			      : -ENOENT;
		place_put(call->view, &place);
		place = next;
	}
	if (!err)
		*ret_place = place;
	return err;
}

static uint64_t parent_ino(const struct view *view, const struct place *dir)
{
	unsigned int i;

	switch (dir->node->type) {
	case NODE_SOURCE:
		i = fixed_of_kind(view, dir->source->kind, base_of(dir->index));
		return view->fixed[i].node->type == NODE_ALONE
			       ? view->fixed[i].parent
			       : i;
	case NODE_OBJECTS:
		return ino_of_source(dir->source, 0);
	default:
		return view->fixed[dir->index].parent;
	}
}

/* ---- listing ------------------------------------------------------------- */

/* @base is the offset of the first one, less its number. */
static int list_fixed(struct view *view, const struct place *dir, uint64_t from,
		      uint64_t base, place_emit *emit, void *arg)
{
	uint64_t i = dir->index + 1;

	if (from > base + i)
		i = from - base;
	for (; i < view->nr_fixed; i++) {
		const struct node *node = view->fixed[i].node;
		struct source *source = NULL;
		uint64_t ino = i;

		if (view->fixed[i].parent != dir->index)
			continue;
		if (node->type == NODE_ALONE) {
			source = the_only(view, (unsigned int)i);
			ino = ino_of_source(source, 0);
		}
		source_put(view, source);
		if (!emit(arg, node->name, ino, type_of(node),
			  base + i + FIRST_ENTRY + 1))
			break;
	}
	return 0;
}

/* Return: whether there is room for more. */
static bool list_sources(struct view *view, const struct place *dir,
			 uint64_t from, place_emit *emit, void *arg)
{
	const struct kind *kind = dir->node->kind;
	char name[SOURCE_NAME_MAX + 1];
	struct source *source;
	bool more = true;

	while (more && from < FIRST_LINK &&
	       (source = source_next(view, kind, (uint32_t)from)) != NULL) {
		from = (uint64_t)source->serial + 1;
		source_name(view, source, name, sizeof(name));
		if (is_shown(view, dir, source))
			more = emit(arg, name,
				    ino_of_source(source, dir->node->base),
				    S_IFDIR, from + FIRST_ENTRY);
		source_put(view, source);
	}
	return more;
}

/* Return: whether there is room for more. */
static bool list_links(struct view *view, uint64_t from, place_emit *emit,
		       void *arg)
{
	char name[SOURCE_NAME_MAX + 1];
	uint32_t serial;

	from = from < FIRST_LINK ? 0 : from - FIRST_LINK;
	while ((serial = link_next(view, (uint32_t)from, name, sizeof(name)))) {
		from = (uint64_t)serial + 1;
		if (!emit(arg, name, ino_of_link(serial), S_IFLNK,
			  FIRST_LINK + from + FIRST_ENTRY))
			return false;
	}
	return true;
}

static int list_kind(struct view *view, const struct place *dir, uint64_t from,
		     place_emit *emit, void *arg)
{
	if (!from) {
		source_sync(view, dir->node->kind);
		if (has_links(dir))
			link_sync(view);
	}
	if (!list_sources(view, dir, from, emit, arg))
		return 0;
	if (has_links(dir) && from < FIRST_FIXED &&
	    !list_links(view, from, emit, arg))
		return 0;
	return dir->node->table
		       ? list_fixed(view, dir, from, FIRST_FIXED, emit, arg)
		       : 0;
}

static int list_source(const struct place *dir, uint64_t from, place_emit *emit,
		       void *arg)
{
	const struct node *table = table_of(dir->source->kind, dir->index);
	unsigned int n = table_length(table), base = base_of(dir->index);
	uint64_t i;

	for (i = from; i < n; i++)
		if (!emit(arg, table[i].name,
			  ino_of_source(dir->source, base + i + 1),
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
		return list_fixed(call->view, dir, from, 0, emit, arg);
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
	unsigned int i;

	if (!source) {
		fixed_path(view, place->index, sb);
		if (!sb->len)
			strbuf_addc(sb, '/');
		return;
	}
	if (place->node->type == NODE_LINK) {
		uint32_t serial = (uint32_t)place->object;

		if (link_next((struct view *)view, serial, name,
			      sizeof(name)) != serial)
			text_copy(name, sizeof(name), "?");
	} else
		source_name((struct view *)view, source, name, sizeof(name));
	i = fixed_of_kind(view, source->kind, base_of(place->index));
	fixed_path(view, i, sb);
	if (view->fixed[i].node->type != NODE_ALONE)
		strbuf_addf(sb, "/%s", name);
	if (place->node->name)
		strbuf_addf(sb, "/%s", place->node->name);
	if (place->node->type != NODE_OBJECT)
		return;
	pthread_mutex_lock(&source->lock);
	h = handles_find(&source->objects, place->object);
	if (h)
		object_name(source, h, place->object, name, sizeof(name));
	else /* It has been freed, its name with it. */
		text_format(name, sizeof(name), "%llu",
			    (unsigned long long)place->object);
	pthread_mutex_unlock(&source->lock);
	strbuf_addf(sb, "/objects/%s", name);
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

static int stat_bytes(struct call *call, struct stat *st)
{
	uint64_t size = 0;
	int err = call_hold(call);

	if (!err)
		err = call->place.node->bytes->size(call, &size);
	st->st_size = (off_t)size;
	return err;
}

static int stat_here(struct call *call, bool size, struct stat *st)
{
	const struct node *node = call->place.node;
	char target[SOURCE_NAME_MAX + 1];
	struct strbuf sb = { 0 };
	int err = 0;

	if (node->type == NODE_OBJECT)
		return stat_object(call, st);
	meta_stat(call->view, &call->place, st);
	if (place_is_link(&call->place)) {
		place_target(call->view, &call->place, target, sizeof(target));
		st->st_size = (off_t)strlen(target);
	}
	if (node->type == NODE_BYTES)
		return stat_bytes(call, st);
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
