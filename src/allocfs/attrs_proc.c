/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_proc.c - proc/: what is in it, and slabinfo as the kernel prints it
 *
 * Programs parse these files by column, some crash on anything else: formats
 * are exact to the byte.
 */
#include "view.h"

static void slabinfo_line(struct call *call, const char *name,
			  struct strbuf *sb)
{
	struct kmem_cache_info i;

	kmem_cache_info(call->cache, &i);
	strbuf_addf(sb, "%-17s %6llu %6llu %6u %4u %4u", name,
		    (unsigned long long)i.objects,
		    (unsigned long long)i.total_objects, i.size,
		    i.objs_per_slab, 1u << i.order);
	strbuf_addf(sb, " : tunables %4u %4u %4u", 0, 0, 0);
	strbuf_addf(sb, " : slabdata %6llu %6llu %6u\n",
		    (unsigned long long)i.slabs, (unsigned long long)i.slabs,
		    0);
}

/* Newest first, as in the kernel. */
static int slabinfo_show(struct call *call, struct strbuf *sb)
{
	char name[SOURCE_NAME_MAX + 1];
	uint32_t below = UINT32_MAX;
	struct source *source;

	strbuf_adds(sb, "slabinfo - version: 2.1\n"
			"# name            <active_objs> <num_objs> <objsize> "
			"<objperslab> <pagesperslab> : tunables <limit> "
			"<batchcount> <sharedfactor> : slabdata <active_slabs> "
			"<num_slabs> <sharedavail>\n");
	source_sync(call->view, &cache_kind);
	while ((source = source_prev(call->view, &cache_kind, below)) != NULL) {
		struct call inner = { .view = call->view,
				      .place.source = source };

		below = source->serial;
		source_name(call->view, source, name, sizeof(name));
		if (!call_hold(&inner))
			slabinfo_line(&inner, name, sb);
		call_release(&inner);
		source_put(call->view, source);
	}
	return 0;
}
static ATTR_RO(slabinfo, "all caches");

const struct node proc_table[] = {
	FILE("slabinfo", slabinfo_attr),
	FILE("buddyinfo", buddyinfo_attr),
	FILE("iomem", iomem_map_attr),
	FILE("vmallocinfo", vmallocinfo_attr),
	FILE("pagetypeinfo", pagetypeinfo_attr),
	FILE("zoneinfo", zoneinfo_attr),
	FILE("vmstat", vmstat_attr),
	FILE("meminfo", meminfo_attr),
	DIR("sys", proc_sys_table),
	NODES_END,
};
