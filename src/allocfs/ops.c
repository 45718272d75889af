/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ops.c - FUSE requests about names and attributes of files
 *
 * The low-level interface of libfuse: requests name inodes by number, and may
 * be answered later by anybody. A function here decodes the number (node.c),
 * asks the tables, and answers; no path and no name is known in these files.
 *
 * Timeouts. Names that never vanish while their directory is there are the
 * kernel's for an hour. Names in directories of sources and of objects are
 * asked for every time, because the hosting program and writes to `alloc` and
 * `free` change them behind the kernel's back. Sizes of texts likewise.
 */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "view.h"

/* Commands come whole: 128 KiB of a buffer that begins in mid-page, and one
 * byte more for a command that is too long, span 33 pages. */
#define MAX_WRITE (COMMAND_BIG_MAX + 4096)

void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct view *view = userdata;

	conn->max_write = MAX_WRITE;
	/* Nothing here is worth a pipe, and stat of all entries is dear. */
	conn->want &=
		~(unsigned int)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				FUSE_CAP_SPLICE_MOVE | FUSE_CAP_READDIRPLUS |
				FUSE_CAP_READDIRPLUS_AUTO);
	if (view->options.ready)
		view->options.ready(view->options.arg);
}

/*
 * A file whose text, or whose length, changes by itself; and objects/, whose
 * time moves with what is written to its neighbours.
 */
static bool changes(const struct place *place)
{
	return place->node->type == NODE_FILE ||
	       place->node->type == NODE_BYTES ||
	       place->node->type == NODE_OBJECTS;
}

double op_attr_timeout(const struct place *place)
{
	return changes(place) ? 0 : 1;
}

static double entry_timeout(const struct place *place)
{
	switch (place->node->type) {
	case NODE_SOURCE:
	case NODE_LINK:
	case NODE_OBJECT:
		return 0;
	case NODE_FILE:
		return place->node->attr->flags & ATTR_FRESH ? 0 : FOREVER;
	default:
		return FOREVER;
	}
}

int op_fill_entry(struct call *call, const struct place *place,
		  struct fuse_entry_param *ret_entry)
{
	const struct attr *attr = place->node->attr;
	bool size = !attr || !(attr->flags & ATTR_LONG);
	int err;

	memset(ret_entry, 0, sizeof(*ret_entry));
	err = place_stat(call, place, size, &ret_entry->attr);
	ret_entry->ino = place_nodeid(place, call->pid);
	ret_entry->attr_timeout = op_attr_timeout(place);
	ret_entry->entry_timeout = entry_timeout(place);
	/* Gone between finding it and looking at it. */
	return err == -ENODEV ? -ENOENT : err;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry;
	struct place child;
	struct call call;
	int err;

	err = call_at(&call, req, parent);
	if (!err)
		err = place_child(&call, &call.place, name, &child);
	if (!err) {
		err = op_fill_entry(&call, &child, &entry);
		place_put(call.view, &child);
	}
	call_end(&call);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_entry(req, &entry);
}

static void reply_attr(fuse_req_t req, struct call *call, int err)
{
	struct stat st;
	double timeout = 0;

	if (!err)
		err = place_stat(call, &call->place, true, &st);
	if (!err)
		timeout = op_attr_timeout(&call->place);
	call_end(call);
	/* The kernel has it in hand: it existed, and is gone. */
	if (err == -ENOENT)
		err = -ENODEV;
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_attr(req, &st, timeout);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct call call;
	int err = call_at(&call, req, ino);

	(void)fi;
	reply_attr(req, &call, err);
}

/* Texts have no size to set; memory has just the one. */
static int set_size(struct call *call, off_t size)
{
	struct stat st;
	int err;

	if (!call->place.node->bytes || !size)
		return 0;
	err = place_stat(call, &call->place, true, &st);
	if (!err && size != st.st_size)
		err = call_fail(call, -EINVAL, "it keeps its size");
	return err;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st,
		       int to_set, struct fuse_file_info *fi)
{
	struct call call;
	int err = call_at(&call, req, ino);

	(void)fi;
	if (!err && (to_set & FUSE_SET_ATTR_SIZE))
		err = set_size(&call, st->st_size);
	if (!err)
		err = meta_set(&call, &call.place, st, to_set);
	if (err)
		call_note(&call, err, NULL);
	reply_attr(req, &call, err);
}

/*
 * Objects that whoever asks is to see in df(1). A quota is a user's, so his own
 * are what it leaves room beside; root sees everybody's, as in error_log.
 */
static uint64_t objects_shown(fuse_req_t req)
{
	struct view *view = fuse_req_userdata(req);
	uid_t uid = fuse_req_ctx(req)->uid;

	return uid && view->options.max_objects
		       ? account_held(view, uid, ACCOUNT_OBJECTS)
		       : account_total(view, ACCOUNT_OBJECTS);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct view *view = fuse_req_userdata(req);
	struct kmem_memory_info info;
	struct statvfs st;
	uint64_t held = objects_shown(req);
	uint64_t most = view->options.max_objects;

	(void)ino;
	kmem_memory_info(&info);
	memset(&st, 0, sizeof(st));
	st.f_bsize = KMEM_PAGE_SIZE;
	st.f_frsize = KMEM_PAGE_SIZE;
	st.f_blocks = info.managed_pages;
	st.f_bfree = info.free_pages + info.cached_pages;
	st.f_bavail = st.f_bfree;
	/* Without a quota: as many as the smallest objects would be. */
	if (!most)
		most = held + st.f_bfree * (KMEM_PAGE_SIZE / 8);
	st.f_files = most > held ? most : held;
	st.f_ffree = st.f_files - held;
	st.f_favail = st.f_ffree;
	st.f_namemax = KMEM_NAME_MAX;
	fuse_reply_statfs(req, &st);
}

const struct fuse_lowlevel_ops view_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.statfs = op_statfs,
	.readdir = op_readdir,
	.mkdir = op_mkdir,
	.rmdir = op_rmdir,
	.unlink = op_unlink,
	.rename = op_rename,
	.create = op_create,
	.mknod = op_mknod,
	.symlink = op_symlink,
	.link = op_link,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.poll = op_poll,
	.flush = op_flush,
	.release = op_release,
};
