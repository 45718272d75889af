/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.c - kernel-style modules inside the daemon
 *
 * A module is a shared object that uses libkmem as the daemon has it: its names
 * are found in the daemon, never in a library of its own, so that there is one
 * allocator. A module's life:
 *
 *	coming	its file is copied, loaded, its parameters are set, init runs;
 *		if that fails the module goes
 *	live	it is used, by try_module_get() or by modules that were inserted
 *		later and found names in it, or it may be removed
 *	going	exit runs; afterwards it is known to nobody
 *
 * Init and exit run on a thread of their own, which is over, with all that the
 * allocator keeps for it, before anybody is told; and in the module's name:
 * that is how its caches and pools get their owner. What is
 * still there afterwards may call code of the module (constructors, functions
 * of pools) or lie in it (a static mempool_t). So who leaves something behind
 * is told, and stays mapped for ever; the same module may be inserted again, as
 * another copy. Frees that wait for readers are waited for first.
 *
 * Where it differs from the kernel: an unknown parameter is an error; exit runs
 * at the end of the daemon, too.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <kmem/introspect.h>
#include <kmem/linux/printk.h>
#include <kmem/rcu.h>

#include "util/list.h"
#include "util/parse.h"
#include "util/text.h"
#include "util/worker.h"

#include "modules.h"

/* The kernel's requests know no errors beyond. */
#define ERRNO_MAX 511
#define STOP_SECONDS 3

struct modules modules = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.list = LIST_HEAD_INIT(modules.list),
	.left = LIST_HEAD_INIT(modules.left),
};

int why_fail(const struct why *why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vformat(why->text, why->size, format, args);
	va_end(args);
	return err;
}

/* ---- the list ------------------------------------------------------------ */

static struct loaded *__find(const char *name)
{
	struct loaded *m;

	list_for_each_entry(m, &modules.list, link)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

struct loaded *__module_by_serial(uint64_t serial)
{
	struct loaded *m;

