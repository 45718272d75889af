/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call.c - one request being served
 *
 * Who asks, what about, and what was wrong. A call pins the allocator's object
 * of its directory when it is first needed, and unpins it at its end: the
 * program may destroy a cache or pool at any time, and then waits for us.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "util/text.h"

#include <kmem/numa.h>

#include "view.h"

/* libfuse's context lives as long as the request; what is needed is copied. */
void call_begin(struct call *call, fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	memset(call, 0, sizeof(*call));
	call->view = fuse_req_userdata(req);
	call->req = req;
	call->uid = ctx->uid;
	call->gid = ctx->gid;
	call->pid = ctx->pid;
	call->umask = ctx->umask;
	/* A client is on no CPU of ours; who says nothing gets node 0. */
	if (kmem_nr_nodes() > 1)
		kmem_set_numa_node(0);
}

void call_end(struct call *call)
{
	call_release(call);
	if (call->place.node || call->place.source)
		place_put(call->view, &call->place);
}

int call_at(struct call *call, fuse_req_t req, fuse_ino_t ino)
{
	call_begin(call, req);
	return place_get(call->view, ino, &call->place);
}

/*
 * Failing is how we learn that a program destroyed its cache or pool; the
 * directory dies on the spot.
 */
int call_hold(struct call *call)
{
	struct source *source = call->place.source;

	if (call->held || !source)
		return 0;
	if (!source->kind->hold(call)) {
		source_died(call->view, source);
		return call_fail(call, -ENODEV, "it is gone");
	}
	call->held = true;
	return 0;
}

void call_release(struct call *call)
{
	if (call->held)
		call->place.source->kind->release(call);
	call->held = false;
}

int call_fail(struct call *call, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vformat(call->why, sizeof(call->why), format, args);
	va_end(args);
	return err;
}

/*
 * An interrupted request was not refused, and one that is in progress not yet.
 * Everything else that fails is a line in error_log, once.
 */
void call_note(struct call *call, int err, const char *name)
{
	struct strbuf path = { 0 };

	if (err >= 0) {
		watch_kick(call->view);
		return;
	}
	if (err == -EINPROGRESS || err == -EINTR)
		return;
	/* A name in a directory that is gone is nowhere. */
	if (!call->place.node)
		return;
	place_path(call->view, &call->place, &path);
	if (name)
		strbuf_addf(&path, "%s%s", path.len > 1 ? "/" : "", name);
	if (path.len)
		error_log_add(call->view, call->uid, path.data, -err,
			      call->why);
	strbuf_free(&path);
}
