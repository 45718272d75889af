/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * top.h - private definitions of allocfs-top(1), one section per source file
 *
 * From the files to the screen:
 *
 *	reader	reads files of the mount, and hands their text to
 *	proc	which knows the kernel's formats, or to row.c
 *	list	the rows of one view: found by name, filtered, sorted
 *	view	one table each says of which files a view is made,
 *	column	which columns it has, and
 *	summary	what is said of all rows together
 *	table	lines of text, from rows and columns
 *	batch	prints them once or more; screen.h has the terminal
 *
 * Nothing is kept open between two refreshes, so that the mount can be unmounted
 * while it is watched, and nothing is ever written to it.
 */
#ifndef TOP_TOP_H
#define TOP_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/strbuf.h"

#define NR_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

struct column;
struct list;
struct view;

/* Exit codes. */
enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* ---- row.c --------------------------------------------------------------- */

/* What is known of the row of each view: places in value[]. */
enum cache_value {
	CACHE_ACTIVE,
	CACHE_TOTAL,
	CACHE_OBJSIZE,
	CACHE_PER_SLAB,
	CACHE_SLAB_PAGES,
	CACHE_ACTIVE_SLABS,
	CACHE_SLABS,
	CACHE_PEAK,
	CACHE_LIMIT,
};

enum pool_value {
	POOL_CURR,
	POOL_MIN,
	POOL_OUT,
	POOL_WAITERS,
	POOL_LOW,
	POOL_LIMIT,
};

#define MAX_ORDERS 16

enum zone_value {
	ZONE_PLACE, /* its number in proc/buddyinfo */
	ZONE_FREE,
	ZONE_MIN,
	ZONE_LOW,
	ZONE_HIGH,
	ZONE_MANAGED,
	ZONE_NR_ORDERS,
	ZONE_ORDER, /* blocks of order 0, and MAX_ORDERS - 1 more */
	NR_ZONE_VALUES = ZONE_ORDER + MAX_ORDERS,
};

enum order_value {
	ORDER_PLACE,
	ORDER_ORDER,
	ORDER_BLOCKS,
	ORDER_ZONE_FREE, /* pages */
	ORDER_USABLE, /* pages of it in blocks of this order or above */
};

enum {
	NR_VALUES = NR_ZONE_VALUES
};

/* Places in counter[]: what only grows, and is shown as a rate. */
enum cache_counter {
	CACHE_ALLOCS,
	CACHE_FREES
};
enum pool_counter {
	POOL_ALLOCS,
	POOL_WAITS,
	POOL_FAILED
};

enum {
	NR_COUNTERS = 3
};

/* Places in text[]. */
enum row_text {
	TEXT_TITLE,
	TEXT_OWNER,
	TEXT_BACKING,
	NR_TEXTS
};

/**
 * struct counter - two looks at a number that grows
 * @count: what it was, NAN before the first look
 * @when: seconds, when that was
 * @rate: how much it grew in a second between the last two looks; NAN when
 * there was one only, or when it was reset in between
 */
struct counter {
	double count;
	double when;
	double rate;
};

/**
 * struct row - a line of a view
 * @key: no other row of the list has it
 * @value: by the enum of its view; NAN where nothing is known
 * @seen: the refresh that found it last
 * @gone: it was there, but vanished while it was read
 */
struct row {
	char *key;
	double value[NR_VALUES];
	struct counter counter[NR_COUNTERS];
	char *text[NR_TEXTS];
	struct row *next; /* of the same bucket */
	unsigned int seen;
	bool gone;
};

struct row *row_new(const char *key);
void row_free(struct row *row);

/** row_title() - what it is called on the screen */
const char *row_title(const struct row *row);

/** row_set_text() - @text is copied, up to the first newline; false: no memory */
bool row_set_text(struct row *row, enum row_text which, const char *text);

/** row_count() - a further look at a counter */
void row_count(struct row *row, unsigned int which, double count, double when);

/** row_number() - "12\n" is 12, "max" is INFINITY, anything else NAN */
double row_number(const char *text);

/* ---- list.c -------------------------------------------------------------- */

/**
 * struct list - the rows of one view
 * @bucket: all rows, by the hash of their key
 * @shown: those that the filter leaves, sorted
 * @refresh: counts refreshes; a row that the last one did not see is dropped
 */
struct list {
	struct row **bucket;
	size_t nr_buckets;
	size_t nr;
	struct row **shown;
	size_t nr_shown;
	unsigned int refresh;
};

/** list_begin() - a refresh begins: no row was seen yet */
void list_begin(struct list *list);

/** list_row() - the row of @key, a new one if need be; NULL: no memory */
struct row *list_row(struct list *list, const char *key);

/** list_find() - the row of @key, or NULL */
struct row *list_find(const struct list *list, const char *key);

/** list_end() - drop rows that were not seen, and those that are gone */
void list_end(struct list *list);

/** list_select() - fill @shown; -ENOMEM */
int list_select(struct list *list, const char *filter,
		const struct column *sort, bool reverse);

