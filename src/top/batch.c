/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * batch.c - text for programs, and for people who redirect it
 *
 * All columns, whole names, exact numbers; a field is one word, "-" where it is
 * unknown. Rounds are parted by an empty line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "top/top.h"

/* @row: NULL for the headers. */
static void add_field(struct strbuf *sb, const struct column *column,
		      const struct row *row, const struct look *look)
{
	if (row)
		table_cell(sb, column, row, 0, look);
	else
		table_header(sb, column, 0, look);
}

static void widen(int *width, const struct view *view, const struct row *row,
		  const struct look *look)
{
	struct strbuf sb = { 0 };

	for (int i = 0; view->columns[i].key; i++) {
		strbuf_reset(&sb);
		add_field(&sb, &view->columns[i], row, look);
		if (strbuf_ok(&sb) && sb.len &&
		    format_width(sb.data) > width[i])
			width[i] = format_width(sb.data);
	}
	strbuf_free(&sb);
}

/* Fields are as wide as the widest, which exact numbers decide. */
static void add_line(struct strbuf *sb, const int *width,
		     const struct view *view, const struct row *row,
		     const struct look *look)
{
	struct strbuf field = { 0 };
	int pad;

	for (int i = 0; view->columns[i].key; i++) {
		const struct column *column = &view->columns[i];

		strbuf_reset(&field);
		strbuf_adds(&field, "");
		add_field(&field, column, row, look);
		if (!strbuf_ok(&field))
			break;
		pad = width[i] - format_width(field.data);
		if (!column->left)
			strbuf_addf(sb, "%*s", pad, "");
		strbuf_adds(sb, field.data);
		if (!column_is_last(column))
			strbuf_addf(sb, "%*s", column->left ? pad + 1 : 1, "");
	}
	strbuf_addc(sb, '\n');
	sb->failed |= field.failed;
	strbuf_free(&field);
}

void batch_print(struct strbuf *sb, const struct model *model,
		 const struct request *request, const struct look *look)
{
	const struct list *list = &model->list[request->view];
	const struct view *view = &views[request->view];
	int width[MAX_COLUMNS] = { 0 };

	memory_summary(sb, &model->memory, 0, look);
	strbuf_addc(sb, '\n');
	view->totals(sb, list, look);
	strbuf_adds(sb, "\n\n");
	widen(width, view, NULL, look);
	for (size_t i = 0; i < list->nr_shown; i++)
		widen(width, view, list->shown[i], look);
	add_line(sb, width, view, NULL, look);
	for (size_t i = 0; i < list->nr_shown; i++)
		add_line(sb, width, view, list->shown[i], look);
}

static void add_title(struct strbuf *sb, const struct watch *watch)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm);
	strbuf_addf(sb, "%s " PACKAGE_VERSION " ", text);
	format_text(sb, watch->mount, 0, &watch->look);
	if (watch->nr_mounts > 1)
		strbuf_addf(sb, " (first of %d mounts)", watch->nr_mounts);
	strbuf_addc(sb, '\n');
}

/* A reader that has gone is not worth a message. */
static int put(const struct strbuf *sb)
{
	if (!strbuf_ok(sb)) {
		top_error("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	if (fwrite(sb->data, 1, sb->len, stdout) == sb->len && !fflush(stdout))
		return 0;
	top_error("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

static int batch_round(const struct watch *watch, struct model *model,
		       unsigned long round)
{
	struct strbuf sb = { 0 };
	int status;

	if (reader_read(model, watch->mount, &watch->request, clock_now())) {
		top_error("%s", model->trouble.len ? model->trouble.data
						   : strerror(-model->error));
		return EXIT_FAILED;
	}
	if (model->trouble.len)
		top_error("%s", model->trouble.data);
	if (round)
		strbuf_addc(&sb, '\n');
	add_title(&sb, watch);
	batch_print(&sb, model, &watch->request, &watch->look);
	status = put(&sb);
	strbuf_free(&sb);
	return status;
}

static void nap(double seconds)
{
	struct timespec time = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, &time) == EINTR)
		;
}

int batch_run(struct watch *watch)
{
	struct model model = { 0 };
	int status = 0;

	watch->request.columns =
		table_columns(&views[watch->request.view], 0, NULL);
	watch->request.rows = SIZE_MAX;
	watch->look.exact = true;
	for (unsigned long round = 0;
	     !status && (!watch->rounds || round < watch->rounds); round++) {
		if (round)
			nap(watch->delay);
		status = batch_round(watch, &model, round);
	}
	model_free(&model);
	return status;
}
