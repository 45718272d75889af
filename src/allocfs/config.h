/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.h - the layout as text
 *
 * A part of view.h, which includes it; nobody else does. config.c says what the
 * grammar is.
 */
#ifndef ALLOCFS_CONFIG_H
#define ALLOCFS_CONFIG_H

/* ---- config.c: the grammar, and reading ---------------------------------- */

/**
 * enum config_part - which settings the lines of a section have
 * @CONFIG_WHOLE: all
 * @CONFIG_WITHOUT_LIMITS: all but limits (ATTR_LIMIT) that bind
 * @CONFIG_LIMITS: what the former leave out
 */
enum config_part {
	CONFIG_WHOLE,
	CONFIG_WITHOUT_LIMITS,
	CONFIG_LIMITS,
};

/**
 * struct config_section - a sort of line
 * @word: its first word
 * @kind: of the sources that it is about, or NULL
 * @alone: there is only one: no name follows
 * @path: instead of @kind, a directory that every mount has; its files are the
 *	keys
 * @part: a word may come twice, with one part of the settings each
 */
struct config_section {
	const char *word;
	const struct kind *kind;
	bool alone;
	const char *path;
	enum config_part part;
};

/* In the order in which they are printed; the last has no word. */
extern const struct config_section config_sections[];

/* ---- config_apply.c: writing --------------------------------------------- */

/* Of a line: a path of 4096 bytes, each of them \xNN, and all other settings. */
#define CONFIG_LINE_MAX (32 * 1024)

struct config_batch;

/**
 * struct config_error - what is wrong
 */
struct config_error {
	unsigned int line;
	char why[CALL_WHY_MAX];
};

/*
 * Take lines apart and check them, carrying out nothing. @text has @len bytes,
 * is changed, and the caller's when the batch is gone. @first: number of its
 * first line.
 */
int config_parse(struct call *call, char *text, size_t len, unsigned int first,
		 struct config_batch **ret_batch, struct config_error *error);
void config_batch_free(struct config_batch *batch);
/* Has it something to do that may wait? Then @job must not be NULL. */
bool config_may_wait(const struct config_batch *batch);
/* Line by line. */
int config_apply(struct config_batch *batch, struct job *job,
		 struct config_error *error);
/* What the mount is to begin with. Before requests are served. */
int config_start(struct view *view);

/* ---- config_input.c: what is written to an open file --------------------- */

struct config_input;

int config_write(struct call *call, struct file *file, const char *buf,
		 size_t size);
int config_flush(struct call *call, struct file *file);
void config_input_put(struct config_input *input);

#endif /* ALLOCFS_CONFIG_H */