/**
 * list_matches() - does the filter leave @title?
 *
 * A pattern of the shell where it has one of "*?[", else any part of the title;
 * capitals do not matter. Nothing leaves everything.
 */
bool list_matches(const char *filter, const char *title);

void list_free(struct list *list);

/* ---- format.c ------------------------------------------------------------ */

/**
 * struct look - how text is to look
 * @exact: numbers for programs: no units, no bars
 * @utf8: block characters may be used
 */
struct look {
	bool exact;
	bool utf8;
};

/* Each appends at most @width characters, if it can be, without padding. */
void format_count(struct strbuf *sb, double value, int width,
		  const struct look *look);
void format_size(struct strbuf *sb, double bytes, int width,
		 const struct look *look);
void format_rate(struct strbuf *sb, double value, int width,
		 const struct look *look);
/* Of a share between 0 and 1: "78". */
void format_percent(struct strbuf *sb, double share, int width,
		    const struct look *look);

/** format_bar() - a share as a bar of exactly @width characters */
void format_bar(struct strbuf *sb, double share, int width,
		const struct look *look);

/** format_level() - one character, the higher the larger the share */
void format_level(struct strbuf *sb, double share, const struct look *look);

/**
 * format_text() - text for the locale, cut to @width columns
 *
 * What the locale cannot show is '?'. A mark stands at the end of what was cut.
 * @width: 0 for as wide as it is
 */
void format_text(struct strbuf *sb, const char *text, int width,
		 const struct look *look);

/** format_width() - columns that @text takes, as format_text() wrote it */
int format_width(const char *text);

/* ---- column.c ------------------------------------------------------------ */

/* Colours, each for what it means; never the only way to say so. */
enum tone {
	TONE_PLAIN,
	TONE_GOOD,
	TONE_WARN,
	TONE_BAD,
	TONE_DIM,
	NR_TONES
};

/**
 * struct column - one column, and one way to sort
 * @key: for -s
 * @letter: the same, on the keyboard
 * @header: at its top
 * @width: columns it takes; of the last one, which has the rest, the least
 * @rank: when the screen is narrow, the highest goes first; 0 stays
 * @needs: bits of files of the row (view.c) without which it is unknown
 * @ascending: the least first, as long as nobody reverses
 * @left: to the left
 * @value: what to sort by; NULL: by @text
 * @text: what to show; NULL: by @print
 * @print: value as text
 * @tone: may be NULL
 * @help: one line
 */
struct column {
	const char *key;
	char letter;
	const char *header;
	int width;
	int rank;
	unsigned int needs;
	bool ascending;
	bool left;
	double (*value)(const struct row *row);
	const char *(*text)(const struct row *row);
	void (*print)(struct strbuf *sb, const struct row *row,
		      const struct column *column, const struct look *look);
	enum tone (*tone)(const struct row *row);
	const char *help;
};

extern const struct column cache_columns[], pool_columns[], zone_columns[],
	order_columns[];

#define PAGE_BYTES 4096.0

/* Of a view: the bits of a set of columns, and more than enough. */
#define MAX_COLUMNS 24

/* The largest order of which a zone's FRAG says what is not in such blocks. */
#define FRAG_ORDER 9

/** column_compare() - as of strcmp(3), by what is seen, then by key */
int column_compare(const struct column *column, const struct row *a,
		   const struct row *b);

/* ---- view.c -------------------------------------------------------------- */

enum view_id {
	VIEW_CACHES,
	VIEW_POOLS,
	VIEW_ZONES,
	VIEW_ORDERS,
	NR_VIEWS
};

/* Bits of column.needs: which of the view's files. */
enum cache_file {
	CACHE_FILE_STATS,
	CACHE_FILE_OWNER,
	CACHE_FILE_PEAK,
	CACHE_FILE_LIMIT
};
enum pool_file {
	POOL_FILE_CURR,
	POOL_FILE_MIN,
	POOL_FILE_ALLOC,
	POOL_FILE_WAITERS,
	POOL_FILE_LOW,
	POOL_FILE_BACKING,
	POOL_FILE_OWNER,
	POOL_FILE_LIMIT,
	POOL_FILE_STATS
};

#define NEEDS(file) (1u << (file))

/**
 * struct row_file - a file in the folder of a row
 * @values: numbers go into value[@place], "key number" lines of @counters into
 * counter[], other texts into text[@place]
 */
struct row_file {
	const char *name;
	enum {
		FILE_NUMBER,
		FILE_TEXT,
		FILE_COUNTERS
	} type;
	unsigned int place;
	const struct counted {
		const char *key;
		unsigned int counter;
	} * counters;
};

/**
 * struct view - one kind of rows
 * @name: for -v
 * @title: on the screen
 * @folder: of the rows' folders; NULL where they have none
 * @files: of a row, NULL-terminated, in the order of the bits of column.needs
 * @columns: NULL-terminated; the last one takes the rest of the line
 * @sort: the key it is sorted by at first
 * @totals_need: files without which the totals are unknown
 * @totals: one line on all shown rows
 */
