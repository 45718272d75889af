/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module_load.c - a module's file into memory
 *
 * Loaded is the copy of the file, by its path in /proc. Names that it wants are
 * looked for in the daemon and its libraries first, then in modules that were
 * loaded before; these are noted before anything is loaded, so that they do not
 * go meanwhile. The linker would keep them mapped, but not from running their
 * exit.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include <kmem/introspect.h>

#include "util/text.h"

#include "modules.h"

#define PATH_SIZE 64

struct wants {
	void *program; /* its names, and those of all that was loaded later */
	struct loaded *by;
	const struct why *why;
	int err;
};

/* By the process, not "self": a debugger looks the path up, too. */
static void path_of(const struct loaded *m, char *path, size_t size)
{
	text_format(path, size, "/proc/%d/fd/%d", (int)getpid(), m->file.fd);
}

/* Whose object is it? The path is a module's as long as it may be mapped. */
static struct loaded *__find_in(struct list_head *list, const char *its)
{
	struct loaded *m;
	char path[PATH_SIZE];

	list_for_each_entry(m, list, link) {
		path_of(m, path, sizeof(path));
		if (!strcmp(path, its))
			return m;
	}
	return NULL;
}

static int __add_use(struct wants *wants, struct loaded *used)
{
	struct loaded *by = wants->by;
	unsigned int i;

	for (i = 0; i < by->nr_uses; i++)
		if (by->uses[i] == used)
			return 0;
	if (i == MAX_USES)
		return why_fail(wants->why, -EMLINK,
				"it uses more than %d modules", MAX_USES);
	by->uses[by->nr_uses++] = used;
	return 0;
}

static int __note_use(struct wants *wants, const char *name, const char *its)
{
	struct loaded *m = __find_in(&modules.list, its);

	if (m && m->state == LIVE)
		return __add_use(wants, m);
	if (m)
		return why_fail(wants->why, -EBUSY,
				"%s is of module %s, whose %s still runs", name,
				m->name, m->state == COMING ? "init" : "exit");
	m = __find_in(&modules.left, its);
	if (m)
		return why_fail(wants->why, -EBUSY,
				"%s would be that of a module %s that was "
				"removed and stays mapped",
				name, m->name);
	return 0;
}

/*
 * Whose the name is that the linker will find. The lock is not held while it is
 * looked up: constructors run under the linker's own, and may never return. Who
 * goes in between is not live any more.
 */
static void note_use(void *arg, const char *name)
{
	struct wants *wants = arg;
	struct link_map *map;
	Dl_info info;
	void *symbol;

	if (wants->err)
		return;
	symbol = dlsym(wants->program, name);
	if (!symbol || !dladdr1(symbol, &info, (void **)&map, RTLD_DL_LINKMAP))
		return;
	pthread_mutex_lock(&modules.lock);
	wants->err = __note_use(wants, name, map->l_name);
	pthread_mutex_unlock(&modules.lock);
}

/*
 * Before it is loaded, so that nothing that it needs goes meanwhile. Not by
 * RTLD_DEFAULT: then the linker would take it that the program needs the names,
 * and keep their modules mapped.
 */
static int note_uses(struct loaded *m, const struct why *why)
{
	struct wants wants = { dlopen(NULL, RTLD_LAZY), m, why, 0 };

	if (!wants.program)
		return why_fail(why, -ENOMEM, "%s", dlerror());
	module_file_wants(&m->file, note_use, &wants);
	dlclose(wants.program);
	return wants.err;
}

static int map_file(struct loaded *m, const struct why *why)
{
	char path[PATH_SIZE];
	const char *error, *detail;

	path_of(m, path, sizeof(path));
	kmem_set_owner(m->name);
	m->handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	kmem_set_owner(NULL);
	if (m->handle)
		return 0;
	error = dlerror();
	/* That path means nothing to anybody. */
	detail = strncmp(error, path, strlen(path)) ? error
						    : error + strlen(path);
	detail += strspn(detail, ": ");
	return why_fail(why, -ENOEXEC, "%s: %s", m->path, detail);
}

/* What the linker kept of <linux/module.h>; in this object and in no other. */
static struct module *find_module(struct loaded *m)
{
	struct link_map *map, *its;
	Dl_info info;
	void *symbol = dlsym(m->handle, "__this_module");

	if (!symbol || dlinfo(m->handle, RTLD_DI_LINKMAP, &its) ||
	    !dladdr1(symbol, &info, (void **)&map, RTLD_DL_LINKMAP) ||
	    map != its)
		return NULL;
	return symbol;
}

static bool has_own_allocator(const struct loaded *m)
{
	void *its = dlsym(m->handle, "kmem_init");

	return its && its != dlsym(RTLD_DEFAULT, "kmem_init");
}

int module_load(struct loaded *m, const struct why *why)
{
	struct module *module;
	int err = note_uses(m, why);

	if (!err)
		err = map_file(m, why);
	if (err)
		return err;
	if (has_own_allocator(m))
		return why_fail(why, -ENOEXEC,
				"it brings an allocator of its own: link it "
				"without libkmem");
	module = find_module(m);
	if (!module)
		return why_fail(why, -ENOEXEC,
				"no __this_module in it: not compiled by "
				"kmodc");
	err = module_params_set(module, m->args, why);
	if (err)
		return err;
	pthread_mutex_lock(&modules.lock);
	m->module = module;
	pthread_mutex_unlock(&modules.lock);
	return 0;
}

bool module_shrinker(const struct loaded *m, char ret_name[KMEM_SHRINKER_NAME])
{
	struct link_map *map;
	uintptr_t from, to;

	if (!m->handle || dlinfo(m->handle, RTLD_DI_LINKMAP, &map))
		return false;
	module_file_range(&m->file, &from, &to);
	return kmem_shrinker_within((const void *)(map->l_addr + from),
				    (const void *)(map->l_addr + to), ret_name);
}

bool module_unload(struct loaded *m)
{
	char path[PATH_SIZE];
	void *still;

	if (!m->handle)
		return true;
	path_of(m, path, sizeof(path));
	dlclose(m->handle);
	m->handle = NULL;
	still = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (still)
		dlclose(still);
	return !still;
}
