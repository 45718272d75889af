/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_text.c - the picture of the memory as text, 80 columns wide
 *
 * A cell is a character. It shows who has most of what is in use there, so that
 * a single page which holds up a free block is seen; a free cell shows how large
 * the free blocks are. Every sign is of its own shape: nothing depends on
 * colour. The ASCII twin has the same lines with other signs.
 *
 *	     512 |AA#===44....3..2..|
 *	         page frame of the first character
 */
#include <string.h>

#include "map.h"

/* Caches that have a letter; the last one is for all others. */
#define LETTERS 25
#define OTHERS 'Z'

#define NAME_COLUMNS 22

struct sign {
	const char *full; /* at least half of the cell is in use */
	const char *less;
};

struct style {
	struct sign kind[KMEM_NR_BLOCK_KINDS];
	const char *border;
	bool ascii;
};

static const struct style unicode_style = {
	.kind = {
		[KMEM_BLOCK_FREE] = { "·", "·" },
		[KMEM_BLOCK_PARKED] = { "●", "○" },
		[KMEM_BLOCK_LARGE] = { "◆", "◇" },
		[KMEM_BLOCK_VMALLOC] = { "▲", "△" },
		[KMEM_BLOCK_PAGES] = { "■", "□" },
		[KMEM_BLOCK_BAD] = { "!", "!" },
	},
	.border = "│",
};

static const struct style ascii_style = {
	.kind = {
		[KMEM_BLOCK_FREE] = { ".", "." },
		[KMEM_BLOCK_PARKED] = { "=", "-" },
		[KMEM_BLOCK_LARGE] = { "@", "^" },
		[KMEM_BLOCK_VMALLOC] = { "%", "~" },
		[KMEM_BLOCK_PAGES] = { "#", "+" },
		[KMEM_BLOCK_BAD] = { "!", "!" },
	},
	.border = "|",
	.ascii = true,
};

/* ---- the zones ----------------------------------------------------------- */

static char letter_of(const struct map *map, unsigned int owner)
{
	unsigned int rank = owner < MAP_FIRST_CACHE ? LETTERS
						    : map->owners[owner].rank;

	return rank < LETTERS ? (char)('A' + rank) : OTHERS;
}

/* A digit where a free block begins; the largest ones are the normal case. */
static void add_free(const struct map_cell *cell, const struct style *style,
		     struct strbuf *sb)
{
	if (cell->starts >= 0 && cell->starts < KMEM_MAX_ORDER)
		strbuf_addf(sb, "%d", cell->starts);
	else
		strbuf_adds(sb, style->kind[KMEM_BLOCK_FREE].full);
}

static void add_cell(const struct map *map, const struct map_cell *cell,
		     const struct style *style, struct strbuf *sb)
{
	bool full = 2 * (unsigned long)cell->used >= cell->pages;
	unsigned int owner = cell->owner;

	if (!cell->used) {
		add_free(cell, style, sb);
	} else if (owner == KMEM_BLOCK_SLAB || owner >= MAP_FIRST_CACHE) {
		char letter = letter_of(map, owner);

		strbuf_addc(sb, full ? letter : (char)(letter + 'a' - 'A'));
	} else {
		const struct sign *sign = &style->kind[owner];

		strbuf_adds(sb, full ? sign->full : sign->less);
	}
}

static void add_cells(const struct map *map, const struct map_zone *zone,
		      const struct style *style, struct strbuf *sb)
{
	for (unsigned int i = 0; i < zone->nr; i++) {
		if (i % MAP_TEXT_COLUMNS == 0)
			strbuf_addf(sb, "%8lu %s",
				    zone->info.start_pfn +
					    (unsigned long)i * map->cell_pages,
				    style->border);
		add_cell(map, &map->cells[zone->first + i], style, sb);
		if ((i + 1) % MAP_TEXT_COLUMNS == 0 || i + 1 == zone->nr)
			strbuf_addf(sb, "%s\n", style->border);
	}
}

static void add_count(struct strbuf *sb, unsigned long n)
{
	if (n < 100000)
		strbuf_addf(sb, "%6lu", n);
	else if (n < 100000000)
		strbuf_addf(sb, "%5luk", n / 1000);
	else
		strbuf_addf(sb, "%5luM", n / 1000000);
}

/* How the free memory of a zone is cut up. */
static void add_orders(const struct kmem_zone_info *zone, struct strbuf *sb)
{
	unsigned long free = 0;

	strbuf_adds(sb, "  order   ");
	for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++) {
		strbuf_addf(sb, "%6u", o);
		free += zone->nr_free[o] << o;
	}
	strbuf_adds(sb, "\n  blocks  ");
	for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
		add_count(sb, zone->nr_free[o]);
	strbuf_adds(sb, "\n  of free ");
	for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
		strbuf_addf(sb, "%5lu%%",
			    free ? (zone->nr_free[o] << o) * 100 / free : 0);
	strbuf_addc(sb, '\n');
}

static void add_zone(const struct map *map, const struct map_zone *zone,
		     const struct style *style, struct strbuf *sb)
{
	const struct kmem_zone_info *info = &zone->info;
	int largest = map_largest_free(info);

	strbuf_addf(sb, "\nnode %u, %s: ", info->node, info->name);
	map_add_bytes(sb, (uint64_t)info->spanned * KMEM_PAGE_SIZE);
	strbuf_adds(sb, ", ");
	if (largest < 0) {
		strbuf_adds(sb, "no free block\n");
	} else {
		map_add_bytes(sb, (uint64_t)info->free * KMEM_PAGE_SIZE);
		strbuf_adds(sb, " free, largest free block ");
		map_add_bytes(sb, (uint64_t)KMEM_PAGE_SIZE << largest);
		strbuf_addf(sb, " (order %d)\n", largest);
	}
	add_cells(map, zone, style, sb);
	add_orders(info, sb);
}

