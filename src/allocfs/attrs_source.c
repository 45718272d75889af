/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_source.c - files that all sources that allocate have
 *
 * What differs by kind behind one name (a limit, a peak, counters) is asked of
 * the kind. Also here: what the attributes of all kinds print and parse with.
 */
#include <errno.h>
#include <string.h>

#include "util/parse.h"

#include "view.h"

/* ---- helpers ------------------------------------------------------------- */

int show_number(struct strbuf *sb, uint64_t value)
{
	strbuf_addf(sb, "%llu\n", (unsigned long long)value);
	return 0;
}

/* As cgroups do: a word for "none" instead of a number that looks like one. */
int show_limit(struct strbuf *sb, uint64_t value)
{
	if (value == KMEM_NO_LIMIT)
		strbuf_adds(sb, "max\n");
	else
		show_number(sb, value);
	return 0;
}

/* Tells junk from a number that is too large, in the log, too. */
int store_number(struct call *call, const char *text, uint64_t max,
		 uint64_t *ret_value)
{
	int err = parse_number(text, max, ret_value);

	if (err == -ERANGE)
		return call_fail(call, err, "%s is more than %llu", text,
				 (unsigned long long)max);
	if (err)
		return call_fail(call, err, "no number: '%s'", text);
	return 0;
}

int store_limit(struct call *call, const char *text, uint64_t *ret_value)
{
	if (!strcmp(text, "max")) {
		*ret_value = KMEM_NO_LIMIT;
		return 0;
	}
	return store_number(call, text, KMEM_NO_LIMIT - 1, ret_value);
}

int save_shown(struct call *call, struct strbuf *sb)
{
	return call->place.node->attr->show(call, sb);
}

void show_counter(struct strbuf *sb, const char *name, uint64_t value)
{
	strbuf_addf(sb, "%s %llu\n", name, (unsigned long long)value);
}

/* For files where a stray write must not wipe what was counted. */
int store_reset(struct call *call, const char *text)
{
	if (strcmp(text, "0") != 0)
		return call_fail(call, -EINVAL, "only 0 resets: '%s'", text);
	return 0;
}

/* ---- alloc --------------------------------------------------------------- */

/*
 * Everybody's objects, the hosting program's, too: the number that exhaustion
 * depends on.
 */
static int alloc_show(struct call *call, struct strbuf *sb)
{
	return show_number(sb, call->place.source->kind->in_use(call));
}

/*
 * May park: -EINPROGRESS then goes through attr_store() to op_write(), which
 * leaves the answer to whoever ends the request.
 */
static int alloc_store(struct call *call, char *text, size_t len)
{
	struct order order;
	struct park *park;
	uint64_t first;
	int err;

	err = object_parse_order(call, text, &order);
	if (err)
		return err;
	(void)len;
	return park_submit(call, &order, call->size, NULL, NULL, &first, &park);
}

/* A request that a stream made has ended. */
static void alloc_done(void *arg, struct call *call, int error, uint64_t first,
		       unsigned int nr)
{
	call_note(call, error, NULL);
	if (!stream_answer(arg, error, first, nr) && !error)
		object_free_unnamed(call, first, nr);
}

static int alloc_ask(struct call *call, struct ask *ask, char *text)
{
	struct order order;
	uint64_t first;
	int err;

	err = object_parse_order(call, text, &order);
	if (err)
		return err;
	err = park_submit(call, &order, 0, alloc_done, ask, &first, &ask->park);
	if (err == -EINPROGRESS)
		return 0;
	/* What the allocator said is the answer; the rest refuses the write. */
	if (err && err != -ENOMEM)
		return err;
	if (err)
		call_note(call, err, NULL);
	stream_answer(ask, err, first, order.nr);
	return 0;
}

/* Objects whose names were not read are nobody's. */
static void alloc_drop(struct call *call, struct ask *ask)
{
	uint64_t read = 0;
	size_t i;

	if (ask->error || !ask->nr)
		return;
	for (i = 0; i < ask->pos; i++)
		read += ask->text.data[i] == '\n';
	object_free_unnamed(call, ask->first + read,
			    ask->nr - (unsigned int)read);
}

static const struct stream_ops alloc_ops = {
	.ask = alloc_ask,
	.idle = alloc_show,
	.drop = alloc_drop,
};

ATTR_RW(alloc, "objects in use; a number allocates as many",
	.stream = &alloc_ops, .flags = ATTR_FRESH | ATTR_POLL);

/* ---- free, gfp, where ---------------------------------------------------- */

static int free_show(struct call *call, struct strbuf *sb)
{
	return show_number(sb, call->place.source->kind->available(call));
}

