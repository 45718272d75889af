/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_cache.c - the picture of a cache: its slabs, object by object
 *
 * Each slab is a line, or several where its objects do not fit in one. The text
 * is ASCII; lines that are no slab begin with '#', slabs do not, and their
 * objects are always the last word of a line.
 */
#include "map.h"

/* With the 38 columns in front of them, less than 80. */
#define COLUMNS 40
#define INDENT 38

/* By enum kmem_object_state. */
static const char letters[] = {
	[KMEM_OBJECT_FREE] = '.',
	[KMEM_OBJECT_PARKED] = 's',
	[KMEM_OBJECT_USED] = '#',
	[KMEM_OBJECT_BAD] = '!',
};

static const char *state_of(const struct kmem_slab_info *slab)
{
	if (slab->objects && slab->state[0] == KMEM_OBJECT_BAD)
		return "bad";
	if (slab->inuse == 0)
		return "empty";
	return slab->inuse == slab->objects ? "full" : "partial";
}

void map_cache_head(const struct kmem_cache_info *cache, struct strbuf *sb)
{
	strbuf_addf(sb,
		    "# used %llu of %llu, %llu in sheaves; %llu slabs, "
		    "%llu partial\n",
		    (unsigned long long)cache->active,
		    (unsigned long long)cache->total_objects,
		    (unsigned long long)cache->cached,
		    (unsigned long long)cache->slabs,
		    (unsigned long long)cache->partial);
	strbuf_adds(sb, "#    pfn node order       out state   "
			". free  s in a sheaf  # in use  ! bad\n");
}

void map_cache_slab(const struct kmem_slab_info *slab, struct strbuf *sb)
{
	strbuf_addf(sb, "%8lu %4u %5u %4u/%-4u %-7s ", slab->pfn, slab->node,
		    slab->order, slab->inuse, slab->objects, state_of(slab));
	for (unsigned int i = 0; i < slab->objects; i++) {
		if (i && i % COLUMNS == 0)
			strbuf_addf(sb, "\n%*s", INDENT, "");
		strbuf_addc(sb, letters[slab->state[i]]);
	}
	strbuf_addc(sb, '\n');
}

void map_cache_rest(uint64_t slabs, struct strbuf *sb)
{
	if (slabs)
		strbuf_addf(sb, "# ... and %llu more slabs\n",
			    (unsigned long long)slabs);
}