/* ---- the legend ---------------------------------------------------------- */

/*
 * A name in so many columns. Wide characters are taken for two columns, and
 * with them all that might be wide.
 */
static void add_name(struct strbuf *sb, const char *name, bool ascii)
{
	unsigned int columns = 0;

	while (*name) {
		size_t len = map_char_length(name);
		bool other = len > 1 ? ascii || map_char_unseen(name)
				     : *name < ' ' || *name > '~';
		unsigned int width = len > 2 && !other ? 2 : 1;

		if (columns + width > NAME_COLUMNS)
			break;
		if (other)
			strbuf_addc(sb, '?');
		else
			strbuf_add(sb, name, len);
		columns += width;
		name += len;
	}
	strbuf_addf(sb, "%*s", (int)(NAME_COLUMNS - columns), "");
}

/* Two entries a line. */
struct legend {
	const struct style *style;
	struct strbuf *sb;
	unsigned int nr;
};

static void add_entry(struct legend *l, const char *full, const char *less,
		      const char *name, unsigned long pages)
{
	strbuf_addf(l->sb, "%s%s %s  ", l->nr % 2 ? "   " : "", full, less);
	add_name(l->sb, name, l->style->ascii);
	strbuf_addf(l->sb, " %9lu", pages);
	if (l->nr++ % 2)
		strbuf_addc(l->sb, '\n');
}

static void add_kind(struct legend *l, const struct map *map,
		     enum kmem_block_kind kind, const char *name)
{
	const struct sign *sign = &l->style->kind[kind];

	add_entry(l, sign->full, sign->less, name, map->owners[kind].pages);
}

static void add_cache(struct legend *l, char letter, const char *name,
		      unsigned long pages)
{
	char full[2] = { letter }, less[2] = { (char)(letter + 'a' - 'A') };

	add_entry(l, full, less, name, pages);
}

static void add_caches(struct legend *l, const struct map *map)
{
	unsigned long rest = map->owners[KMEM_BLOCK_SLAB].pages;
	unsigned int i;

	for (i = 0; i < map->nr_ranked && i < LETTERS; i++) {
		const struct map_owner *owner = &map->owners[map->ranked[i]];

		add_cache(l, (char)('A' + i), owner->name, owner->pages);
	}
	for (; i < map->nr_ranked; i++)
		rest += map->owners[map->ranked[i]].pages;
	if (rest)
		add_cache(l, OTHERS, "(other caches)", rest);
}

static void add_legend(const struct map *map, const struct style *style,
		       struct strbuf *sb)
{
	struct legend l = { .style = style, .sb = sb };

	strbuf_addf(sb, "\n%-27s %9s   %-27s %9s\n", "     who has it", "pages",
		    "     a letter is a cache", "pages");
	add_kind(&l, map, KMEM_BLOCK_PAGES, "pages of other users");
	add_kind(&l, map, KMEM_BLOCK_LARGE, "kmalloc, no cache");
	add_kind(&l, map, KMEM_BLOCK_VMALLOC, "vmalloc");
	add_kind(&l, map, KMEM_BLOCK_PARKED, "page lists of threads");
	add_kind(&l, map, KMEM_BLOCK_FREE, "free");
	if (map->owners[KMEM_BLOCK_BAD].pages)
		add_kind(&l, map, KMEM_BLOCK_BAD, "damaged");
	add_caches(&l, map);
	if (l.nr % 2)
		strbuf_addc(sb, '\n');
	strbuf_addf(
		sb,
		"0-9  a free block of that order begins here; %s goes on, or "
		"is of order %d\n",
		style->kind[KMEM_BLOCK_FREE].full, KMEM_MAX_ORDER);
	strbuf_adds(sb, "The second sign, or a small letter: less than half of "
			"it is in use.\n");
}

/* ---- the whole ----------------------------------------------------------- */

static void add_head(const struct map *map, struct strbuf *sb)
{
	unsigned long free = map->owners[KMEM_BLOCK_FREE].pages;
	unsigned long parked = map->owners[KMEM_BLOCK_PARKED].pages;
	unsigned long pages = map_pages(map), absent = 0;

	for (unsigned int i = 0; i < map->nr_zones; i++)
		absent += map->zones[i].info.absent;
	map_add_bytes(sb, (uint64_t)pages * KMEM_PAGE_SIZE);
	strbuf_addf(sb,
		    " of memory in %lu pages; a character stands for %u "
		    "page%s (",
		    pages, map->cell_pages, map->cell_pages == 1 ? "" : "s");
	map_add_bytes(sb, (uint64_t)map->cell_pages * KMEM_PAGE_SIZE);
	strbuf_adds(sb, ")\n");
	map_add_bytes(sb, (uint64_t)(pages - free - parked) * KMEM_PAGE_SIZE);
	strbuf_adds(sb, " used, ");
	map_add_bytes(sb, (uint64_t)parked * KMEM_PAGE_SIZE);
	strbuf_adds(sb, " in lists, ");
	map_add_bytes(sb, (uint64_t)free * KMEM_PAGE_SIZE);
	strbuf_adds(sb, " free, ");
	map_add_bytes(sb, (uint64_t)absent * KMEM_PAGE_SIZE);
	strbuf_adds(sb, " of it takes no memory\n");
}

void map_text(const struct map *map, bool ascii, struct strbuf *sb)
{
	const struct style *style = ascii ? &ascii_style : &unicode_style;

	add_head(map, sb);
	for (unsigned int i = 0; i < map->nr_zones; i++)
		add_zone(map, &map->zones[i], style, sb);
	add_legend(map, style, sb);
}
