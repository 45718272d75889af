/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config_input.c - what is written to an open file config
 *
 * A long text comes in writes of 128 KiB that end anywhere. The lines that a
 * write completes are a batch (config_apply.c); what comes behind the last
 * newline is kept for the next write of this open file, or for its end: then it
 * is a line without a newline, and close(2) says what became of it. Lines are
 * counted from the first one that was written.
 *
 * After a refusal nothing is kept. If the refused write ended within a line,
 * the next one begins within it: all up to the first newline is passed over, for
 * half a line may mean something else than the whole one.
 *
 * Lines are carried out on behalf of who opened the file, whoever sends a piece.
 * A program that has inherited the descriptor ends the last line when it closes
 * it, without meaning to: were it a set-user-ID program, the line would be root's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#include "view.h"

/**
 * struct config_input - the lines of an open file
 * @refs: the open file's, and of a write that is being carried out
 * @lock: protects the rest
 * @rest: begin of a line
 * @line: number of the line that begins with it, or next; counted from 0
 * @skip: what comes up to the next newline is the end of a refused line
 */
struct config_input {
	atomic_uint refs;
	pthread_mutex_t lock;
	struct strbuf rest;
	unsigned int line;
	bool skip;
};

/**
 * struct config_write - lines that are being carried out
 * @lines: what @batch points into
 */
struct config_write {
	struct config_input *input;
	struct strbuf lines;
	struct config_batch *batch;
};

void config_input_put(struct config_input *input)
{
	if (!input || atomic_fetch_sub(&input->refs, 1) != 1)
		return;
	strbuf_free(&input->rest);
	pthread_mutex_destroy(&input->lock);
	free(input);
}

static struct config_input *input_new(void)
{
	struct config_input *input = calloc(1, sizeof(*input));

	if (!input)
		return NULL;
	atomic_store(&input->refs, 1);
	pthread_mutex_init(&input->lock, NULL);
	return input;
}

/* Of the open file, with a reference. @make: if there is none yet. */
static struct config_input *input_get(struct file *file, bool make)
{
	struct config_input *input;

	pthread_mutex_lock(&file->lock);
	if (!file->input && make)
		file->input = input_new();
	input = file->input;
	if (input)
		atomic_fetch_add(&input->refs, 1);
	pthread_mutex_unlock(&file->lock);
	return input;
}

static unsigned int count_lines(const char *text, size_t len)
{
	const char *end = text + len;
	unsigned int nr = 0;

	while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		nr++;
		text++;
	}
	return nr;
}

/* What was kept is of no use any more. Under input->lock. */
static void __forget(struct config_input *input)
{
	if (input->rest.len || !strbuf_ok(&input->rest))
		input->skip = true;
	strbuf_reset(&input->rest);
}

/* Behind the end of a refused line. Under input->lock. */
static void __skip(struct config_input *input, const char **buf, size_t *size)
{
	const char *newline;

	if (!input->skip)
		return;
	newline = memchr(*buf, '\n', *size);
	if (!newline) {
		*size = 0;
		return;
	}
	*size -= (size_t)(newline + 1 - *buf);
	*buf = newline + 1;
	input->skip = false;
	input->line++;
}

/* Move the lines that are complete now to @lines. Under input->lock. */
static int __take(struct call *call, struct config_input *input,
		  const char *buf, size_t size, struct strbuf *lines)
{
	const char *last;
	size_t len;

	__skip(input, &buf, &size);
	last = size ? memrchr(buf, '\n', size) : NULL;
	len = last ? (size_t)(last + 1 - buf) : 0;
	if (len) {
		if (input->rest.len)
			strbuf_add(lines, input->rest.data, input->rest.len);
		strbuf_add(lines, buf, len);
		strbuf_reset(&input->rest);
		input->line += count_lines(buf, len);
	}
	if (size > len)
		strbuf_add(&input->rest, buf + len, size - len);
	if (!strbuf_ok(lines) || !strbuf_ok(&input->rest))
		return -ENOMEM;
	if (input->rest.len > CONFIG_LINE_MAX)
		return call_fail(call, -E2BIG, "line %u: longer than %d bytes",
				 input->line + 1, CONFIG_LINE_MAX);
	return 0;
}

/* ---- carrying out -------------------------------------------------------- */

static void write_free(struct config_write *w)
{
	config_batch_free(w->batch);
	strbuf_free(&w->lines);
	config_input_put(w->input);
	free(w);
}

static void write_drop(void *arg)
{
	write_free(arg);
}

static void explain(char *why, size_t size, const struct config_error *error)
{
	text_format(why, size, "line %u: %s", error->line, error->why);
}

static int write_apply(struct config_write *w, struct job *job, char *why,
		       size_t size)
{
	struct config_error error;
	int err = config_apply(w->batch, job, &error);

	if (err) {
		explain(why, size, &error);
		pthread_mutex_lock(&w->input->lock);
		__forget(w->input);
		pthread_mutex_unlock(&w->input->lock);
	}
	return err;
}

static int write_task(struct job *job, void *arg, char *why, size_t size)
{
	return write_apply(arg, job, why, size);
}

/* Takes @w over. @size: of the write to be answered, or 0. */
static int write_run(struct call *call, struct config_write *w, size_t size)
{
	int err;

	if (config_may_wait(w->batch))
		return job_start_task(call, write_task, w, write_drop, size);
	err = write_apply(w, NULL, call->why, sizeof(call->why));
	write_free(w);
	return err;
}

/* Takes @input over. @buf NULL: the end, which completes the last line. */
static int write_begin(struct call *call, struct config_input *input,
		       const char *buf, size_t size)
{
	struct config_write *w = calloc(1, sizeof(*w));
	struct config_error error;
	unsigned int first;
	int err;

	if (!w) {
		config_input_put(input);
		return -ENOMEM;
	}
	w->input = input;
	pthread_mutex_lock(&input->lock);
	first = input->line + 1 + input->skip;
	err = __take(call, input, buf ? buf : "\n", buf ? size : 1, &w->lines);
	if (!err && w->lines.len) {
		err = config_parse(call, w->lines.data, w->lines.len, first,
				   &w->batch, &error);
		if (err)
			explain(call->why, sizeof(call->why), &error);
	}
	if (err)
		__forget(input);
	pthread_mutex_unlock(&input->lock);
	if (err || !w->batch) {
		write_free(w);
		return err;
	}
	return write_run(call, w, buf ? size : 0);
}

static void as_opener(struct call *call, const struct file *file)
{
	call->uid = file->uid;
	call->gid = file->gid;
}

int config_write(struct call *call, struct file *file, const char *buf,
		 size_t size)
{
	struct config_input *input;
	int err;

	if (!size)
		return 0;
	input = input_get(file, true);
	if (!input)
		return -ENOMEM;
	as_opener(call, file);
	err = write_begin(call, input, buf, size);
	if (!err)
		meta_touch(call->view, &call->place);
	return err;
}

/* Is a line begun, or the end of one to be passed over? */
static bool is_begun(struct config_input *input)
{
	bool begun;

	pthread_mutex_lock(&input->lock);
	begun = input->rest.len || input->skip;
	pthread_mutex_unlock(&input->lock);
	return begun;
}

int config_flush(struct call *call, struct file *file)
{
	struct config_input *input = input_get(file, false);

	if (!input)
		return 0;
	as_opener(call, file);
	if (is_begun(input))
		return write_begin(call, input, NULL, 0);
	config_input_put(input);
	return 0;
}
