/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source.c - the directories that come and go, and how they follow the library
 *
 * Caches and pools come and go without asking us: the hosting program makes
 * and destroys its own. A source is made for each when it is first looked for
 * or listed (source_sync), and dies when its object turns out to be gone. A
 * kind need not allocate (kind_allocates()): its sources then have no objects,
 * and everything else here is the same for them.
 *
 * Names. What the mount made has the name that it was given; a program may use
 * any, so its names are made presentable: '/' becomes '!', other bytes that
 * the rule of the mount forbids '_', and one that is taken gets ~2, ~3... Links
 * to sources (link.c) have names of the same set.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"
#include "util/text.h"

#include "view.h"

/* ---- references ---------------------------------------------------------- */

struct source *source_get(struct source *source)
{
	__atomic_fetch_add(&source->refs, 1, __ATOMIC_RELAXED);
	return source;
}

/* Its last reference is gone, so no lock is needed, nor held by anybody. */
static void source_free(struct source *source)
{
	handles_exit(&source->objects);
	meta_free(source->meta);
	pthread_mutex_destroy(&source->lock);
	pthread_mutex_destroy(&source->submit_lock);
	free(source);
}

void source_put(struct view *view, struct source *source)
{
	(void)view;
	if (source &&
	    __atomic_fetch_sub(&source->refs, 1, __ATOMIC_ACQ_REL) == 1)
		source_free(source);
}

/* ---- finding by name ----------------------------------------------------- */

/* Does the allocator still have it? A dead one is taken out of the tables. */
static bool source_alive(struct view *view, struct source *source)
{
	struct call call = { .view = view, .place.source = source };

	if (call_hold(&call))
		return false;
	call_release(&call);
	return true;
}

/*
 * Names are looked up for every path that goes through here, so the tables are
 * asked first and the allocator only when they do not know, or when what they
 * know is gone: the program may have made another of that name since.
 */
struct source *source_by_name(struct view *view, const struct kind *kind,
			      const char *name)
{
	bool synced = false;

	for (;;) {
		struct source *source;

		pthread_mutex_lock(&view->lock);
		source = __source_find_name(view, kind, name);
		if (source)
			source_get(source);
		pthread_mutex_unlock(&view->lock);
		if (source && source_alive(view, source))
			return source;
		source_put(view, source);
		if (synced)
			return NULL;
		source_sync(view, kind);
		synced = true;
	}
}

void source_name(struct view *view, struct source *source, char *buf,
		 size_t size)
{
	pthread_mutex_lock(&view->lock);
	text_copy(buf, size, source->name);
	pthread_mutex_unlock(&view->lock);
}

void source_count(struct source *source, enum source_event event, uint64_t nr)
{
	atomic_fetch_add_explicit(&source->event[event], nr,
				  memory_order_relaxed);
}

/* ---- birth --------------------------------------------------------------- */

/* A program's name as the rule of the mount allows it. */
static void present_name(const char *given, char *name)
{
	char *to = name;

	while (*given) {
		unsigned int n = parse_name_char(given);

		if (n) {
			memcpy(to, given, n);
			to += n;
			given += n;
			continue;
		}
		*to++ = *given == '/' ? '!' : '_';
		given++;
	}
	*to = '\0';
	if (strchr(".:#", name[0])) {
		name[0] = '_';
		name[1] = to == name ? '\0' : name[1];
	}
}

static bool __is_taken(struct view *view, const struct kind *kind,
		       const char *name)
{
	return __source_find_name(view, kind, name) ||
	       (kind->aliases && __link_name_taken(view, name));
}

