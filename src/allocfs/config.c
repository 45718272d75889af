/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.c - the file config: the layout as text, and how it is read
 *
 * A line is about one thing: a word that says of which sort, a name where there
 * are many, and settings, key=value, as util/keyed.h has them. A key is the name
 * of a file in the thing's directory, a value is what one would write there:
 *
 *	cache conn objsize=192 align=0 flags=SLAB_HWCACHE_ALIGN ctor=none
 *		gfp=GFP_KERNEL limit=max			(one line)
 *	pool io backing=slab:conn min_nr=6 gfp=GFP_KERNEL limit=max poison=0
 *	cache kmalloc-64 owner=boot limit=1000
 *	vm watermark_scale_factor=20
 *
 * Which files are keys their attributes say (attr->save), so the tables of the
 * tree are the grammar. What the mount made is written down whole, so that
 * reading it in again sets it back; of all else only what was changed, with its
 * owner, that nobody takes it for something to be made.
 *
 * Things come in the order in which they were made; but others' before ours,
 * since there they are before ours when the text is read in at a start. Caches
 * come before the pools that stand on them, and what may keep pools from being
 * filled again comes behind them: the limits of caches, which may be below what
 * the pools had before, and the watermarks. Limits of other things bind what is
 * asked for through their directory and no pool. Directories neither come nor go
 * while a text is made (shape_lock), so what a line refers to is in it.
 *
 * Writing is in config_apply.c, the pieces that it comes in are put together in
 * config_input.c.
 */
#include <errno.h>
#include <string.h>

#include "util/keyed.h"

#include "view.h"

const struct config_section config_sections[] = {
	{ .word = "cache", .kind = &cache_kind, .part = CONFIG_WITHOUT_LIMITS },
	{ .word = "pages", .kind = &page_kind },
	{ .word = "kmalloc", .kind = &kmalloc_kind, .alone = true },
	{ .word = "vmalloc", .kind = &vmalloc_kind, .alone = true },
	{ .word = "iomem", .kind = &iomem_kind },
	{ .word = "pool", .kind = &pool_kind },
	{ .word = "cache", .kind = &cache_kind, .part = CONFIG_LIMITS },
	{ .word = "vm", .path = "proc/sys/vm" },
	{ .word = NULL },
};

/* May a line of that part have it? */
static bool is_of_part(const struct attr *attr, enum config_part part,
		       bool ours)
{
	if (!attr || !attr->save || (!ours && (attr->flags & ATTR_OWNED)))
		return false;
	return part != CONFIG_LIMITS || (attr->flags & ATTR_LIMIT);
}

/* Does it, with that text? */
static bool is_saved(const struct attr *attr, enum config_part part, bool ours,
		     const char *text)
{
	bool changed = !attr->first || strcmp(text, attr->first) != 0;

	switch (part) {
	case CONFIG_LIMITS:
		return changed;
	case CONFIG_WITHOUT_LIMITS:
		if (changed && (attr->flags & ATTR_LIMIT))
			return false;
		break;
	case CONFIG_WHOLE:
		break;
	}
	return ours || changed;
}

/* Is that file's text in the line? @value is left with it. */
static int saved_text(struct call *call, enum config_part part, bool ours,
		      struct strbuf *value, bool *ret_saved)
{
	const struct attr *attr = call->place.node->attr;
	int err;

	*ret_saved = false;
	if (!is_of_part(attr, part, ours))
		return 0;
	strbuf_reset(value);
	err = attr->save(call, value);
	if (err || !strbuf_ok(value))
		return err ? err : -ENOMEM;
	if (!value->len)
		return 0;
	if (value->data[value->len - 1] == '\n')
		strbuf_cut(value, value->len - 1);
	*ret_saved = is_saved(attr, part, ours, value->data);
	return 0;
}

static int save_node(struct call *call, enum config_part part, bool ours,
		     struct strbuf *value, struct strbuf *sb)
{
	bool saved;
	int err = saved_text(call, part, ours, value, &saved);

