/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * printk.c - messages of kernel-style code, on their way to one function
 *
 * A message that does not end its line is held back, for its thread to go on
 * with KERN_CONT. There is one such line in the program; whoever prints next
 * ends it, and so does the end of the program.
 *
 * The lock is held while the sink runs, so that messages come in order and a
 * sink that was replaced runs no more. A thread knows that it has it: a sink
 * that prints is not served, instead of waiting for itself for ever.
 *
 * Where it differs from the kernel: there is no buffer of past messages (the
 * sink may keep one), and the time in front of a line is what the monotonic
 * clock says, as the host's own log.
 */
#include <execinfo.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <kmem/linux/printk.h>

#define TEXT_MAX 1024
#define STACK_MAX 32
#define CONSOLE_LEVEL 7 /* less important is not shown */
#define DEFAULT_LEVEL LOGLEVEL_WARNING
#define RATE_BURST 10u
#define RATE_NS 5000000000ull

static void console(void *arg, int level, const char *text);

/* Innermost: nothing is called under it that takes another lock, but for the
 * sink. */
static pthread_mutex_t printk_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool have_lock;

/* All under printk_lock. */
static kmem_printk_fn sink = console;
static void *sink_arg;
static struct {
	size_t len; /* 0: no line is begun */
	int level;
	pthread_t owner;
	char text[TEXT_MAX];
} begun;

/* Return: false when the calling thread has it. */
static bool take_lock(void)
{
	if (have_lock)
		return false;
	pthread_mutex_lock(&printk_lock);
	have_lock = true;
	return true;
}

static void drop_lock(void)
{
	have_lock = false;
	pthread_mutex_unlock(&printk_lock);
}

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000000ull +
	       (unsigned long long)now.tv_nsec;
}

/* ---- the sink of programs that have none --------------------------------- */

static void write_all(const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(STDERR_FILENO, text, n);

		if (done <= 0)
			return;
		text += done;
		n -= (size_t)done;
	}
}

/* The time stands in front of each line; a line is written in one piece. */
static void console(void *arg, int level, const char *text)
{
	unsigned long long us = now_ns() / 1000;
	char line[TEXT_MAX + 32];

	(void)arg;
	if (level >= CONSOLE_LEVEL)
		return;
	for (;;) {
		size_t len = strcspn(text, "\n");

		write_all(line, (size_t)scnprintf(line, sizeof(line),
						  "[%5llu.%06llu] %.*s\n",
						  us / 1000000, us % 1000000,
						  (int)len, text));
		if (!text[len])
			return;
		text += len + 1;
	}
}

/* ---- messages ------------------------------------------------------------ */

/* Under printk_lock, as all that follow. */
static void end_line(void)
{
	if (!begun.len)
		return;
	begun.text[begun.len] = '\0';
	begun.len = 0;
	sink(sink_arg, begun.level, begun.text);
}

/* Takes the KERN_… off the front. Return: what is left. */
static const char *parse_level(const char *text, int *ret_level, bool *ret_cont)
{
	*ret_level = DEFAULT_LEVEL;
	*ret_cont = false;
	while (text[0] == KERN_SOH_ASCII && text[1]) {
		if (text[1] >= '0' && text[1] <= '7')
			*ret_level = text[1] - '0';
		else if (text[1] == 'c')
			*ret_cont = true;
		text += 2;
	}
	return text;
}

static void add(const char *text, size_t len)
{
	size_t room = sizeof(begun.text) - 1 - begun.len;

	if (len > room)
		len = room;
	memcpy(begun.text + begun.len, text, len);
	begun.len += len;
}

static int message(char *buf)
{
	const char *text;
	size_t len;
	bool cont;
	int level;

	text = parse_level(buf, &level, &cont);
	len = strlen(text);
	if (!cont || !pthread_equal(begun.owner, pthread_self()))
		end_line();
	if (!begun.len) {
		begun.level = level;
		begun.owner = pthread_self();
	}
	if (!len || text[len - 1] != '\n') {
		add(text, len);
	} else {
		add(text, len - 1);
		/* An empty line is a message, too. */
		if (!begun.len)
			sink(sink_arg, begun.level, "");
		end_line();
	}
	return (int)len;
}

int vprintk(const char *format, va_list args)
{
	static char buf[TEXT_MAX + 8]; /* and the level */
	size_t len = strlen(format);
	int n;

	if (!take_lock())
		return 0;
	n = kmem_vsnprintf(buf, sizeof(buf), format, args);
	/* The newline behind what is cut off ends the line all the same. */
	if (n >= (int)sizeof(buf) && format[len - 1] == '\n')
		buf[sizeof(buf) - 2] = '\n';
	n = message(buf);
	drop_lock();
	return n;
}

int printk(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vprintk(format, args);
	va_end(args);
	return n;
}

void kmem_set_printk(kmem_printk_fn fn, void *arg)
{
	if (!take_lock())
		return;
	end_line();
	sink = fn ? fn : console;
	sink_arg = arg;
	drop_lock();
}

void kmem_report_printk(void *arg, const char *text)
{
	(void)arg;
	/* Reports may be longer than a message: one for each line. */
	for (;;) {
		int len = (int)strcspn(text, "\n");

		printk(KERN_ERR "%.*s\n", len, text);
		if (!text[len])
			return;
		text += len + 1;
	}
}

void dump_stack(void)
{
	void *frames[STACK_MAX];
	int n = backtrace(frames, STACK_MAX);

	printk(KERN_WARNING "Call Trace:\n");
	/* The first frame is this function. */
	for (int i = 1; i < n; i++)
		printk(KERN_WARNING " %pB\n", frames[i]);
}

bool kmem_printk_allowed(struct kmem_ratelimit *state)
{
	unsigned long long now = now_ns();
	bool allowed;

	if (!take_lock())
		return false;
	if (!state->begin_ns || now - state->begin_ns >= RATE_NS) {
		state->begin_ns = now;
		state->printed = 0;
	}
	allowed = state->printed < RATE_BURST;
	if (allowed)
		state->printed++;
	drop_lock();
	return allowed;
}

/* ---- around a fork, and at the end --------------------------------------- */

/* Of a sink that forks, the lock stays with who has it, in both processes. */
static __thread bool took_for_fork;

static void before_fork(void)
{
	took_for_fork = take_lock();
}

static void in_parent(void)
{
	if (took_for_fork)
		drop_lock();
}

/* The line that is begun is the parent's. */
static void in_child(void)
{
	begun.len = 0;
	in_parent();
}

/*
 * Handlers run last registered first. Those of the allocators are registered
 * later than any constructor runs, so their locks, which may be held while a
 * report is printed, are taken before this one.
 */
__attribute__((constructor)) static void register_handlers(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
}

__attribute__((destructor)) static void flush(void)
{
	if (!take_lock())
		return;
	end_line();
	drop_lock();
}
