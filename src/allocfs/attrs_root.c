/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_root.c - the files of the root, and the root itself
 */
#include "util/text.h"

#include "view.h"

static int readme_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	strbuf_adds(sb, readme_text);
	return 0;
}
static ATTR_RO(readme, "what is where");

static int version_show(struct call *call, struct strbuf *sb)
{
	(void)call;
	strbuf_addf(sb, "%s\n", allocfs_version());
	return 0;
}
static ATTR_RO(version, "version of allocfs");

static int error_log_show_attr(struct call *call, struct strbuf *sb)
{
	error_log_show(call->view, call->uid, sb);
	return 0;
}

static int error_log_store(struct call *call, char *text, size_t len)
{
	int err = store_reset(call, text);

	(void)len;
	if (!err)
		error_log_clear(call->view, call->uid);
	return err;
}

static const struct attr error_log_attr = {
	.help = "the last refusals; 0 clears",
	.show = error_log_show_attr,
	.store = error_log_store,
	.flags = ATTR_POLL,
};

/* Directories one by one, each of one moment; all at once would stop all. */
static void where_kind(struct view *view, const struct node *node,
		       struct strbuf *sb)
{
	const struct kind *kind = node->kind;
	const char *dir = node->name;
	bool alone = node->type == NODE_ALONE;
	char name[SOURCE_NAME_MAX + 1], prefix[SOURCE_NAME_MAX + 32];
	struct source *source;
	uint32_t from = 0;

	while ((source = source_next(view, kind, from)) != NULL) {
		struct call call = { .view = view, .place.source = source };

		from = source->serial + 1;
		source_name(view, source, name, sizeof(name));
		if (alone)
			text_format(prefix, sizeof(prefix), "%s/objects/", dir);
		else
			text_format(prefix, sizeof(prefix), "%s/%s/objects/",
				    dir, name);
		if (!call_hold(&call))
			object_where(&call, prefix, sb);
		call_release(&call);
		source_put(view, source);
	}
}

static int where_all_show(struct call *call, struct strbuf *sb)
{
	const struct node *node;

	for (node = root_table; node->type != NODE_END; node++)
		if (node->kind && kind_allocates(node->kind))
			where_kind(call->view, node, sb);
	return 0;
}
static ATTR_RO(where_all, "where each object of the mount is",
	       .flags = ATTR_LONG);

/* clang-format off */
const struct node root_table[] = {
	FILE("README", readme_attr),
	FILE("version", version_attr),
	FILE("error_log", error_log_attr),
	FILE("config", config_attr),
	FILE("where", where_all_attr),
	FILE("map", map_attr),
	FILE("map.txt", map_txt_attr),
	FILE("map.svg", map_svg_attr),
	FILE("kmsg", kmsg_attr),
	EACH("caches", cache_kind),
	EACH("pools", pool_kind),
	EACH("pages", page_kind),
	ALONE("kmalloc", kmalloc_kind),
	ALONE("vmalloc", vmalloc_kind),
	EACH("iomem", iomem_kind),
	EACH_AND("modules", module_kind, modules_table),
	DIR("nodes", nodes_table),
	DIR("metrics", metrics_table),
	DIR("proc", proc_table),
	DIR("sys", sys_table),
	DIR("debug", debug_table),
	NODES_END,
};
/* clang-format on */
