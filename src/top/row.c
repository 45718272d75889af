/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * row.c - one line of a view: what is known of a cache, a pool, a zone
 *
 * A row lives from one refresh to the next, so that it can tell how fast its
 * counters grow. What is unknown is NAN, or NULL, and is shown as "-".
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"

#include "top/top.h"

struct row *row_new(const char *key)
{
	struct row *row = calloc(1, sizeof(*row));

	if (!row)
		return NULL;
	row->key = strdup(key);
	if (!row->key) {
		free(row);
		return NULL;
	}
	for (size_t i = 0; i < NR_VALUES; i++)
		row->value[i] = NAN;
	for (size_t i = 0; i < NR_COUNTERS; i++)
		row->counter[i] = (struct counter){ NAN, NAN, NAN };
	return row;
}

void row_free(struct row *row)
{
	if (!row)
		return;
	for (size_t i = 0; i < NR_TEXTS; i++)
		free(row->text[i]);
	free(row->key);
	free(row);
}

const char *row_title(const struct row *row)
{
	return row->text[TEXT_TITLE] ? row->text[TEXT_TITLE] : row->key;
}

bool row_set_text(struct row *row, enum row_text which, const char *text)
{
	size_t len = strcspn(text, "\n");
	char *old = row->text[which];

	if (old && strlen(old) == len && !memcmp(old, text, len))
		return true;
	row->text[which] = strndup(text, len);
	free(old);
	return row->text[which];
}

/* One that went back was reset, or is another's of the same name. */
void row_count(struct row *row, unsigned int which, double count, double when)
{
	struct counter *counter = &row->counter[which];
	double passed = when - counter->when;

	if (count >= counter->count && passed > 0)
		counter->rate = (count - counter->count) / passed;
	else
		counter->rate = NAN;
	counter->count = count;
	counter->when = when;
}

double row_number(const char *text)
{
	size_t len = strcspn(text, "\n");
	uint64_t value;
	char word[24];

	if (len >= sizeof(word))
		return NAN;
	memcpy(word, text, len);
	word[len] = '\0';
	if (!strcmp(word, "max"))
		return INFINITY;
	return parse_number(word, UINT64_MAX, &value) ? NAN : (double)value;
}
