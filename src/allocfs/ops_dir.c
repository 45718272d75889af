/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ops_dir.c - FUSE requests that read and change directories, and links
 *
 * The kernel holds the directory's lock during all of them: none may wait.
 * What cannot be made somewhere is EPERM; without functions that say so, a
 * mistyped `echo 1 > aloc` would be told that it is not implemented.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

/* ---- readdir ------------------------------------------------------------- */

struct listing {
	fuse_req_t req;
	char *buf;
	size_t size;
	size_t len;
};

/*
 * libfuse says how much it would have needed, and has written nothing when that
 * is more than there is. Types are filled in: tools such as find(1) and the
 * kernel's slabinfo do without stat(2) then, or fail without types.
 */
static bool list_entry_add(void *arg, const char *name, uint64_t ino,
			   mode_t type, uint64_t next)
{
	struct listing *listing = arg;
	struct stat st = { .st_ino = ino, .st_mode = type };
	size_t room = listing->size - listing->len;
	size_t need;

	need = fuse_add_direntry(listing->req, listing->buf + listing->len,
				 room, name, &st, (off_t)next);
	if (need > room)
		return false;
	listing->len += need;
	return true;
}

/*
 * No state from one call to the next: an offset is the serial of an entry, so a
 * directory may change in between and nothing is told twice or left out.
 */
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		struct fuse_file_info *fi)
{
	struct listing listing = { .req = req, .size = size };
	struct call call;
	int err;

	(void)fi;
	err = call_at(&call, req, ino);
	listing.buf = malloc(size);
	if (!err && !listing.buf)
		err = -ENOMEM;
	if (!err)
		err = place_list(&call, &call.place, (uint64_t)off,
				 list_entry_add, &listing);
	call_end(&call);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_buf(req, listing.buf, listing.len);
	free(listing.buf);
}

/* ---- making -------------------------------------------------------------- */

/* Answer with the new entry, of which we hold a reference, or an error. */
static void reply_entry(struct call *call, struct place *child, int err,
			const char *name)
{
	struct fuse_entry_param entry;
	fuse_req_t req = call->req;

	if (!err) {
		err = op_fill_entry(call, child, &entry);
		place_put(call->view, child);
	}
	call_note(call, err, name);
	call_end(call);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_entry(req, &entry);
}

/* @mode is ignored: what appears is a whole tree with modes of its own. */
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct place child;
	struct call call;
	int err;

	(void)mode;
	err = call_at(&call, req, parent);
	/* A second directory follows the first. */
	if (!err &&
	    (call.place.node->type != NODE_EACH || call.place.node->base))
		err = call_fail(&call, -EPERM, "nothing can be made here");
	if (!err)
		err = source_make(&call, call.place.node->kind, name, &child);
	if (!err)
		meta_touch(call.view, &call.place);
	reply_entry(&call, &child, err, name);
}

static int create_at(struct call *call, const char *name, mode_t mode,
		     struct place *ret_child)
{
	if (call->place.node->type != NODE_OBJECTS)
		return call_fail(call, -EPERM, "nothing can be made here");
	return object_create(call, name, mode, ret_child);
}

/* Not parked, ever: the kernel holds the lock of the directory. */
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	struct fuse_entry_param entry;
	struct place child;
	struct call call;
	int err;

	err = call_at(&call, req, parent);
	call.flags = fi->flags;
	if (!err)
		err = create_at(&call, name, mode, &child);
	if (!err) {
		err = op_fill_entry(&call, &child, &entry);
		place_put(call.view, &child);
	}
	call_note(&call, err, name);
	call_end(&call);
	if (err) {
		fuse_reply_err(req, -err);
		return;
	}
	fi->direct_io = 1;
	fi->noflush = 1;
	fuse_reply_create(req, &entry, fi);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	      dev_t rdev)
{
	struct place child;
	struct call call;
	int err;

	(void)rdev;
	err = call_at(&call, req, parent);
	if (!err && !S_ISREG(mode))
		err = call_fail(&call, -EPERM, "only regular files");
	/* mknod(2) never opens what is there. */
	call.flags = O_EXCL;
	if (!err)
		err = create_at(&call, name, mode, &child);
	reply_entry(&call, &child, err, name);
}

/* Where it leads; held, because its target may be gone, and it with that. */
void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[SOURCE_NAME_MAX + 1] = "";
	struct call call;
	int err = call_at(&call, req, ino);

	if (!err && !place_is_link(&call.place))
		err = -EINVAL;
	if (!err)
		err = call_hold(&call);
	if (!err)
		place_target(call.view, &call.place, target, sizeof(target));
	call_end(&call);
	if (err)
		fuse_reply_err(req, err == -ENODEV ? ENOENT : -err);
	else
		fuse_reply_readlink(req, target);
}

/* Without a function the answer would be "not implemented", which confuses. */
static void refuse_link(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct call call;
	int err = call_at(&call, req, parent);

	if (!err)
		err = call_fail(&call, -EPERM, "no links here");
	reply_entry(&call, NULL, err, name);
}

void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
		const char *name)
{
	(void)link;
	refuse_link(req, parent, name);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent,
	     const char *newname)
{
	(void)ino;
	refuse_link(req, newparent, newname);
}

/* ---- removing and renaming ----------------------------------------------- */

/* -EINPROGRESS: somebody else answers, or has answered already. */
static void reply_done(struct call *call, int err, const char *name)
{
	fuse_req_t req = call->req;

	call_note(call, err, name);
	call_end(call);
	if (err == -EINPROGRESS)
		return;
	fuse_reply_err(req, -err);
}

/*
 * As in cgroups, the files of a directory need not be removed first; they go
 * with it. Objects in use keep it.
 */
static int rmdir_at(struct call *call, const char *name)
{
	struct place child;
	int err;

	err = place_child(call, &call->place, name, &child);
	if (err)
		return err;
	if (child.node->type != NODE_SOURCE || child.index)
		err = call_fail(call, -EPERM, "it cannot be removed");
	else
		err = source_remove(call, &child);
	place_put(call->view, &child);
	if (!err)
		meta_touch(call->view, &call->place);
	return err;
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct call call;
	int err = call_at(&call, req, parent);

	if (!err)
		err = rmdir_at(&call, name);
	reply_done(&call, err, name);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct call call;
	int err = call_at(&call, req, parent);

	if (!err && call.place.node->type != NODE_OBJECTS)
		err = call_fail(&call, -EPERM, "it cannot be removed");
	if (!err)
		err = object_unlink(&call, name);
	reply_done(&call, err, name);
}

/* Caches and pools keep their names: the allocator has no way to change one. */
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
	       fuse_ino_t newparent, const char *newname, unsigned int flags)
{
	struct call call;
	int err = call_at(&call, req, parent);

	/* First: mv(1) answers EXDEV with a copy, and would make a pool. */
	if (!err && call.place.node->type != NODE_OBJECTS)
		err = call_fail(&call, -EPERM, "it cannot be renamed");
	if (!err && parent != newparent)
		err = call_fail(&call, -EXDEV, "into another directory");
	if (!err && (flags & ~RENAME_NOREPLACE))
		err = call_fail(&call, -EINVAL, "no exchange of names");
	if (!err)
		err = object_rename(&call, name, newname);
	reply_done(&call, err, name);
}
