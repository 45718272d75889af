/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * column.c - what each column shows, and how to sort by it
 *
 * One line of a table for each, at the end; above them what they refer to:
 * values of a row, ways to print them, and colours for what they mean.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "top/top.h"

int column_compare(const struct column *column, const struct row *a,
		   const struct row *b)
{
	int result;

	if (column->value) {
		double left = column->value(a), right = column->value(b);

		/* What is unknown comes after all that is known. */
		if (isnan(left) || isnan(right))
			result = isnan(left) - isnan(right);
		else if (column->ascending)
			result = (left > right) - (left < right);
		else
			result = (left < right) - (left > right);
	} else {
		const char *left = column->text(a), *right = column->text(b);

		result = strverscmp(left ? left : "", right ? right : "");
	}
	return result ? result : strverscmp(a->key, b->key);
}

/* ---- values -------------------------------------------------------------- */

#define VALUE(name, place)                                                     \
	static double name(const struct row *row)                              \
	{                                                                      \
		return row->value[place];                                      \
	}

#define RATE(name, place)                                                      \
	static double name(const struct row *row)                              \
	{                                                                      \
		return row->counter[place].rate;                               \
	}

#define PAGES(name, place)                                                     \
	static double name(const struct row *row)                              \
	{                                                                      \
		return row->value[place] * PAGE_BYTES;                         \
	}

VALUE(cache_active, CACHE_ACTIVE)
VALUE(cache_total, CACHE_TOTAL)
VALUE(cache_objsize, CACHE_OBJSIZE)
VALUE(cache_per_slab, CACHE_PER_SLAB)
VALUE(cache_slab_pages, CACHE_SLAB_PAGES)
VALUE(cache_active_slabs, CACHE_ACTIVE_SLABS)
VALUE(cache_slabs, CACHE_SLABS)
VALUE(cache_peak, CACHE_PEAK)
VALUE(cache_limit, CACHE_LIMIT)
RATE(cache_allocs, CACHE_ALLOCS)
RATE(cache_frees, CACHE_FREES)

static double cache_use(const struct row *row)
{
	return row->value[CACHE_ACTIVE] / row->value[CACHE_TOTAL];
}

static double cache_size(const struct row *row)
{
	return row->value[CACHE_SLABS] * row->value[CACHE_SLAB_PAGES] *
	       PAGE_BYTES;
}

VALUE(pool_curr, POOL_CURR)
VALUE(pool_min, POOL_MIN)
VALUE(pool_out, POOL_OUT)
VALUE(pool_waiters, POOL_WAITERS)
VALUE(pool_low, POOL_LOW)
VALUE(pool_limit, POOL_LIMIT)
RATE(pool_allocs, POOL_ALLOCS)
RATE(pool_waits, POOL_WAITS)
RATE(pool_failed, POOL_FAILED)

static double pool_fill(const struct row *row)
{
	return row->value[POOL_CURR] / row->value[POOL_MIN];
}

VALUE(zone_place, ZONE_PLACE)
PAGES(zone_free, ZONE_FREE)
PAGES(zone_min, ZONE_MIN)
PAGES(zone_low, ZONE_LOW)
PAGES(zone_high, ZONE_HIGH)
PAGES(zone_managed, ZONE_MANAGED)

static double zone_used(const struct row *row)
{
	return 1 - row->value[ZONE_FREE] / row->value[ZONE_MANAGED];
}

static double zone_largest(const struct row *row)
{
	for (int i = (int)row->value[ZONE_NR_ORDERS] - 1; i >= 0; i--)
		if (row->value[ZONE_ORDER + i] > 0)
			return ldexp(PAGE_BYTES, i);
	return 0;
}

/* Of the free memory, what lies in blocks of less than FRAG_ORDER. */
static double zone_frag(const struct row *row)
{
	double small = 0, all = 0;

	for (int i = 0; i < (int)row->value[ZONE_NR_ORDERS]; i++) {
		double pages = ldexp(row->value[ZONE_ORDER + i], i);

		all += pages;
		if (i < FRAG_ORDER)
			small += pages;
	}
	return small / all;
}

VALUE(order_place, ORDER_PLACE)
VALUE(order_order, ORDER_ORDER)
VALUE(order_blocks, ORDER_BLOCKS)

static double order_block(const struct row *row)
{
	return ldexp(PAGE_BYTES, (int)row->value[ORDER_ORDER]);
}

