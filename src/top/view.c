/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * view.c - the four views: of which files each is made
 *
 * What is in one file for all rows (slabinfo, buddyinfo, zoneinfo) is read at
 * each refresh. Files of single rows are many; the reader reads those that the
 * sorted column and the totals need, of the others those of the rows that are
 * on the screen.
 */
#include <string.h>

#include "top/top.h"

static const struct counted cache_counts[] = {
	{ "alloc_fastpath", CACHE_ALLOCS },
	{ "alloc_slowpath", CACHE_ALLOCS },
	{ "free_fastpath", CACHE_FREES },
	{ "free_slowpath", CACHE_FREES },
	{ NULL, 0 },
};

static const struct counted pool_counts[] = {
	{ "allocs", POOL_ALLOCS },
	{ "waits", POOL_WAITS },
	{ "failed", POOL_FAILED },
	{ NULL, 0 },
};

static const struct row_file cache_files[] = {
	[CACHE_FILE_STATS] = { "stats", FILE_COUNTERS, 0, cache_counts },
	[CACHE_FILE_OWNER] = { "owner", FILE_TEXT, TEXT_OWNER, NULL },
	[CACHE_FILE_PEAK] = { "peak", FILE_NUMBER, CACHE_PEAK, NULL },
	[CACHE_FILE_LIMIT] = { "limit", FILE_NUMBER, CACHE_LIMIT, NULL },
	{ NULL, FILE_NUMBER, 0, NULL },
};

static const struct row_file pool_files[] = {
	[POOL_FILE_CURR] = { "curr_nr", FILE_NUMBER, POOL_CURR, NULL },
	[POOL_FILE_MIN] = { "min_nr", FILE_NUMBER, POOL_MIN, NULL },
	[POOL_FILE_ALLOC] = { "alloc", FILE_NUMBER, POOL_OUT, NULL },
	[POOL_FILE_WAITERS] = { "waiters", FILE_NUMBER, POOL_WAITERS, NULL },
	[POOL_FILE_LOW] = { "low", FILE_NUMBER, POOL_LOW, NULL },
	[POOL_FILE_BACKING] = { "backing", FILE_TEXT, TEXT_BACKING, NULL },
	[POOL_FILE_OWNER] = { "owner", FILE_TEXT, TEXT_OWNER, NULL },
	[POOL_FILE_LIMIT] = { "limit", FILE_NUMBER, POOL_LIMIT, NULL },
	[POOL_FILE_STATS] = { "stats", FILE_COUNTERS, 0, pool_counts },
	{ NULL, FILE_NUMBER, 0, NULL },
};

static const struct row_file no_files[] = {
	{ NULL, FILE_NUMBER, 0, NULL },
};

#define POOL_TOTALS                                                            \
	(NEEDS(POOL_FILE_CURR) | NEEDS(POOL_FILE_MIN) |                        \
	 NEEDS(POOL_FILE_WAITERS))

const struct view views[NR_VIEWS] = {
	[VIEW_CACHES] = { "caches", "Caches", "caches", cache_files,
			  cache_columns, "size", 0, cache_totals },
	[VIEW_POOLS] = { "pools", "Pools", "pools", pool_files, pool_columns,
			 "waiting", POOL_TOTALS, pool_totals },
	[VIEW_ZONES] = { "zones", "Zones", NULL, no_files, zone_columns, "zone",
			 0, zone_totals },
	[VIEW_ORDERS] = { "orders", "Orders", NULL, no_files, order_columns,
			  "zone", 0, order_totals },
};

enum view_id view_find(const char *name)
{
	enum view_id id = 0;

	while (id < NR_VIEWS && strcmp(views[id].name, name) != 0)
		id++;
	return id;
}

const struct column *view_column_letter(const struct view *view, char letter)
{
	const struct column *column;

	for (column = view->columns; column->key; column++)
		if (column->letter == letter)
			return column;
	return NULL;
}

const struct column *view_column(const struct view *view, const char *key)
{
	const struct column *column;

	if (key[0] && !key[1])
		return view_column_letter(view, key[0]);
	for (column = view->columns; column->key; column++)
		if (!strcmp(column->key, key))
			return column;
	return NULL;
}
