/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_svg_style.c - the fillings of the SVG, and its words
 *
 * Colours are those of Okabe and Ito and a few more that people with any eyes
 * can tell apart; and no two fillings have one pattern. Names come from users:
 * what means something in XML is escaped, what XML cannot have is replaced.
 */
#include <string.h>

#include "map_svg.h"

/* A tile of 6 by 6: its colour, and lines on it. */
static const struct fill {
	const char *colour;
	const char *lines; /* path */
	const char *ink;
} fills[NR_FILLS] = {
	[FILL_PAGES] = { "#5b6470", "", "" },
	[FILL_LARGE] = { "#f0e442", "M-1 1L1 -1M0 6L6 0M5 7L7 5", "#6b6200" },
	[FILL_VMALLOC] = { "#56b4e9", "M0 3h6M3 0v6", "#10486b" },
	[FILL_PARKED] = { "#d8c3a5", "M0 1.5h6M0 4.5h6", "#7a6140" },
	[FILL_BAD] = { "#000", "M0 0L6 6M6 0L0 6", "#fff" },
	[FILL_CACHE] = { "#0072b2", "", "" },
	{ "#e69f00", "M-1 5L1 7M0 0L6 6M5 -1L7 1", "#7a4d00" },
	{ "#009e73", "M2 2h2v2h-2z", "#d7fff2" },
	{ "#cc79a7", "M1.5 0v6M4.5 0v6", "#6b2350" },
	{ "#d55e00", "M0 3h6", "#ffe3cc" },
	{ "#3b3b98", "M0 1.5h6M1.5 0v6", "#c9c9ff" },
	{ "#7fbf3f", "M0 0L3 3L6 0M0 6L3 3", "#2c5200" },
	{ "#9c755f", "M3 0v6", "#f3e2d8" },
	[FILL_OTHERS] = { "#a0a8b0", "M0 0h3v3h-3zM3 3h3v3h-3z", "#7d868f" },
};

/* Of free blocks, by order: more pieces, more ink. */
#define FREE_SMALL 3
#define FREE_MEDIUM 8

static const char free_style[] =
	".f0{fill:url(#q0)}.f1{fill:#cdd8e2}.f2{fill:#e9eff5}\n";

unsigned int svg_free_grade(int order)
{
	return order <= FREE_SMALL ? 0 : order <= FREE_MEDIUM ? 1 : 2;
}

unsigned int svg_fill(const struct map *map, unsigned int owner)
{
	static const unsigned int of_kind[KMEM_NR_BLOCK_KINDS] = {
		[KMEM_BLOCK_PARKED] = FILL_PARKED,
		[KMEM_BLOCK_SLAB] = FILL_OTHERS,
		[KMEM_BLOCK_LARGE] = FILL_LARGE,
		[KMEM_BLOCK_VMALLOC] = FILL_VMALLOC,
		[KMEM_BLOCK_PAGES] = FILL_PAGES,
		[KMEM_BLOCK_BAD] = FILL_BAD,
	};

	if (owner < MAP_FIRST_CACHE)
		return of_kind[owner];
	return map->owners[owner].rank < CACHES
		       ? FILL_CACHE + map->owners[owner].rank
		       : FILL_OTHERS;
}

void svg_patterns(struct strbuf *sb)
{
	strbuf_adds(sb, "<defs>\n");
	for (unsigned int i = 0; i < NR_FILLS; i++) {
		const struct fill *fill = &fills[i];

		if (!*fill->lines)
			continue;
		strbuf_addf(sb,
			    "<pattern id=\"p%u\" width=\"6\" height=\"6\" "
			    "patternUnits=\"userSpaceOnUse\">"
			    "<path fill=\"%s\" d=\"M0 0h6v6h-6z\"/>"
			    "<path fill=\"%s\" stroke=\"%s\" d=\"%s\"/>"
			    "</pattern>\n",
			    i, fill->colour,
			    strchr(fill->lines, 'z') ? fill->ink : "none",
			    strchr(fill->lines, 'z') ? "none" : fill->ink,
			    fill->lines);
	}
	strbuf_adds(sb, "<pattern id=\"q0\" width=\"5\" height=\"5\" "
			"patternUnits=\"userSpaceOnUse\">"
			"<path fill=\"#d3dce4\" d=\"M0 0h5v5h-5z\"/>"
			"<path fill=\"#8b9aa8\" d=\"M1 1h1.5v1.5h-1.5z\"/>"
			"</pattern>\n</defs>\n");
}

