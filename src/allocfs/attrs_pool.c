/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_pool.c - pools/NAME: the files of a mempool, and pools as sources
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"
#include "util/text.h"

#include <kmem/highmem.h>

#include "view.h"

/* ---- numbers ------------------------------------------------------------- */

/* name, help, flags, expression over i, a struct kmem_mempool_info */
#define NUMBER_FILES(X)                                                        \
	X(objsize, "usable bytes of an element", 0, i.element_size)            \
	X(curr_nr, "elements in the reserve", ATTR_POLL, (uint64_t)i.curr_nr)  \
	X(waiters, "requests that wait", ATTR_POLL, i.waiters)

#define NUMBER_ATTR(name, help, flags_, value)                                 \
	static int name##_show(struct call *call, struct strbuf *sb)           \
	{                                                                      \
		struct kmem_mempool_info i;                                    \
                                                                               \
		mempool_info(call->pool, &i);                                  \
		return show_number(sb, value);                                 \
	}                                                                      \
	static ATTR_RO(name, help, .flags = flags_);

NUMBER_FILES(NUMBER_ATTR)

static int min_nr_show(struct call *call, struct strbuf *sb)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	return show_number(sb, (uint64_t)info.min_nr);
}

/*
 * Growth that the backing cannot fill is no failure: the pool has its slots,
 * and elements that are freed later fill them. Only the slots can be missing.
 */
static int min_nr_store(struct call *call, char *text, size_t len)
{
	uint64_t nr;
	int err;

	(void)len;
	err = store_number(call, text, MEMPOOL_MAX_NR, &nr);
	if (err)
		return err;
	if (!nr)
		return call_fail(call, -EINVAL, "a reserve of 0 elements");
	if (call->check)
		return 0;
	err = mempool_resize(call->pool, (int)nr);
	if (err)
		return call_fail(call, err, "no room for %s elements", text);
	return 0;
}
static ATTR_RW(min_nr, "guaranteed elements", .save = save_shown);

/* ---- the backing --------------------------------------------------------- */

/*
 * A cache is shown by the name that it has in the mount, not by the one that a
 * program gave it, so that what is read here can be written here.
 */
static int backing_save(struct call *call, struct strbuf *sb)
{
	struct kmem_mempool_info info;
	char name[SOURCE_NAME_MAX + 1];
	struct source *cache;

	mempool_info(call->pool, &info);
	switch (info.kind) {
	case KMEM_MEMPOOL_CUSTOM:
		strbuf_adds(sb, "custom\n");
		break;
	case KMEM_MEMPOOL_SLAB:
		cache = source_by_kmem(call->view, &cache_kind, info.backing);
		text_copy(name, sizeof(name), "?");
		if (cache)
			source_name(call->view, cache, name, sizeof(name));
		source_put(call->view, cache);
		strbuf_addf(sb, "slab:%s\n", name);
		break;
	case KMEM_MEMPOOL_KMALLOC:
		strbuf_addf(sb, "kmalloc:%llu\n",
			    (unsigned long long)info.backing);
		break;
	case KMEM_MEMPOOL_KVMALLOC:
		strbuf_addf(sb, "kvmalloc:%llu\n",
			    (unsigned long long)info.backing);
		break;
	case KMEM_MEMPOOL_PAGES:
		strbuf_addf(sb, "pages:%llu\n",
			    (unsigned long long)info.backing);
		break;
	}
	return 0;
}

static int backing_show(struct call *call, struct strbuf *sb)
{
	source_sync(call->view, &cache_kind);
	return backing_save(call, sb);
}

/* Any cache will do, a program's, too: the pool only allocates from it. */
static int parse_cache(struct call *call, const char *name, uint64_t *backing)
{
	struct source *cache;

	/* It may be made by then. */
	if (call->check && !parse_name(name))
		return 0;
	cache = source_by_name(call->view, &cache_kind, name);
	if (!cache)
		return call_fail(call, -ENOENT, "no cache '%s'", name);
	*backing = cache->kmem;
	source_put(call->view, cache);
	return 0;
}

/*
 * The number of bytes is checked here and not by the pool, because only here it
 * is known whether it is no number or one that is too large.
 */
static int parse_backing(struct call *call, const char *text,
			 enum kmem_mempool_kind *kind, uint64_t *backing)
{
	int err;

	if (!strncmp(text, "slab:", 5)) {
		*kind = KMEM_MEMPOOL_SLAB;
		return parse_cache(call, text + 5, backing);
	}
	if (!strncmp(text, "kmalloc:", 8)) {
		*kind = KMEM_MEMPOOL_KMALLOC;
		err = parse_number(text + 8, KMALLOC_MAX_SIZE, backing);
	} else if (!strncmp(text, "kvmalloc:", 9)) {
		*kind = KMEM_MEMPOOL_KVMALLOC;
		err = parse_number(text + 9, INT_MAX, backing);
	} else if (!strncmp(text, "pages:", 6)) {
		*kind = KMEM_MEMPOOL_PAGES;
		return store_number(call, text + 6, KMEM_MAX_ORDER, backing);
	} else {
		err = -EINVAL;
	}
	if (!err && !*backing)
		err = -EINVAL;
	if (err)
		return call_fail(call, err, "no backing: '%s'", text);
	return 0;
}

