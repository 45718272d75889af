/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reader.c - files of the mount, read into rows
 *
 * First what lists all rows, then the files that sorting needs, of each row,
 * then those of the rows that will be looked at: a mount of ten thousand caches
 * costs two screens of small files and not thirty thousand.
 *
 * What vanishes in between takes its row with it. Another file that cannot be
 * read leaves values unknown and is said (model->trouble); when the mount itself
 * is gone the refresh ends, and the next one tries again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/text.h"

#include "top/top.h"

/* Enough for any file of a row. */
#define ROW_FILE_BYTES 8192

struct reading {
	struct model *model;
	const char *mount;
	const struct request *request;
	const struct view *view;
	struct list *list;
	double now;
};

double clock_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int read_file(struct strbuf *sb, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char data[16384];
	ssize_t len;

	if (fd < 0)
		return -errno;
	do {
		len = read(fd, data, sizeof(data));
		if (len > 0)
			strbuf_add(sb, data, (size_t)len);
	} while (len > 0);
	err = len < 0 ? -errno : 0;
	close(fd);
	return err ? err : strbuf_ok(sb) ? 0 : -ENOMEM;
}

/* Only the first trouble of a refresh is told. */
static void trouble(struct reading *r, const char *path, int err)
{
	if (!r->model->trouble.len)
		strbuf_addf(&r->model->trouble, "%s: %s", path, strerror(-err));
}

/* A file below the mount; its trouble is noted. NULL: *@ret_err says why. */
static char *read_text(struct reading *r, const char *name, int *ret_err)
{
	struct strbuf path = { 0 }, text = { 0 };

	strbuf_addf(&path, "%s/%s", r->mount, name);
	strbuf_adds(&text, "");
	*ret_err = strbuf_ok(&path) ? read_file(&text, path.data) : -ENOMEM;
	if (*ret_err) {
		trouble(r, strbuf_ok(&path) ? path.data : name, *ret_err);
		strbuf_free(&text);
	}
	strbuf_free(&path);
	return text.data;
}

/* ---- what lists all rows ------------------------------------------------- */

static void read_memory(struct reading *r)
{
	char *text;
	int err;

	r->model->memory = (struct memory){ NAN, NAN, NAN, NAN };
	text = read_text(r, "proc/meminfo", &err);
	if (text)
		proc_meminfo(&r->model->memory, text);
	free(text);
}

static int read_caches(struct reading *r)
{
	char *text;
	int err;

	text = read_text(r, "proc/slabinfo", &err);
	if (text)
		err = proc_slabinfo(r->list, text);
	free(text);
	return err;
}

static int read_pools(struct reading *r)
{
	struct strbuf path = { 0 };
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	strbuf_addf(&path, "%s/pools", r->mount);
	if (!strbuf_ok(&path))
		return -ENOMEM;
	dir = opendir(path.data);
	if (!dir) {
		err = -errno;
		trouble(r, path.data, err);
	}
	while (!err) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			err = -errno;
			break;
		}
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR &&
		    !list_row(r->list, entry->d_name))
			err = -ENOMEM;
	}
	if (dir)
		closedir(dir);
	strbuf_free(&path);
	return err;
}

static int read_zones(struct reading *r, struct list *zones)
{
	char *text;
	int err, ignored;

	text = read_text(r, "proc/buddyinfo", &err);
	if (text)
		err = proc_buddyinfo(zones, text);
	free(text);
	if (err)
		return err;
	text = read_text(r, "proc/zoneinfo", &ignored);
	if (text)
		proc_zoneinfo(zones, text);
	free(text);
	return 0;
}

/* The zones are another view's, and only passed through. */
static int read_orders(struct reading *r)
{
	struct list zones = { 0 };
	int err = read_zones(r, &zones);

	if (!err)
		err = proc_orders(r->list, &zones);
	list_free(&zones);
	return err;
}

static int read_rows(struct reading *r)
{
	switch (r->request->view) {
	case VIEW_CACHES:
		return read_caches(r);
	case VIEW_POOLS:
		return read_pools(r);
	case VIEW_ZONES:
		return read_zones(r, r->list);
	default:
		return read_orders(r);
	}
}

/* ---- files of single rows ------------------------------------------------ */

static void count_line(const struct row_file *file, double *count,
		       const char *line)
{
	const struct counted *counted;
	size_t len = strcspn(line, " \n");

	for (counted = file->counters; counted->key; counted++) {
		if (strlen(counted->key) != len ||
		    strncmp(counted->key, line, len) != 0 || line[len] != ' ')
			continue;
		if (isnan(count[counted->counter]))
			count[counted->counter] = 0;
		count[counted->counter] += row_number(line + len + 1);
	}
}

static void read_counters(struct row *row, const struct row_file *file,
			  const char *text, double now)
{
	double count[NR_COUNTERS];

	for (size_t i = 0; i < NR_COUNTERS; i++)
		count[i] = NAN;
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		count_line(file, count, text);
	for (size_t i = 0; i < NR_COUNTERS; i++)
		row_count(row, (unsigned int)i, count[i], now);
}

/* Into @text; shorter than its buffer is the whole. */
static int read_short(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	err = len < 0 ? -errno : 0;
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return err;
}

