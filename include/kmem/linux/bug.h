/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/bug.h - conditions that are checked at run time
 *
 * A warning is a message of several lines with the stack, and the program goes
 * on. A bug is one and ends in abort(3): there is no task to kill but this
 * one.
 */
#ifndef KMEM_LINUX_BUG_H
#define KMEM_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/printk.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

/**
 * kmem_warn() - what WARN() and relatives call
 * @file: where it is written
 * @line: the same
 * @format: more to say, or NULL
 *
 * Context: any thread.
 */
void kmem_warn(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/**
 * kmem_bug() - what BUG() calls
 */
void kmem_bug(const char *file, int line) __attribute__((noreturn, cold));

/**
 * panic() - print why, and abort(3)
 */
void panic(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn, cold));

#pragma GCC visibility pop

#define BUG() kmem_bug(__FILE__, __LINE__)
#define BUG_ON(condition)                                                      \
	do {                                                                   \
		if (unlikely(condition))                                       \
			BUG();                                                 \
	} while (0)

/* Each has the value of its condition. */
#define KMEM_WARN_IF(condition, filter, ...)                                   \
	__extension__({                                                        \
		const bool kmem_warned = !!(condition);                        \
                                                                               \
		if (unlikely(kmem_warned) && (filter))                         \
			kmem_warn(__FILE__, __LINE__, __VA_ARGS__);            \
		unlikely(kmem_warned);                                         \
	})
#define WARN_ON(condition) KMEM_WARN_IF(condition, true, NULL)
#define WARN(condition, ...) KMEM_WARN_IF(condition, true, __VA_ARGS__)
#define WARN_ON_ONCE(condition) KMEM_WARN_IF(condition, kmem_first_time(), NULL)
#define WARN_ONCE(condition, ...)                                              \
	KMEM_WARN_IF(condition, kmem_first_time(), __VA_ARGS__)

#endif /* KMEM_LINUX_BUG_H */