struct view {
	const char *name;
	const char *title;
	const char *folder;
	const struct row_file *files;
	const struct column *columns;
	const char *sort;
	unsigned int totals_need;
	void (*totals)(struct strbuf *sb, const struct list *list,
		       const struct look *look);
};

extern const struct view views[NR_VIEWS];

/** view_column() - by key, or by letter; NULL: none */
const struct column *view_column(const struct view *view, const char *key);
const struct column *view_column_letter(const struct view *view, char letter);

/** view_find() - by name; NR_VIEWS: none */
enum view_id view_find(const char *name);

/* ---- summary.c ----------------------------------------------------------- */

struct memory {
	double total; /* bytes, NAN where unknown */
	double free;
	double slab;
	double vmalloc;
};

void cache_totals(struct strbuf *sb, const struct list *list,
		  const struct look *look);
void pool_totals(struct strbuf *sb, const struct list *list,
		 const struct look *look);
void zone_totals(struct strbuf *sb, const struct list *list,
		 const struct look *look);
void order_totals(struct strbuf *sb, const struct list *list,
		  const struct look *look);

/** memory_summary() - one line; a bar of @bar characters in front */
void memory_summary(struct strbuf *sb, const struct memory *memory, int bar,
		    const struct look *look);

/* ---- proc.c -------------------------------------------------------------- */

/* Each: text of the file into rows; lines that it does not know are no error. */
int proc_slabinfo(struct list *list, const char *text);
int proc_buddyinfo(struct list *zones, const char *text);
void proc_zoneinfo(struct list *zones, const char *text);
void proc_meminfo(struct memory *memory, const char *text);
/* Each zone's orders, a row each. */
int proc_orders(struct list *orders, const struct list *zones);

/* ---- reader.c ------------------------------------------------------------ */

/**
 * struct model - all that was read
 * @error: why nothing can be shown of the view, a negative errno
 * @trouble: which file that was, or the first that could not be read otherwise;
 * empty when there is none
 */
struct model {
	struct list list[NR_VIEWS];
	struct memory memory;
	int error;
	struct strbuf trouble;
};

/**
 * struct request - what to read
 * @first, @rows: which of the sorted rows will be looked at
 * @columns: bits of the columns that will
 */
struct request {
	enum view_id view;
	const struct column *sort;
	bool reverse;
	char filter[256];
	size_t first;
	size_t rows;
	uint64_t columns;
};

/**
 * reader_read() - refresh what the request asks for, and sort it
 * @now: seconds, of a clock that does not go back
 *
 * Return: 0, or model->error.
 */
int reader_read(struct model *model, const char *mount,
		const struct request *request, double now);

void model_free(struct model *model);

/** clock_now() - seconds, for reader_read() */
double clock_now(void);

/* ---- table.c ------------------------------------------------------------- */

/**
 * table_columns() - bits of those that fit into @width; 0: all of them
 * @keep: that one stays, as does the last
 */
uint64_t table_columns(const struct view *view, int width,
		       const struct column *keep);

/**
 * table_header(), table_cell() - one field, padded to its width
 * @rest: columns that are left for the last one; 0: no end
 */
void table_header(struct strbuf *sb, const struct column *column, int rest,
		  const struct look *look);
void table_cell(struct strbuf *sb, const struct column *column,
		const struct row *row, int rest, const struct look *look);

bool column_is_last(const struct column *column);

/* ---- mount.c ------------------------------------------------------------- */

/**
 * mount_find() - the first mount of ours
 * @mountinfo: text of /proc/self/mountinfo
 * @ret_path: its path, to be freed
 *
 * Return: how many there are; -ENOMEM.
 */
int mount_find(const char *mountinfo, char **ret_path);

/* ---- options.c ----------------------------------------------------------- */

struct options {
	bool batch;
	bool help;
	bool version;
	unsigned long rounds; /* 0: no end */
	double delay; /* seconds */
	const char *mount; /* NULL: the first */
	struct request request; /* at first */
	struct strbuf text; /* what is wrong */
};

/** options_parse() - -EINVAL: options->text says why */
int options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);
void options_help(struct strbuf *sb);

/* ---- batch.c ------------------------------------------------------------- */

/**
 * struct watch - what is watched, and how
 * @nr_mounts: of ours that there are, when none was named; else 0
 */
struct watch {
	const char *mount;
	int nr_mounts;
	unsigned long rounds;
	double delay;
	struct request request;
	struct look look;
};

/** batch_run() - print to standard output; an exit code */
int batch_run(struct watch *watch);

/** batch_print() - one round of it, without the line that has the time */
void batch_print(struct strbuf *sb, const struct model *model,
		 const struct request *request, const struct look *look);

/* ---- top.c --------------------------------------------------------------- */

/** top_error() - one line on standard error */
void top_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** read_file() - append a file's text; a negative errno */
int read_file(struct strbuf *sb, const char *path);

int top_main(int argc, char **argv, int (*screen)(struct watch *watch));

/* ---- screen.c, where there is ncurses ------------------------------------- */

/** screen_run() - show it until the user has enough; an exit code */
int screen_run(struct watch *watch);

#endif /* TOP_TOP_H */
