/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/printk.h - messages of kernel-style code
 *
 * Where they go is the program's choice (kmem_set_printk()); by default what
 * is above KERN_DEBUG goes to standard error in the format of the console.
 * The library itself says nothing this way: kmem_set_report() is its voice,
 * and kmem_report_printk() joins the two.
 */
#ifndef KMEM_LINUX_PRINTK_H
#define KMEM_LINUX_PRINTK_H

#include <stdarg.h>
#include <stdbool.h>

#include <kmem/sprintf.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define KERN_SOH "\001"
#define KERN_SOH_ASCII '\001'
#define KERN_EMERG KERN_SOH "0"
#define KERN_ALERT KERN_SOH "1"
#define KERN_CRIT KERN_SOH "2"
#define KERN_ERR KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE KERN_SOH "5"
#define KERN_INFO KERN_SOH "6"
#define KERN_DEBUG KERN_SOH "7"
#define KERN_DEFAULT ""
/* Goes on with the line that the thread has begun. */
#define KERN_CONT KERN_SOH "c"

#define LOGLEVEL_EMERG 0
#define LOGLEVEL_ALERT 1
#define LOGLEVEL_CRIT 2
#define LOGLEVEL_ERR 3
#define LOGLEVEL_WARNING 4
#define LOGLEVEL_NOTICE 5
#define LOGLEVEL_INFO 6
#define LOGLEVEL_DEBUG 7

/**
 * printk() - one message
 * @format: begins with KERN_…, else the level is that of KERN_WARNING; formats
 *	are the kernel's, see kmem/sprintf.h
 *
 * A message ends with a newline. One that does not is held back, so that
 * KERN_CONT can add to it, until another message comes or the program ends.
 * What is longer than 1023 bytes is cut; a newline at the end of @format counts
 * all the same.
 *
 * Context: any thread; not from a signal handler.
 * Return: the length of the text.
 */
int printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintk(const char *format, va_list args)
	__attribute__((format(printf, 1, 0)));

#define _printk printk

/* Prints nothing: the arguments are checked and not evaluated. */
#define no_printk(fmt, ...)                                                    \
	__extension__({                                                        \
		if (0)                                                         \
			printk(fmt, ##__VA_ARGS__);                            \
		0;                                                             \
	})

/**
 * typedef kmem_printk_fn - receives one message
 * @arg: as given to kmem_set_printk()
 * @level: LOGLEVEL_…
 * @text: without the last newline; it may be empty, or have several lines
 *
 * Called by the thread that printed, with a lock held: messages come one at a
 * time, in order. It may not sleep for long and may not call printk() (what it
 * prints is dropped).
 */
typedef void (*kmem_printk_fn)(void *arg, int level, const char *text);

/**
 * kmem_set_printk() - where messages go
 * @fn: NULL: to standard error, as at the start
 * @arg: handed to @fn
 *
 * Context: any thread; when it returns, the function that was set before runs
 * no more. A begun line still goes to that one.
 */
void kmem_set_printk(kmem_printk_fn fn, void *arg);

/**
 * kmem_report_printk() - for kmem_set_report(): reports become messages
 *
 * With it, kernel-style code sees what it would see in the kernel's log.
 */
void kmem_report_printk(void *arg, const char *text);

/**
 * dump_stack() - the calling thread's stack, one function per line
 */
void dump_stack(void);

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#define pr_emerg(fmt, ...) printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...) printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...) printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...) printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...) printk(KERN_CONT fmt, ##__VA_ARGS__)

/* Compiled in where the file says #define DEBUG. */
#ifdef DEBUG
#define pr_devel(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_devel(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/* The first time that a place is passed, by whichever thread. */
#define kmem_first_time()                                                      \
	__extension__({                                                        \
		static bool kmem_passed;                                       \
		!__atomic_load_n(&kmem_passed, __ATOMIC_RELAXED) &&            \
			!__atomic_exchange_n(&kmem_passed, true,               \
					     __ATOMIC_RELAXED);                \
	})

#define printk_once(fmt, ...)                                                  \
	__extension__({                                                        \
		if (kmem_first_time())                                         \
			printk(fmt, ##__VA_ARGS__);                            \
	})
#define pr_emerg_once(fmt, ...)                                                \
	printk_once(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_once(fmt, ...)                                                \
	printk_once(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_once(fmt, ...) printk_once(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_once(fmt, ...) printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)                                                 \
	printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_once(fmt, ...)                                               \
	printk_once(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...) printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/**
 * kmem_printk_allowed() - may a rate-limited place print now?
 * @state: of that place, zeroed at first
 *
 * Ten messages in five seconds, as the kernel's default.
 */
struct kmem_ratelimit {
	unsigned long long begin_ns;
	unsigned int printed;
};
bool kmem_printk_allowed(struct kmem_ratelimit *state);

#define printk_ratelimited(fmt, ...)                                           \
	__extension__({                                                        \
		static struct kmem_ratelimit kmem_limit;                       \
                                                                               \
		if (kmem_printk_allowed(&kmem_limit))                          \
			printk(fmt, ##__VA_ARGS__);                            \
	})
#define pr_emerg_ratelimited(fmt, ...)                                         \
	printk_ratelimited(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...)                                         \
	printk_ratelimited(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...)                                          \
	printk_ratelimited(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...)                                           \
	printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...)                                          \
	printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...)                                        \
	printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...)                                          \
	printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#ifdef DEBUG
#define pr_debug_ratelimited(fmt, ...)                                         \
	printk_ratelimited(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#else
#define pr_debug_ratelimited(fmt, ...)                                         \
	no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/* What stands before each line: its address, its offset, nothing. */
enum {
	DUMP_PREFIX_NONE,
	DUMP_PREFIX_ADDRESS,
	DUMP_PREFIX_OFFSET,
};

/**
 * hex_dump_to_buffer() - one line of bytes in hexadecimal
 * @buf: the bytes
 * @len: their number; those behind the row are left out
 * @rowsize: 16 or 32, else 16
 * @groupsize: 1, 2, 4 or 8: so many bytes are one number; else, or when @len
 *	is no multiple of it, 1
 * @line: where to
 * @size: bytes there
 * @ascii: the characters behind
 *
 * Context: any. Return: the length of the whole line, however much of it fit.
 */
int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize,
		       char *line, size_t size, bool ascii);

/**
 * print_hex_dump() - any number of such lines, by printk()
 * @level: KERN_…
 * @prefix: first in each line
 * @prefix_type: DUMP_PREFIX_…
 */
void print_hex_dump(const char *level, const char *prefix, int prefix_type,
		    int rowsize, int groupsize, const void *buf, size_t len,
		    bool ascii);

#define print_hex_dump_bytes(prefix, prefix_type, buf, len)                    \
	print_hex_dump_debug(prefix, prefix_type, 16, 1, buf, len, true)
#ifdef DEBUG
#define print_hex_dump_debug(prefix, prefix_type, rowsize, groupsize, buf,     \
			     len, ascii)                                       \
	print_hex_dump(KERN_DEBUG, prefix, prefix_type, rowsize, groupsize,    \
		       buf, len, ascii)
#else
#define print_hex_dump_debug(prefix, prefix_type, rowsize, groupsize, buf,     \
			     len, ascii)                                       \
	do {                                                                   \
		if (0)                                                         \
			print_hex_dump(KERN_DEBUG, prefix, prefix_type,        \
				       rowsize, groupsize, buf, len, ascii);   \
	} while (0)
#endif

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_LINUX_PRINTK_H */
