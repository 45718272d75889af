/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_svg.c - the picture of the memory for a browser or a slide
 *
 * From top to bottom: how much everybody has, in one bar; who is who; each zone,
 * box by box, beside what its free memory is cut into (map_svg_zone.c); the
 * pools as bars. What has a filling also has a tooltip with words.
 *
 * The text is shorter than 200 KB whatever there is to show: the number of
 * boxes is bounded, caches and pools beyond the first few are added up, and long
 * names are cut. Nothing in it runs, or is loaded from elsewhere.
 */
#include "map_svg.h"

#define POOLS 16 /* that have a bar */

/* ---- head: one bar ------------------------------------------------------- */

/* What a filling stands for, and how much. */
struct entry {
	const char *set; /* "c" of fillings, "f" of free memory */
	unsigned int number;
	const char *name;
	unsigned long pages;
};

#define MAX_ENTRIES (NR_FILLS + 1)

static unsigned int entries(const struct map *map, struct entry *e)
{
	static const struct {
		enum kmem_block_kind kind;
		const char *name;
	} kinds[] = {
		{ KMEM_BLOCK_PAGES, "pages of other users" },
		{ KMEM_BLOCK_LARGE, "kmalloc without a cache" },
		{ KMEM_BLOCK_VMALLOC, "vmalloc" },
		{ KMEM_BLOCK_PARKED, "page lists of threads" },
		{ KMEM_BLOCK_BAD, "damaged pages" },
	};
	unsigned long others = map->owners[KMEM_BLOCK_SLAB].pages;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < map->nr_ranked; i++) {
		const struct map_owner *owner = &map->owners[map->ranked[i]];

		if (i < CACHES)
			e[nr++] = (struct entry){ "c", FILL_CACHE + i,
						  owner->name, owner->pages };
		else
			others += owner->pages;
	}
	if (others)
		e[nr++] = (struct entry){ "c", FILL_OTHERS, "other caches",
					  others };
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		unsigned long pages = map->owners[kinds[i].kind].pages;

		if (pages || kinds[i].kind != KMEM_BLOCK_BAD)
			e[nr++] =
				(struct entry){ "c", i, kinds[i].name, pages };
	}
	return nr;
}

static void add_entry_title(struct strbuf *sb, const struct entry *e,
			    unsigned long all)
{
	strbuf_adds(sb, "<title>");
	svg_name(sb, e->name, 40, 200);
	strbuf_adds(sb, ": ");
	svg_size(sb, e->pages);
	strbuf_addf(sb, ", %lu pages, %lu%%</title>", e->pages,
		    svg_percent(e->pages, all));
}

/* Returns where the next thing may begin, as all that follow. */
static int add_bar(const struct map *map, struct strbuf *sb, int y)
{
	struct entry e[MAX_ENTRIES + 1];
	unsigned int nr = entries(map, e);
	unsigned long all = map_pages(map), done = 0;

	e[nr++] = (struct entry){ "f", 2, "free",
				  map->owners[KMEM_BLOCK_FREE].pages };
	for (unsigned int i = 0; i < nr; i++) {
		int from = (int)(done * INNER / all);
		int to = (int)((done + e[i].pages) * INNER / all);

		done += e[i].pages;
		if (to == from)
			continue;
		strbuf_addf(sb, "<path class=\"%s%u\" d=\"M%d %dh%dv26h-%dz\">",
			    e[i].set, e[i].number, MARGIN + from, y, to - from,
			    to - from);
		add_entry_title(sb, &e[i], all);
		strbuf_adds(sb, "</path>\n");
	}
	strbuf_addf(sb, "<path class=\"b\" d=\"M%d.5 %d.5h%dv26h-%dz\"/>\n",
		    MARGIN, y, INNER - 1, INNER - 1);
	return y + 26;
}

