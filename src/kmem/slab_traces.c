/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab_traces.c - where the objects of a cache come from
 *
 * For caches with SLAB_STORE_USER: the tracks of all objects in use, those with
 * the same caller, call stack and waste counted together, the most frequent
 * first. The tracks are copied under the cache's lock and sorted without.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/* One object's track, reduced to what is compared and summed. */
struct sample {
	void *caller;
	uint32_t stack;
	int32_t cpu;
	int32_t pid;
	uint64_t waste;
	uint64_t when_ms;
};

struct samples {
	struct kmem_cache *cache;
	struct sample *at;
	size_t nr, room;
	bool free;
};

/* Same origin next to each other. */
static int by_origin(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	if (x->stack != y->stack)
		return x->stack < y->stack ? -1 : 1;
	return x->waste < y->waste ? -1 : x->waste > y->waste;
}

static int by_count(const void *a, const void *b)
{
	uint64_t x = ((const struct kmem_trace *)a)->count;
	uint64_t y = ((const struct kmem_trace *)b)->count;

	return x > y ? -1 : x < y;
}

/* Under the cache's lock; called for each object in use. */
static void add_sample(void *arg, void *object)
{
	struct samples *samples = arg;
	struct sample *sample = &samples->at[samples->nr];
	struct slab_track track;

	if (samples->nr == samples->room)
		return;
	slab_debug_track(samples->cache, object, samples->free, &track);
	*sample = (struct sample){
		.caller = track.addr,
		.stack = track.stack,
		.cpu = track.cpu,
		.pid = track.pid,
		.when_ms = track.when_ms,
	};
	if (!samples->free)
		sample->waste = samples->cache->object_size -
				slab_debug_request(samples->cache, object);
	samples->nr++;
}

static void begin_trace(struct kmem_trace *trace, const struct sample *s)
{
	*trace = (struct kmem_trace){
		.caller = s->caller,
		.waste = s->waste,
		.age_min_ms = UINT64_MAX,
		.pid_min = s->pid,
		.pid_max = s->pid,
	};
	trace->nr_frames = stack_fetch(s->stack, &trace->frames);
}

static void add_to_trace(struct kmem_trace *trace, const struct sample *s,
			 uint64_t now_ms)
{
	uint64_t age = s->when_ms ? now_ms - s->when_ms : 0;

	trace->count++;
	trace->age_sum_ms += age;
	trace->age_min_ms = MIN(trace->age_min_ms, age);
	trace->age_max_ms = MAX(trace->age_max_ms, age);
	trace->pid_min = MIN(trace->pid_min, s->pid);
	trace->pid_max = MAX(trace->pid_max, s->pid);
	trace->cpus |= 1ull << (unsigned int)s->cpu % 64;
}

/* One trace for each run of equal origins. */
static size_t sum_up(const struct samples *samples, struct kmem_trace *traces)
{
	uint64_t now_ms = os_now_ns() / 1000000;
	size_t nr = 0;

	for (size_t i = 0; i < samples->nr; i++) {
		const struct sample *s = &samples->at[i];

		if (i == 0 || by_origin(s - 1, s) != 0)
			begin_trace(&traces[nr++], s);
		add_to_trace(&traces[nr - 1], s, now_ms);
	}
	return nr;
}

int kmem_cache_traces(struct kmem_cache *s, bool free,
		      kmem_trace_visit_t *visit, void *arg)
{
	size_t room = cache_sum(s, total) + 1024, nr;
	struct samples samples = { .cache = s, .room = room, .free = free };
	struct kmem_trace *traces;

	if (!(s->spec.flags & SLAB_STORE_USER))
		return -EINVAL;
	samples.at = kmem_meta_alloc(room * sizeof(*samples.at));
	traces = kmem_meta_alloc(room * sizeof(*traces));
	if (!samples.at || !traces) {
		kmem_meta_free(samples.at, room * sizeof(*samples.at));
		kmem_meta_free(traces, room * sizeof(*traces));
		return -ENOMEM;
	}
	slab_debug_for_each_used(s, add_sample, &samples);
	qsort(samples.at, samples.nr, sizeof(*samples.at), by_origin);
	nr = sum_up(&samples, traces);
	qsort(traces, nr, sizeof(*traces), by_count);
	for (size_t i = 0; i < nr; i++)
		visit(arg, &traces[i]);
	kmem_meta_free(samples.at, room * sizeof(*samples.at));
	kmem_meta_free(traces, room * sizeof(*traces));
	return 0;
}
