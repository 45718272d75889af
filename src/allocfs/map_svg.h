/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map_svg.h - what the parts of the SVG have in common; see map_svg.c
 *
 * Functions that draw a part get the height at which it begins, and return the
 * one at which it ends.
 */
#ifndef ALLOCFS_MAP_SVG_H
#define ALLOCFS_MAP_SVG_H

#include "map.h"

#define CACHES 8 /* that have a filling of their own */
#define WIDTH 1000
#define MARGIN 24
#define INNER (WIDTH - 2 * MARGIN)

/* Indices of fillings: what is no cache, then caches by rank, then the rest. */
enum {
	FILL_PAGES,
	FILL_LARGE,
	FILL_VMALLOC,
	FILL_PARKED,
	FILL_BAD,
	FILL_CACHE,
	FILL_OTHERS = FILL_CACHE + CACHES,
	NR_FILLS,
};

/* ---- map_svg_style.c: fillings and words ---------------------------------- */

void svg_styles(struct strbuf *sb);
void svg_patterns(struct strbuf *sb);
unsigned int svg_fill(const struct map *map, unsigned int owner);

/* How large the blocks of an order are: 0 small, 1 middling, 2 large. */
#define GRADES 3
unsigned int svg_free_grade(int order);

/* At most @most characters of a name, in at most @bytes bytes. */
void svg_name(struct strbuf *sb, const char *name, unsigned int most,
	      size_t bytes);
void svg_owner(const struct map *map, unsigned int owner, struct strbuf *sb);
void svg_size(struct strbuf *sb, unsigned long pages);
unsigned long svg_percent(unsigned long part, unsigned long all);

/* ---- map_svg_zone.c ------------------------------------------------------- */

int svg_zone(const struct map *map, const struct map_zone *zone,
	     struct strbuf *sb, int y);

#endif /* ALLOCFS_MAP_SVG_H */