static int add_head(const struct map *map, struct strbuf *sb, int y)
{
	unsigned long all = map_pages(map);
	unsigned long free = map->owners[KMEM_BLOCK_FREE].pages;
	unsigned long parked = map->owners[KMEM_BLOCK_PARKED].pages;

	strbuf_addf(sb, "<text class=\"t\" x=\"%d\" y=\"%d\">", MARGIN, y + 18);
	svg_size(sb, all);
	strbuf_addf(sb, " of memory, %lu%% in use</text>\n",
		    svg_percent(all - free - parked, all));
	strbuf_addf(sb, "<text class=\"e\" x=\"%d\" y=\"%d\">", MARGIN + INNER,
		    y + 18);
	svg_size(sb, all - free - parked);
	strbuf_adds(sb, " used, ");
	svg_size(sb, parked);
	strbuf_adds(sb, " in page lists, ");
	svg_size(sb, free);
	strbuf_adds(sb, " free</text>\n");
	return add_bar(map, sb, y + 32);
}

/* ---- legend -------------------------------------------------------------- */

#define LEGEND_COLUMNS 3
#define LEGEND_GAP 28
#define LEGEND_W ((INNER + LEGEND_GAP) / LEGEND_COLUMNS)
#define LEGEND_H 20

static void add_legend_entry(struct strbuf *sb, const struct entry *e, int x,
			     int y, unsigned long all)
{
	strbuf_addf(sb, "<path class=\"%s%u\" d=\"M%d %dh24v12h-24z\"/>",
		    e->set, e->number, x, y);
	strbuf_addf(sb, "<path class=\"b\" d=\"M%d.5 %d.5h23v11h-23z\"/>", x,
		    y);
	strbuf_addf(sb, "<text x=\"%d\" y=\"%d\">", x + 32, y + 11);
	svg_name(sb, e->name, 28, 180);
	if (e->name[0])
		add_entry_title(sb, e, all);
	strbuf_addf(sb, "</text><text class=\"e\" x=\"%d\" y=\"%d\">",
		    x + LEGEND_W - LEGEND_GAP, y + 11);
	svg_size(sb, e->pages);
	strbuf_adds(sb, "</text>\n");
}

/* By grade. */
static const char *const free_names[] = {
	"free, order 0 to 3",
	"free, order 4 to 8",
	"free, order 9 and 10",
};

/* Free pages of a zone that are in blocks of a grade. */
static unsigned long free_in_grade(const struct map *map, unsigned int grade)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < map->nr_zones; i++)
		for (int o = 0; o < KMEM_NR_ORDERS; o++)
			if (svg_free_grade(o) == grade)
				pages += map->zones[i].info.nr_free[o] << o;
	return pages;
}