	if (!err && saved)
		keyed_print(sb, call->place.node->name, value->data);
	return err;
}

/* Those of others have nothing to say where nothing was changed. */
static int save_settings(struct call *call, enum config_part part,
			 struct strbuf *sb)
{
	struct source *source = call->place.source;
	struct strbuf value = { 0 };
	const struct node *node;
	int err = 0;

	for (node = source->kind->table; !err && node->type != NODE_END;
	     node++) {
		call->place.node = node;
		err = save_node(call, part, source->mounted, &value, sb);
	}
	strbuf_free(&value);
	return err;
}

static void save_owner(struct call *call, struct strbuf *sb)
{
	const struct kind *kind = call->place.source->kind;
	struct identity identity;

	if (call->place.source->mounted || !kind->describe)
		return;
	kind->describe(call, &identity);
	keyed_print(sb, "owner", identity.owner);
}

/* The line of one; one that has gone has none. */
static int save_source(struct call *call, const struct config_section *section,
		       struct strbuf *sb)
{
	struct source *source = call->place.source;
	char name[SOURCE_NAME_MAX + 1];
	size_t begin = sb->len, head;
	int err;

	if (call_hold(call))
		return 0;
	strbuf_adds(sb, section->word);
	source_name(call->view, source, name, sizeof(name));
	if (!section->alone)
		strbuf_addf(sb, " %s", name);
	save_owner(call, sb);
	head = sb->len;
	err = save_settings(call, section->part, sb);
	if (sb->len > head ||
	    (source->mounted && section->part != CONFIG_LIMITS))
		strbuf_addc(sb, '\n');
	else
		strbuf_cut(sb, begin);
	return err;
}

static int save_sources(struct view *view, const struct config_section *section,
			bool ours, struct strbuf *sb)
{
	struct source *source;
	uint32_t from = 0;
	int err = 0;

	while (!err &&
	       (source = source_next(view, section->kind, from)) != NULL) {
		struct call call = { .view = view, .place.source = source };

		from = source->serial + 1;
		if (source->mounted == ours)
			err = save_source(&call, section, sb);
		call_release(&call);
		source_put(view, source);
	}
	return err;
}

/* A directory that every mount has. */
static int save_fixed(struct view *view, const struct config_section *section,
		      struct strbuf *sb)
{
	struct call call = { .view = view };
	struct strbuf value = { 0 };
	size_t begin = sb->len, head;
	struct place dir;
	unsigned int i;
	int err;

	err = place_at(&call, section->path, &dir);
	strbuf_adds(sb, section->word);
	head = sb->len;
	for (i = dir.index + 1; !err && i < view->nr_fixed; i++) {
		if (view->fixed[i].parent != dir.index)
			continue;
		call.place.node = view->fixed[i].node;
		call.place.about = view->fixed[i].about;
		err = save_node(&call, section->part, false, &value, sb);
	}
	if (sb->len > head)
		strbuf_addc(sb, '\n');
	else
		strbuf_cut(sb, begin);
	strbuf_free(&value);
	return err;
}

static int save_section(struct view *view, const struct config_section *section,
			struct strbuf *sb)
{
	int err;

	if (section->path)
		return save_fixed(view, section, sb);
	source_sync(view, section->kind);
	err = save_sources(view, section, false, sb);
	return err ? err : save_sources(view, section, true, sb);
}

static int config_show(struct call *call, struct strbuf *sb)
{
	const struct config_section *section;
	int err = 0;

	source_shape_lock();
	for (section = config_sections; !err && section->word; section++)
		err = save_section(call->view, section, sb);
	source_shape_unlock();
	return err;
}

/* A file of its own for each opening, since a line may be one that waits. */
const struct attr config_attr = {
	.help = "the layout, a line for each thing; lines are carried out",
	.show = config_show,
	.write = config_write,
	.flush = config_flush,
	.flags = ATTR_LONG | ATTR_FRESH,
};
