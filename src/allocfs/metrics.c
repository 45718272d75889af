/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics.c - numbers in the text format of Prometheus, version 0.0.4
 *
 * No line has a time: the textfile collector of node_exporter refuses those,
 * and what is read is of now anyway.
 */
#include <math.h>

#include "metrics.h"

/* ---- labels -------------------------------------------------------------- */

/* A quote, a backslash and a newline are all that would break a line. */
static void add_escaped(struct strbuf *sb, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			strbuf_adds(sb, "\\n");
			continue;
		}
		if (*text == '"' || *text == '\\')
			strbuf_addc(sb, '\\');
		strbuf_addc(sb, *text);
	}
}

void metric_label(struct strbuf *labels, const char *name, const char *value)
{
	if (labels->len)
		strbuf_addc(labels, ',');
	strbuf_adds(labels, name);
	strbuf_adds(labels, "=\"");
	add_escaped(labels, value);
	strbuf_addc(labels, '"');
}

void metric_label_number(struct strbuf *labels, const char *name,
			 unsigned long value)
{
	strbuf_addf(labels, "%s%s=\"%lu\"", labels->len ? "," : "", name,
		    value);
}

/* ---- lines --------------------------------------------------------------- */

/* Whole numbers as such, so that they can be compared with other files. */
static void add_number(struct strbuf *sb, double value)
{
	if (isinf(value))
		strbuf_adds(sb, "+Inf");
	else if (value >= 0 && value < 0x1p53 &&
		 value <= (double)(uint64_t)value)
		strbuf_addf(sb, "%llu", (unsigned long long)value);
	else
		strbuf_addf(sb, "%.15g", value);
}

/* The family's name and what begins a line: name_suffix{labels */
static void begin_line(struct strbuf *sb, const struct family *family,
		       const char *suffix, const struct strbuf *labels)
{
	strbuf_adds(sb, METRIC_PREFIX);
	strbuf_adds(sb, family->name);
	strbuf_adds(sb, suffix);
	if (!labels || !labels->len)
		return;
	strbuf_addc(sb, '{');
	strbuf_add(sb, labels->data, labels->len);
	strbuf_addc(sb, '}');
}

static void end_line(struct strbuf *sb, double value)
{
	strbuf_addc(sb, ' ');
	add_number(sb, value);
	strbuf_addc(sb, '\n');
}

static void add_line(struct strbuf *sb, const struct family *family,
		     const char *suffix, const struct strbuf *labels,
		     double value)
{
	begin_line(sb, family, suffix, labels);
	end_line(sb, value);
}

static void add_bucket(struct strbuf *sb, const struct family *family,
		       const struct strbuf *labels, double le, uint64_t below)
{
	strbuf_adds(sb, METRIC_PREFIX);
	strbuf_adds(sb, family->name);
	strbuf_adds(sb, "_bucket{");
	if (labels && labels->len) {
		strbuf_add(sb, labels->data, labels->len);
		strbuf_addc(sb, ',');
	}
	strbuf_adds(sb, "le=\"");
	add_number(sb, le);
	strbuf_adds(sb, "\"}");
	end_line(sb, (double)below);
}

/* Buckets are cumulative in this format, and their count is the last one's. */
static void add_histogram(struct strbuf *sb, const struct family *family,
			  const struct strbuf *labels, const void *object)
{
	struct histogram histogram = { 0 };
	uint64_t count = 0;
	unsigned int i;

	family->histogram(object, &histogram);
	for (i = 0; i < histogram.nr; i++) {
		count += histogram.count[i];
		add_bucket(sb, family, labels, histogram.le[i], count);
	}
	count += histogram.count[i];
	add_bucket(sb, family, labels, INFINITY, count);
	add_line(sb, family, "_sum", labels, histogram.sum);
	add_line(sb, family, "_count", labels, (double)count);
}

/* ---- sets ---------------------------------------------------------------- */

void metric_set_add(struct metric_set *set, const struct strbuf *labels,
		    const void *object)
{
	for (unsigned int i = 0; i < set->nr; i++) {
		const struct family *family = &set->family[i];

		set->text[i].failed |= labels && !strbuf_ok(labels);
		if (family->type == METRIC_HISTOGRAM)
			add_histogram(&set->text[i], family, labels, object);
		else
			add_line(&set->text[i], family, "", labels,
				 family->value(object));
	}
}

static void add_head(struct strbuf *sb, const struct family *family)
{
	static const char *const types[] = {
		[METRIC_GAUGE] = "gauge",
		[METRIC_COUNTER] = "counter",
		[METRIC_HISTOGRAM] = "histogram",
	};

	strbuf_addf(sb, "# HELP " METRIC_PREFIX "%s %s\n", family->name,
		    family->help);
	strbuf_addf(sb, "# TYPE " METRIC_PREFIX "%s %s\n", family->name,
		    types[family->type]);
}

void metric_set_end(struct metric_set *set, struct strbuf *sb)
{
	for (unsigned int i = 0; i < set->nr; i++) {
		struct strbuf *text = &set->text[i];

		add_head(sb, &set->family[i]);
		if (text->len)
			strbuf_add(sb, text->data, text->len);
		sb->failed |= !strbuf_ok(text);
		strbuf_free(text);
	}
}