/*
 * Elements that are out are of the old backing and must go back to it; hence
 * only a pool that nobody uses can change.
 */
static int backing_store(struct call *call, char *text, size_t len)
{
	enum kmem_mempool_kind kind = KMEM_MEMPOOL_CUSTOM;
	uint64_t backing;
	int err;

	(void)len;
	err = parse_backing(call, text, &kind, &backing);
	if (err || call->check)
		return err;
	err = mempool_rebase(call->pool, kind, backing);
	switch (err) {
	case 0:
		return 0;
	case -EBUSY:
		return call_fail(call, err,
				 "elements are out or requests wait");
	case -EINVAL:
		if (kind == KMEM_MEMPOOL_SLAB)
			return call_fail(call, err,
					 "a cache with a constructor: '%s'",
					 text);
		return call_fail(call, err, "not a backing: '%s'", text);
	default:
		return call_fail(call, err, "the reserve cannot be filled");
	}
}
static ATTR_RW(backing,
	       "slab:NAME, kmalloc:BYTES, kvmalloc:BYTES or pages:ORDER",
	       .save = backing_save, .flags = ATTR_OWNED);

/* ---- watching and limiting ----------------------------------------------- */

/*
 * How close the reserve came to its end: what one sizes min_nr by, without
 * having looked at the right moment.
 */
static int low_show(struct call *call, struct strbuf *sb)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	return show_number(sb, (uint64_t)info.low);
}

static int low_store(struct call *call, char *text, size_t len)
{
	(void)text;
	(void)len;
	mempool_reset_low(call->pool);
	return 0;
}
static ATTR_RW(low, "lowest curr_nr; anything resets", .flags = ATTR_RAW);

static int poison_show(struct call *call, struct strbuf *sb)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	return show_number(sb, info.poison);
}

static int poison_store(struct call *call, char *text, size_t len)
{
	uint64_t on;
	int err;

	(void)len;
	err = store_number(call, text, 1, &on);
	if (!err && !call->check)
		err = mempool_set_poison(call->pool, on);
	if (err == -EBUSY)
		return call_fail(call, err,
				 "elements are out or requests wait");
	if (err == -EOPNOTSUPP)
		return call_fail(call, err,
				 "nothing is known of what such elements are");
	return err;
}
static ATTR_RW(poison, "1: fill the reserve with a pattern and look at it",
	       .save = save_shown, .flags = ATTR_OWNED);

/* ---- the table ----------------------------------------------------------- */

#define NUMBER_NODE(name, help, flags_, value) FILE(#name, name##_attr),

/* clang-format off */
const struct node pool_table[] = {
	FILE("backing", backing_attr),
	FILE("min_nr", min_nr_attr),
	SOURCE_FILES,
	FILE("low", low_attr),
	FILE("poison", poison_attr),
	FILE("owner", owner_attr),
	NUMBER_FILES(NUMBER_NODE)
	NODES_END,
};
/* clang-format on */

/* ---- pools as sources ---------------------------------------------------- */

/* ---- how source.c, object.c and park.c see a pool ---- */

/* A program may destroy its pool while we look at it: it then waits for us. */
static bool pool_hold(struct call *call)
{
	call->pool = mempool_pin(call->place.source->kmem);
	return call->pool;
}

static void pool_release(struct call *call)
{
	mempool_unpin(call->pool);
}

static size_t pool_serials(struct view *view, uint64_t *serials, size_t room)
{
	(void)view;
	return mempool_serials(serials, room);
}

static void pool_describe(struct call *call, struct identity *ret_identity)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	text_copy(ret_identity->name, sizeof(ret_identity->name), info.name);
	text_copy(ret_identity->owner, sizeof(ret_identity->owner), info.owner);
}

/*
 * Exact: a pool of the mount is there to be watched, and peak and limit should
 * say what happened, to the element.
 */
static int pool_make(struct call *call, const char *name, uint64_t *ret_kmem)
{
	mempool_t *pool;
	int err;

	err = mempool_new(name, "mount", 1, KMEM_MEMPOOL_KMALLOC, 64, &pool);
	if (err)
		return call_fail(call, err, "no new pool");
	mempool_set_exact(pool, true);
	*ret_kmem = mempool_serial(pool);
	return 0;
}

static int pool_remove(struct call *call)
{
	mempool_t *pool = mempool_pin(call->place.source->kmem);
	int err;

	if (!pool)
		return -ENOENT;
	/* Only rmdir destroys what the mount made, and one at a time. */
	mempool_unpin(pool);
	err = mempool_remove(pool);
	if (err)
		return call_fail(call, err,
				 "elements are out or requests wait");
	return 0;
}

