/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * counted.c - sources whose objects the mount alone counts
 *
 * The page allocator, kmalloc and vmalloc do not count what each of our
 * directories stands for, and know no limit of it. So `alloc`, `peak`, `limit`
 * and `stats` are about what went through the mount; what the program itself
 * asks for is not seen and not bound.
 */
#include "view.h"

uint64_t counted_in_use(struct call *call)
{
	struct source *source = call->place.source;
	uint64_t count;

	pthread_mutex_lock(&source->lock);
	count = source->objects.count;
	pthread_mutex_unlock(&source->lock);
	return count;
}

bool counted_over_limit(struct call *call, unsigned int nr)
{
	struct source *source = call->place.source;
	bool over;

	pthread_mutex_lock(&source->lock);
	over = source->objects.count + nr > source->limit;
	pthread_mutex_unlock(&source->lock);
	return over;
}

void counted_numbers(struct call *call, struct numbers *ret_numbers)
{
	struct source *source = call->place.source;

	pthread_mutex_lock(&source->lock);
	ret_numbers->limit = source->limit;
	ret_numbers->peak = source->peak;
	pthread_mutex_unlock(&source->lock);
}

void counted_set_limit(struct call *call, uint64_t limit)
{
	struct source *source = call->place.source;

	pthread_mutex_lock(&source->lock);
	source->limit = limit;
	pthread_mutex_unlock(&source->lock);
}

void counted_reset_peak(struct call *call)
{
	struct source *source = call->place.source;

	pthread_mutex_lock(&source->lock);
	source->peak = source->objects.count;
	pthread_mutex_unlock(&source->lock);
}

void counted_show_stats(struct call *call, struct strbuf *sb)
{
	show_events(call->place.source, sb, true);
}

void counted_reset_stats(struct call *call)
{
	struct source *source = call->place.source;
	unsigned int i;

	pthread_mutex_lock(&source->lock);
	for (i = 0; i < SOURCE_NR_EVENTS; i++)
		source->base[i] = atomic_load(&source->event[i]);
	pthread_mutex_unlock(&source->lock);
}
