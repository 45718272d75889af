/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * report.c - the one way out for complaints
 *
 * The library never prints. What it finds wrong with its caller or with its own
 * metadata becomes one text, handed to a hook. Reports are made under whatever
 * lock the finder holds, hence the rule that the hook must not call back.
 */
#include <stdlib.h>

#include "internal.h"
#include "util/text.h"

static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static kmem_report_fn report_fn;
static void *report_arg;
static bool report_panic;
static unsigned long report_nr;

void kmem_set_report(kmem_report_fn fn, void *arg)
{
	pthread_mutex_lock(&report_lock);
	report_fn = fn;
	report_arg = arg;
	pthread_mutex_unlock(&report_lock);
}

void report_fork(enum fork_step step)
{
	fork_mutex(&report_lock, step);
}

void kmem_set_panic_on_report(bool on)
{
	counter_set(report_panic, on);
}

unsigned long kmem_report_count(void)
{
	return counter_read(report_nr);
}

/*
 * Takes its lock without a rank: lock.c reports too, about the ranks.
 */
static void deliver(const char *text, unsigned int faults)
{
	pthread_mutex_lock(&report_lock);
	counter_add(report_nr, faults);
	if (report_fn)
		report_fn(report_arg, text);
	pthread_mutex_unlock(&report_lock);
}

/* Of any length, several lines perhaps. */
void kmem_report_text(const char *text)
{
	deliver(text, 1);
	if (counter_read(report_panic))
		abort();
}

void kmem_report(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	text_vformat(text, sizeof(text), format, args);
	va_end(args);
	kmem_report_text(text);
}

/* Something that was asked for, not a fault: it is not counted as one. */
void kmem_note_text(const char *text)
{
	deliver(text, 0);
}

void kmem_note(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	text_vformat(text, sizeof(text), format, args);
	va_end(args);
	kmem_note_text(text);
}
