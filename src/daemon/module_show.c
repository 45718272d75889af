/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module_show.c - what is told of a module: the files of modules/NAME
 *
 * A file that no table knows is a tag of the module's strings.
 */
#include <stdlib.h>
#include <string.h>

#include "modules.h"

static void show_name(const struct loaded *m, struct strbuf *sb)
{
	strbuf_adds(sb, m->name);
}

static void show_initstate(const struct loaded *m, struct strbuf *sb)
{
	static const char *const names[] = { "coming", "live", "going" };

	strbuf_addf(sb, "%s\n", names[m->state]);
}

static void show_refcnt(const struct loaded *m, struct strbuf *sb)
{
	strbuf_addf(sb, "%u\n", __module_refcnt(m));
}

static void show_path(const struct loaded *m, struct strbuf *sb)
{
	strbuf_addf(sb, "%s\n", m->path);
}

static void show_parameters(const struct loaded *m, struct strbuf *sb)
{
	if (m->module)
		module_params_show(m->module, sb);
}

/* What is in .modinfo under that name, a line each. */
static void show_info(const struct loaded *m, const char *tag,
		      struct strbuf *sb)
{
	const char *text = NULL;

	while ((text = module_file_info(&m->file, tag, text)) != NULL)
		strbuf_addf(sb, "%s\n", text);
}

static const struct {
	const char *file;
	void (*show)(const struct loaded *m, struct strbuf *sb);
} shown[] = {
	{ "name", show_name },
	{ "initstate", show_initstate },
	{ "refcnt", show_refcnt },
	{ "path", show_path },
	{ "parameters", show_parameters },
};

static void show(const struct loaded *m, const char *file, struct strbuf *sb)
{
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (!strcmp(shown[i].file, file)) {
			shown[i].show(m, sb);
			return;
		}
	}
	show_info(m, file, sb);
}

char *module_show(void *arg, uint64_t serial, const char *file)
{
	struct strbuf sb = { 0 };
	struct loaded *m;

	(void)arg;
	pthread_mutex_lock(&modules.lock);
	m = __module_by_serial(serial);
	if (m) {
		/* Something to give even where there is nothing to say. */
		strbuf_add(&sb, "", 0);
		show(m, file, &sb);
	}
	pthread_mutex_unlock(&modules.lock);
	if (m && strbuf_ok(&sb))
		return sb.data ? sb.data : strdup("");
	strbuf_free(&sb);
	return NULL;
}