static size_t pool_objsize(struct call *call)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	return info.element_size;
}

static uint64_t pool_in_use(struct call *call)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	return info.active;
}

static uint64_t pool_available(struct call *call)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	return (uint64_t)info.curr_nr;
}

/* Without a function to call it may not wait: -EAGAIN says that it would. */
static int pool_take(struct call *call, const struct order *order,
		     void **elements)
{
	struct mempool_request request = {
		.nr = order->nr,
		.gfp = order->gfp,
		.elements = elements,
	};

	return mempool_submit(call->pool, &request);
}

static void pool_served(struct mempool_request *request, int error)
{
	park_ended(container_of(request, union request, pool), error);
}

static int pool_submit(struct call *call, const struct order *order,
		       void **elements, union request *request)
{
	request->pool = (struct mempool_request){
		.nr = order->nr,
		.gfp = order->gfp,
		.elements = elements,
		.done = pool_served,
	};
	return mempool_submit(call->pool, &request->pool);
}

static bool pool_cancel(struct call *call, union request *request)
{
	return mempool_cancel(call->pool, &request->pool);
}

/* One by one: each may go to a waiter, whose request is answered in here. */
static void pool_give(struct call *call, unsigned int nr, void **elements)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		mempool_free(elements[i], call->pool);
}

/* Pools of pages deal in struct page, which is no address to read from. */
static void *pool_memory(struct call *call, void *element)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	if (info.kind != KMEM_MEMPOOL_PAGES)
		return element;
	return PageHighMem(element) ? NULL : page_address(element);
}

static struct page *pool_page(struct call *call, void *element)
{
	(void)call;
	return element;
}

/* What is set aside: nobody's object yet, so it has no name. */
static int pool_where_reserve(struct call *call, struct strbuf *sb)
{
	struct kmem_mempool_info info;
	void **elements;
	size_t room, nr, i;

	mempool_info(call->pool, &info);
	room = (size_t)info.curr_nr;
	elements = calloc(room + 1, sizeof(*elements));
	if (!elements)
		return -ENOMEM;
	nr = mempool_reserve(call->pool, elements, room);
	for (i = 0; i < nr && i < room; i++) {
		strbuf_adds(sb, "reserve");
		object_where_element(call, elements[i], sb);
		strbuf_addc(sb, '\n');
	}
	free(elements);
	return 0;
}

static void pool_numbers(struct call *call, struct numbers *ret_numbers)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
	ret_numbers->limit = info.limit;
	ret_numbers->peak = info.peak;
}

/*
 * Beyond the limit the backing counts as empty, and the reserve shows what it
 * is worth. Raising it serves those who wait; they are answered from within
 * this call.
 */
static void pool_set_limit(struct call *call, uint64_t limit)
{
	mempool_set_limit(call->pool, limit);
}

static void pool_reset_peak(struct call *call)
{
	mempool_reset_peak(call->pool);
}

/* Waits by their length, each counted once. */
static void show_waits(struct strbuf *sb, const uint64_t *wait)
{
	unsigned int last = KMEM_MEMPOOL_WAIT_BUCKETS - 1;
	char name[NODE_NAME_MAX];

	for (unsigned int i = 0; i < last; i++) {
		text_format(name, sizeof(name), "wait_ns_to_%llu",
			    (unsigned long long)kmem_mempool_wait_ns(i));
		show_counter(sb, name, wait[i]);
	}
	show_counter(sb, "wait_ns_longer", wait[last]);
}

static void pool_show_stats(struct call *call, struct strbuf *sb)
{
	struct kmem_mempool_info info;

	mempool_info(call->pool, &info);
#define SHOW_STAT(name, help)                                                  \
	show_counter(sb, #name, info.stat[KMEM_MEMPOOL_STAT_##name]);
	KMEM_MEMPOOL_STATS(SHOW_STAT)
#undef SHOW_STAT
	show_waits(sb, info.wait);
}

static void pool_reset_stats(struct call *call)
{
	mempool_reset_stats(call->pool);
}

const struct kind pool_kind = {
	.id = KIND_POOL,
	.table = pool_table,
	.refuses = __GFP_ZERO,
	.renames = true,
	.hold = pool_hold,
	.release = pool_release,
	.serials = pool_serials,
	.changes = mempool_changes,
	.describe = pool_describe,
	.make = pool_make,
	.remove = pool_remove,
	.objsize = pool_objsize,
	.in_use = pool_in_use,
	.available = pool_available,
	.take = pool_take,
	.reserve = true,
	.submit = pool_submit,
	.cancel = pool_cancel,
	.give = pool_give,
	.memory = pool_memory,
	.page = pool_page,
	.numbers = pool_numbers,
	.set_limit = pool_set_limit,
	.reset_peak = pool_reset_peak,
	.show_stats = pool_show_stats,
	.reset_stats = pool_reset_stats,
	.where_reserve = pool_where_reserve,
};
