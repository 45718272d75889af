/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ops_file.c - FUSE requests on open files: texts, streams and objects
 *
 * A text is written down at the first read of an open file and at every read
 * at offset 0, and reads on from there show what was written down: a reader
 * sees one moment, and a program that seeks back sees the next one. Offsets of
 * writes mean nothing. Objects have no state of their own: their number says
 * all.
 *
 * Everything is read and written directly, past the kernel's page cache, which
 * would show what a text was, and cut it at the size that it had.
 */
#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "view.h"

#ifndef FOPEN_STREAM
#define FOPEN_STREAM (1 << 4)
#endif
#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

/* The kernel gives back what op_open() gave it, until the release. */
static struct file *file_of(const struct fuse_file_info *fi)
{
	return (struct file *)(uintptr_t)fi->fh;
}

/* ---- open and release ---------------------------------------------------- */

static bool wants_write(const struct call *call)
{
	return (call->flags & O_ACCMODE) != O_RDONLY;
}

/* A read-only text refuses writers at open(2), even root. */
static int check_open(struct call *call)
{
	const struct place *place = &call->place;

	if (place->node->type == NODE_OBJECT || !wants_write(call))
		return 0;
	if (!(attr_mode(call->view, place) & 0222))
		return call_fail(call, -EACCES, "it is read-only");
	return 0;
}

static void file_destroy(struct watch *watch)
{
	struct file *file = container_of(watch, struct file, watch);

	place_put(file->view, &file->place);
	config_input_put(file->input);
	strbuf_free(&file->text);
	pthread_mutex_destroy(&file->lock);
	free(file);
}

/*
 * Streams only for those who can both ask and read the answer; who opens
 * `alloc` to read sees the number, who opens it to write gives a command.
 */
static int file_new(struct call *call, struct file **ret_file)
{
	const struct attr *attr = call->place.node->attr;
	struct file *file = calloc(1, sizeof(*file));

	if (!file)
		return -ENOMEM;
	if (attr->stream && (call->flags & O_ACCMODE) == O_RDWR) {
		file->stream = stream_new(call, attr->stream);
		if (!file->stream) {
			free(file);
			return -ENOMEM;
		}
	}
	pthread_mutex_init(&file->lock, NULL);
	watch_setup(&file->watch, true, file_check, file_destroy);
	file->view = call->view;
	file->place = call->place;
	if (file->place.source)
		source_get(file->place.source);
	file->uid = call->uid;
	file->gid = call->gid;
	pthread_mutex_lock(&call->view->files_lock);
	list_add(&file->link, &call->view->files);
	pthread_mutex_unlock(&call->view->files_lock);
	*ret_file = file;
	return 0;
}

static void file_free(struct view *view, struct file *file)
{
	if (!file)
		return;
	pthread_mutex_lock(&view->files_lock);
	list_del(&file->link);
	pthread_mutex_unlock(&view->files_lock);
	if (file->stream)
		stream_close(file->stream);
	pthread_mutex_lock(&file->lock);
	poll_forget(file->poll);
	file->poll = NULL;
	watch_remove(view, &file->watch);
	pthread_mutex_unlock(&file->lock);
	watch_put(&file->watch);
}

/* libfuse 3.14 has no field for FOPEN_STREAM; the reply is made by hand. */
static int reply_stream(fuse_req_t req, struct file *file)
{
	struct fuse_open_out out = {
		.fh = (uintptr_t)file,
		.open_flags = FOPEN_DIRECT_IO | FOPEN_STREAM | FOPEN_NOFLUSH,
	};
	struct iovec iov = { &out, sizeof(out) };

	return fuse_reply_iov(req, &iov, 1);
}

static bool wants_flush(const struct place *place)
{
	return place->node->attr && place->node->attr->flush;
}

/* O_TRUNC and O_APPEND are accepted and mean nothing, as in sysfs. */
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *file = NULL;
	struct call call;
	int err;

	err = call_at(&call, req, ino);
	call.flags = fi->flags;
	if (!err)
		err = check_open(&call);
	if (!err && call.place.node->bytes)
		err = call.place.node->bytes->open(&call);
	else if (!err)
		err = file_new(&call, &file);
	if (err) {
		call_note(&call, err, NULL);
		call_end(&call);
		fuse_reply_err(req, -err);
		return;
	}
	place_opened(&call.place, ino, call.pid);
	fi->fh = (uintptr_t)file;
	fi->direct_io = 1;
	fi->noflush = !wants_flush(&call.place);
	if (file && file->stream)
		err = reply_stream(req, file);
	else
		err = fuse_reply_open(req, fi);
	/* The opener was gone: there will be no release. */
	if (err == -ENOENT) {
		place_closed(&call.place, ino);
		file_free(call.view, file);
	}
	call_end(&call);
}

/* For each descriptor that is closed; only texts that come in pieces care. */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct call call;
	int err;

	err = call_at(&call, req, ino);
	if (!err && wants_flush(&call.place))
		err = call.place.node->attr->flush(&call, file_of(fi));
	else
		err = 0;
	if (err == -EINPROGRESS) {
		call_end(&call);
		return;
	}
	if (err)
		call_note(&call, err, NULL);
	call_end(&call);
	fuse_reply_err(req, -err);
}

