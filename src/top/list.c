/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list.c - the rows of one view: found by key, filtered, sorted
 *
 * Rows stand in a table by the hash of their keys. A refresh marks those that
 * it meets with its number, and list_end() drops the others.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#include "top/top.h"

#define LEAST_BUCKETS 64

void list_begin(struct list *list)
{
	list->refresh++;
	list->nr_shown = 0;
}

/* As many buckets as rows, at least; without memory it goes on with fewer. */
static void list_grow(struct list *list)
{
	size_t nr = list->nr_buckets ? list->nr_buckets * 2 : LEAST_BUCKETS;
	struct row **bucket, *row, *next;

	if (list->nr < list->nr_buckets)
		return;
	bucket = calloc(nr, sizeof(*bucket));
	if (!bucket)
		return;
	for (size_t i = 0; i < list->nr_buckets; i++) {
		for (row = list->bucket[i]; row; row = next) {
			struct row **to = bucket + text_hash(row->key) % nr;

			next = row->next;
			row->next = *to;
			*to = row;
		}
	}
	free(list->bucket);
	list->bucket = bucket;
	list->nr_buckets = nr;
}

static struct row **bucket_of(const struct list *list, const char *key)
{
	return &list->bucket[text_hash(key) % list->nr_buckets];
}

struct row *list_find(const struct list *list, const char *key)
{
	struct row *row;

	if (!list->nr_buckets)
		return NULL;
	for (row = *bucket_of(list, key); row; row = row->next)
		if (!strcmp(row->key, key))
			return row;
	return NULL;
}

static struct row *list_add_row(struct list *list, const char *key)
{
	struct row **bucket, *row;

	list_grow(list);
	if (!list->nr_buckets)
		return NULL;
	row = row_new(key);
	if (!row)
		return NULL;
	bucket = bucket_of(list, key);
	row->next = *bucket;
	*bucket = row;
	list->nr++;
	return row;
}

struct row *list_row(struct list *list, const char *key)
{
	struct row *row = list_find(list, key);

	if (!row)
		row = list_add_row(list, key);
	if (row)
		row->seen = list->refresh;
	return row;
}

static void list_drop(struct list *list, bool all)
{
	for (size_t i = 0; i < list->nr_buckets; i++) {
		struct row **link = &list->bucket[i];

		while (*link) {
			struct row *row = *link;

			if (!all && row->seen == list->refresh && !row->gone) {
				link = &row->next;
				continue;
			}
			*link = row->next;
			row_free(row);
			list->nr--;
		}
	}
}

void list_end(struct list *list)
{
	list->nr_shown = 0;
	list_drop(list, false);
}

void list_free(struct list *list)
{
	list_drop(list, true);
	free(list->bucket);
	free(list->shown);
	memset(list, 0, sizeof(*list));
}

/* "*text*", what means something in patterns taken as it is. */
static void part_pattern(char *pattern, const char *text)
{
	*pattern++ = '*';
	for (; *text; text++) {
		if (*text == '\\' || *text == ']')
			*pattern++ = '\\';
		*pattern++ = *text;
	}
	*pattern++ = '*';
	*pattern = '\0';
}

bool list_matches(const char *filter, const char *title)
{
	char pattern[2 * sizeof(((struct request *)0)->filter) + 3];

	if (!*filter)
		return true;
	if (!strpbrk(filter, "*?[")) {
		if (strlen(filter) * 2 + 3 > sizeof(pattern))
			return false;
		part_pattern(pattern, filter);
		filter = pattern;
	}
	return !fnmatch(filter, title, FNM_CASEFOLD);
}

struct order {
	const struct column *column;
	bool reverse;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct order *order = arg;
	int result = column_compare(order->column, *(struct row *const *)a,
				    *(struct row *const *)b);

	return order->reverse ? -result : result;
}

int list_select(struct list *list, const char *filter,
		const struct column *sort, bool reverse)
{
	struct order order = { sort, reverse };
	struct row **shown, *row;

	list->nr_shown = 0;
	shown = realloc(list->shown, (list->nr + 1) * sizeof(*shown));
	if (!shown)
		return -ENOMEM;
	list->shown = shown;
	for (size_t i = 0; i < list->nr_buckets; i++)
		for (row = list->bucket[i]; row; row = row->next)
			if (list_matches(filter, row_title(row)))
				shown[list->nr_shown++] = row;
	qsort_r(shown, list->nr_shown, sizeof(*shown), compare, &order);
	return 0;
}
