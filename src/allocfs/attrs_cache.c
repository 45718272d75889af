/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_cache.c - caches/NAME and sys/slab/NAME: the files of a cache, and
 * caches as sources
 *
 * Names, formats and meanings of /sys/kernel/slab, and beyond those the files
 * that drive a cache. What shapes the objects can be changed while none is in
 * use, where the cache belongs to the mount.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"
#include "util/symbol.h"
#include "util/text.h"

#include "view.h"

#define OBJSIZE_MAX 4194304

/* ---- numbers ------------------------------------------------------------- */

/* name, help, expression over i, a struct kmem_cache_info */
#define NUMBER_FILES(X)                                                        \
	X(object_size, "bytes per object that users may use",                  \
	  i.spec.object_size)                                                  \
	X(slab_size, "bytes per object with metadata", i.size)                 \
	X(objs_per_slab, "objects in a slab", i.objs_per_slab)                 \
	X(order, "order of a slab", i.order)                                   \
	X(sheaf_capacity, "objects that a thread may park", i.sheaf_capacity)  \
	X(aliases, "further names merged into it", i.aliases)                  \
	X(hwcache_align, "SLAB_HWCACHE_ALIGN?",                                \
	  !!(i.spec.flags & SLAB_HWCACHE_ALIGN))                               \
	X(reclaim_account, "SLAB_RECLAIM_ACCOUNT?",                            \
	  !!(i.spec.flags & SLAB_RECLAIM_ACCOUNT))                             \
	X(destroy_by_rcu, "SLAB_TYPESAFE_BY_RCU?",                             \
	  !!(i.spec.flags & SLAB_TYPESAFE_BY_RCU))                             \
	X(cache_dma, "SLAB_CACHE_DMA?", !!(i.spec.flags & SLAB_CACHE_DMA))     \
	X(usersize, "bytes that may be copied to user space", i.spec.usersize) \
	X(cpu_slabs, "always 0: no CPU has a slab to itself", 0)

#define NUMBER_ATTR(name, help, value)                                         \
	static int name##_show(struct call *call, struct strbuf *sb)           \
	{                                                                      \
		struct kmem_cache_info i;                                      \
                                                                               \
		kmem_cache_info(call->cache, &i);                              \
		return show_number(sb, value);                                 \
	}                                                                      \
	static ATTR_RO(name, help);

NUMBER_FILES(NUMBER_ATTR)
NUMBER_ATTR(cached, "objects parked by threads", i.cached)

/*
 * Numbers with their distribution over nodes. In caches/NAME the kernel's
 * `objects` cannot be: that name is the directory of objects. There it is
 * alloc + cached.
 */
#define NODE_FILES(X)                                                          \
	X(total_objects, "objects of all slabs")                               \
	X(slabs, "slabs")                                                      \
	X(partial, "slabs with free objects")                                  \
	X(objects_partial, "objects in use in those")

#define NODE_ATTR(name, help)                                                  \
	static int name##_show(struct call *call, struct strbuf *sb)           \
	{                                                                      \
		uint64_t count[KMEM_MAX_NODES];                                \
		struct kmem_cache_info i;                                      \
		unsigned int n;                                                \
                                                                               \
		kmem_cache_info(call->cache, &i);                              \
		for (n = 0; n < KMEM_MAX_NODES; n++)                           \
			count[n] = i.node[n].name;                             \
		return show_per_node(sb, i.name, count);                       \
	}                                                                      \
	static ATTR_RO(name, help);

static int show_per_node(struct strbuf *sb, uint64_t sum, const uint64_t *count)
{
	unsigned int n;

	strbuf_addf(sb, "%llu", (unsigned long long)sum);
	for (n = 0; n < KMEM_MAX_NODES; n++)
		if (count[n])
			strbuf_addf(sb, " N%u=%llu", n,
				    (unsigned long long)count[n]);
	strbuf_addc(sb, '\n');
	return 0;
}

NODE_FILES(NODE_ATTR)
NODE_ATTR(objects, "objects in use or parked")

/* ---- the shape ----------------------------------------------------------- */

/*
 * The library decides whether objects are in use, under its own locks: asking
 * first and reshaping then would leave room for an allocation in between.
 */