	list_for_each_entry(m, &modules.list, link)
		if (m->serial == serial)
			return m;
	return NULL;
}

static unsigned int __users(const struct loaded *used)
{
	const struct loaded *m;
	unsigned int n = 0, i;

	list_for_each_entry(m, &modules.list, link)
		for (i = 0; i < m->nr_uses; i++)
			n += m->uses[i] == used;
	return n;
}

unsigned int __module_refcnt(const struct loaded *m)
{
	int refs = 0;

	if (m->module)
		refs = __atomic_load_n(&m->module->refs, __ATOMIC_RELAXED);
	return __users(m) + (refs > 0 ? (unsigned int)refs : 0);
}

static void loaded_free(struct loaded *m)
{
	module_file_close(&m->file);
	free(m->args);
	free(m->path);
	free(m);
}

/* A place in the list, from which on the name is taken. */
static int list_module(struct loaded *m, const struct why *why)
{
	int err = 0;

	pthread_mutex_lock(&modules.lock);
	if (modules.ending)
		err = why_fail(why, -ESHUTDOWN, "the daemon is ending");
	else if (__find(m->name))
		err = why_fail(why, -EEXIST, "module %s is there already",
			       m->name);
	if (!err) {
		m->serial = ++modules.last_serial;
		list_add_tail(&m->link, &modules.list);
		modules.nr_running++;
	}
	pthread_mutex_unlock(&modules.lock);
	return err;
}

static void take_off(struct loaded *m)
{
	pthread_mutex_lock(&modules.lock);
	list_del(&m->link);
	pthread_mutex_unlock(&modules.lock);
	loaded_free(m);
}

static void set_state(struct loaded *m, enum state state)
{
	pthread_mutex_lock(&modules.lock);
	m->state = state;
	pthread_mutex_unlock(&modules.lock);
}

/* ---- loading ------------------------------------------------------------- */

/* As the kernel makes it of a file's name, where the module does not say. */
static void name_of_path(const char *path, char *name)
{
	const char *base = strrchr(path, '/');

	text_copy(name, MODULE_NAME_LEN, base ? base + 1 : path);
	name[strcspn(name, ".")] = '\0';
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

static int set_name(struct loaded *m, const struct why *why)
{
	const char *name = module_file_info(&m->file, "name", NULL);

	if (name && strlen(name) >= sizeof(m->name))
		return why_fail(why, -ENAMETOOLONG,
				"a module's name of more than %d bytes",
				MODULE_NAME_LEN - 1);
	if (name)
		text_copy(m->name, sizeof(m->name), name);
	else
		name_of_path(m->path, m->name);
	if (parse_name(m->name) || !strcmp(m->name, "insert"))
		return why_fail(why, -EINVAL, "'%s' is no name for a module",
				m->name);
	return 0;
}

/* ---- going --------------------------------------------------------------- */

/* Those of call_rcu() in liburcu, if anybody has it, are code of a module. */
static void wait_for_callbacks(void)
{
	void (*barrier)(void) =
		(void (*)(void))dlsym(RTLD_DEFAULT, "urcu_memb_barrier");

	if (barrier)
		barrier();
}

/*
 * Off the list, and unmapped if nothing of it is left. @reports: complaints of
 * the allocator before its last code ran. Return: whether it is clean.
 */
static bool forget(struct loaded *m, unsigned long reports,
		   const struct why *why)
{
	struct strbuf left = { 0 };
	bool clean;

	/* Frees that wait for readers are of the module's objects. */
	kmem_rcu_barrier();
	wait_for_callbacks();
	leaks_list(m, &left);
	clean = !left.len && kmem_report_count() == reports && strbuf_ok(&left);
	if (left.len)
		why_fail(why, 0, "%s left %s behind and stays mapped", m->name,
			 left.data);
	else if (!clean)
		why_fail(why, 0,
			 "%s stays mapped: the allocator complained at its "
			 "end, see kmsg",
			 m->name);
	if (!clean)
		printk(KERN_WARNING "%s\n", why->text);
	strbuf_free(&left);
	pthread_mutex_lock(&modules.lock);
	list_move(&m->link, &modules.left);
	pthread_mutex_unlock(&modules.lock);
	if (clean && module_unload(m))
		take_off(m);
	return clean;
}

/* ---- threads ------------------------------------------------------------- */

/**
 * struct task - something that runs code of a module
 */
struct task {
	int (*run)(struct loaded *m, const struct why *why);
	struct loaded *m;
	const struct why *why;
	int err;
};

static void *task_main(void *arg)
{
	struct task *task = arg;

	task->err = task->run(task->m, task->why);
	return NULL;
}

void modules_count_running(int by)
{
	pthread_mutex_lock(&modules.lock);
	modules.nr_running += (unsigned int)by;
	pthread_cond_broadcast(&modules.changed);
	pthread_mutex_unlock(&modules.lock);
}

/* Return: what it returned; or @undo() was called, as there is no thread. */
static int run_apart(struct task *task, void (*undo)(struct loaded *m))
{
	pthread_t thread;
	int err = worker_start(&thread, task_main, task);

	if (err) {
		undo(task->m);
		err = why_fail(task->why, err, "no thread for it");
	} else {
		pthread_join(thread, NULL);
		err = task->err;
	}
	modules_count_running(-1);
	return err;
}

/* ---- insert -------------------------------------------------------------- */

/* What init returned, as an errno that can be told. */
static int init_result(const struct loaded *m, int result,
		       const struct why *why)
{
	if (!result)
		return 0;
	if (result > 0) {
		printk(KERN_WARNING
		       "%s: init suspiciously returned %d, it should be 0 or "
		       "-errno; loaded anyway\n",
		       m->name, result);
		return 0;
	}
	why_fail(why, 0, "init of %s returned %d", m->name, result);
	return result < -ERRNO_MAX ? -EIO : result;
}

static int run_init(struct loaded *m, const struct why *why)
{
	int result;

	if (!m->module->init)
		return 0;
	kmem_set_owner(m->name);
	result = m->module->init();
	kmem_set_owner(NULL);
	return init_result(m, result, why);
}

/* It is listed: from here on its end is forget()'s. */
static int bring_in(struct loaded *m, const struct why *why)
{
	char text[512] = "";
	const struct why left = { text, sizeof(text) };
	int err;

	leaks_mark(&m->mark);
	err = module_load(m, why);
	if (!err)
		err = run_init(m, why);
	if (!err) {
		set_state(m, LIVE);
		return 0;
	}
	/* Both are worth telling. */
	if (!forget(m, kmem_report_count(), &left)) {
		size_t len = strlen(why->text);

		text_format(why->text + len, why->size - len, "; %s", text);
	}
	return err;
}

static int split(const char *command, struct loaded *m, const struct why *why)
{
	size_t len;

	command += strspn(command, " \t");
	len = strcspn(command, " \t\n");
	if (*command != '/')
		return why_fail(why, -EINVAL,
				"a module is named by its path, from / on: "
				"'%.*s'",
				(int)len, command);
	m->path = strndup(command, len);
	m->args = strdup(command + len);
	return m->path && m->args ? 0 : -ENOMEM;
}

int modules_insert(const char *command, const struct why *why)
{
	struct loaded *m = calloc(1, sizeof(*m));
	struct task task = { bring_in, m, why, 0 };
	int err;

	if (!m)
		return -ENOMEM;
	m->file.fd = -1;
	err = split(command, m, why);
	if (!err)
		err = module_file_open(m->path, &m->file, why);
	if (!err)
		err = set_name(m, why);
	if (!err)
		err = list_module(m, why);
	if (err) {
		loaded_free(m);
		return err;
	}
	return run_apart(&task, take_off);
}

/* ---- remove -------------------------------------------------------------- */

/* Nobody may begin to use it from here on. Under the lock. */
static bool __close(struct loaded *m)
{
	int none = 0;

	return !__users(m) &&
	       __atomic_compare_exchange_n(&m->module->refs, &none, -1, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static int __may_remove(struct loaded *m, const struct why *why)
{
	if (m->state == COMING)
		return why_fail(why, -EBUSY, "its init still runs");
	if (m->state == GOING)
		return why_fail(why, -EBUSY, "its exit runs already");
	if (m->module->init && !m->module->exit)
		return why_fail(why, -EBUSY, "it has no exit");
	if (!__close(m))
		return why_fail(why, -EBUSY, "it has %u users",
				__module_refcnt(m));
	return 0;
}

static int begin_remove(struct loaded *m, const struct why *why)
{
	int err = __may_remove(m, why);

	if (!err) {
		m->state = GOING;
		modules.nr_running++;
	}
	return err;
}

static int go(struct loaded *m, const struct why *why)
{
	unsigned long reports = kmem_report_count();

	kmem_set_owner(m->name);
	if (m->module->exit)
		m->module->exit();
	kmem_set_owner(NULL);
	forget(m, reports, why);
	return 0;
}

static void stay(struct loaded *m)
{
	pthread_mutex_lock(&modules.lock);
	m->state = LIVE;
	__atomic_store_n(&m->module->refs, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&modules.lock);
}

static int end_remove(struct loaded *m, const struct why *why)
{
	struct task task = { go, m, why, 0 };

	return run_apart(&task, stay);
}

static int modules_remove(void *arg, const char *name, char *text, size_t size)
{
	const struct why why = { text, size };
	struct loaded *m;
	int err = -ENOENT;

	(void)arg;
	pthread_mutex_lock(&modules.lock);
	m = __find(name);
	if (m)
		err = begin_remove(m, &why);
	pthread_mutex_unlock(&modules.lock);
	return err ? err : end_remove(m, &why);
}

static size_t modules_list(void *arg, uint64_t *serials, size_t room)
{
	struct loaded *m;
	size_t n = 0;

	(void)arg;
	pthread_mutex_lock(&modules.lock);
	list_for_each_entry(m, &modules.list, link) {
		if (n < room)
			serials[n] = m->serial;
		n++;
	}
	pthread_mutex_unlock(&modules.lock);
	return n;
}

/* Its code runs as the daemon; so it is for whom the daemon runs as. */
static bool modules_may(void *arg, uid_t uid)
{
	(void)arg;
	return !uid || uid == geteuid();
}

static int insert(void *arg, const char *command, char *text, size_t size)
{
	const struct why why = { text, size };

	(void)arg;
	return modules_insert(command, &why);
}

const struct allocfs_modules *modules_init(bool may_insert)
{
	static struct allocfs_modules interface = {
		.remove = modules_remove,
		.list = modules_list,
		.show = module_show,
		.may = modules_may,
	};

	interface.insert = may_insert ? insert : NULL;
	return &interface;
}

/* ---- the end ------------------------------------------------------------- */

/* The newest that can go: those that it uses come later. Under the lock. */
static struct loaded *__next_to_stop(const struct why *why)
{
	struct loaded *m;

	for (m = list_last_entry(&modules.list, struct loaded, link);
	     &m->link != &modules.list;
	     m = list_entry(m->link.prev, struct loaded, link))
		if (m->state == LIVE && !begin_remove(m, why))
			return m;
	return NULL;
}

static void *stop_main(void *arg)
{
	char text[256];
	const struct why why = { text, sizeof(text) };
	struct loaded *m;

	pthread_mutex_lock(&modules.lock);
	while ((m = __next_to_stop(&why)) != NULL) {
		pthread_mutex_unlock(&modules.lock);
		/* One that cannot go now is asked no more. */
		if (end_remove(m, &why))
			set_state(m, GOING);
		pthread_mutex_lock(&modules.lock);
	}
	pthread_mutex_unlock(&modules.lock);
	modules_count_running(-1);
	return arg;
}

/* Until no code of a module runs: false when that takes too long. */
static bool wait_for_rest(void)
{
	struct timespec until;
	int err = 0;
	bool rest;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_SECONDS;
	pthread_mutex_lock(&modules.lock);
	while (modules.nr_running && !err)
		err = pthread_cond_timedwait(&modules.changed, &modules.lock,
					     &until);
	rest = !modules.nr_running;
	pthread_mutex_unlock(&modules.lock);
	return rest;
}

bool modules_stop(void)
{
	pthread_t thread;

	pthread_mutex_lock(&modules.lock);
	modules.ending = true;
	pthread_mutex_unlock(&modules.lock);
	modules_count_running(1);
	if (worker_start(&thread, stop_main, NULL))
		return false;
	pthread_detach(thread);
	return wait_for_rest();
}