/*
 * Objects of this mount only. What the program allocated is counted in `alloc`
 * but nobody here knows its address, and freeing it would be an attack.
 */
static int free_store(struct call *call, char *text, size_t len)
{
	(void)len;
	return object_free_command(call, text);
}
ATTR_RW(free, "objects that can be handed out; names and IDs are freed",
	.flags = ATTR_BIG | ATTR_POLL);

static int gfp_show(struct call *call, struct strbuf *sb)
{
	struct source *source = call->place.source;
	gfp_t gfp;

	pthread_mutex_lock(&source->lock);
	gfp = source->gfp;
	pthread_mutex_unlock(&source->lock);
	gfp_print(sb, gfp);
	strbuf_addc(sb, '\n');
	return 0;
}

/*
 * The mask of requests that name none, and of those that cannot: creating a
 * file in objects/.
 */
static int gfp_store(struct call *call, char *text, size_t len)
{
	struct source *source = call->place.source;
	gfp_t gfp;
	int err;

	(void)len;
	err = gfp_parse(call, text, &gfp);
	if (err || call->check)
		return err;
	pthread_mutex_lock(&source->lock);
	source->gfp = gfp;
	pthread_mutex_unlock(&source->lock);
	return 0;
}
ATTR_RW(gfp, "mask of requests through this directory", .save = save_shown,
	.first = "GFP_KERNEL");

static int where_show(struct call *call, struct strbuf *sb)
{
	const struct kind *kind = call->place.source->kind;

	object_where(call, "", sb);
	if (kind->where_reserve)
		return kind->where_reserve(call, sb);
	return 0;
}
ATTR_RO(where, "where each object of the mount is", .flags = ATTR_LONG);

/* ---- limit, peak, owner, stats ------------------------------------------- */

static int limit_show(struct call *call, struct strbuf *sb)
{
	struct numbers numbers;

	call->place.source->kind->numbers(call, &numbers);
	return show_limit(sb, numbers.limit);
}

static int limit_store(struct call *call, char *text, size_t len)
{
	uint64_t limit;
	int err;

	(void)len;
	err = store_limit(call, text, &limit);
	if (!err && !call->check)
		call->place.source->kind->set_limit(call, limit);
	return err;
}
ATTR_RW(limit, "max or the most objects in use; a pool: of the backing",
	.save = save_shown, .first = "max", .flags = ATTR_LIMIT);

static int peak_show(struct call *call, struct strbuf *sb)
{
	struct numbers numbers;

	call->place.source->kind->numbers(call, &numbers);
	return show_number(sb, numbers.peak);
}

/* Starts anew from what is in use now, not from 0. */
static int peak_store(struct call *call, char *text, size_t len)
{
	(void)text;
	(void)len;
	call->place.source->kind->reset_peak(call);
	return 0;
}
ATTR_RW(peak, "most objects in use; anything resets", .flags = ATTR_RAW);

static int owner_show(struct call *call, struct strbuf *sb)
{
	struct identity identity;

	call->place.source->kind->describe(call, &identity);
	strbuf_addf(sb, "%s\n", identity.owner);
	return 0;
}
ATTR_RO(owner, "who made it");

static int stats_show(struct call *call, struct strbuf *sb)
{
	call->place.source->kind->show_stats(call, sb);
	return 0;
}

static int stats_store(struct call *call, char *text, size_t len)
{
	int err = store_reset(call, text);

	(void)len;
	if (!err)
		call->place.source->kind->reset_stats(call);
	return err;
}
ATTR_RW(stats, "counters; 0 resets", .flags = ATTR_POLL);

/* ---- events --------------------------------------------------------------- */

/*
 * The same counters twice: `stats` from the last reset on, `events` for ever,
 * so that somebody who resets does not confuse somebody who watches.
 */
void show_events(struct source *source, struct strbuf *sb, bool since_reset)
{
	uint64_t n;

#define SHOW_EVENT(name, help)                                                 \
	n = atomic_load(&source->event[SOURCE_EVENT_##name]);                  \
	if (since_reset)                                                       \
		n -= source->base[SOURCE_EVENT_##name];                        \
	show_counter(sb, #name, n);

	pthread_mutex_lock(&source->lock);
	SOURCE_EVENTS(SHOW_EVENT)
	pthread_mutex_unlock(&source->lock);
#undef SHOW_EVENT
}

static int events_show(struct call *call, struct strbuf *sb)
{
	show_events(call->place.source, sb, false);
	return 0;
}
ATTR_RO(events, "what happened through the mount since the directory is there",
	.flags = ATTR_POLL);
