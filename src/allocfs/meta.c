/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * meta.c - owners, modes and times
 *
 * What follows from the tables (mode) and from the directory (owner, birth) is
 * not stored. A node gets a record when its mode or owner is changed or it is
 * first written to; the few that a directory collects are a list. Objects are
 * many: theirs is in the handle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

struct timespec meta_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

static struct meta **meta_list(struct view *view, const struct place *place)
{
	return place->source ? &place->source->meta : &view->meta;
}

static struct meta *meta_find(struct view *view, const struct place *place)
{
	struct meta *meta = *meta_list(view, place);

	while (meta && meta->index != place->index)
		meta = meta->next;
	return meta;
}

/* Under meta_lock. Without memory a time stays as it was: no harm done. */
static struct meta *meta_make(struct view *view, const struct place *place)
{
	struct meta **list = meta_list(view, place);
	struct meta *meta = meta_find(view, place);

	if (meta)
		return meta;
	meta = calloc(1, sizeof(*meta));
	if (!meta)
		return NULL;
	meta->index = place->index;
	meta->next = *list;
	*list = meta;
	return meta;
}

/* What the tables say, less what the mount option forbids everywhere. */
static mode_t first_mode(struct view *view, const struct place *place)
{
	if (place_is_dir(place))
		return S_IFDIR | (0755 & ~view->options.umask);
	if (place_is_link(place))
		return S_IFLNK | 0777;
	return S_IFREG | (attr_mode(view, place) & ~view->options.umask);
}

/*
 * source->lock and meta_lock are taken one after the other: a time and an owner
 * need not be of the same moment.
 */
void meta_stat(struct view *view, const struct place *place, struct stat *st)
{
	struct source *source = place->source;
	const struct meta *meta;

	st->st_mode = first_mode(view, place);
	st->st_mtim = view->mounted;
	st->st_uid = view->uid;
	st->st_gid = view->gid;
	if (source && place->node->type == NODE_OBJECTS) {
		pthread_mutex_lock(&source->lock);
		st->st_mtim = source->mtime;
		pthread_mutex_unlock(&source->lock);
	}
	pthread_mutex_lock(&view->meta_lock);
	if (source) {
		st->st_uid = source->uid;
		st->st_gid = source->gid;
		if (place->node->type != NODE_OBJECTS)
			st->st_mtim = source->born;
	}
	meta = meta_find(view, place);
	if (meta && meta->has_mode)
		st->st_mode = (st->st_mode & S_IFMT) | meta->mode;
	if (meta && meta->has_owner) {
		st->st_uid = meta->uid;
		st->st_gid = meta->gid;
	}
	if (meta && meta->mtime.tv_sec)
		st->st_mtim = meta->mtime;
	pthread_mutex_unlock(&view->meta_lock);
}

void meta_touch(struct view *view, const struct place *place)
{
	struct meta *meta;

	pthread_mutex_lock(&view->meta_lock);
	meta = meta_make(view, place);
	if (meta)
		meta->mtime = meta_now();
	pthread_mutex_unlock(&view->meta_lock);
}

/* Only the owner and root change a mode; owners are root's to change. */
static int may_change(struct call *call, const struct stat *now,
		      const struct stat *st, int to_set)
{
	if (!call->uid)
		return 0;
	if ((to_set & FUSE_SET_ATTR_UID) && st->st_uid != now->st_uid)
		return call_fail(call, -EPERM,
				 "only root may change the owner");
	if ((to_set & FUSE_SET_ATTR_GID) && st->st_gid != now->st_gid)
		return call_fail(call, -EPERM,
				 "only root may change the group");
	if ((to_set & FUSE_SET_ATTR_MODE) && call->uid != now->st_uid)
		return call_fail(call, -EPERM,
				 "only its owner and root may change the mode");
	return 0;
}

/* An object that changes its owner is charged to the new one. */
static int set_object(struct call *call, const struct place *place,
		      const struct stat *now, const struct stat *st, int to_set)
{
	struct source *source = place->source;
	uid_t old = (uid_t)-1, new = st->st_uid;
	struct handle *h;
	int err;

	/* Who keeps it is not charged a second time. */
	if (st->st_uid == now->st_uid)
		to_set &= ~FUSE_SET_ATTR_UID;
	if (to_set & FUSE_SET_ATTR_UID) {
		err = account_charge(call->view, new, ACCOUNT_OBJECTS, 1);
		if (err)
			return account_refuse(call, err, new, ACCOUNT_OBJECTS,
					      1);
	}
	pthread_mutex_lock(&source->lock);
	h = handles_find(&source->objects, place->object);
	if (h) {
		old = h->uid;
		if (to_set & FUSE_SET_ATTR_MODE)
			h->mode = st->st_mode & 07777;
		if (to_set & FUSE_SET_ATTR_UID)
			h->uid = st->st_uid;
		if (to_set & FUSE_SET_ATTR_GID)
			h->gid = st->st_gid;
	}
	pthread_mutex_unlock(&source->lock);
	if (to_set & FUSE_SET_ATTR_UID)
		account_refund(call->view, h ? old : new, ACCOUNT_OBJECTS, 1);
	return h ? 0 : -ENODEV;
}

/* An owner is noted whole, so that half of it does not change with the rest. */
static int set_node(struct view *view, const struct place *place,
		    const struct stat *now, const struct stat *st, int to_set)
{
	struct meta *meta;

	pthread_mutex_lock(&view->meta_lock);
	meta = meta_make(view, place);
	if (meta && (to_set & FUSE_SET_ATTR_MODE)) {
		meta->has_mode = true;
		meta->mode = st->st_mode & 07777;
	}
	if (meta && (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))) {
		meta->has_owner = true;
		meta->uid = to_set & FUSE_SET_ATTR_UID ? st->st_uid
						       : now->st_uid;
		meta->gid = to_set & FUSE_SET_ATTR_GID ? st->st_gid
						       : now->st_gid;
	}
	pthread_mutex_unlock(&view->meta_lock);
	return meta ? 0 : -ENOMEM;
}

int meta_set(struct call *call, const struct place *place,
	     const struct stat *st, int to_set)
{
	struct stat now;
	int err;

	to_set &= FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
	if (!to_set)
		return 0;
	/* It shows its target's owner and time. */
	if (place_is_link(place))
		return call_fail(call, -EPERM, "a link has nothing of its own");
	err = place_stat(call, place, false, &now);
	if (!err)
		err = may_change(call, &now, st, to_set);
	if (err)
		return err;
	if (place->node->type == NODE_OBJECT)
		return set_object(call, place, &now, st, to_set);
	return set_node(call->view, place, &now, st, to_set);
}

void meta_free(struct meta *list)
{
	while (list) {
		struct meta *next = list->next;

		free(list);
		list = next;
	}
}