/* What is open needs neither its directory nor its object to be closed. */
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct view *view = fuse_req_userdata(req);

	if (file_of(fi))
		place_closed(&file_of(fi)->place, ino);
	file_free(view, file_of(fi));
	watch_kick(view);
	fuse_reply_err(req, 0);
}

void op_release_all(struct view *view)
{
	while (!list_empty(&view->files))
		file_free(view,
			  list_first_entry(&view->files, struct file, link));
}

/* ---- read ---------------------------------------------------------------- */

static void read_bytes(struct call *call, size_t size, off_t off)
{
	fuse_req_t req = call->req;
	void *data = NULL;
	size_t len = 0;
	int err;

	err = call->place.node->bytes->read(call, off, size, &data, &len);
	call_end(call);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_buf(req, data, len);
	free(data);
}

/* Written down with no lock held: a text may need one of those before ours. */
static int refresh_text(struct call *call, struct file *file)
{
	struct strbuf text = { 0 };
	int err = attr_show(call, &text);

	pthread_mutex_lock(&file->lock);
	strbuf_free(&file->text);
	file->text = text;
	file->shown = !err;
	pthread_mutex_unlock(&file->lock);
	return err;
}

static bool is_shown(struct file *file)
{
	bool shown;

	pthread_mutex_lock(&file->lock);
	shown = file->shown;
	pthread_mutex_unlock(&file->lock);
	return shown;
}

/* The text of this open file from @off on, in memory of the caller's. */
static int read_text(struct call *call, struct file *file, size_t size,
		     off_t off, char **ret_data, size_t *ret_len)
{
	size_t len = 0;
	int err = 0;

	if (!off || !is_shown(file))
		err = refresh_text(call, file);
	pthread_mutex_lock(&file->lock);
	if (!err && (size_t)off < file->text.len) {
		len = file->text.len - (size_t)off;
		len = len < size ? len : size;
	}
	*ret_data = malloc(len ? len : 1);
	if (!*ret_data)
		err = -ENOMEM;
	else if (len)
		memcpy(*ret_data, file->text.data + off, len);
	pthread_mutex_unlock(&file->lock);
	*ret_len = len;
	return err;
}

/* An open file whose directory has gone: ENODEV, as sysfs says it. */
void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
	     struct fuse_file_info *fi)
{
	struct file *file = file_of(fi);
	char *data = NULL;
	struct call call;
	size_t len = 0;
	int err;

	err = call_at(&call, req, ino);
	call.flags = fi->flags;
	if (!err && call.place.node->bytes) {
		read_bytes(&call, size, off);
		return;
	}
	if (!err && file->stream) {
		stream_read(&call, file->stream, size);
		call_end(&call);
		return;
	}
	if (!err)
		err = read_text(&call, file, size, off, &data, &len);
	call_end(&call);
	if (err == -ENOENT)
		err = -ENODEV;
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_buf(req, data, len);
	free(data);
}

/* ---- write --------------------------------------------------------------- */

/* A command to a stream: checked as any other, then asked. */
static int write_stream(struct call *call, struct file *file, const char *buf,
			size_t size)
{
	char *text;
	size_t len;
	int err;

	err = command_text(call, buf, size, COMMAND_MAX, &text, &len);
	if (err)
		return err;
	err = call_hold(call);
	if (!err)
		err = stream_write(call, file->stream, text);
	free(text);
	if (!err)
		meta_touch(call->view, &call->place);
	return err;
}

static int write_here(struct call *call, struct file *file, const char *buf,
		      size_t size, off_t off)
{
	if (call->place.node->bytes)
		return call->place.node->bytes->write(call, off, buf, size);
	if (file->stream)
		return write_stream(call, file, buf, size);
	if (call->place.node->attr->write)
		return call->place.node->attr->write(call, file, buf, size);
	return attr_store(call, buf, size);
}

/*
 * The directory has gone; an open file remembers where it was, for the line in
 * error_log. Objects are known by their number only, and get none.
 */
static int call_gone(struct call *call, struct file *file)
{
	if (file) {
		call->place = file->place;
		source_get(call->place.source);
	}
	return call_fail(call, -ENODEV, "it is gone");
}

/*
 * The whole count or an error: after a short count the shell would send the
 * rest of a command as another one.
 */
void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size,
	      off_t off, struct fuse_file_info *fi)
{
	struct call call;
	int err;

	err = call_at(&call, req, ino);
	call.flags = fi->flags;
	call.size = size;
	if (!err)
		err = write_here(&call, file_of(fi), buf, size, off);
	if (err == -ENOENT && !call.place.node)
		err = call_gone(&call, file_of(fi));
	/* Somebody else answers, or has answered already. */
	if (err == -EINPROGRESS) {
		call_end(&call);
		return;
	}
	call_note(&call, err, NULL);
	call_end(&call);
	if (err)
		fuse_reply_err(req, -err);
	else
		fuse_reply_write(req, size);
}

/* ---- poll ---------------------------------------------------------------- */

/* Objects are memory: always ready. */
void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
	     struct fuse_pollhandle *handle)
{
	unsigned int ready = POLL_ALWAYS;
	struct call call;
	int err;

	err = call_at(&call, req, ino);
	if (!err && file_of(fi))
		ready = file_poll(&call, file_of(fi), handle);
	else
		poll_forget(handle);
	call_end(&call);
	/* What is gone is to be read, to learn of it. */
	fuse_reply_poll(req, err ? ready | POLLERR | POLLPRI : ready);
}
