/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_debug.c - looking into a cache: who has its objects
 *
 * debug/slab/NAME/ has the files of the kernel's debugfs, for caches that
 * remember who allocated and who freed each object.
 */
#include <errno.h>

#include "util/symbol.h"

#include "view.h"

/* ---- traces -------------------------------------------------------------- */

struct traces {
	struct strbuf *sb;
	unsigned int cpus;
	bool any;
};

static void trace_symbol(struct strbuf *sb, const void *address)
{
	char name[160];

	symbol_format(name, sizeof(name), address);
	strbuf_adds(sb, name);
}

static void trace_age(struct strbuf *sb, const struct kmem_trace *trace)
{
	strbuf_addf(sb, " age=%llu", (unsigned long long)trace->age_min_ms);
	if (trace->age_sum_ms != trace->age_min_ms)
		strbuf_addf(
			sb, "/%llu/%llu",
			(unsigned long long)(trace->age_sum_ms / trace->count),
			(unsigned long long)trace->age_max_ms);
}

static void trace_pid(struct strbuf *sb, const struct kmem_trace *trace)
{
	strbuf_addf(sb, " pid=%d", trace->pid_min);
	if (trace->pid_max != trace->pid_min)
		strbuf_addf(sb, "-%d", trace->pid_max);
}

/* As a list of numbers and ranges: 0,2-3 */
static void trace_cpus(struct strbuf *sb, uint64_t cpus)
{
	const char *before = " cpus=";
	unsigned int first, last;

	for (first = 0; first < 64; first = last + 1) {
		last = first;
		if (!(cpus >> first & 1))
			continue;
		while (last < 63 && cpus >> (last + 1) & 1)
			last++;
		strbuf_addf(sb, "%s%u", before, first);
		if (last > first)
			strbuf_addf(sb, "-%u", last);
		before = ",";
	}
}

static void trace_stack(struct strbuf *sb, const struct kmem_trace *trace)
{
	unsigned int i;

	for (i = 0; i < trace->nr_frames; i++) {
		strbuf_adds(sb, "        ");
		trace_symbol(sb, trace->frames[i]);
		strbuf_addc(sb, '\n');
	}
	if (trace->nr_frames)
		strbuf_addc(sb, '\n');
}

/* The kernel's format, with milliseconds where it has jiffies. */
static void trace_show(void *arg, const struct kmem_trace *trace)
{
	struct traces *traces = arg;
	struct strbuf *sb = traces->sb;

	traces->any = true;
	strbuf_addf(sb, "%7llu ", (unsigned long long)trace->count);
	if (trace->caller)
		trace_symbol(sb, trace->caller);
	else
		strbuf_adds(sb, "<not-available>");
	if (trace->waste)
		strbuf_addf(sb, " waste=%llu/%llu",
			    (unsigned long long)(trace->count * trace->waste),
			    (unsigned long long)trace->waste);
	trace_age(sb, trace);
	trace_pid(sb, trace);
	if (traces->cpus > 1)
		trace_cpus(sb, trace->cpus);
	strbuf_addc(sb, '\n');
	trace_stack(sb, trace);
}

static int show_traces(struct call *call, struct strbuf *sb, bool freed)
{
	struct traces traces = { .sb = sb };
	struct kmem_memory_info memory;
	int err;

	kmem_memory_info(&memory);
	traces.cpus = memory.cpus;
	err = kmem_cache_traces(call->cache, freed, trace_show, &traces);
	/* Its owner has ended that, and the directory with it. */
	if (err == -EINVAL)
		return call_fail(call, -ENODEV, "it remembers nothing");
	if (!err && !traces.any)
		strbuf_adds(sb, "No data\n");
	return err;
}

static int alloc_traces_show(struct call *call, struct strbuf *sb)
{
	return show_traces(call, sb, false);
}
static ATTR_RO(alloc_traces, "who allocated the objects in use",
	       .flags = ATTR_LONG);

static int free_traces_show(struct call *call, struct strbuf *sb)
{
	return show_traces(call, sb, true);
}
static ATTR_RO(free_traces, "who freed them before", .flags = ATTR_LONG);

/* ---- the tables ---------------------------------------------------------- */

const struct node trace_table[] = {
	FILE("alloc_traces", alloc_traces_attr),
	FILE("free_traces", free_traces_attr),
	NODES_END,
};

const struct node debug_table[] = {
	EACH_SECOND("slab", cache_kind),
	DIR("extfrag", extfrag_table),
	NODES_END,
};