/* Is it only this file that the folder of the row lacks, or is that gone? */
static bool has_vanished(char *path, int err)
{
	char *slash = strrchr(path, '/');
	bool gone;

	if (err == -ENODEV || err == -ESTALE)
		return true;
	if (err != -ENOENT)
		return false;
	*slash = '\0';
	gone = access(path, F_OK) != 0;
	*slash = '/';
	return gone;
}

static bool is_fatal(int err)
{
	return err == -ENOTCONN || err == -ECONNABORTED || err == -ENOMEM;
}

/* What could not be read is unknown now, whatever it was before. */
static void row_file_set(struct row *row, const struct row_file *file,
			 const char *text, double now)
{
	switch (file->type) {
	case FILE_NUMBER:
		row->value[file->place] = row_number(text);
		break;
	case FILE_TEXT:
		row_set_text(row, file->place, *text ? text : "-");
		break;
	case FILE_COUNTERS:
		read_counters(row, file, text, now);
		break;
	}
}

static int read_row_file(struct reading *r, struct row *row,
			 const struct row_file *file)
{
	char text[ROW_FILE_BYTES] = "";
	struct strbuf path = { 0 };
	int err;

	strbuf_addf(&path, "%s/%s/%s/%s", r->mount, r->view->folder, row->key,
		    file->name);
	if (!strbuf_ok(&path))
		return -ENOMEM;
	err = read_short(path.data, text, sizeof(text));
	if (err && has_vanished(path.data, err))
		row->gone = true;
	else if (err)
		trouble(r, path.data, err);
	row_file_set(row, file, text, r->now);
	strbuf_free(&path);
	return is_fatal(err) ? err : 0;
}

/* Those of @files that are bits of @needs. */
static int read_row(struct reading *r, struct row *row, unsigned int needs)
{
	const struct row_file *file;
	int err = 0;

	for (file = r->view->files; !err && file->name && !row->gone; file++)
		if (needs & NEEDS(file - r->view->files))
			err = read_row_file(r, row, file);
	return err;
}

/* ---- a refresh ----------------------------------------------------------- */

/* What sorting, and the totals, must know of each row. */
static int read_for_all(struct reading *r, unsigned int needs)
{
	int err = 0;

	if (!needs)
		return 0;
	for (size_t i = 0; !err && i < r->list->nr_buckets; i++) {
		struct row *row = r->list->bucket[i];

		for (; !err && row; row = row->next)
			if (list_matches(r->request->filter, row_title(row)))
				err = read_row(r, row, needs);
	}
	return err;
}

static unsigned int needs_of_columns(const struct request *request)
{
	const struct column *columns = views[request->view].columns;
	unsigned int needs = 0;

	for (size_t i = 0; columns[i].key; i++)
		if (request->columns & 1ull << i)
			needs |= columns[i].needs;
	return needs;
}

static int read_for_shown(struct reading *r, unsigned int needs)
{
	const struct request *request = r->request;
	size_t end = r->list->nr_shown, first = request->first;
	int err = 0;

	if (first + request->rows > end)
		first = request->rows < end ? end - request->rows : 0;
	if (end - first > request->rows)
		end = first + request->rows;
	for (size_t i = first; !err && i < end; i++)
		err = read_row(r, r->list->shown[i], needs);
	return err;
}

/* Of the mount itself, in words; else what was said of a file stays. */
static void explain(struct reading *r, int err)
{
	struct strbuf *text = &r->model->trouble;
	const char *why = NULL;

	if (err == -ENOTCONN || err == -ECONNABORTED)
		why = "its daemon has ended";
	else if (err == -ENOENT || err == -ENOTDIR)
		why = "no allocfs is mounted there";
	if (!why)
		return;
	strbuf_reset(text);
	strbuf_addf(text, "%s: %s (%s)", r->mount, why, strerror(-err));
}

/* A row that vanished meanwhile is not shown at all. */
static int read_view(struct reading *r)
{
	const struct request *request = r->request;
	unsigned int sort = request->sort->needs | r->view->totals_need;
	int err;

	list_begin(r->list);
	err = read_rows(r);
	if (err)
		return err;
	list_end(r->list);
	err = read_for_all(r, sort);
	if (err)
		return err;
	err = list_select(r->list, request->filter, request->sort,
			  request->reverse);
	if (!err)
		err = read_for_shown(r, needs_of_columns(request) & ~sort);
	if (err)
		return err;
	list_end(r->list);
	return list_select(r->list, request->filter, request->sort,
			   request->reverse);
}

int reader_read(struct model *model, const char *mount,
		const struct request *request, double now)
{
	struct reading r = {
		.model = model,
		.mount = mount,
		.request = request,
		.view = &views[request->view],
		.list = &model->list[request->view],
		.now = now,
	};

	strbuf_reset(&model->trouble);
	read_memory(&r);
	model->error = read_view(&r);
	if (!model->error)
		return 0;
	r.list->nr_shown = 0;
	explain(&r, model->error);
	return model->error;
}

void model_free(struct model *model)
{
	for (size_t i = 0; i < NR_VIEWS; i++)
		list_free(&model->list[i]);
	strbuf_free(&model->trouble);
}
