/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics.h - numbers in the text format of Prometheus, version 0.0.4
 *
 * In that format all lines of a family stand together, whereas one walks the
 * objects that they are about. So a walk is over a *set*: families that have a
 * line for each of the same objects. Each family gathers its text while the
 * objects are walked once, and the texts are put together at the end.
 */
#ifndef ALLOCFS_METRICS_H
#define ALLOCFS_METRICS_H

#include <stdint.h>

#include "util/strbuf.h"

#define METRIC_PREFIX "allocfs_"

enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_HISTOGRAM,
};

#define HISTOGRAM_BUCKETS 32

/**
 * struct histogram - values by size
 * @nr: buckets
 * @le: largest value of each, ascending
 * @count: values of each that are in no smaller one; [@nr]: above all
 * @sum: of all values
 */
struct histogram {
	unsigned int nr;
	double le[HISTOGRAM_BUCKETS];
	uint64_t count[HISTOGRAM_BUCKETS + 1];
	double sum;
};

/**
 * struct family - metrics of one name
 * @name: without the prefix, with the unit
 * @help: what it is, without newlines and backslashes
 * @value: of an object of the set
 * @histogram: the same for a METRIC_HISTOGRAM
 */
struct family {
	const char *name;
	enum metric_type type;
	const char *help;
	double (*value)(const void *object);
	void (*histogram)(const void *object, struct histogram *ret_histogram);
};

#define FAMILIES_MAX 32

/**
 * struct metric_set - families with a line for each of the same objects
 * @text: what each has so far
 */
struct metric_set {
	const struct family *family;
	unsigned int nr;
	struct strbuf text[FAMILIES_MAX];
};

/* clang-format off */
#define METRIC_SET(table) { .family = (table), \
			    .nr = sizeof(table) / sizeof((table)[0]) }
/* clang-format on */

/**
 * metric_label() - add a label to those of an object
 * @labels: `a="b",c="d"` in the end; empty at first
 * @value: any text
 */
void metric_label(struct strbuf *labels, const char *name, const char *value);
void metric_label_number(struct strbuf *labels, const char *name,
			 unsigned long value);

/**
 * metric_set_add() - a line for this object in each of the families
 * @labels: see above; NULL: there is only one object
 */
void metric_set_add(struct metric_set *set, const struct strbuf *labels,
		    const void *object);

/**
 * metric_set_end() - append all of it, and release the memory
 *
 * A family of no objects says what it is all the same.
 */
void metric_set_end(struct metric_set *set, struct strbuf *sb);

/*
 * For tables X(name, type, help, expression): the function of a line, and its
 * struct family.
 */
#define VALUE(object_type, name, expression)                                   \
	static double name##_value(const void *object)                         \
	{                                                                      \
		const object_type *i = object;                                 \
                                                                               \
		return (double)(expression);                                   \
	}

#define FAMILY(name_, type_, help_, expression)                                \
	{ .name = #name_,                                                      \
	  .type = METRIC_##type_,                                              \
	  .help = (help_),                                                     \
	  .value = name_##_value },

/* ---- metrics_source.c ------------------------------------------------------ */

struct view;

void metrics_add_sources(struct view *view, struct strbuf *sb);
void metrics_add_caches(struct view *view, struct strbuf *sb);
void metrics_add_pools(struct view *view, struct strbuf *sb);

#endif /* ALLOCFS_METRICS_H */
