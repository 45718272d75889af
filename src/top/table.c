/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.c - fields of rows and their headers, in columns
 */
#include "top/top.h"

bool column_is_last(const struct column *column)
{
	return !column[1].key;
}

/* A field, and the blank that parts it from the next. */
static int fields_width(const struct view *view, uint64_t chosen)
{
	int width = 0;

	for (int i = 0; view->columns[i].key; i++)
		if ((chosen & 1ull << i) && !column_is_last(&view->columns[i]))
			width += view->columns[i].width + 1;
	return width;
}

/* What the last column must have; on a very narrow screen that is half of it. */
static int least_rest(const struct view *view, int width)
{
	const struct column *column = view->columns;

	while (!column_is_last(column))
		column++;
	return column->width < width / 2 ? column->width : width / 2;
}

static int highest_rank(const struct view *view, uint64_t chosen,
			const struct column *keep)
{
	int found = -1;

	for (int i = 0; view->columns[i].key; i++) {
		const struct column *column = &view->columns[i];

		if ((chosen & 1ull << i) && !column_is_last(column) &&
		    column != keep &&
		    (found < 0 || column->rank >= view->columns[found].rank))
			found = i;
	}
	return found;
}

/* Those of the highest rank go until the others fit. */
uint64_t table_columns(const struct view *view, int width,
		       const struct column *keep)
{
	uint64_t chosen = 0;
	int drop;

	for (int i = 0; view->columns[i].key; i++)
		chosen |= 1ull << i;
	while (width &&
	       fields_width(view, chosen) + least_rest(view, width) > width) {
		drop = highest_rank(view, chosen, keep);
		if (drop < 0)
			break;
		chosen &= ~(1ull << drop);
	}
	return chosen;
}

/* The last field is not padded: nothing comes behind it. */
static void add_field(struct strbuf *sb, const struct column *column,
		      const char *text, int width)
{
	int pad = width - format_width(text);

	if (!column->left)
		strbuf_addf(sb, "%*s", pad > 0 ? pad : 0, "");
	strbuf_adds(sb, text);
	if (column->left && !column_is_last(column))
		strbuf_addf(sb, "%*s", pad > 0 ? pad : 0, "");
}

/* For programs a field is as wide as it is. */
static int field_width(const struct column *column, int rest,
		       const struct look *look)
{
	if (look->exact)
		return 0;
	return column_is_last(column) ? rest : column->width;
}

/* For programs a field is a word. */
static void join_words(char *text, const struct look *look)
{
	for (; look->exact && *text; text++)
		if (*text == ' ')
			*text = '_';
}

void table_header(struct strbuf *sb, const struct column *column, int rest,
		  const struct look *look)
{
	int width = field_width(column, rest, look);
	struct strbuf text = { 0 };

	strbuf_adds(&text, "");
	format_text(&text, column->header, width, look);
	if (strbuf_ok(&text)) {
		join_words(text.data, look);
		add_field(sb, column, text.data, width);
	}
	strbuf_free(&text);
}

void table_cell(struct strbuf *sb, const struct column *column,
		const struct row *row, int rest, const struct look *look)
{
	int width = field_width(column, rest, look);
	struct strbuf text = { 0 };

	strbuf_adds(&text, "");
	if (column->text) {
		const char *value = column->text(row);

		format_text(&text, value ? value : "-", look->exact ? 0 : width,
			    look);
	} else {
		column->print(&text, row, column, look);
	}
	if (strbuf_ok(&text)) {
		join_words(text.data, look);
		add_field(sb, column, text.data, width);
	}
	strbuf_free(&text);
}
