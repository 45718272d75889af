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
	if (!attr->store && !attr->stream)
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

/* The command as text, checked for what no command may have. */
static int command_check(struct call *call, const struct attr *attr, char *text,
			 size_t *len)
{
	if (*len && text[*len - 1] == '\n')
		text[--*len] = '\0';
	if (attr->flags & ATTR_RAW)
		return 0;
	if (!*len)
		return call_fail(call, -EINVAL, "an empty command");
	if (strlen(text) != *len)
		return call_fail(call, -EINVAL, "a NUL byte in the command");
	return 0;
}

int attr_store(struct call *call, const char *buf, size_t size)
{
	const struct attr *attr = call->place.node->attr;
	size_t most = attr->flags & ATTR_BIG ? COMMAND_BIG_MAX : COMMAND_MAX;
	size_t len = size;
	char *text;
	int err;

	if (!size)
		return 0;
	if (size > most)
		return call_fail(call, -E2BIG, "%zu bytes, at most %zu", size,
				 most);
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, buf, size);
	text[size] = '\0';
	err = command_check(call, attr, text, &len);
	if (!err)
		err = call_hold(call);
	if (!err)
		err = attr->store(call, text, len);
	free(text);
	if (!err)
		meta_touch(call->view, &call->place);
	return err;
}
