/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_module.c - modules/: kernel-style modules in the program
 *
 * Loading is the program's business (struct allocfs_modules); here are only the
 * files. Inserting and removing run the module's code, so they are jobs. Where
 * nobody loads modules the directory is there, and empty.
 */
#include <errno.h>
#include <stdlib.h>

#include "util/text.h"

#include "view.h"

static const struct allocfs_modules *modules_of(const struct call *call)
{
	return call->view->options.modules;
}

/* ---- modules/NAME -------------------------------------------------------- */

/* Every file is one that the loader knows by its name. */
static int text_show(struct call *call, struct strbuf *sb)
{
	const struct allocfs_modules *modules = modules_of(call);
	char *text = modules->show(modules->arg, call->place.source->kmem,
				   call->place.node->name);

	if (!text)
		return call_fail(call, -ENODEV, "it is gone");
	strbuf_adds(sb, text);
	free(text);
	return 0;
}

#define MODULE_ATTR(x, help_)                                                  \
	static const struct attr x##_attr = { .help = (help_),                 \
					      .show = text_show }

MODULE_ATTR(initstate, "coming, live or going");
MODULE_ATTR(refcnt, "who uses it");
MODULE_ATTR(path, "the file that it was loaded from");
MODULE_ATTR(license, "what MODULE_LICENSE() says");
MODULE_ATTR(author, "what MODULE_AUTHOR() says, a line each");
MODULE_ATTR(description, "what MODULE_DESCRIPTION() says");
MODULE_ATTR(version, "what MODULE_VERSION() says");
MODULE_ATTR(parameters, "its parameters that are shown, flat keyed");

/* clang-format off */
const struct node module_table[] = {
	FILE("initstate", initstate_attr),
	FILE("refcnt", refcnt_attr),
	FILE("path", path_attr),
	FILE("license", license_attr),
	FILE("author", author_attr),
	FILE("description", description_attr),
	FILE("version", version_attr),
	FILE("parameters", parameters_attr),
	NODES_END,
};
/* clang-format on */

/* ---- inserting and removing ---------------------------------------------- */

/* The code will run as the program: the loader says whose may. */
static int may_change(struct call *call)
{
	const struct allocfs_modules *modules = modules_of(call);

	if (!modules || !modules->insert)
		return call_fail(call, -EPERM,
				 "it was not started with -o modules");
	if (!modules->may(modules->arg, call->uid))
		return call_fail(call, -EPERM,
				 "only who runs it, and root, may");
	return 0;
}

static int insert_job(const struct allocfs_modules *modules, uint64_t kmem,
		      const char *text, char *why, size_t size)
{
	(void)kmem;
	return modules->insert(modules->arg, text, why, size);
}

static int insert_store(struct call *call, char *text, size_t len)
{
	int err = may_change(call);

	(void)len;
	return err ? err : job_start(call, insert_job, text, call->size, NULL);
}
static ATTR_WO(insert, "PATH [NAME=VALUE]... inserts a module",
	       .flags = ATTR_FRESH);

/* clang-format off */
const struct node modules_table[] = {
	FILE("insert", insert_attr),
	NODES_END,
};
/* clang-format on */

static int remove_job(const struct allocfs_modules *modules, uint64_t kmem,
		      const char *text, char *why, size_t size)
{
	(void)kmem;
	return modules->remove(modules->arg, text, why, size);
}

static char *module_name(struct call *call)
{
	const struct allocfs_modules *modules = modules_of(call);

	return modules->show(modules->arg, call->place.source->kmem, "name");
}

/* The job is about the directory: the module's own will be gone. */
static int module_remove(struct call *call)
{
	struct call inner = *call;
	char *name;
	int err = may_change(call);

	if (err)
		return err;
	name = module_name(call);
	if (!name)
		return -ENOENT;
	place_of_kind(call->view, &module_kind, &inner.place);
	err = job_start(&inner, remove_job, name, 0, name);
	free(name);
	return err;
}

static int module_make(struct call *call, const char *name, uint64_t *ret_kmem)
{
	(void)name;
	(void)ret_kmem;
	return call_fail(call, -EPERM,
			 "a module is inserted by its path: modules/insert");
}

/* ---- the kind ------------------------------------------------------------ */

/* What it says is copied each time: there is nothing to pin. */
static bool module_hold(struct call *call)
{
	char *name = module_name(call);
	bool there = name != NULL;

	free(name);
	return there;
}

static void module_release(struct call *call)
{
	(void)call;
}

static size_t module_serials(struct view *view, uint64_t *serials, size_t room)
{
	const struct allocfs_modules *modules = view->options.modules;

	return modules ? modules->list(modules->arg, serials, room) : 0;
}

static void module_describe(struct call *call, struct identity *ret_identity)
{
	char *name = module_name(call);

	text_copy(ret_identity->name, sizeof(ret_identity->name),
		  name ? name : "?");
	text_copy(ret_identity->owner, sizeof(ret_identity->owner), "mount");
	free(name);
}

const struct kind module_kind = {
	.id = KIND_MODULE,
	.table = module_table,
	.hold = module_hold,
	.release = module_release,
	.serials = module_serials,
	.describe = module_describe,
	.make = module_make,
	.remove = module_remove,
};