/* How much of @text fits into @size bytes with no character cut in two. */
static unsigned int whole_characters(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	while (text[n] && n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return (unsigned int)n;
}

/*
 * Never longer than any name: some programs that read proc/slabinfo stop at 128
 * bytes, and some at half a character.
 */
void __source_show_name(struct view *view, const struct kind *kind,
			const char *given, char *name)
{
	char base[KMEM_NAME_MAX + 1], behind[16];
	unsigned int n;

	present_name(given, base);
	text_copy(name, sizeof(base), base);
	for (n = 2; __is_taken(view, kind, name); n++) {
		size_t len = text_format(behind, sizeof(behind), "~%u", n);
		unsigned int keep = whole_characters(base, KMEM_NAME_MAX - len);

		text_format(name, sizeof(base), "%.*s%s", (int)keep, base,
			    behind);
	}
}

/* Give @source a name that nobody of its kind has. */
static void __name(struct view *view, struct source *source, const char *given)
{
	text_copy(source->given, sizeof(source->given), given);
	__source_show_name(view, source->kind, source->given, source->name);
	__source_hash_name(view, source);
}

/* Not in the tables yet: nobody else knows it. */
static struct source *source_new(struct view *view, const struct kind *kind,
				 uint64_t kmem)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->kind = kind;
	source->kmem = kmem;
	source->refs = 1;
	pthread_mutex_init(&source->lock, NULL);
	pthread_mutex_init(&source->submit_lock, NULL);
	source->gfp = GFP_KERNEL;
	source->size = kind->size;
	source->limit = KMEM_NO_LIMIT;
	source->uid = view->uid;
	source->gid = view->gid;
	source->born = meta_now();
	source->mtime = source->born;
	list_init(&source->same_name);
	list_init(&source->same_kmem);
	list_init(&source->same_serial);
	return source;
}

/* Put a new source into the tables, unless another thread was faster. */
static int source_insert(struct view *view, struct source *source,
			 const char *name)
{
	int err;

	pthread_mutex_lock(&view->lock);
	if (__source_find_kmem(view, source->kind, source->kmem))
		err = -EEXIST;
	else
		err = __source_table_add(view, source);
	if (!err) {
		__name(view, source, name);
		view->follow[source->kind->id].seen.made++;
	}
	pthread_mutex_unlock(&view->lock);
	return err;
}

/* For what is always there and needs no following: the orders of pages. */
int source_add_fixed(struct view *view, const struct kind *kind, uint64_t kmem,
		     const char *name)
{
	struct source *source = source_new(view, kind, kmem);
	int err = -ENOMEM;

	if (source)
		err = source_insert(view, source, name);
	if (err && source)
		source_free(source);
	return err;
}

/* ---- death --------------------------------------------------------------- */

/* The objects of a source that is gone: nobody's any more. */
static void __forget_objects(struct view *view, struct source *source)
{
	uint64_t id = 0;
	struct handle *h;

	while ((h = handles_next(&source->objects, id, &id)) != NULL) {
		account_refund(view, h->uid, ACCOUNT_OBJECTS, 1);
		id++;
	}
	handles_exit(&source->objects);
}

/*
 * Take it out of the tables, once. Requests that hold a reference find its
 * object gone (call_hold()) and its handles forgotten; new ones do not find it.
 * @expected: this is the end that kmem_changes counts, and no doubt.
 */
static void bury(struct view *view, struct source *source, bool expected)
{
	struct source_follow *follow = &view->follow[source->kind->id];
	bool mine = false;

	pthread_mutex_lock(&view->lock);
	pthread_mutex_lock(&source->lock);
	/* One that was never inserted has no serial. */
	if (!source->dead && source->serial) {
		mine = true;
		source->dead = true;
		__source_table_del(view, source);
		follow->seen.gone += expected;
		follow->doubts += !expected;
		__forget_objects(view, source);
		__link_forget(view, source);
	}
	pthread_mutex_unlock(&source->lock);
	pthread_mutex_unlock(&view->lock);
	if (mine)
		source_put(view, source);
}

void source_died(struct view *view, struct source *source)
{
	bury(view, source, false);
}

/*
 * A program destroys a pool from which the mount has elements: they go back
 * first, while there is somewhere to go.
 */
static void pool_gone(void *arg, uint64_t serial)
{
	struct view *view = arg;
	struct source *source = source_by_kmem(view, &pool_kind, serial);
	struct call call = { .view = view, .place.source = source };

	if (!source)
		return;
	object_free_all(&call);
	call_release(&call);
	source_put(view, source);
}

void source_init(struct view *view)
{
	view->pool_watcher.gone = pool_gone;
	view->pool_watcher.arg = view;
	mempool_watch(&view->pool_watcher);
}

/* ---- following the allocator --------------------------------------------- */

static bool is_mounts(const struct identity *identity)
{
	return !strcmp(identity->owner, "mount");
}

/*
 * Something that we did not know: pinned while it is described. Return: 0;
 * -EEXIST: somebody else was faster; -ENODEV: it is gone already; -ENOMEM.
 */
