/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attr.c - show and store: the texts of files
 *
 * An attribute is a function that appends its text and one that takes a
 * command apart and carries it out. All that commands have in common is done
 * here: their length, their newline, the object that they need.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

mode_t attr_mode(struct view *view, const struct place *place)
{
	const struct attr *attr = place->node->attr;

	(void)view;
	if (place->node->type == NODE_BYTES)
		return place->node->bytes->write ? 0644 : 0444;
	if (!attr->store && !attr->stream && !attr->write)
		return 0444;
	if ((attr->flags & ATTR_OWNED) && !place->source->mounted)
		return 0444;
	return 0644;
}

/* Texts that do not need the allocator's object do not notice it is gone. */
int attr_show(struct call *call, struct strbuf *sb)
{
	const struct attr *attr = call->place.node->attr;
	int err;

	if (!attr->show)
		return 0;
	err = call_hold(call);
	if (!err)
		err = attr->show(call, sb);
	if (!err && !strbuf_ok(sb))
		err = -ENOMEM;
	return err;
}

/* What no command may have, but for files to which anything is one. */
static int command_check(struct call *call, const char *text, size_t len)
{
	if (!len)
		return call_fail(call, -EINVAL, "an empty command");
	if (strlen(text) != len)
		return call_fail(call, -EINVAL, "a NUL byte in the command");
	return 0;
}

int command_text(struct call *call, const char *buf, size_t size, size_t most,
		 char **ret_text, size_t *ret_len)
{
	size_t len = size;
	char *text;
	int err = 0;

	if (size > most)
		return call_fail(call, -E2BIG, "%zu bytes, at most %zu", size,
				 most);
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, buf, size);
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	if (!(call->place.node->attr->flags & ATTR_RAW))
		err = command_check(call, text, len);
	if (err) {
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

/*
 * A store that keeps the rest of a shape must be the only one: also where the
 * program has two mounts, each with a struct source of its own for a cache.
 */
static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;

void attr_store_lock(void)
{
	pthread_mutex_lock(&store_lock);
}

void attr_store_unlock(void)
{
	pthread_mutex_unlock(&store_lock);
}

static int store(struct call *call, char *text, size_t len)
{
	const struct attr *attr = call->place.node->attr;
	int err;

	if (!(attr->flags & ATTR_OWNED))
		return attr->store(call, text, len);
	attr_store_lock();
	err = attr->store(call, text, len);
	attr_store_unlock();
	return err;
}

int attr_store(struct call *call, const char *buf, size_t size)
{
	const struct attr *attr = call->place.node->attr;
	size_t most = attr->flags & ATTR_BIG ? COMMAND_BIG_MAX : COMMAND_MAX;
	char *text;
	size_t len;
	int err;

	if (!size)
		return 0;
	err = command_text(call, buf, size, most, &text, &len);
	if (err)
		return err;
	err = call_hold(call);
	if (!err)
		err = store(call, text, len);
	free(text);
	if (!err)
		meta_touch(call->view, &call->place);
	return err;
}
