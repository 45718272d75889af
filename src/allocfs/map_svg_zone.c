/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_svg_zone.c - a zone in the SVG: its boxes, and the sizes of its free blocks
 *
 * A box is filled from below as far as its pages are in use, in the colour and
 * pattern of who has most of them. Free memory is the lighter, the larger its
 * blocks. Equal boxes side by side are drawn as one.
 */
#include "map_svg.h"

#define BOX_W 10
#define BOX_H 14
#define LEVELS 7 /* of a box */
#define GRID_X 88
#define CHART_X (GRID_X + MAP_SVG_COLUMNS * BOX_W + 28)
#define CHART_W (WIDTH - MARGIN - CHART_X)
#define CHART_H 48

/* ---- zones: boxes -------------------------------------------------------- */

/* What a box looks like; equal ones side by side are drawn as one. */
struct look {
	unsigned int owner;
	unsigned int fill;
	unsigned int level;
	int order; /* of what is free in it */
	unsigned int grade;
};

static struct look look_of(const struct map *map, const struct map_cell *cell)
{
	struct look look = { .order = cell->order };
	unsigned int least = cell->used ? 1 : 0;

	look.owner = cell->used ? cell->owner : KMEM_BLOCK_FREE;
	look.fill = svg_fill(map, look.owner);
	look.level = (unsigned int)((unsigned long)cell->used * LEVELS /
				    cell->pages);
	if (look.level < least)
		look.level = least;
	look.grade = svg_free_grade(cell->order);
	return look;
}

static bool looks_same(const struct look *a, const struct look *b)
{
	return a->owner == b->owner && a->level == b->level &&
	       (a->level == LEVELS || a->grade == b->grade);
}

/* Boxes that are drawn as one. */
struct run {
	struct look look;
	unsigned int cell; /* in the zone */
	unsigned int nr;
	unsigned int pages;
	unsigned int used;
	int order;
};

static void add_run_title(const struct map *map, const struct map_zone *zone,
			  const struct run *run, struct strbuf *sb)
{
	unsigned long pfn = zone->info.start_pfn +
			    (unsigned long)run->cell * map->cell_pages;

	strbuf_addf(sb, "<title>%lu-%lu: ", pfn, pfn + run->pages - 1);
	if (!run->used) {
		strbuf_addf(sb, "free, order %d", run->order);
	} else {
		svg_owner(map, run->look.owner, sb);
		if (run->used < run->pages)
			strbuf_addf(sb, ", %u free", run->pages - run->used);
	}
	strbuf_adds(sb, "</title>");
}

/* A box as far as it is filled, from below; @level LEVELS: all of it. */
static void add_box(const struct run *run, unsigned int level,
		    struct strbuf *sb)
{
	int x = (int)(run->cell % MAP_SVG_COLUMNS) * BOX_W;
	int y = (int)(run->cell / MAP_SVG_COLUMNS) * BOX_H;
	int w = (int)run->nr * BOX_W - 1;
	int h = (int)level * (BOX_H - 1) / LEVELS;

	strbuf_addf(sb, "M%d %dh%dv%dh-%dz", x, y + BOX_H - 1 - h, w, h, w);
}

static void add_run(const struct map *map, const struct map_zone *zone,
		    const struct run *run, unsigned int grade,
		    struct strbuf *sb)
{
	bool free = run->look.level == 0;

	(void)grade;
	strbuf_addf(sb, "<path class=\"%c%u\" d=\"", free ? 'f' : 'c',
		    free ? run->look.grade : run->look.fill);
	add_box(run, free ? LEVELS : run->look.level, sb);
	strbuf_adds(sb, "\">");
	add_run_title(map, zone, run, sb);
	strbuf_adds(sb, "</path>\n");
}

/* What is free of boxes that are filled in part is behind them, all in one. */
static void add_background(const struct map *map, const struct map_zone *zone,
			   const struct run *run, unsigned int grade,
			   struct strbuf *sb)
{
	(void)map;
	(void)zone;
	if (run->look.level % LEVELS && run->look.grade == grade)
		add_box(run, LEVELS, sb);
}

typedef void(run_fn)(const struct map *map, const struct map_zone *zone,
		     const struct run *run, unsigned int grade,
		     struct strbuf *sb);

/* Runs end with their line. */
static void each_run(const struct map *map, const struct map_zone *zone,
		     run_fn *fn, unsigned int grade, struct strbuf *sb)
{
	struct run run = { .nr = 0 };

	for (unsigned int i = 0; i < zone->nr; i++) {
		const struct map_cell *cell = &map->cells[zone->first + i];
		struct look look = look_of(map, cell);

		if (run.nr && (i % MAP_SVG_COLUMNS == 0 ||
			       !looks_same(&run.look, &look))) {
			fn(map, zone, &run, grade, sb);
			run.nr = 0;
		}
		if (!run.nr)
			run = (struct run){ .look = look,
					    .cell = i,
					    .order = look.order };
		run.nr++;
		run.pages += cell->pages;
		run.used += cell->used;
		if (look.order > run.order)
			run.order = look.order;
	}
	if (run.nr)
		fn(map, zone, &run, grade, sb);
}

