/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * meta.c - memory for descriptors, outside the zones
 *
 * Everything that describes the allocator (caches, pools and their reserves,
 * arrays of records, the mount's handles) lives in the metadata region of the
 * arena: naming an object must not fail because the zones are full, and must
 * not show in buddyinfo.
 *
 * The region is a mark that moves up over sparse memory, and one list of freed
 * pieces per power of two. Pieces are never split or merged: descriptors come
 * in few sizes, and the large ones (a pool's slots) in powers of two anyway.
 */
#include <string.h>

#include "internal.h"

#define META_MIN_SHIFT 6 /* a cache line, so that pieces share none */
#define META_MAX_SHIFT 36

static struct {
	pthread_mutex_t lock; /* LOCK_META */
	char *next; /* never used from here to @end */
	char *end;
	void *freed[META_MAX_SHIFT + 1];
} meta = { .lock = PTHREAD_MUTEX_INITIALIZER };

void meta_init(char *start, char *end)
{
	lock(&meta.lock, LOCK_META);
	meta.next = start;
	meta.end = end;
	memset(meta.freed, 0, sizeof(meta.freed));
	unlock(&meta.lock);
}

static unsigned int shift_of(size_t size)
{
	if (size <= 1ul << META_MIN_SHIFT)
		return META_MIN_SHIFT;
	return 64u - (unsigned int)__builtin_clzl(size - 1);
}

void *kmem_meta_alloc(size_t size)
{
	unsigned int shift = shift_of(size);
	bool used = false;
	void *p = NULL;

	if (shift > META_MAX_SHIFT)
		return NULL;
	lock(&meta.lock, LOCK_META);
	if (meta.freed[shift]) {
		p = meta.freed[shift];
		memcpy(&meta.freed[shift], p, sizeof(void *));
		used = true;
	} else if ((size_t)(meta.end - meta.next) >= 1ul << shift) {
		p = meta.next;
		meta.next += 1ul << shift;
	}
	unlock(&meta.lock);
	if (used)
		memset(p, 0, size);
	return p;
}

void kmem_meta_free(void *p, size_t size)
{
	unsigned int shift = shift_of(size);

	if (!p)
		return;
	lock(&meta.lock, LOCK_META);
	memcpy(p, &meta.freed[shift], sizeof(void *));
	meta.freed[shift] = p;
	unlock(&meta.lock);
}

void meta_fork(enum fork_step step)
{
	fork_mutex(&meta.lock, step);
	if (step == FORK_ORPHAN)
		meta_init(NULL, NULL);
}
