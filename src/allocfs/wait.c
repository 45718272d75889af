/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wait.c - the file `wait`: block until a number is what one waits for
 *
 * A question is `FILE OP NUMBER`, where FILE is any file of the directory that
 * begins with a number. The condition is looked at when it is read, and while
 * somebody waits for it after each request and every 50 ms (watch.c): what the
 * hosting program does to its allocator tells us nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"
#include "util/text.h"

#include "view.h"

enum compare {
	LESS,
	LESS_EQUAL,
	EQUAL,
	UNEQUAL,
	GREATER_EQUAL,
	GREATER
};

/* Longer ones first. */
static const struct {
	const char *text;
	enum compare compare;
} operators[] = {
	{ "<=", LESS_EQUAL },	 { "==", EQUAL }, { "!=", UNEQUAL },
	{ ">=", GREATER_EQUAL }, { "<", LESS },	  { ">", GREATER },
};

struct condition {
	struct place place; /* the file, with a reference */
	struct view *view;
	enum compare compare;
	uint64_t number;
};

/* It keeps its directory, not the cache or pool: that may go while we wait. */
void condition_free(struct condition *condition)
{
	if (!condition)
		return;
	place_put(condition->view, &condition->place);
	free(condition);
}

/* The number that a file shows now; `max` is more than any. */
static int value_now(struct call *call, const struct place *place,
		     uint64_t *ret_value)
{
	struct place saved = call->place;
	struct strbuf sb = { 0 };
	int err;

	call->place = *place;
	err = attr_show(call, &sb);
	call->place = saved;
	if (!err && sb.len && sb.data[strcspn(sb.data, " \n")]) {
		sb.data[strcspn(sb.data, " \n")] = '\0';
		*ret_value = UINT64_MAX;
		if (strcmp(sb.data, "max") != 0)
			err = parse_number(sb.data, UINT64_MAX, ret_value);
	} else if (!err) {
		err = -EINVAL;
	}
	strbuf_free(&sb);
	return err;
}

/* Unsigned throughout: no file of a directory is ever negative. */
static bool holds(const struct condition *condition, uint64_t value)
{
	switch (condition->compare) {
	case LESS:
		return value < condition->number;
	case LESS_EQUAL:
		return value <= condition->number;
	case EQUAL:
		return value == condition->number;
	case UNEQUAL:
		return value != condition->number;
	case GREATER_EQUAL:
		return value >= condition->number;
	default:
		return value > condition->number;
	}
}

/* "name op number", blanks allowed, into its parts. */
static int parse_condition(struct call *call, char *text, char **ret_name,
			   struct condition *condition)
{
	char *op = text + strcspn(text, "<>=!");
	char *number;
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strncmp(op, operators[i].text, strlen(operators[i].text)))
			break;
	if (i == sizeof(operators) / sizeof(operators[0]))
		return call_fail(call, -EINVAL,
				 "no comparison, such as curr_nr>=4");
	condition->compare = operators[i].compare;
	number = op + strlen(operators[i].text);
	*op = '\0';
	*ret_name = parse_word(&text);
	if (!*ret_name || parse_word(&text))
		return call_fail(call, -EINVAL, "which file?");
	text = number;
	number = parse_word(&text);
	if (!number || parse_word(&text))
		return call_fail(call, -EINVAL, "which number?");
	err = parse_number(number, UINT64_MAX, &condition->number);
	if (err)
		return call_fail(call, err, "no number: '%s'", number);
	return 0;
}

/*
 * The file is read once now, so that a condition on what is no number is
 * refused when it is written and not when somebody waits for it.
 */
static int condition_fill(struct call *call, char *text,
			  struct condition *condition)
{
	struct place dir = { .node = &source_node,
			     .source = call->place.source };
	char *name = NULL;
	uint64_t value;
	int err;

	err = parse_condition(call, text, &name, condition);
	if (err)
		return err;
	err = place_child(call, &dir, name, &condition->place);
	if (err)
		return call_fail(call, err, "no file '%s' here", name);
	if (condition->place.node->type != NODE_FILE ||
	    (condition->place.node->attr->flags & ATTR_LONG))
		return call_fail(call, -EINVAL, "'%s' is no number", name);
	err = value_now(call, &condition->place, &value);
	if (err)
		return call_fail(call, err, "'%s' is no number", name);
	return 0;
}

static int wait_ask(struct call *call, struct ask *ask, char *text)
{
	struct condition *condition = calloc(1, sizeof(*condition));

	if (!condition)
		return -ENOMEM;
	condition->view = call->view;
	ask->condition = condition;
	return condition_fill(call, text, condition);
}

/* Context: stream->lock is held; reading attributes wakes nobody. */
static void wait_poll(struct call *call, struct ask *ask)
{
	uint64_t value;
	int err = value_now(call, &ask->condition->place, &value);

	if (err) {
		ask->error = err;
		ask->ready = true;
	} else if (holds(ask->condition, value)) {
		show_limit(&ask->text, value);
		ask->ready = true;
	}
}

static int wait_store(struct call *call, char *text, size_t len)
{
	(void)text;
	(void)len;
	return call_fail(call, -EINVAL, "open it for reading and writing");
}

static const struct stream_ops wait_ops = {
	.ask = wait_ask,
	.poll = wait_poll,
};

ATTR_WO(wait, "block until a condition holds", .stream = &wait_ops);