static double order_free(const struct row *row)
{
	return row->value[ORDER_BLOCKS] * order_block(row);
}

static double order_share(const struct row *row)
{
	return order_free(row) / (row->value[ORDER_ZONE_FREE] * PAGE_BYTES);
}

static double order_unusable(const struct row *row)
{
	return 1 - row->value[ORDER_USABLE] / row->value[ORDER_ZONE_FREE];
}

static const char *owner(const struct row *row)
{
	return row->text[TEXT_OWNER];
}

static const char *backing(const struct row *row)
{
	return row->text[TEXT_BACKING];
}

/* Where the free pages stand among the marks, in words. */
static const char *zone_mark(const struct row *row)
{
	double pages = row->value[ZONE_FREE];

	if (isnan(pages) || isnan(row->value[ZONE_MIN]))
		return NULL;
	if (pages < row->value[ZONE_MIN])
		return "<min";
	if (pages < row->value[ZONE_LOW])
		return "<low";
	return pages < row->value[ZONE_HIGH] ? "<high" : "ok";
}

/* ---- printing ------------------------------------------------------------ */

#define PRINT(name, format)                                                    \
	static void name(struct strbuf *sb, const struct row *row,             \
			 const struct column *column, const struct look *look) \
	{                                                                      \
		format(sb, column->value(row), column->width, look);           \
	}

PRINT(print_count, format_count)
PRINT(print_size, format_size)
PRINT(print_rate, format_rate)
PRINT(print_percent, format_percent)

static void print_bar(struct strbuf *sb, const struct row *row,
		      const struct column *column, const struct look *look)
{
	if (look->exact)
		print_percent(sb, row, column, look);
	else
		format_bar(sb, column->value(row), column->width, look);
}

/* A character for each order: how much of the free memory it has. */
static void print_levels(struct strbuf *sb, const struct row *row,
			 const struct column *column, const struct look *look)
{
	double all = row->value[ZONE_FREE];
	int nr = (int)row->value[ZONE_NR_ORDERS];

	for (int i = 0; i < nr; i++) {
		double blocks = row->value[ZONE_ORDER + i];

		if (look->exact)
			strbuf_addf(sb, "%s%.0f", i ? "," : "", blocks);
		else if (i < column->width)
			format_level(sb, all > 0 ? ldexp(blocks, i) / all : 0,
				     look);
	}
}

/* ---- colours ------------------------------------------------------------- */

static enum tone cache_tone(const struct row *row)
{
	return row->value[CACHE_TOTAL] == 0 ? TONE_DIM : TONE_PLAIN;
}

static enum tone waiters_tone(const struct row *row)
{
	return row->value[POOL_WAITERS] > 0 ? TONE_BAD : TONE_PLAIN;
}

static enum tone pool_tone(const struct row *row)
{
	if (row->value[POOL_WAITERS] > 0 || row->value[POOL_CURR] == 0)
		return TONE_BAD;
	if (row->value[POOL_CURR] < row->value[POOL_MIN])
		return TONE_WARN;
	return TONE_GOOD;
}

static enum tone zone_tone(const struct row *row)
{
	if (row->value[ZONE_FREE] < row->value[ZONE_MIN])
		return TONE_BAD;
	if (row->value[ZONE_FREE] < row->value[ZONE_LOW])
		return TONE_WARN;
	return TONE_GOOD;
}

static enum tone frag_tone(const struct row *row)
{
	return zone_frag(row) > 0.5 ? TONE_WARN : TONE_PLAIN;
}

static enum tone order_tone(const struct row *row)
{
	return row->value[ORDER_BLOCKS] > 0 ? TONE_PLAIN : TONE_DIM;
}

/* ---- the tables ---------------------------------------------------------- */

/* key, letter, header, width, rank, needs, value, print, tone, help */
#define NUMBER(k, l, h, w, r, n, v, p, t, x)                                   \
	{                                                                      \
		.key = k, .letter = l, .header = h, .width = w, .rank = r,     \
		.needs = n, .value = v, .print = p, .tone = t, .help = x       \
	}

/* The same, but the least first: what is nearly used up. */
#define LEAST(k, l, h, w, r, n, v, p, t, x)                                    \
	{                                                                      \
		.key = k, .letter = l, .header = h, .width = w, .rank = r,     \
		.needs = n, .ascending = true, .value = v, .print = p,         \
		.tone = t, .help = x                                           \
	}