static void add_boxes(const struct map *map, const struct map_zone *zone,
		      struct strbuf *sb)
{
	for (unsigned int grade = 0; grade < 3; grade++) {
		strbuf_addf(sb, "<path class=\"f%u\" d=\"", grade);
		each_run(map, zone, add_background, grade, sb);
		strbuf_adds(sb, "\"/>\n");
	}
	each_run(map, zone, add_run, 0, sb);
}

/* ---- zones: what free memory is cut into ---------------------------------- */

static void add_order(const struct kmem_zone_info *zone, unsigned int order,
		      unsigned long free, struct strbuf *sb)
{
	unsigned long pages = zone->nr_free[order] << order;
	int w = CHART_W / KMEM_NR_ORDERS, x = (int)order * w;
	int h = free ? (int)(pages * CHART_H / free) : 0;

	if (pages && h < 2)
		h = 2;
	strbuf_addf(sb, "<g><path class=\"k\" d=\"M%d.5 .5h%dv%dh-%dz\"/>", x,
		    w - 4, CHART_H, w - 4);
	if (h)
		strbuf_addf(sb, "<path class=\"o\" d=\"M%d %dh%dv%dh-%dz\"/>",
			    x + 1, CHART_H - h, w - 5, h, w - 5);
	strbuf_addf(sb,
		    "<text class=\"s m\" x=\"%d\" y=\"%d\">%u</text>"
		    "<title>order %u: %lu free blocks, %lu%% of what is free"
		    "</title></g>\n",
		    x + w / 2 - 2, CHART_H + 13, order, order,
		    zone->nr_free[order], svg_percent(pages, free));
}

static int add_chart(const struct kmem_zone_info *zone, struct strbuf *sb,
		     int y)
{
	unsigned long free = 0;

	for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
		free += zone->nr_free[o] << o;
	strbuf_addf(sb, "<g transform=\"translate(%d %d)\">\n", CHART_X, y);
	for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
		add_order(zone, o, free, sb);
	strbuf_addf(sb,
		    "<text class=\"s\" y=\"%d\">free memory by order of its "
		    "blocks</text></g>\n",
		    CHART_H + 28);
	return y + CHART_H + 32;
}

static void add_zone_head(const struct kmem_zone_info *zone, struct strbuf *sb,
			  int y)
{
	int largest = map_largest_free(zone);

	strbuf_addf(sb, "<text class=\"h\" x=\"%d\" y=\"%d\">node %u, ", MARGIN,
		    y + 14, zone->node);
	svg_name(sb, zone->name, 16, 32);
	strbuf_adds(sb, ": ");
	svg_size(sb, zone->spanned);
	strbuf_addf(sb, "</text><text class=\"e\" x=\"%d\" y=\"%d\">",
		    GRID_X + MAP_SVG_COLUMNS * BOX_W, y + 14);
	if (largest < 0) {
		strbuf_adds(sb, "no free block");
	} else {
		svg_size(sb, zone->free);
		strbuf_adds(sb, " free, the largest free block is ");
		svg_size(sb, 1ul << largest);
		strbuf_addf(sb, " (order %d)", largest);
	}
	strbuf_adds(sb, "</text>\n");
}

/* A frame with page frames beside it. Returns its height. */
static int add_frame(const struct map *map, const struct map_zone *zone,
		     struct strbuf *sb, int y)
{
	unsigned int lines = (zone->nr + MAP_SVG_COLUMNS - 1) / MAP_SVG_COLUMNS;
	unsigned long pages = (unsigned long)MAP_SVG_COLUMNS * map->cell_pages;
	int w = (int)(lines > 1 ? MAP_SVG_COLUMNS : zone->nr) * BOX_W + 2;
	int h = (int)lines * BOX_H;

	strbuf_addf(sb, "<path class=\"b\" d=\"M%d.5 %d.5h%dv%dh-%dz\"/>\n",
		    GRID_X - 2, y - 2, w, h + 2, w);
	for (unsigned int i = 0; i < lines; i++)
		strbuf_addf(sb,
			    "<text class=\"s e\" x=\"%d\" y=\"%d\">"
			    "%lu</text>\n",
			    GRID_X - 8, y + (int)i * BOX_H + 10,
			    zone->info.start_pfn + i * pages);
	return h;
}

int svg_zone(const struct map *map, const struct map_zone *zone,
	     struct strbuf *sb, int y)
{
	int end, grid = y + 24;

	add_zone_head(&zone->info, sb, y);
	end = grid + add_frame(map, zone, sb, grid);
	strbuf_addf(sb, "<g transform=\"translate(%d %d)\">\n", GRID_X, grid);
	add_boxes(map, zone, sb);
	strbuf_adds(sb, "</g>\n");
	grid = add_chart(&zone->info, sb, grid);
	return grid > end ? grid : end;
}