static int reshape(struct call *call, const struct kmem_cache_spec *spec)
{
	int err;

	if (call->plan) {
		*call->plan = *spec;
		return 0;
	}
	err = kmem_cache_reshape(call->cache, spec);
	if (err == -EBUSY)
		return call_fail(call, err, "objects are in use");
	if (err)
		return call_fail(call, err,
				 "no slab can be laid out so: "
				 "size, alignment or flags");
	return 0;
}

/* What the cache is made from: a store changes one thing and keeps the rest. */
static void spec_now(struct call *call, struct kmem_cache_spec *spec)
{
	struct kmem_cache_info info;

	if (call->plan) {
		*spec = *call->plan;
		return;
	}
	kmem_cache_info(call->cache, &info);
	*spec = info.spec;
}

static int objsize_show(struct call *call, struct strbuf *sb)
{
	return show_number(sb, kmem_cache_size(call->cache));
}

static int objsize_store(struct call *call, char *text, size_t len)
{
	struct kmem_cache_spec spec;
	uint64_t size;
	int err;

	(void)len;
	err = store_number(call, text, OBJSIZE_MAX, &size);
	if (err)
		return err;
	if (!size)
		return call_fail(call, -EINVAL, "objects of 0 bytes");
	spec_now(call, &spec);
	/* The window for copies to user space is the whole object, or fits. */
	if (spec.useroffset + spec.usersize > size) {
		spec.useroffset = 0;
		spec.usersize = 0;
	}
	spec.object_size = (unsigned int)size;
	return reshape(call, &spec);
}
static ATTR_RW(objsize, "usable bytes per object", .save = save_shown,
	       .flags = ATTR_OWNED);

/*
 * The alignment in effect, as in the kernel, and not what was asked for: 0 and
 * SLAB_HWCACHE_ALIGN become what they mean.
 */
static int align_show(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return show_number(sb, info.align);
}

/* What was asked for: with another size it may mean another one. */
static int align_save(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return show_number(sb, info.spec.align);
}

/* 0 leaves it to the library: eight bytes, or what the flags ask for. */
static int align_store(struct call *call, char *text, size_t len)
{
	struct kmem_cache_spec spec;
	uint64_t align;
	int err;

	(void)len;
	err = store_number(call, text, OBJSIZE_MAX, &align);
	if (err)
		return err;
	if (align & (align - 1))
		return call_fail(call, -EINVAL, "%s is no power of two", text);
	spec_now(call, &spec);
	spec.align = (unsigned int)align;
	return reshape(call, &spec);
}
static ATTR_RW(align, "alignment of objects", .save = align_save,
	       .flags = ATTR_OWNED);

/* What the kernel lets nobody change is so in its own tree, see the tables. */
#define KERNEL_SHAPE_ATTR(name, help_)                                         \
	static const struct attr kernel_##name##_attr = {                      \
		.help = (help_),                                               \
		.show = name##_show,                                           \
	}

KERNEL_SHAPE_ATTR(align, "alignment of objects");

/*
 * What the creator gave. Flags that the kernel has in files of their own are
 * there as well; this is the one that can be written.
 */
static int flags_show(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_spec spec;

	spec_now(call, &spec);
	slab_flags_print(sb, spec.flags);
	strbuf_addc(sb, '\n');
	return 0;
}

static int flags_store(struct call *call, char *text, size_t len)
{
	struct kmem_cache_spec spec;
	slab_flags_t flags;
	int err;

	(void)len;
	err = slab_flags_parse(call, text, &flags);
	if (err)
		return err;
	spec_now(call, &spec);
	spec.flags = flags;
	return reshape(call, &spec);
}

/* `none`, and not 0x0. */
static int flags_save(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	if (info.spec.flags)
		slab_flags_print(sb, info.spec.flags);
	else
		strbuf_adds(sb, "none");
	return 0;
}
static ATTR_RW(flags, "SLAB_... flags", .save = flags_save,
	       .flags = ATTR_OWNED);

/*
 * The kernel shows a function and its offset. That is what programs' own
 * constructors look like here; the built-in ones have the names that can be
 * written.
 */
static int ctor_show(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_spec spec;
	char symbol[160];

	spec_now(call, &spec);
	switch (spec.ctor_kind) {
	case KMEM_CTOR_NONE:
		break;
	case KMEM_CTOR_ZERO:
		strbuf_adds(sb, "zero\n");
		break;
	case KMEM_CTOR_BYTE:
		strbuf_addf(sb, "byte:0x%02x\n", spec.ctor_byte);
		break;
	case KMEM_CTOR_SEQUENCE:
		strbuf_adds(sb, "sequence\n");
		break;
	case KMEM_CTOR_CALL:
		symbol_format(symbol, sizeof(symbol),
			      (const void *)(uintptr_t)spec.ctor);
		strbuf_addf(sb, "%s\n", symbol);
		break;
	}
	return 0;
}