/* key, letter, header, width, rank, needs, text, tone, help */
#define TEXT(k, l, h, w, r, n, c, t, x)                                        \
	{                                                                      \
		.key = k, .letter = l, .header = h, .width = w, .rank = r,     \
		.needs = n, .left = true, .text = c, .tone = t, .help = x      \
	}

/* The same with a place to sort by instead. */
#define PLACED(k, l, h, w, v, c, x)                                            \
	{                                                                      \
		.key = k, .letter = l, .header = h, .width = w, .value = v,    \
		.ascending = true, .left = true, .text = c, .help = x          \
	}

/* clang-format off */
const struct column cache_columns[] = {
	NUMBER("active", 'a', "ACTIVE", 8, 1, 0, cache_active, print_count,
	       NULL, "objects in use, with those parked in threads' sheaves"),
	NUMBER("objects", 'o', "OBJECTS", 8, 3, 0, cache_total, print_count,
	       NULL, "objects that all its slabs have room for"),
	NUMBER("use", 'u', "USE%", 4, 4, 0, cache_use, print_percent,
	       NULL, "active of all objects"),
	NUMBER("objsize", 's', "OBJSIZE", 7, 5, 0, cache_objsize, print_size,
	       NULL, "bytes from one object to the next"),
	NUMBER("slabs", 'l', "SLABS", 6, 6, 0, cache_slabs, print_count,
	       NULL, "slabs"),
	NUMBER("active-slabs", 'v', "ACTSLAB", 7, 14, 0, cache_active_slabs,
	       print_count, NULL, "slabs with objects in use"),
	NUMBER("per-slab", 'b', "OBJ/SLAB", 8, 12, 0, cache_per_slab,
	       print_count, NULL, "objects of a slab"),
	NUMBER("pages", 'p', "PAGES", 5, 13, 0, cache_slab_pages, print_count,
	       NULL, "pages of a slab"),
	NUMBER("size", 'c', "SIZE", 7, 2, 0, cache_size, print_size,
	       NULL, "memory of its slabs"),
	NUMBER("allocs", 'A', "ALLOC/s", 7, 7, NEEDS(CACHE_FILE_STATS),
	       cache_allocs, print_rate, NULL, "objects allocated in a second"),
	NUMBER("frees", 'F', "FREE/s", 7, 8, NEEDS(CACHE_FILE_STATS),
	       cache_frees, print_rate, NULL, "objects freed in a second"),
	NUMBER("peak", 'k', "PEAK", 8, 10, NEEDS(CACHE_FILE_PEAK), cache_peak,
	       print_count, NULL, "most objects in use since it was reset"),
	NUMBER("limit", 'L', "LIMIT", 8, 11, NEEDS(CACHE_FILE_LIMIT),
	       cache_limit, print_count, NULL, "most objects that there may be"),
	TEXT("owner", 'O', "OWNER", 8, 9, NEEDS(CACHE_FILE_OWNER), owner, NULL,
	     "mount, boot, or the program or module that made it"),
	TEXT("name", 'n', "NAME", 16, 0, 0, row_title, cache_tone, "name"),
	{ 0 },
};

const struct column pool_columns[] = {
	LEAST("reserve", 'f', "RESERVE", 14, 2,
	      NEEDS(POOL_FILE_CURR) | NEEDS(POOL_FILE_MIN) |
	      NEEDS(POOL_FILE_WAITERS), pool_fill, print_bar, pool_tone,
	      "curr_nr of min_nr: how full the reserve is"),
	NUMBER("curr", 'c', "CURR", 6, 3, NEEDS(POOL_FILE_CURR), pool_curr,
	       print_count, NULL, "elements in the reserve"),
	NUMBER("min", 'm', "MIN", 6, 4, NEEDS(POOL_FILE_MIN), pool_min,
	       print_count, NULL, "elements that are guaranteed"),
	LEAST("low", 'l', "LOW", 6, 7, NEEDS(POOL_FILE_LOW), pool_low,
	      print_count, NULL, "least in the reserve since it was reset"),
	NUMBER("out", 'o', "OUT", 7, 5, NEEDS(POOL_FILE_ALLOC), pool_out,
	       print_count, NULL, "elements handed out"),
	NUMBER("waiting", 'w', "WAIT", 5, 1, NEEDS(POOL_FILE_WAITERS),
	       pool_waiters, print_count, waiters_tone, "blocked requests"),
	NUMBER("allocs", 'A', "ALLOC/s", 7, 6, NEEDS(POOL_FILE_STATS),
	       pool_allocs, print_rate, NULL, "elements handed out in a second"),
	NUMBER("waits", 'W', "WAIT/s", 7, 9, NEEDS(POOL_FILE_STATS),
	       pool_waits, print_rate, NULL,
	       "requests in a second that had to wait"),
	NUMBER("failed", 'F', "FAIL/s", 7, 11, NEEDS(POOL_FILE_STATS),
	       pool_failed, print_rate, NULL, "requests refused in a second"),
	NUMBER("limit", 'L', "LIMIT", 7, 12, NEEDS(POOL_FILE_LIMIT),
	       pool_limit, print_count, NULL, "most elements to be handed out"),
	TEXT("backing", 'b', "BACKING", 14, 8, NEEDS(POOL_FILE_BACKING),
	     backing, NULL, "where elements come from"),
	TEXT("owner", 'O', "OWNER", 8, 10, NEEDS(POOL_FILE_OWNER), owner, NULL,
	     "mount, or the program or module that made it"),
	TEXT("name", 'n', "NAME", 14, 0, 0, row_title, NULL, "name"),
	{ 0 },
};

