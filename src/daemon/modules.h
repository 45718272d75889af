/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.h - private definitions of the module loader, one section per file
 */
#ifndef DAEMON_MODULES_H
#define DAEMON_MODULES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <allocfs/allocfs.h>
#include <kmem/module.h>
#include <kmem/shrinker.h>

#include "util/list.h"
#include "util/strbuf.h"

/**
 * struct why - room for words about what went wrong
 */
struct why {
	char *text;
	size_t size;
};

/* Say it. Return: @err. */
int why_fail(const struct why *why, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- module_file.c: the file --------------------------------------------- */

/**
 * struct module_file - a copy of a module's file, so that nobody changes it
 * @fd: a memory file, open as long as the module may be mapped
 * @data: its content
 * @size: bytes
 * @info: the strings of .modinfo, NUL between them
 * @info_size: bytes of @info
 */
struct module_file {
	int fd;
	const char *data;
	size_t size;
	const char *info;
	size_t info_size;
};

/**
 * module_file_open() - copy a file, and check that it is a module for us
 *
 * Return: 0; the error of open(2); -EINVAL, not a regular file; -ENOEXEC.
 */
int module_file_open(const char *path, struct module_file *ret_file,
		     const struct why *why);
void module_file_close(struct module_file *file);
/* The next string with that tag behind @previous, NULL to begin; NULL: none. */
const char *module_file_info(const struct module_file *file, const char *tag,
			     const char *previous);
/* The addresses that its segments take, less that where it is loaded. */
void module_file_range(const struct module_file *file, uintptr_t *ret_from,
		       uintptr_t *ret_to);
/* Call @visit with each name that the file wants from others. */
void module_file_wants(const struct module_file *file,
		       void (*visit)(void *arg, const char *name), void *arg);

/* ---- module_params.c: parameters ----------------------------------------- */

/**
 * module_params_set() - NAME=VALUE words, blanks between them
 * @text: taken apart; the variables of type charp point into it afterwards
 *
 * "quotes" keep blanks in a value. Return: 0, -EINVAL, -ERANGE.
 */
int module_params_set(const struct module *module, char *text,
		      const struct why *why);
/* "name value" lines of those that are shown. */
void module_params_show(const struct module *module, struct strbuf *sb);

/* ---- module_leaks.c: what a module left ---------------------------------- */

/**
 * struct leak_mark - how things were before a module began
 */
struct leak_mark {
	uint64_t last_cache;
	uint64_t last_pool;
};

void leaks_mark(struct leak_mark *ret_mark);
struct loaded;
/* Append "cache 'x', pool 'y'": what the module made and is still there. */
void leaks_list(const struct loaded *m, struct strbuf *sb);

/* ---- modules.c: those that there are ------------------------------------- */

#define MAX_USES 32

enum state {
	COMING,
	LIVE,
	GOING,
};

/**
 * struct loaded - a module, from its insertion on
 *
 * Constant once listed: serial, name, path, file.
 * Its own thread's while it is coming or going: mark, handle, args.
 * Under lock: link, state, module, uses, nr_uses.
 */
struct loaded {
	struct list_head link;
	uint64_t serial;
	char name[MODULE_NAME_LEN];
	char *path;
	struct leak_mark mark;
	struct module_file file;
	void *handle; /* NULL until it is mapped */
	char *args; /* variables may point into it */
	struct loaded *uses[MAX_USES];
	unsigned int nr_uses;
	enum state state;
	struct module *module; /* NULL until it is loaded */
};

/**
 * struct modules - all of them
 */
struct modules {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct list_head list; /* the newest last */
	struct list_head left; /* known to nobody, but mapped */
	uint64_t last_serial;
	unsigned int nr_running; /* that come or go just now */
	bool ending;
};

extern struct modules modules;

/* Own references and other modules together, as the kernel counts. Under the
 * lock, as the next. */
unsigned int __module_refcnt(const struct loaded *m);
struct loaded *__module_by_serial(uint64_t serial);

/* ---- module_load.c: into memory ------------------------------------------ */

/**
 * module_load() - find what it uses, map it and set its parameters
 *
 * Runs its constructors. Return: 0, -ENOEXEC, -EBUSY, -EMLINK, -EINVAL,
 * -ERANGE.
 */
int module_load(struct loaded *m, const struct why *why);

/**
 * module_shrinker() - is there a shrinker with code of the module?
 */
bool module_shrinker(const struct loaded *m, char ret_name[KMEM_SHRINKER_NAME]);

/**
 * module_unload() - unmap it, if it is mapped
 *
 * Return: false: the linker keeps it (-z nodelete, say), by the path that it
 * has: while it does so, its file must not be closed.
 */
bool module_unload(struct loaded *m);

/* ---- module_show.c: what is told of one ----------------------------------- */

/* As struct allocfs_modules has it. */
char *module_show(void *arg, uint64_t serial, const char *file);

/* ---- modules.c: the loader ----------------------------------------------- */

/**
 * modules_init() - prepare the loader
 * @may_insert: through the mount, that is
 *
 * Return: what goes into struct allocfs_options.
 */
const struct allocfs_modules *modules_init(bool may_insert);

/**
 * modules_insert() - load one and run its init; see struct allocfs_modules
 *
 * Context: a thread of its own, since init may take for ever.
 */
int modules_insert(const char *command, const struct why *why);

/**
 * modules_count_running() - something begins (1) or ends (-1) that
 * modules_stop() waits for
 */
void modules_count_running(int by);

/**
 * modules_stop() - run the exits of all modules, the newest first
 *
 * Return: false: some code of a module still runs after some seconds, and
 * nothing may be taken away from under it.
 */
bool modules_stop(void);

#endif /* DAEMON_MODULES_H */
