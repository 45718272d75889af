/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_sized.c - kmalloc/ and vmalloc/: objects of the size that is asked for
 *
 * Two directories that stand alone in the root. An order says how many bytes
 * each object shall have, and that is how long its file is, whatever the
 * allocator rounds it up to. A create in objects/ cannot say, so `objsize` does.
 */
#include <errno.h>

#include <kmem/vmalloc.h>

#include "view.h"

static size_t sized_objsize(struct call *call)
{
	struct source *source = call->place.source;
	size_t size;

	pthread_mutex_lock(&source->lock);
	size = source->size;
	pthread_mutex_unlock(&source->lock);
	return size;
}

static int objsize_show(struct call *call, struct strbuf *sb)
{
	return show_number(sb, sized_objsize(call));
}

static int objsize_store(struct call *call, char *text, size_t len)
{
	struct source *source = call->place.source;
	uint64_t size;
	int err = store_number(call, text, UINT32_MAX, &size);

	(void)len;
	if (!err && !size)
		err = call_fail(call, -EINVAL, "objects of 0 bytes");
	if (err || call->check)
		return err;
	pthread_mutex_lock(&source->lock);
	source->size = size;
	pthread_mutex_unlock(&source->lock);
	return 0;
}

/* Unless it is as at first, which each kind has for itself. */
static int objsize_save(struct call *call, struct strbuf *sb)
{
	if (sized_objsize(call) == call->place.source->kind->size)
		return 0;
	return objsize_show(call, sb);
}
static ATTR_RW(objsize, "bytes of an object that is made in objects/",
	       .save = objsize_save);

/* clang-format off */
const struct node sized_table[] = {
	FILE("objsize", objsize_attr),
	SOURCE_FILES,
	NODES_END,
};
/* clang-format on */

/* They are always there. */
static bool sized_hold(struct call *call)
{
	(void)call;
	return true;
}

static void sized_release(struct call *call)
{
	(void)call;
}

static uint64_t sized_available(struct call *call)
{
	(void)call;
	return 0;
}

static void *sized_memory(struct call *call, void *element)
{
	(void)call;
	return element;
}

/* kvfree() tells the two apart by their address. */
static void sized_give(struct call *call, unsigned int nr, void **elements)
{
	(void)call;
	while (nr--)
		kvfree(elements[nr]);
}

static void *from_kmalloc(const struct order *order)
{
	return kmalloc_node(order->size, order->gfp, order->node);
}

/* Why not is told in error_log, so the library need not report it. */
static void *from_vmalloc(const struct order *order)
{
	return __vmalloc_node(order->size, 1, order->gfp | __GFP_NOWARN,
			      order->node, __builtin_return_address(0));
}

static int take(struct call *call, const struct order *order, void **elements,
		void *(*from)(const struct order *order))
{
	unsigned int i;

	if (counted_over_limit(call, order->nr))
		return -ENOMEM;
	for (i = 0; i < order->nr; i++) {
		elements[i] = from(order);
		if (!elements[i])
			break;
	}
	if (i == order->nr)
		return 0;
	sized_give(call, i, elements);
	return -ENOMEM;
}

static int kmalloc_take(struct call *call, const struct order *order,
			void **elements)
{
	return take(call, order, elements, from_kmalloc);
}

static int vmalloc_take(struct call *call, const struct order *order,
			void **elements)
{
	return take(call, order, elements, from_vmalloc);
}

#define SIZED_KIND(id_, size_, largest_, take_)                                \
	{                                                                      \
		.id = (id_), .table = sized_table, .hold = sized_hold,         \
		.release = sized_release, .size = (size_),                     \
		.largest = (largest_), .objsize = sized_objsize,               \
		.in_use = counted_in_use, .available = sized_available,        \
		.take = (take_), .give = sized_give, .memory = sized_memory,   \
		.numbers = counted_numbers, .set_limit = counted_set_limit,    \
		.reset_peak = counted_reset_peak,                              \
		.show_stats = counted_show_stats,                              \
		.reset_stats = counted_reset_stats,                            \
	}

const struct kind kmalloc_kind =
	SIZED_KIND(KIND_KMALLOC, 64, KMALLOC_MAX_SIZE, kmalloc_take);
const struct kind vmalloc_kind =
	SIZED_KIND(KIND_VMALLOC, KMEM_PAGE_SIZE, 0, vmalloc_take);