static int source_discover(struct view *view, const struct kind *kind,
			   uint64_t kmem)
{
	struct source *source = source_new(view, kind, kmem);
	struct call call = { .view = view, .place.source = source };
	struct identity identity;
	int err;

	if (!source)
		return -ENOMEM;
	err = call_hold(&call);
	if (!err) {
		kind->describe(&call, &identity);
		call_release(&call);
		source->mounted = is_mounts(&identity);
		err = source_insert(view, source, identity.name);
	}
	if (err)
		source_free(source);
	return err;
}

/* A program may name its pool after making it. */
static void source_refresh(struct view *view, struct source *source)
{
	struct call call = { .view = view, .place.source = source };
	struct identity identity;

	if (call_hold(&call))
		return;
	source->kind->describe(&call, &identity);
	call_release(&call);
	pthread_mutex_lock(&view->lock);
	if (!source->dead && strcmp(identity.name, source->given) != 0) {
		__name(view, source, identity.name);
	}
	pthread_mutex_unlock(&view->lock);
}

/* There may be more of them by the time that there is room for all. */
uint64_t *source_serials(struct view *view, const struct kind *kind,
			 size_t *ret_nr)
{
	uint64_t *serials = NULL;
	size_t room = 0, nr;

	for (;;) {
		nr = kind->serials(view, serials, room);
		if (nr <= room)
			break;
		free(serials);
		room = nr + 16;
		serials = malloc(room * sizeof(*serials));
		if (!serials)
			return NULL;
	}
	*ret_nr = nr;
	return serials;
}

/* Look at all that there is, on both sides. Return: nothing was left out. */
static bool sync_all(struct view *view, const struct kind *kind)
{
	struct source *source;
	uint64_t *serials;
	uint32_t from = 0;
	bool all = true;
	size_t nr, i;

	/* Both also find those that died. */
	while ((source = source_next(view, kind, from)) != NULL) {
		from = source->serial + 1;
		if (kind->renames && !source->mounted)
			source_refresh(view, source);
		else
			source_alive(view, source);
		source_put(view, source);
	}
	serials = source_serials(view, kind, &nr);
	if (!serials)
		return false;
	for (i = 0; i < nr; i++) {
		source = source_by_kmem(view, kind, serials[i]);
		if (!source &&
		    source_discover(view, kind, serials[i]) == -ENOMEM)
			all = false;
		source_put(view, source);
	}
	free(serials);
	return all;
}

static bool __agree(const struct source_follow *follow,
		    const struct kmem_changes *now)
{
	return follow->seen.made == now->made &&
	       follow->seen.gone == now->gone &&
	       follow->seen.named == now->named &&
	       follow->settled == follow->doubts;
}

/*
 * Make the tables agree with the allocator. Called for listings and for names
 * that the tables do not know; nothing tells us when a program makes a cache.
 * But the allocator counts what happens to its lists, and we count what of it
 * is in our tables: most times there is nothing to do. What another thread puts
 * there while we look is counted by it and lost by us, and we look once more
 * the next time.
 */
void source_sync(struct view *view, const struct kind *kind)
{
	struct source_follow *follow = &view->follow[kind->id];
	struct kmem_changes now = { 0 };
	uint64_t doubts;
	bool agree;

	if (!kind->serials)
		return;
	if (!kind->changes) {
		sync_all(view, kind);
		return;
	}
	kind->changes(&now);
	pthread_mutex_lock(&view->lock);
	agree = __agree(follow, &now);
	doubts = follow->doubts;
	pthread_mutex_unlock(&view->lock);
	if (agree || !sync_all(view, kind))
		return;
	pthread_mutex_lock(&view->lock);
	follow->seen = now;
	follow->settled = doubts;
	pthread_mutex_unlock(&view->lock);
}

/* ---- mkdir and rmdir ----------------------------------------------------- */

/* Of the process: two views could else remove the same thing at once. */
static pthread_mutex_t shape_lock = PTHREAD_MUTEX_INITIALIZER;

void source_shape_lock(void)
{
	pthread_mutex_lock(&shape_lock);
}

void source_shape_unlock(void)
{
	pthread_mutex_unlock(&shape_lock);
}

/*
 * Who makes it owns it. What root makes in a tree that is somebody's is for him:
 * root needs no ownership to use it.
 */
