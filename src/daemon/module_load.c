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

struct wants {
	struct loaded *by;
	int err;
};

/* A name that @by wants: is it one of ours that gives it? Under the lock. */
static void __note_use(void *arg, const char *name)
{
	struct wants *wants = arg;
	struct loaded *m, *by = wants->by;
	unsigned int i;

	list_for_each_entry(m, &modules.list, link) {
		struct link_map *map, *its;
		Dl_info info;
		void *symbol;

		if (m->state != LIVE || !m->handle)
			continue;
		symbol = dlsym(m->handle, name);
		if (!symbol || dlinfo(m->handle, RTLD_DI_LINKMAP, &its) ||
		    !dladdr1(symbol, &info, (void **)&map, RTLD_DL_LINKMAP) ||
		    map != its)
			continue;
		for (i = 0; i < by->nr_uses && by->uses[i] != m; i++)
			;
		if (i == MAX_USES)
			wants->err = -EMLINK;
		else
			by->uses[i] = m;
		by->nr_uses += i == by->nr_uses && i < MAX_USES;
		return;
	}
}

/* Before it is loaded, so that nothing that it needs goes meanwhile. */
static int note_uses(struct loaded *m, const struct why *why)
{
	struct wants wants = { .by = m };

	pthread_mutex_lock(&modules.lock);
	module_file_wants(&m->file, __note_use, &wants);
	pthread_mutex_unlock(&modules.lock);
	if (wants.err)
		return why_fail(why, wants.err, "it uses more than %d modules",
				MAX_USES);
	return 0;
}

/* By the process, not "self": a debugger looks the path up, too. */
static int map_file(struct loaded *m, const struct why *why)
{
	char path[64];
	const char *error, *detail;

	text_format(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(),
		    m->file.fd);
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