const struct column zone_columns[] = {
	NUMBER("free", 'f', "FREE", 6, 1, 0, zone_free, print_size, zone_tone,
	       "free memory"),
	NUMBER("managed", 'm', "MANAGED", 7, 2, 0, zone_managed, print_size,
	       NULL, "memory that it hands out"),
	NUMBER("used", 'u', "USED", 12, 3, 0, zone_used, print_bar, zone_tone,
	       "what of it is not free"),
	NUMBER("min", 'i', "MIN", 6, 7, 0, zone_min, print_size, NULL,
	       "free memory below which only urgent requests are served"),
	NUMBER("low", 'l', "LOW", 6, 8, 0, zone_low, print_size, NULL,
	       "free memory below which reclaim begins"),
	NUMBER("high", 'j', "HIGH", 6, 9, 0, zone_high, print_size, NULL,
	       "free memory above which reclaim ends"),
	TEXT("mark", 'k', "MARK", 5, 4, 0, zone_mark, zone_tone,
	     "where the free memory stands among these three"),
	NUMBER("largest", 'g', "LARGEST", 7, 5, 0, zone_largest, print_size,
	       NULL, "largest free block"),
	NUMBER("frag", 'x', "FRAG%", 5, 6, 0, zone_frag, print_percent,
	       frag_tone, "free memory that is in blocks below 2 MiB"),
	NUMBER("orders", 'o', "ORDERS 0-10", 11, 4, 0, zone_largest,
	       print_levels, NULL,
	       "for each order, its share of the free memory"),
	PLACED("zone", 'n', "ZONE", 13, zone_place, row_title, "node and zone"),
	{ 0 },
};

const struct column order_columns[] = {
	NUMBER("order", 'o', "ORDER", 5, 0, 0, order_order, print_count,
	       order_tone, "blocks of 2^order pages"),
	NUMBER("block", 's', "BLOCK", 6, 4, 0, order_block, print_size,
	       order_tone, "memory of one"),
	NUMBER("blocks", 'b', "BLOCKS", 8, 1, 0, order_blocks, print_count,
	       order_tone, "free blocks"),
	NUMBER("free", 'f', "FREE", 6, 3, 0, order_free, print_size, order_tone,
	       "memory of these"),
	NUMBER("share", 'e', "SHARE OF FREE", 20, 2, 0, order_share, print_bar,
	       NULL, "that, of all free memory of the zone"),
	NUMBER("unusable", 'u', "UNUSABLE%", 9, 5, 0, order_unusable,
	       print_percent, NULL,
	       "free memory in blocks too small for one of this order"),
	PLACED("zone", 'n', "ZONE", 13, order_place, row_title,
	       "node and zone"),
	{ 0 },
};
/* clang-format on */

static_assert(NR_ITEMS(cache_columns) <= MAX_COLUMNS, "a bit each");
static_assert(NR_ITEMS(pool_columns) <= MAX_COLUMNS, "a bit each");
static_assert(NR_ITEMS(zone_columns) <= MAX_COLUMNS, "a bit each");
static_assert(NR_ITEMS(order_columns) <= MAX_COLUMNS, "a bit each");