/* Only the built-in ones: a function cannot be named from outside. */
static int parse_ctor(struct call *call, const char *text,
		      struct kmem_cache_spec *spec)
{
	uint64_t byte = 0;
	int err = 0;

	if (!strcmp(text, "none")) {
		spec->ctor_kind = KMEM_CTOR_NONE;
	} else if (!strcmp(text, "zero")) {
		spec->ctor_kind = KMEM_CTOR_ZERO;
	} else if (!strcmp(text, "sequence")) {
		spec->ctor_kind = KMEM_CTOR_SEQUENCE;
	} else if (!strncmp(text, "byte:", 5)) {
		spec->ctor_kind = KMEM_CTOR_BYTE;
		err = parse_hex(text + 5, 0xff, &byte);
	} else {
		err = -EINVAL;
	}
	if (err)
		return call_fail(call, err, "no constructor: '%s'", text);
	spec->ctor_byte = (uint8_t)byte;
	spec->ctor = NULL;
	return 0;
}

/*
 * Objects of a slab are constructed when it is made. A new constructor
 * therefore needs new slabs, which reshaping sees to.
 */
static int ctor_store(struct call *call, char *text, size_t len)
{
	struct kmem_cache_spec spec;
	int err;

	(void)len;
	spec_now(call, &spec);
	err = parse_ctor(call, text, &spec);
	if (err)
		return err;
	return reshape(call, &spec);
}

static int ctor_save(struct call *call, struct strbuf *sb)
{
	size_t len = sb->len;
	int err = ctor_show(call, sb);

	if (!err && sb->len == len)
		strbuf_adds(sb, "none");
	return err;
}
static ATTR_RW(ctor, "none, zero, byte:0xNN or sequence", .save = ctor_save,
	       .flags = ATTR_OWNED);
KERNEL_SHAPE_ATTR(ctor, "the constructor, or empty");

/*
 * Switches of debugging, each a flag: like all that makes room around objects,
 * they belong to the shape.
 */
#define DEBUG_FILES(X)                                                         \
	X(sanity_checks, "1: objects are checked as they come and go",         \
	  SLAB_CONSISTENCY_CHECKS)                                             \
	X(red_zone, "1: writes beyond objects are found", SLAB_RED_ZONE)       \
	X(poison, "1: use of free objects is found", SLAB_POISON)              \
	X(store_user, "1: who allocated and freed is known, see debug/",       \
	  SLAB_STORE_USER)                                                     \
	X(trace, "1: each allocation and free goes to the log", SLAB_TRACE)

static int show_flag(struct call *call, struct strbuf *sb, slab_flags_t flag)
{
	struct kmem_cache_spec spec;

	spec_now(call, &spec);
	return show_number(sb, !!(spec.flags & flag));
}

static int store_flag(struct call *call, const char *text, slab_flags_t flag)
{
	struct kmem_cache_spec spec;
	uint64_t on;
	int err;

	err = store_number(call, text, 1, &on);
	if (err)
		return err;
	spec_now(call, &spec);
	spec.flags = on ? spec.flags | flag : spec.flags & ~flag;
	return reshape(call, &spec);
}

#define DEBUG_ATTR(name, help, flag)                                           \
	static int name##_show(struct call *call, struct strbuf *sb)           \
	{                                                                      \
		return show_flag(call, sb, flag);                              \
	}                                                                      \
	static int name##_store(struct call *call, char *text, size_t len)     \
	{                                                                      \
		(void)len;                                                     \
		return store_flag(call, text, flag);                           \
	}                                                                      \
	static ATTR_RW(name, help, .flags = ATTR_OWNED);                       \
	KERNEL_SHAPE_ATTR(name, help);

DEBUG_FILES(DEBUG_ATTR)

/* ---- tuning -------------------------------------------------------------- */

static int min_partial_show(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return show_number(sb, info.min_partial);
}

/* Any number, as in the kernel; the library keeps what it can. */
static int min_partial_store(struct call *call, char *text, size_t len)
{
	uint64_t nr;
	int err;

	(void)len;
	err = store_number(call, text, UINT64_MAX, &nr);
	if (!err && !call->check)
		kmem_cache_set_min_partial(call->cache, nr);
	return err;
}