static int add_legend(const struct map *map, struct strbuf *sb, int y)
{
	struct entry e[MAX_ENTRIES + 3];
	unsigned int nr = entries(map, e), rows;
	unsigned long all = map_pages(map);

	for (unsigned int grade = 3; grade-- > 0;)
		e[nr++] = (struct entry){ "f", grade, free_names[grade],
					  free_in_grade(map, grade) };
	rows = (nr + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS;
	for (unsigned int i = 0; i < nr; i++)
		add_legend_entry(sb, &e[i], MARGIN + (int)(i / rows) * LEGEND_W,
				 y + (int)(i % rows) * LEGEND_H, all);
	return y + (int)rows * LEGEND_H;
}

/* ---- pools --------------------------------------------------------------- */

#define POOL_NAME_W 220
#define POOL_BAR_W 360
#define POOL_H 22

static void add_pool(const struct map_pool *pool, struct strbuf *sb, int y)
{
	int x = MARGIN + POOL_NAME_W;
	int w = pool->min_nr > 0 ? (int)((int64_t)pool->curr_nr * POOL_BAR_W /
					 pool->min_nr)
				 : 0;

	w = w > POOL_BAR_W ? POOL_BAR_W : w;
	strbuf_addf(sb, "<g><text x=\"%d\" y=\"%d\">", MARGIN, y + 12);
	svg_name(sb, pool->name, 28, 180);
	strbuf_addf(sb,
		    "</text><path class=\"k\" d=\"M%d.5 %d.5h%dv14h-%dz\"/>", x,
		    y, POOL_BAR_W, POOL_BAR_W);
	if (w > 0)
		strbuf_addf(sb, "<path class=\"o\" d=\"M%d %dh%dv13h-%dz\"/>",
			    x + 1, y + 1, w, w);
	strbuf_addf(sb, "<text x=\"%d\" y=\"%d\">%d of %d in reserve, %llu out",
		    x + POOL_BAR_W + 12, y + 12, pool->curr_nr, pool->min_nr,
		    (unsigned long long)pool->active);
	if (pool->waiters)
		strbuf_addf(sb,
			    "<tspan class=\"w\" dx=\"8\">▲ %u waiting"
			    "</tspan>",
			    pool->waiters);
	strbuf_adds(sb, "</text><title>");
	svg_name(sb, pool->name, 128, 200);
	strbuf_addf(sb, ": curr_nr %d, min_nr %d, waiters %u</title></g>\n",
		    pool->curr_nr, pool->min_nr, pool->waiters);
}

static int add_pools(const struct map *map, struct strbuf *sb, int y)
{
	unsigned int nr = map->nr_pools < POOLS ? map->nr_pools : POOLS;

	strbuf_addf(sb,
		    "<text class=\"h\" x=\"%d\" y=\"%d\">pools: what is left "
		    "of their reserves</text>\n",
		    MARGIN, y + 14);
	y += 26;
	for (unsigned int i = 0; i < nr; i++, y += POOL_H)
		add_pool(&map->pools[i], sb, y);
	if (nr < map->nr_pools) {
		strbuf_addf(sb,
			    "<text x=\"%d\" y=\"%d\">… and %u more, none of "
			    "them in greater need</text>\n",
			    MARGIN, y + 12, map->nr_pools - nr);
		y += POOL_H;
	}
	return y;
}

/* ---- the whole ----------------------------------------------------------- */

static int add_scale(const struct map *map, struct strbuf *sb, int y)
{
	strbuf_addf(sb,
		    "<text class=\"s\" x=\"%d\" y=\"%d\">A box is %u page%s (",
		    MARGIN, y + 10, map->cell_pages,
		    map->cell_pages == 1 ? "" : "s");
	svg_size(sb, map->cell_pages);
	strbuf_adds(sb,
		    "). It is filled as far as its pages are in use, in the "
		    "colour and pattern of whoever has most of them. "
		    "Numbers are page frames.</text>\n");
	return y + 14;
}

static int add_body(const struct map *map, struct strbuf *sb)
{
	int y = add_head(map, sb, MARGIN);

	y = add_legend(map, sb, y + 16);
	y = add_scale(map, sb, y + 4);
	for (unsigned int i = 0; i < map->nr_zones; i++)
		y = svg_zone(map, &map->zones[i], sb, y + 18);
	if (map->nr_pools)
		y = add_pools(map, sb, y + 18);
	return y + MARGIN;
}

/* The height is known when all is drawn, and said before it. */
void map_svg(const struct map *map, struct strbuf *sb)
{
	struct strbuf body = { 0 };
	int height = add_body(map, &body);

	strbuf_addf(sb,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		    "height=\"%d\" viewBox=\"0 0 %d %d\">\n"
		    "<title>allocfs: who has the memory</title>\n",
		    WIDTH, height, WIDTH, height);
	svg_styles(sb);
	svg_patterns(sb);
	strbuf_addf(sb, "<path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/>\n", WIDTH,
		    height, WIDTH);
	if (strbuf_ok(&body))
		strbuf_add(sb, body.data, body.len);
	else
		sb->failed = true;
	strbuf_adds(sb, "</svg>\n");
	strbuf_free(&body);
}