void svg_styles(struct strbuf *sb)
{
	strbuf_adds(sb, "<style>\n"
			"text{font:12px system-ui,'DejaVu Sans',sans-serif;"
			"fill:#1f2933}\n"
			".t{font-size:20px;font-weight:600}"
			".h{font-size:14px;font-weight:600}"
			".s{font-size:10px;fill:#52606d}"
			".e{text-anchor:end}.m{text-anchor:middle}\n"
			".w{fill:#9b2c00;font-weight:600}"
			".b{fill:none;stroke:#9aa5b1}"
			".k{fill:#eef2f6;stroke:#9aa5b1}.o{fill:#5f7285}\n");
	strbuf_adds(sb, free_style);
	for (unsigned int i = 0; i < NR_FILLS; i++) {
		if (*fills[i].lines)
			strbuf_addf(sb, ".c%u{fill:url(#p%u)}", i, i);
		else
			strbuf_addf(sb, ".c%u{fill:%s}", i, fills[i].colour);
	}
	strbuf_adds(sb, "\n</style>\n");
}

/* ---- words --------------------------------------------------------------- */

/* What XML cannot have, and what has no shape, is shown as a question mark. */
static void add_char(struct strbuf *sb, const char *p, size_t len)
{
	if (len == 1 && *p == '&')
		strbuf_adds(sb, "&amp;");
	else if (len == 1 && *p == '<')
		strbuf_adds(sb, "&lt;");
	else if (len == 1 && *p == '>')
		strbuf_adds(sb, "&gt;");
	else if (len == 1 && *p == '"')
		strbuf_adds(sb, "&quot;");
	else if (len == 1 && (*p < ' ' || *p > '~'))
		strbuf_addc(sb, '?');
	else if (len == 3 && !memcmp(p, "\xef\xbf", 2) && (p[2] & 0x3e) == 0x3e)
		strbuf_addc(sb, '?'); /* U+FFFE and U+FFFF */
	else if (map_char_unseen(p))
		strbuf_addc(sb, '?');
	else
		strbuf_add(sb, p, len);
}

void svg_name(struct strbuf *sb, const char *name, unsigned int most,
	      size_t bytes)
{
	size_t end = sb->len + bytes;

	while (*name && most > 1) {
		size_t len = map_char_length(name);

		if (!name[len])
			break;
		/* The longest that may follow is &quot; and the dots. */
		if (sb->len + 6 + 3 > end)
			break;
		add_char(sb, name, len);
		name += len;
		most--;
	}
	if (*name && !name[map_char_length(name)])
		add_char(sb, name, map_char_length(name));
	else if (*name)
		strbuf_adds(sb, "…");
}

void svg_owner(const struct map *map, unsigned int owner, struct strbuf *sb)
{
	static const char *const names[KMEM_NR_BLOCK_KINDS] = {
		[KMEM_BLOCK_PARKED] = "page lists",
		[KMEM_BLOCK_SLAB] = "slabs",
		[KMEM_BLOCK_LARGE] = "kmalloc",
		[KMEM_BLOCK_VMALLOC] = "vmalloc",
		[KMEM_BLOCK_PAGES] = "pages",
		[KMEM_BLOCK_BAD] = "damaged",
	};

	if (owner < MAP_FIRST_CACHE)
		strbuf_adds(sb, names[owner]);
	else
		svg_name(sb, map->owners[owner].name, 16, 24);
}

void svg_size(struct strbuf *sb, unsigned long pages)
{
	map_add_bytes(sb, (uint64_t)pages * KMEM_PAGE_SIZE);
}

unsigned long svg_percent(unsigned long part, unsigned long all)
{
	return all ? part * 100 / all : 0;
}