/* What follows from the shape will follow again. */
static int min_partial_save(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return info.min_partial_set ? show_number(sb, info.min_partial) : 0;
}
static ATTR_RW(min_partial, "empty slabs kept", .save = min_partial_save);

static int remote_node_defrag_ratio_show(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return show_number(sb, info.defrag_ratio);
}

static int remote_node_defrag_ratio_store(struct call *call, char *text,
					  size_t len)
{
	uint64_t ratio;
	int err;

	(void)len;
	err = store_number(call, text, 100, &ratio);
	if (!err && !call->check)
		kmem_cache_set_defrag_ratio(call->cache, (unsigned int)ratio);
	return err;
}

/* Of interest to few: left out where it is as at first. */
static int remote_node_defrag_ratio_save(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return info.defrag_ratio == 100 ? 0
					: show_number(sb, info.defrag_ratio);
}
static ATTR_RW(remote_node_defrag_ratio, "how readily other nodes' slabs serve",
	       .save = remote_node_defrag_ratio_save);

/* As in kernels of generation 7: what it was for is gone, and it stays 0. */
static int cpu_partial_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	return show_number(sb, 0);
}

static int cpu_partial_store(struct call *call, char *text, size_t len)
{
	uint64_t nr;
	int err;

	(void)len;
	err = store_number(call, text, UINT32_MAX, &nr);
	if (!err && nr)
		err = call_fail(call, -EINVAL, "it is always 0");
	return err;
}
static ATTR_RW(cpu_partial, "always 0: no CPU has slabs to itself");

static int slabs_cpu_partial_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	strbuf_adds(sb, "0(0)\n");
	return 0;
}
static ATTR_RO(slabs_cpu_partial, "always 0(0): no CPU has slabs to itself");

/*
 * The kernel looks at the first character only and takes "1garbage". Commands
 * here are read whole.
 */
static int store_one(struct call *call, const char *text)
{
	if (strcmp(text, "1") != 0)
		return call_fail(call, -EINVAL, "only 1 means something: '%s'",
				 text);
	return 0;
}

/*
 * Empty slabs go back to the zones at once, so that buddyinfo shows it. The
 * library's result, whether any slab is left, is no error.
 */
static int shrink_store(struct call *call, char *text, size_t len)
{
	int err = store_one(call, text);

	(void)len;
	if (!err)
		kmem_cache_shrink(call->cache);
	return err;
}
static ATTR_WO(shrink, "1 gives empty slabs back");

/* As the kernel's: faults are reported, not returned. */
static int validate_store(struct call *call, char *text, size_t len)
{
	int err = store_one(call, text);
	unsigned int faults;

	(void)len;
	if (err)
		return err;
	faults = kmem_cache_validate(call->cache);
	if (faults) {
		call_fail(call, 0, "%u faults in the cache", faults);
		call_note(call, -EUCLEAN, NULL);
	}
	return 0;
}
static ATTR_WO(validate, "1 checks all slabs");

/* Each counter has a file of its own, too, as in the kernel. */
static int show_stat(struct call *call, struct strbuf *sb,
		     enum kmem_cache_stat stat)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return show_number(sb, info.stat[stat]);
}

static int store_stat(struct call *call, const char *text,
		      enum kmem_cache_stat stat)
{
	int err = store_reset(call, text);

	if (!err)
		kmem_cache_reset_stat(call->cache, stat);
	return err;
}

