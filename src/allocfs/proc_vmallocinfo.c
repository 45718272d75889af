/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proc_vmallocinfo.c - proc/vmallocinfo: areas as the kernel prints them
 *
 * A line is the range with its guard page, its length, and words of which each
 * is there only where it has something to say.
 */
#include <errno.h>
#include <stdlib.h>

#include <kmem/vmalloc.h>

#include "util/symbol.h"

#include "view.h"

static void show_range(struct strbuf *sb, const void *address, size_t size)
{
	uintptr_t start = (uintptr_t)address;

	strbuf_addf(sb, "0x%016lx-0x%016lx %7ld", start, start + size,
		    (long)size);
}

static void show_caller(struct strbuf *sb, const void *caller)
{
	char name[160];

	if (!caller)
		return;
	symbol_format(name, sizeof(name), caller);
	strbuf_addf(sb, " %s", name);
}

/* What it is, in the kernel's order. */
static void show_flags(struct strbuf *sb, unsigned long flags)
{
	static const struct {
		unsigned long flag;
		const char *word;
	} words[] = {
		{ VM_IOREMAP, " ioremap" },
		{ VM_SPARSE, " sparse" },
		{ VM_ALLOC, " vmalloc" },
		{ VM_MAP, " vmap" },
		{ VM_USERMAP, " user" },
		{ VM_DMA_COHERENT, " dma-coherent" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (flags & words[i].flag)
			strbuf_adds(sb, words[i].word);
}

static void show_area(struct strbuf *sb, const struct kmem_vmalloc_area *area)
{
	unsigned int node;

	show_range(sb, area->address, area->size);
	if (area->map_ram) {
		strbuf_adds(sb, " vm_map_ram\n");
		return;
	}
	show_caller(sb, area->caller);
	if (area->nr_pages)
		strbuf_addf(sb, " pages=%lu", area->nr_pages);
	if (area->phys || area->flags & VM_IOREMAP)
		strbuf_addf(sb, " phys=0x%016llx",
			    (unsigned long long)area->phys);
	show_flags(sb, area->flags);
	for (node = 0; node < KMEM_MAX_NODES; node++)
		if (area->node_pages[node])
			strbuf_addf(sb, " N%u=%lu", node,
				    area->node_pages[node]);
	strbuf_addc(sb, '\n');
}

/* There may be more of them by the time that there is room for all. */
static int vmallocinfo_show(struct call *call, struct strbuf *sb)
{
	struct kmem_vmalloc_area *areas = NULL;
	size_t room = 0, nr, i;

	(void)call;
	while ((nr = kmem_vmalloc_areas(areas, room)) > room) {
		free(areas);
		room = nr + 16;
		areas = calloc(room, sizeof(*areas));
		if (!areas)
			return -ENOMEM;
	}
	for (i = 0; i < nr; i++)
		show_area(sb, &areas[i]);
	free(areas);
	return 0;
}

ATTR_RO(vmallocinfo, "areas of vmalloc, and device mappings");
