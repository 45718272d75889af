/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proc.c - the kernel's formats, as far as they are shown
 *
 * A line that is not understood is passed over: a later version may have more.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

#include "top/top.h"

#define LINE_BYTES 512
#define NAME_BYTES 256

/*
 * The next line of *@text, cut to @size; false: there is none. A line by itself,
 * as sscanf(3) measures all the text that it is given.
 */
static bool take_line(const char **text, char *line, size_t size)
{
	size_t len = strcspn(*text, "\n");

	if (!**text)
		return false;
	text_copy(line, size < len + 1 ? size : len + 1, *text);
	*text += len + ((*text)[len] == '\n');
	return true;
}

int proc_slabinfo(struct list *list, const char *text)
{
	double active, total, size, per_slab, pages, used, slabs;
	char line[LINE_BYTES], name[NAME_BYTES];

	while (take_line(&text, line, sizeof(line))) {
		struct row *row;

		if (*line == '#' ||
		    sscanf(line,
			   "%255s %lf %lf %lf %lf %lf : tunables %*u %*u %*u"
			   " : slabdata %lf %lf",
			   name, &active, &total, &size, &per_slab, &pages,
			   &used, &slabs) != 8)
			continue;
		row = list_row(list, name);
		if (!row)
			return -ENOMEM;
		row->value[CACHE_ACTIVE] = active;
		row->value[CACHE_TOTAL] = total;
		row->value[CACHE_OBJSIZE] = size;
		row->value[CACHE_PER_SLAB] = per_slab;
		row->value[CACHE_SLAB_PAGES] = pages;
		row->value[CACHE_ACTIVE_SLABS] = used;
		row->value[CACHE_SLABS] = slabs;
	}
	return 0;
}

/* "Node 0, zone   Normal" as "node0/Normal"; where the rest of the line is. */
static const char *zone_key(char *key, size_t size, const char *text)
{
	unsigned int node;
	char name[32];
	int len = 0;

	if (sscanf(text, "Node %u, zone %31s%n", &node, name, &len) != 2 ||
	    !len)
		return NULL;
	text_format(key, size, "node%u/%s", node, name);
	return text + len;
}

static void zone_set_orders(struct row *row, const char *text)
{
	double pages = 0, blocks;
	int nr = 0, len;

	while (nr < MAX_ORDERS && sscanf(text, "%lf%n", &blocks, &len) == 1) {
		row->value[ZONE_ORDER + nr] = blocks;
		pages += ldexp(blocks, nr++);
		text += len;
	}
	row->value[ZONE_NR_ORDERS] = nr;
	row->value[ZONE_FREE] = pages;
}

int proc_buddyinfo(struct list *zones, const char *text)
{
	char line[LINE_BYTES], key[64];
	int place = 0;

	while (take_line(&text, line, sizeof(line))) {
		const char *rest = zone_key(key, sizeof(key), line);
		struct row *row;

		if (!rest)
			continue;
		row = list_row(zones, key);
		if (!row)
			return -ENOMEM;
		row->value[ZONE_PLACE] = place++;
		zone_set_orders(row, rest);
	}
	return 0;
}

static const struct {
	const char *name;
	enum zone_value place;
} zone_numbers[] = {
	{ "min", ZONE_MIN },
	{ "low", ZONE_LOW },
	{ "high", ZONE_HIGH },
	{ "managed", ZONE_MANAGED },
};

/*
 * Of zones that buddyinfo has, the others being empty. The free pages are
 * those of buddyinfo, that they agree with its orders.
 */
void proc_zoneinfo(struct list *zones, const char *text)
{
	struct row *row = NULL;
	char line[LINE_BYTES], name[64], key[64];
	double value;

	while (take_line(&text, line, sizeof(line))) {
		if (zone_key(key, sizeof(key), line)) {
			row = list_find(zones, key);
			continue;
		}
		if (!row || sscanf(line, "%63s %lf", name, &value) != 2)
			continue;
		for (size_t i = 0; i < NR_ITEMS(zone_numbers); i++)
			if (!strcmp(name, zone_numbers[i].name))
				row->value[zone_numbers[i].place] = value;
	}
}

static int orders_of_zone(struct list *orders, const struct row *zone)
{
	int nr = (int)zone->value[ZONE_NR_ORDERS];
	double usable = 0;
	char key[80];

	for (int i = nr - 1; i >= 0; i--) {
		double blocks = zone->value[ZONE_ORDER + i];
		struct row *row;

		text_format(key, sizeof(key), "%s/%d", zone->key, i);
		row = list_row(orders, key);
		if (!row || !row_set_text(row, TEXT_TITLE, zone->key))
			return -ENOMEM;
		usable += ldexp(blocks, i);
		row->value[ORDER_PLACE] = zone->value[ZONE_PLACE];
		row->value[ORDER_ORDER] = i;
		row->value[ORDER_BLOCKS] = blocks;
		row->value[ORDER_ZONE_FREE] = zone->value[ZONE_FREE];
		row->value[ORDER_USABLE] = usable;
	}
	return 0;
}

int proc_orders(struct list *orders, const struct list *zones)
{
	for (size_t i = 0; i < zones->nr_buckets; i++) {
		struct row *zone;

		for (zone = zones->bucket[i]; zone; zone = zone->next)
			if (orders_of_zone(orders, zone))
				return -ENOMEM;
	}
	return 0;
}

void proc_meminfo(struct memory *memory, const char *text)
{
	const struct {
		const char *name;
		double *value;
	} numbers[] = {
		{ "MemTotal:", &memory->total },
		{ "MemFree:", &memory->free },
		{ "Slab:", &memory->slab },
		{ "VmallocUsed:", &memory->vmalloc },
	};
	char line[LINE_BYTES], name[64];
	double value;

	while (take_line(&text, line, sizeof(line))) {
		if (sscanf(line, "%63s %lf", name, &value) != 2)
			continue;
		for (size_t i = 0; i < NR_ITEMS(numbers); i++)
			if (!strcmp(name, numbers[i].name))
				*numbers[i].value = value * 1024;
	}
}