#define STAT_ATTR(name, help)                                                  \
	static int stat_##name##_show(struct call *call, struct strbuf *sb)    \
	{                                                                      \
		return show_stat(call, sb, KMEM_CACHE_STAT_##name);            \
	}                                                                      \
	static int stat_##name##_store(struct call *call, char *text,          \
				       size_t len)                             \
	{                                                                      \
		(void)len;                                                     \
		return store_stat(call, text, KMEM_CACHE_STAT_##name);         \
	}                                                                      \
	static ATTR_RW(stat_##name, help "; 0 resets");

KMEM_CACHE_STATS(STAT_ATTR)

/* ---- the tables ---------------------------------------------------------- */

#define NUMBER_NODE(name, ...) FILE(#name, name##_attr),
#define STAT_NODE(name, help) FILE(#name, stat_##name##_attr),

/* clang-format off */
#define KERNEL_FILES                                                           \
	FILE("min_partial", min_partial_attr),                                 \
	FILE("remote_node_defrag_ratio", remote_node_defrag_ratio_attr),       \
	FILE("shrink", shrink_attr),                                           \
	FILE("validate", validate_attr),                                       \
	FILE("cpu_partial", cpu_partial_attr),                                 \
	FILE("slabs_cpu_partial", slabs_cpu_partial_attr),                     \
	NUMBER_FILES(NUMBER_NODE)                                              \
	NODE_FILES(NUMBER_NODE)                                                \
	KMEM_CACHE_STATS(STAT_NODE)

const struct node cache_table[] = {
	FILE("objsize", objsize_attr),
	FILE("align", align_attr),
	FILE("flags", flags_attr),
	FILE("ctor", ctor_attr),
	SOURCE_FILES,
	FILE("owner", owner_attr),
	FILE("map", cache_map_attr),
	FILE("cached", cached_attr),
	DEBUG_FILES(NUMBER_NODE)
	KERNEL_FILES
	NODES_END,
};

/*
 * sys/slab/NAME: what the kernel has and nothing else, so with `objects`. The
 * shape is read only, as there.
 */
#define SHAPE_NODE(name, ...) FILE(#name, kernel_##name##_attr),

static const struct node sys_slab_table[] = {
	FILE("align", kernel_align_attr),
	FILE("ctor", kernel_ctor_attr),
	FILE("objects", objects_attr),
	DEBUG_FILES(SHAPE_NODE)
	KERNEL_FILES
	NODES_END,
};
/* clang-format on */

/* ---- caches as sources --------------------------------------------------- */

/* A program may destroy its cache while we look at it: it then waits for us. */
static bool cache_hold(struct call *call)
{
	call->cache = kmem_cache_pin(call->place.source->kmem);
	return call->cache;
}

static void cache_release(struct call *call)
{
	kmem_cache_unpin(call->cache);
}

static size_t cache_serials(struct view *view, uint64_t *serials, size_t room)
{
	(void)view;
	return kmem_cache_serials(serials, room);
}

/* debug/slab has the caches that remember who has their objects. */
static bool cache_in_second(struct call *call)
{
	struct kmem_cache_spec spec;

	spec_now(call, &spec);
	return spec.flags & SLAB_STORE_USER;
}

static void cache_describe(struct call *call, struct identity *ret_identity)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	text_copy(ret_identity->name, sizeof(ret_identity->name), info.name);
	text_copy(ret_identity->owner, sizeof(ret_identity->owner), info.owner);
}

/*
 * 64 bytes until told otherwise. Never merged with another cache, whatever the
 * shapes: who makes a directory wants to see his own objects in it.
 */
static int cache_make(struct call *call, const char *name, uint64_t *ret_kmem)
{
	struct kmem_cache_spec spec = { .object_size = 64 };
	struct kmem_cache *s;
	int err;

	err = kmem_cache_new(name, "mount", &spec, &s);
	if (err)
		return call_fail(call, err, "no new cache");
	*ret_kmem = kmem_cache_serial(s);
	return 0;
}

static void cache_plan(struct call *call, struct kmem_cache_spec *plan)
{
	spec_now(call, plan);
	call->plan = plan;
}

/* In all that a store can change. */
static bool same_shape(const struct kmem_cache_spec *a,
		       const struct kmem_cache_spec *b)
{
	return a->object_size == b->object_size && a->align == b->align &&
	       a->flags == b->flags && a->ctor_kind == b->ctor_kind &&
	       a->ctor_byte == b->ctor_byte && a->ctor == b->ctor;
}

/* A cache that is in use may be told to be what it is. */
static int cache_carry_out(struct call *call)
{
	struct kmem_cache_spec *plan = call->plan, now;

	call->plan = NULL;
	spec_now(call, &now);
	return same_shape(plan, &now) ? 0 : reshape(call, plan);
}

/* Does the pool of that serial, if it still exists, stand on the cache? */
static bool is_backing(uint64_t cache, uint64_t serial)
{
	mempool_t *pool = mempool_pin(serial);
	struct kmem_mempool_info info;

	if (!pool)
		return false;
	mempool_info(pool, &info);
	mempool_unpin(pool);
	return info.kind == KMEM_MEMPOOL_SLAB && info.backing == cache;
}

/* Its reserve would keep it busy; but a reserve may be empty. */
static bool has_pool(struct view *view, uint64_t cache)
{
	bool found = false;
	uint64_t *pools;
	size_t nr = 0, i;

	pools = source_serials(view, &pool_kind, &nr);
	for (i = 0; pools && !found && i < nr; i++)
		found = is_backing(cache, pools[i]);
	free(pools);
	return found;
}

static int cache_remove(struct call *call)
{
	struct kmem_cache *s;
	int err;

	if (has_pool(call->view, call->place.source->kmem))
		return call_fail(call, -EBUSY, "a pool stands on it");
	s = kmem_cache_pin(call->place.source->kmem);
	if (!s)
		return -ENOENT;
	/* Only rmdir destroys what the mount made, and one at a time. */
	kmem_cache_unpin(s);
	err = kmem_cache_remove(s);
	if (err)
		return call_fail(call, err, "objects are in use");
	return 0;
}

static size_t cache_objsize(struct call *call)
{
	return kmem_cache_size(call->cache);
}

static uint64_t cache_in_use(struct call *call)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return info.active;
}