static void source_give(struct call *call, struct source *source)
{
	const struct allocfs_options *o = &call->view->options;

	pthread_mutex_lock(&call->view->meta_lock);
	source->uid = call->uid || o->uid == (uid_t)-1 ? call->uid : o->uid;
	source->gid = call->uid || o->gid == (gid_t)-1 ? call->gid : o->gid;
	pthread_mutex_unlock(&call->view->meta_lock);
}

/*
 * The allocator's object comes first and is then found like anybody's: another
 * thread that lists the directory may even be faster.
 */
static int __source_make(struct call *call, const struct kind *kind,
			 const char *name, struct place *ret_place)
{
	struct view *view = call->view;
	struct source *source;
	struct place there;
	uint64_t kmem;
	int err;

	if (!place_child(call, &call->place, name, &there)) {
		place_put(view, &there);
		return call_fail(call, -EEXIST, "there is one of that name");
	}
	err = kind->make(call, name, &kmem);
	if (err)
		return err;
	source_discover(view, kind, kmem);
	source = source_by_kmem(view, kind, kmem);
	if (!source)
		return -ENOMEM;
	source->ours = true;
	source_give(call, source);
	source_put(view, source);
	return place_child(call, &call->place, name, ret_place);
}

int source_make(struct call *call, const struct kind *kind, const char *name,
		struct place *ret_place)
{
	int err = parse_name(name);

	if (!kind->make)
		return call_fail(call, -EPERM, "nothing can be made here");
	if (err == -ENAMETOOLONG)
		return call_fail(call, err, "a name longer than %d bytes",
				 KMEM_NAME_MAX);
	if (err)
		return call_fail(call, err, "a name that is not allowed");
	source_shape_lock();
	err = __source_make(call, kind, name, ret_place);
	source_shape_unlock();
	return err;
}

/*
 * No pin may be held while the object is destroyed, which waits for pins. So a
 * call of its own is made for kind->remove(), which begins without one.
 */
int source_remove(struct call *call, const struct place *place)
{
	struct source *source = place->source;
	struct call inner = *call;
	int err;

	if (!source->kind->remove)
		return call_fail(call, -EPERM, "it cannot be removed");
	if (!source->mounted)
		return call_fail(call, -EPERM,
				 "only what the mount made can be removed");
	inner.place = *place;
	inner.held = false;
	source_shape_lock();
	err = source->kind->remove(&inner);
	source_shape_unlock();
	/* Another mount of the program may have been faster: -ENOENT. */
	if (err && err != -ENOENT)
		return call_fail(call, err, "%s", inner.why);
	bury(call->view, source, true);
	return err;
}

/*
 * Give back what the view has: objects first, then the directories that were
 * made in it, each kind before those that it may stand on. What another view of
 * the process has objects of, or a pool on, cannot go and stays with that one;
 * the last view takes all that views have made.
 */
static const struct kind *const remove_order[] = {
	&pool_kind,    &cache_kind, &page_kind, &kmalloc_kind,
	&vmalloc_kind, &iomem_kind, NULL,
};

static void free_kind(struct view *view, const struct kind *kind)
{
	struct source *source;
	uint32_t from = 0;

	if (!kind_allocates(kind))
		return;
	while ((source = source_next(view, kind, from)) != NULL) {
		struct call call = { .view = view, .place.source = source };

		from = source->serial + 1;
		object_free_all(&call);
		call_release(&call);
		source_put(view, source);
	}
}

static void remove_kind(struct view *view, const struct kind *kind, bool last)
{
	struct source *source;
	uint32_t from = 0;

	if (!kind->remove)
		return;
	/* It may never have looked at what others made. */
	if (last)
		source_sync(view, kind);
	while ((source = source_next(view, kind, from)) != NULL) {
		struct call call = { .view = view, .place.source = source };

		from = source->serial + 1;
		if (source->ours || (last && source->mounted))
			source_remove(&call, &call.place);
		source_put(view, source);
	}
}

void source_exit(struct view *view, bool last)
{
	unsigned int i;

	mempool_unwatch(&view->pool_watcher);
	for (i = 0; remove_order[i]; i++)
		free_kind(view, remove_order[i]);
	for (i = 0; remove_order[i]; i++)
		remove_kind(view, remove_order[i], last);
	for (i = 0; i < KIND_NR; i++) {
		struct source_list *list = &view->table.of_kind[i];

		while (list->nr)
			source_died(view, list->at[list->nr - 1]);
	}
	source_table_exit(&view->table);
}
