/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics_source.c - metrics of caches, of pools, and of what the mount has of
 * pages
 *
 * As in attrs_metrics.c: a table for each sort of objects, and its walk. What is
 * held while one is looked at is a pin, and no lock of the view.
 */
#include <math.h>
#include <string.h>

#include "util/text.h"

#include "metrics.h"
#include "view.h"

static double limit_value(uint64_t limit)
{
	return limit == KMEM_NO_LIMIT ? INFINITY : (double)limit;
}

/* ---- pages/, kmalloc and vmalloc: what the mount has of them ---------------- */

struct source_numbers {
	const struct source *source;
	struct numbers numbers;
	uint64_t in_use;
	uint64_t available;
};

#define EVENT_OF(source, name)                                                 \
	atomic_load_explicit(&(source)->event[SOURCE_EVENT_##name],            \
			     memory_order_relaxed)

/* name, type, help, expression over i, a struct source_numbers */
#define SOURCE_FAMILIES(X)                                                     \
	X(source_used_objects, GAUGE, "What the mount has allocated here.",    \
	  i->in_use)                                                           \
	X(source_available_objects, GAUGE,                                     \
	  "Blocks that can be cut from the free lists.", i->available)         \
	X(source_peak_objects, GAUGE, "Most used since it was reset.",         \
	  i->numbers.peak)                                                     \
	X(source_limit_objects, GAUGE, "Limit of what may be used.",           \
	  limit_value(i->numbers.limit))                                       \
	X(source_allocated_total, COUNTER, "Objects allocated by the mount.",  \
	  EVENT_OF(i->source, allocated))                                      \
	X(source_freed_total, COUNTER, "Objects freed by the mount.",          \
	  EVENT_OF(i->source, freed))                                          \
	X(source_failed_total, COUNTER, "Requests that found no memory.",      \
	  EVENT_OF(i->source, failed))                                         \
	X(source_blocked_total, COUNTER, "Requests that had to wait.",         \
	  EVENT_OF(i->source, blocked))

#define SOURCE_VALUE(name, type, help, expression)                             \
	VALUE(struct source_numbers, name, expression)
SOURCE_FAMILIES(SOURCE_VALUE)

static const struct family source_families[] = { SOURCE_FAMILIES(FAMILY) };

/**
 * typedef visit_source - take its numbers; it is held
 */
typedef void visit_source(struct call *call, const char *name, void *arg);

/* All of a kind, oldest first. */
static void each_source(struct view *view, const struct kind *kind,
			visit_source *visit, void *arg)
{
	char name[SOURCE_NAME_MAX + 1];
	struct source *source;
	uint32_t from = 0;

	source_sync(view, kind);
	while ((source = source_next(view, kind, from)) != NULL) {
		struct call call = { .view = view, .place.source = source };

		from = source->serial + 1;
		source_name(view, source, name, sizeof(name));
		if (!call_hold(&call))
			visit(&call, name, arg);
		call_release(&call);
		source_put(view, source);
	}
}

static void visit_plain(struct call *call, const char *name, void *arg)
{
	const struct source *source = call->place.source;
	const struct kind *kind = source->kind;
	struct source_numbers i = {
		.source = source,
		.in_use = kind->in_use(call),
		.available = kind->available(call),
	};
	char dir[SOURCE_NAME_MAX + 8];
	struct strbuf labels = { 0 };

	kind->numbers(call, &i.numbers);
	text_format(dir, sizeof(dir), "%s%s", kind->size ? "" : "pages/", name);
	metric_label(&labels, "dir", dir);
	metric_set_add(arg, &labels, &i);
	strbuf_free(&labels);
}

void metrics_add_sources(struct view *view, struct strbuf *sb)
{
	struct metric_set set = METRIC_SET(source_families);

	each_source(view, &page_kind, visit_plain, &set);
	each_source(view, &kmalloc_kind, visit_plain, &set);
	each_source(view, &vmalloc_kind, visit_plain, &set);
	metric_set_end(&set, sb);
}

/* ---- caches ----------------------------------------------------------------- */

#define STAT(name) i->stat[KMEM_CACHE_STAT_##name]

/* name, type, help, expression over i, a struct kmem_cache_info */
#define CACHE_FAMILIES(X)                                                      \
	X(slabinfo_active_objects, GAUGE, "Objects in use or parked.",         \
	  i->objects)                                                          \
	X(slabinfo_objects, GAUGE, "Objects that the slabs have room for.",    \
	  i->total_objects)                                                    \
	X(slabinfo_object_size_bytes, GAUGE, "An object with its metadata.",   \
	  i->size)                                                             \
	X(slabinfo_objects_per_slab, GAUGE, "Objects in a slab.",              \
	  i->objs_per_slab)                                                    \
	X(slabinfo_pages_per_slab, GAUGE, "Pages of a slab.", 1u << i->order)  \
	X(cache_used_objects, GAUGE, "Objects in use.", i->active)             \
	X(cache_parked_objects, GAUGE, "Free objects that threads keep.",      \
	  i->cached)                                                           \
	X(cache_peak_objects, GAUGE, "Most objects in use since reset.",       \
	  i->peak)                                                             \
	X(cache_limit_objects, GAUGE, "Limit of objects in use.",              \
	  limit_value(i->limit))                                               \
	X(cache_slabs, GAUGE, "Slabs.", i->slabs)                              \
	X(cache_partial_slabs, GAUGE, "Slabs with free objects.", i->partial)  \
	X(cache_allocs_total, COUNTER, "Objects handed out.",                  \
	  STAT(alloc_fastpath) + STAT(alloc_slowpath))                         \
	X(cache_frees_total, COUNTER, "Objects taken back.",                   \
	  STAT(free_fastpath) + STAT(free_slowpath))                           \
	X(cache_slow_allocs_total, COUNTER,                                    \
	  "Objects handed out that no thread had parked.",                     \
	  STAT(alloc_slowpath))                                                \
	X(cache_slow_frees_total, COUNTER,                                     \
	  "Objects taken back that no thread parked.", STAT(free_slowpath))    \
	X(cache_slabs_made_total, COUNTER,                                     \
	  "Slabs taken from the page allocator.", STAT(alloc_slab))            \
	X(cache_slabs_freed_total, COUNTER, "Slabs given back to it.",         \
	  STAT(free_slab))

#define CACHE_VALUE(name, type, help, expression)                              \
	VALUE(struct kmem_cache_info, name, expression)
CACHE_FAMILIES(CACHE_VALUE)
#undef STAT

static const struct family cache_families[] = { CACHE_FAMILIES(FAMILY) };

/*
 * Sizes of kmalloc(), for each of its sets of caches: what the caches count
 * anyway, by the size of their objects. So a request counts as as large as the
 * object that it got, and larger ones than the largest cache has not at all.
 */
#define KMALLOC_TYPES_MAX 16

struct kmalloc_sizes {
	char type[32];
	struct histogram sizes;
};

static void kmalloc_size_bytes_histogram(const void *object,
					 struct histogram *ret_histogram)
{
	const struct kmalloc_sizes *i = object;

	*ret_histogram = i->sizes;
}

static const struct family kmalloc_families[] = {
	{ .name = "kmalloc_size_bytes",
	  .type = METRIC_HISTOGRAM,
	  .help = "Requests to kmalloc by the size of the object they got.",
	  .histogram = kmalloc_size_bytes_histogram },
};

struct caches {
	struct metric_set set;
	struct strbuf labels;
	struct kmalloc_sizes kmalloc[KMALLOC_TYPES_MAX];
	unsigned int nr_kmalloc;
};

/* `kmalloc` of `kmalloc-1k`, `kmalloc-rcl` of `kmalloc-rcl-8`. */
static struct kmalloc_sizes *kmalloc_type(struct caches *caches,
					  const char *name)
{
	size_t len = (size_t)(strrchr(name, '-') - name);
	struct kmalloc_sizes *type;

	for (unsigned int i = 0; i < caches->nr_kmalloc; i++) {
		type = &caches->kmalloc[i];
		if (!strncmp(type->type, name, len) && !type->type[len])
			return type;
	}
	if (caches->nr_kmalloc == KMALLOC_TYPES_MAX ||
	    len >= sizeof(type->type))
		return NULL;
	type = &caches->kmalloc[caches->nr_kmalloc++];
	text_copy(type->type, len + 1, name);
	return type;
}

/* Sorted by size, whatever the order of the caches. */
static void add_size(struct histogram *sizes, double size, uint64_t count)
{
	unsigned int at = sizes->nr;

	if (at == HISTOGRAM_BUCKETS)
		return;
	for (; at > 0 && sizes->le[at - 1] > size; at--) {
		sizes->le[at] = sizes->le[at - 1];
		sizes->count[at] = sizes->count[at - 1];
	}
	sizes->le[at] = size;
	sizes->count[at] = count;
	sizes->sum += size * (double)count;
	sizes->nr++;
}

static void note_kmalloc(struct caches *caches,
			 const struct kmem_cache_info *info)
{
	struct kmalloc_sizes *type = NULL;

	if (!strcmp(info->owner, "boot") && strstr(info->name, "kmalloc-"))
		type = kmalloc_type(caches, info->name);
	if (type)
		add_size(&type->sizes, info->spec.object_size,
			 info->stat[KMEM_CACHE_STAT_alloc_fastpath] +
				 info->stat[KMEM_CACHE_STAT_alloc_slowpath]);
}

static void visit_cache(struct call *call, const char *name, void *arg)
{
	struct caches *caches = arg;
	struct kmem_cache_info info;

	kmem_cache_info(call->cache, &info);
	strbuf_reset(&caches->labels);
	metric_label(&caches->labels, "slab", name);
	metric_set_add(&caches->set, &caches->labels, &info);
	note_kmalloc(caches, &info);
}

void metrics_add_caches(struct view *view, struct strbuf *sb)
{
	struct metric_set kmalloc = METRIC_SET(kmalloc_families);
	struct caches caches = { .set = METRIC_SET(cache_families) };

	each_source(view, &cache_kind, visit_cache, &caches);
	metric_set_end(&caches.set, sb);
	for (unsigned int i = 0; i < caches.nr_kmalloc; i++) {
		strbuf_reset(&caches.labels);
		metric_label(&caches.labels, "type", caches.kmalloc[i].type);
		metric_set_add(&kmalloc, &caches.labels, &caches.kmalloc[i]);
	}
	metric_set_end(&kmalloc, sb);
	strbuf_free(&caches.labels);
}

/* ---- pools ------------------------------------------------------------------ */

#define STAT(name) i->stat[KMEM_MEMPOOL_STAT_##name]

/* name, type, help, expression over i, a struct kmem_mempool_info */
#define POOL_FAMILIES(X)                                                       \
	X(pool_element_size_bytes, GAUGE, "Usable bytes of an element.",       \
	  i->element_size)                                                     \
	X(pool_min_elements, GAUGE, "Guaranteed elements, min_nr.", i->min_nr) \
	X(pool_reserve_elements, GAUGE, "Elements in the reserve, curr_nr.",   \
	  i->curr_nr)                                                          \
	X(pool_reserve_low_elements, GAUGE,                                    \
	  "Fewest elements in the reserve since reset.", i->low)               \
	X(pool_used_elements, GAUGE, "Elements handed out.", i->active)        \
	X(pool_peak_elements, GAUGE, "Most handed out since reset.", i->peak)  \
	X(pool_limit_elements, GAUGE, "Limit of elements handed out.",         \
	  limit_value(i->limit))                                               \
	X(pool_waiters, GAUGE, "Requests that wait.", i->waiters)              \
	X(pool_allocs_total, COUNTER, "Elements ever handed out.",             \
	  STAT(allocs))                                                        \
	X(pool_frees_total, COUNTER, "Elements ever returned.", STAT(frees))   \
	X(pool_reserve_allocs_total, COUNTER,                                  \
	  "Of those handed out, from the reserve.", STAT(from_reserve))        \
	X(pool_reserve_refills_total, COUNTER,                                 \
	  "Of those returned, into the reserve.", STAT(refills))               \
	X(pool_waits_total, COUNTER, "Requests that had to wait.",             \
	  STAT(waits))                                                         \
	X(pool_wait_retries_total, COUNTER,                                    \
	  "Retries of waiting requests because time was up.", STAT(timeouts))  \
	X(pool_failed_total, COUNTER, "Requests refused.", STAT(failed))       \
	X(pool_cancelled_total, COUNTER,                                       \
	  "Waiting requests that were taken back.", STAT(cancelled))           \
	X(pool_resizes_total, COUNTER, "Changes of min_nr.", STAT(resizes))    \
	X(pool_wait_longest_seconds, GAUGE, "Longest wait since reset.",       \
	  (double)STAT(wait_ns_max) / 1e9)

#define POOL_VALUE(name, type, help, expression)                               \
	VALUE(struct kmem_mempool_info, name, expression)
POOL_FAMILIES(POOL_VALUE)

_Static_assert(KMEM_MEMPOOL_WAIT_BUCKETS - 1 <= HISTOGRAM_BUCKETS,
	       "a histogram is large enough");

static void pool_wait_seconds_histogram(const void *object,
					struct histogram *ret_histogram)
{
	const struct kmem_mempool_info *i = object;

	ret_histogram->nr = KMEM_MEMPOOL_WAIT_BUCKETS - 1;
	for (unsigned int n = 0; n < ret_histogram->nr; n++)
		ret_histogram->le[n] = (double)kmem_mempool_wait_ns(n) / 1e9;
	memcpy(ret_histogram->count, i->wait, sizeof(i->wait));
	ret_histogram->sum = (double)STAT(wait_ns_total) / 1e9;
}
#undef STAT

/* clang-format off */
static const struct family pool_families[] = {
	POOL_FAMILIES(FAMILY)
	{ .name = "pool_wait_seconds",
	  .type = METRIC_HISTOGRAM,
	  .help = "Waits that are over, by their length.",
	  .histogram = pool_wait_seconds_histogram },
};
/* clang-format on */

static void visit_pool(struct call *call, const char *name, void *arg)
{
	struct kmem_mempool_info info;
	struct strbuf labels = { 0 };

	mempool_info(call->pool, &info);
	metric_label(&labels, "pool", name);
	metric_set_add(arg, &labels, &info);
	strbuf_free(&labels);
}

void metrics_add_pools(struct view *view, struct strbuf *sb)
{
	struct metric_set set = METRIC_SET(pool_families);

	each_source(view, &pool_kind, visit_pool, &set);
	metric_set_end(&set, sb);
}