/*
 * Parked objects are free to whoever asks: total_objects is alloc + free, and
 * tools that compare the views find them agreeing.
 */
static uint64_t cache_available(struct call *call)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	return info.total_objects - info.active;
}

/* One object goes the fast way that a program's allocation would go. */
/* The bulk call knows no nodes. */
static int cache_take_from_node(struct call *call, const struct order *order,
				void **elements)
{
	unsigned int i;

	for (i = 0; i < order->nr; i++) {
		elements[i] = kmem_cache_alloc_node(call->cache, order->gfp,
						    order->node);
		if (!elements[i])
			break;
	}
	if (i == order->nr)
		return 0;
	kmem_cache_free_bulk(call->cache, i, elements);
	return -ENOMEM;
}

static int cache_take(struct call *call, const struct order *order,
		      void **elements)
{
	if (order->nr == 1 || kmem_nr_nodes() > 1)
		return cache_take_from_node(call, order, elements);
	return kmem_cache_alloc_bulk(call->cache, order->gfp, order->nr,
				     elements)
		       ? 0
		       : -ENOMEM;
}

static void cache_give(struct call *call, unsigned int nr, void **elements)
{
	kmem_cache_free_bulk(call->cache, nr, elements);
}

static void *cache_memory(struct call *call, void *element)
{
	(void)call;
	return element;
}

static void cache_numbers(struct call *call, struct numbers *ret_numbers)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	ret_numbers->limit = info.limit;
	ret_numbers->peak = info.peak;
}

/*
 * A limited cache keeps nothing in per-thread arrays, so that the limit is
 * exact; raising it lets requests that wait in pools of this cache try again,
 * and they may be answered from within this call.
 */
static void cache_set_limit(struct call *call, uint64_t limit)
{
	kmem_cache_set_limit(call->cache, limit);
}

static void cache_reset_peak(struct call *call)
{
	kmem_cache_reset_peak(call->cache);
}

/* One snapshot, so that the counters of one reading belong together. */
static void cache_show_stats(struct call *call, struct strbuf *sb)
{
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
#define SHOW_STAT(name, help)                                                  \
	show_counter(sb, #name, info.stat[KMEM_CACHE_STAT_##name]);
	KMEM_CACHE_STATS(SHOW_STAT)
#undef SHOW_STAT
}

static void cache_reset_stats(struct call *call)
{
	kmem_cache_reset_stats(call->cache);
}

const struct kind cache_kind = {
	.id = KIND_CACHE,
	.table = cache_table,
	.second_table = trace_table,
	.in_second = cache_in_second,
	.third_table = sys_slab_table,
	.aliases = true,
	.hold = cache_hold,
	.release = cache_release,
	.serials = cache_serials,
	.changes = kmem_cache_changes,
	.describe = cache_describe,
	.make = cache_make,
	.remove = cache_remove,
	.plan = cache_plan,
	.carry_out = cache_carry_out,
	.objsize = cache_objsize,
	.in_use = cache_in_use,
	.available = cache_available,
	.take = cache_take,
	.give = cache_give,
	.memory = cache_memory,
	.numbers = cache_numbers,
	.set_limit = cache_set_limit,
	.reset_peak = cache_reset_peak,
	.show_stats = cache_show_stats,
	.reset_stats = cache_reset_stats,
};
