/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config_apply.c - lines of the file config are checked and carried out
 *
 * A batch is what came at once: a write, or the file of a start. All its lines
 * are taken apart first, and their values shown to the attributes that will take
 * them (call->check), so that a batch that cannot be meant changes nothing. What
 * only shows when it is tried, that something is in use or that there is no
 * memory, ends the batch at that line.
 *
 * A line makes what is not there, sets what differs, and leaves alone what it
 * does not mention. The shape comes first, all of it at once (kind->plan): on
 * the way from one that is possible to another there may be one that is not.
 * Something that was made by a line which then fails goes again.
 *
 * A setting that may wait, a region's file, is begun when the rest of its line is
 * done and nothing is held any more; a batch with such a one is carried out by a
 * thread of its own (job.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/keyed.h"
#include "util/parse.h"
#include "util/text.h"

#include "view.h"

/**
 * struct config_setting - a key and its value
 * @place: of the file that it names; for those of a source without the source
 */
struct config_setting {
	char *value;
	struct place place;
};

/**
 * struct config_line - one that is not empty
 * @name: NULL: it needs none
 * @owner: who made it; NULL: whoever it was, and if it is not there we make it
 * @first, @nr: its settings
 */
struct config_line {
	unsigned int number;
	const struct config_section *section;
	const char *name;
	const char *owner;
	size_t first;
	size_t nr;
};

/**
 * struct config_batch - lines that came at once
 * @uid, @gid, @umask: on whose behalf
 * @probe: stands for the sources that there will be, while values are checked
 * @scratch: a copy of a value, for who cuts it up
 */
struct config_batch {
	struct view *view;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	struct config_line *lines;
	size_t nr_lines, room_lines;
	struct config_setting *settings;
	size_t nr_settings, room_settings;
	struct source probe;
	struct strbuf scratch;
};

/* ---- taking apart -------------------------------------------------------- */

/* Room for one more. */
static int grow(void **array, size_t size, size_t nr, size_t *room)
{
	size_t more = *room ? 2 * *room : 16;
	void *bigger;

	if (nr < *room)
		return 0;
	bigger = realloc(*array, more * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room = more;
	return 0;
}

static const struct config_section *find_section(const char *word)
{
	const struct config_section *section;

	for (section = config_sections; section->word; section++)
		if (!strcmp(section->word, word))
			return section;
	return NULL;
}

static bool can_be_saved(const struct node *node)
{
	return node->type == NODE_FILE && node->attr->save;
}

/* The file that a key means. */
static int find_key(struct call *check, const struct config_section *section,
		    const char *key, struct place *ret_place)
{
	const struct node *node;
	struct place dir, place;

	if (section->path) {
		if (!place_at(check, section->path, &dir) &&
		    !place_child(check, &dir, key, &place) &&
		    can_be_saved(place.node)) {
			*ret_place = place;
			return 0;
		}
	} else {
		for (node = section->kind->table; node->type != NODE_END;
		     node++) {
			if (!can_be_saved(node) || strcmp(node->name, key) != 0)
				continue;
			memset(ret_place, 0, sizeof(*ret_place));
			ret_place->node = node;
			return 0;
		}
	}
	return call_fail(check, -EINVAL, "%s has no setting '%s'",
			 section->word, key);
}

static bool has_setting(const struct config_batch *batch,
			const struct config_line *line,
			const struct place *place)
{
	const struct config_setting *s = &batch->settings[line->first];
	size_t i;

	for (i = 0; i < line->nr; i++)
		if (s[i].place.node == place->node &&
		    s[i].place.about == place->about)
			return true;
	return false;
}

/* Which of them was it? What its file says of the value comes behind. */
static int setting_fail(struct call *call, const struct config_setting *setting,
			int err)
{
	char why[CALL_WHY_MAX];

	if (!err)
		return 0;
	text_copy(why, sizeof(why),
		  *call->why ? call->why : strerrordesc_np(-err));
	return call_fail(call, err, "%s: %s", setting->place.node->name, why);
}

/* Would the file take it? Stores cut up what they get: it is a copy. */
static int check_value(struct call *check, struct config_batch *batch,
		       const struct config_line *line,
		       const struct config_setting *setting)
{
	struct kmem_cache_spec plan = { .object_size = 64 };
	size_t len = strlen(setting->value);
	int err;

	if (!len || len > COMMAND_MAX)
		return call_fail(check, len ? -E2BIG : -EINVAL,
				 "%s: a value of %zu bytes",
				 setting->place.node->name, len);
	strbuf_reset(&batch->scratch);
	strbuf_adds(&batch->scratch, setting->value);
	if (!strbuf_ok(&batch->scratch))
		return -ENOMEM;
	check->place = setting->place;
	if (line->section->kind) {
		batch->probe.kind = line->section->kind;
		check->place.source = &batch->probe;
	}
	check->plan = &plan;
	err = setting->place.node->attr->store(check, batch->scratch.data, len);
	check->plan = NULL;
	memset(&check->place, 0, sizeof(check->place));
	return setting_fail(check, setting, err);
}

static int add_setting(struct call *check, struct config_batch *batch,
		       struct config_line *line, const char *key, char *value)
{
	struct config_setting setting = { .value = value };
	int err;

	err = find_key(check, line->section, key, &setting.place);
	if (err)
		return err;
	if (has_setting(batch, line, &setting.place))
		return call_fail(check, -EINVAL, "%s twice", key);
	err = check_value(check, batch, line, &setting);
	if (!err)
		err = grow((void **)&batch->settings, sizeof(setting),
			   batch->nr_settings, &batch->room_settings);
	if (err)
		return err;
	batch->settings[batch->nr_settings++] = setting;
	line->nr++;
	return 0;
}

/* It is no setting, but says which one is meant. */
static int set_owner(struct call *check, struct config_line *line,
		     const char *owner)
{
	if (line->owner)
		return call_fail(check, -EINVAL, "owner twice");
	line->owner = owner;
	return 0;
}

static bool has_owner(const struct config_line *line)
{
	return line->section->kind && line->section->kind->describe;
}

static int parse_settings(struct call *check, struct config_batch *batch,
			  struct config_line *line, char *cursor)
{
	const char *wrong = "";
	char *key, *value;
	int n, err = 0;

	while (!err && (n = keyed_pair(&cursor, &key, &value, &wrong)) != 0) {
		if (n < 0)
			err = call_fail(check, n, "%s", wrong);
		else if (has_owner(line) && !strcmp(key, "owner"))
			err = set_owner(check, line, value);
		else
			err = add_setting(check, batch, line, key, value);
	}
	/* Then it is as if nothing were said. */
	if (!err && line->owner && !strcmp(line->owner, "mount"))
		line->owner = NULL;
	return err;
}

/* Who may not shape it is told before anything else is done. */
static int check_shape(struct call *check, const struct config_batch *batch,
		       const struct config_line *line)
{
	const struct config_setting *s = &batch->settings[line->first];
	size_t i;

	for (i = 0; line->owner && i < line->nr; i++)
		if (s[i].place.node->attr->flags & ATTR_OWNED)
			return call_fail(check, -EPERM,
					 "%s is not the mount's to set",
					 s[i].place.node->name);
	return 0;
}

/* Names that were made unlike each other, of others, may be longer. */
static int check_name(struct call *check, const struct config_line *line)
{
	int err = parse_name(line->name);

	if (err == -ENAMETOOLONG && line->owner &&
	    strlen(line->name) <= SOURCE_NAME_MAX)
		return 0;
	if (err)
		return call_fail(check, err, "a name that is not allowed");
	return 0;
}

static bool needs_name(const struct config_section *section)
{
	return section->kind && !section->alone;
}

static int parse_words(struct call *check, struct config_batch *batch,
		       char *text, unsigned int number)
{
	struct config_line line = { .number = number,
				    .first = batch->nr_settings };
	char *word = keyed_word(&text);
	int err;

	if (!word)
		return 0;
	line.section = find_section(word);
	if (!line.section)
		return call_fail(check, -EINVAL, "no such sort: '%s'", word);
	if (needs_name(line.section)) {
		line.name = keyed_word(&text);
		if (!line.name)
			return call_fail(check, -EINVAL, "%s has no name",
					 word);
	}
	err = parse_settings(check, batch, &line, text);
	if (!err && line.name)
		err = check_name(check, &line);
	if (!err)
		err = check_shape(check, batch, &line);
	if (!err)
		err = grow((void **)&batch->lines, sizeof(line),
			   batch->nr_lines, &batch->room_lines);
	if (!err)
		batch->lines[batch->nr_lines++] = line;
	return err;
}

static int parse_line(struct call *check, struct config_batch *batch,
		      char *text, size_t len, unsigned int number)
{
	if (len > CONFIG_LINE_MAX)
		return call_fail(check, -E2BIG, "longer than %d bytes",
				 CONFIG_LINE_MAX);
	if (memchr(text, '\0', len))
		return call_fail(check, -EINVAL, "a NUL byte");
	return parse_words(check, batch, text, number);
}

static void explain(struct config_error *error, unsigned int line, int err,
		    const char *what)
{
	error->line = line;
	text_copy(error->why, sizeof(error->why),
		  *what ? what : strerrordesc_np(-err));
}

static int parse_lines(struct config_batch *batch, char *text, size_t len,
		       unsigned int number, struct config_error *error)
{
	struct call check = {
		.view = batch->view,
		.uid = batch->uid,
		.gid = batch->gid,
		.check = true,
	};
	char *end = text + len;
	int err = 0;

	for (; !err && text < end; number++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((newline ? newline : end) - text);

		if (newline)
			*newline = '\0';
		err = parse_line(&check, batch, text, line, number);
		if (err)
			explain(error, number, err, check.why);
		text += line + 1;
	}
	return err;
}

int config_parse(struct call *call, char *text, size_t len, unsigned int first,
		 struct config_batch **ret_batch, struct config_error *error)
{
	struct config_batch *batch = calloc(1, sizeof(*batch));
	int err;

	if (!batch) {
		explain(error, first, -ENOMEM, "");
		return -ENOMEM;
	}
	batch->view = call->view;
	batch->uid = call->uid;
	batch->gid = call->gid;
	batch->umask = call->umask;
	err = parse_lines(batch, text, len, first, error);
	if (err)
		config_batch_free(batch);
	else
		*ret_batch = batch;
	return err;
}

void config_batch_free(struct config_batch *batch)
{
	if (!batch)
		return;
	strbuf_free(&batch->scratch);
	free(batch->lines);
	free(batch->settings);
	free(batch);
}

bool config_may_wait(const struct config_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->nr_settings; i++)
		if (batch->settings[i].place.node->attr->flags & ATTR_FRESH)
			return true;
	return false;
}

/* ---- carrying out -------------------------------------------------------- */

/* Is it what it shall be? As far as the text tells; nothing changes then. */
static int is_so(struct call *call, const char *value, bool *ret_so)
{
	struct strbuf now = { 0 };
	int err = call->place.node->attr->save(call, &now);

	if (!err && !strbuf_ok(&now))
		err = -ENOMEM;
	if (!err && now.len && now.data[now.len - 1] == '\n')
		strbuf_cut(&now, now.len - 1);
	*ret_so = !err && now.len && !strcmp(now.data, value);
	strbuf_free(&now);
	return err;
}

static int apply_setting(struct call *call, struct config_setting *setting)
{
	const struct attr *attr = setting->place.node->attr;
	struct source *source = call->place.source;
	bool so;
	int err;

	if (source && (attr->flags & ATTR_OWNED) && !source->mounted)
		return call_fail(call, -EPERM, "%s is not the mount's to set",
				 setting->place.node->name);
	call->place = setting->place;
	call->place.source = source;
	err = is_so(call, setting->value, &so);
	if (err || so)
		return err;
	err = attr->store(call, setting->value, strlen(setting->value));
	return setting_fail(call, setting, err);
}

/* Those of the shape, or all others. */
static int apply_some(struct call *call, struct config_batch *batch,
		      const struct config_line *line, bool shape)
{
	struct config_setting *s = &batch->settings[line->first];
	size_t i;
	int err = 0;

	for (i = 0; !err && i < line->nr; i++)
		if (shape == !!(s[i].place.node->attr->flags & ATTR_OWNED))
			err = apply_setting(call, &s[i]);
	return err;
}

static bool has_shape(const struct config_batch *batch,
		      const struct config_line *line)
{
	const struct config_setting *s = &batch->settings[line->first];
	size_t i;

	for (i = 0; i < line->nr; i++)
		if (s[i].place.node->attr->flags & ATTR_OWNED)
			return true;
	return false;
}

static int apply_shape(struct call *call, struct config_batch *batch,
		       const struct config_line *line)
{
	struct source *source = call->place.source;
	const struct kind *kind = source->kind;
	struct kmem_cache_spec plan;
	int err;

	attr_store_lock();
	if (kind->plan)
		kind->plan(call, &plan);
	err = apply_some(call, batch, line, true);
	if (!err && kind->carry_out)
		err = kind->carry_out(call);
	call->plan = NULL;
	attr_store_unlock();
	return err;
}

static int apply_settings(struct call *call, struct config_batch *batch,
			  const struct config_line *line)
{
	int err = call_hold(call);

	if (!err && has_shape(batch, line))
		err = apply_shape(call, batch, line);
	if (!err)
		err = apply_some(call, batch, line, false);
	return err;
}

/* ---- finding and making -------------------------------------------------- */

static struct source *find_source(struct view *view,
				  const struct config_line *line)
{
	const struct kind *kind = line->section->kind;

	if (line->section->alone)
		return source_by_kmem(view, kind, 0);
	return source_by_name(view, kind, line->name);
}

static bool is_owners(struct view *view, struct source *source,
		      const char *owner)
{
	struct call call = { .view = view, .place.source = source };
	struct identity identity;

	if (call_hold(&call))
		return false;
	source->kind->describe(&call, &identity);
	call_release(&call);
	return !strcmp(identity.owner, owner);
}

static int make_source(struct call *call, const struct config_line *line,
		       struct source **ret_source)
{
	const struct kind *kind = line->section->kind;
	struct place made;
	int err;

	if (!kind->make)
		return call_fail(call, -ENOENT, "no %s", line->name);
	place_of_kind(call->view, kind, &call->place);
	err = source_make(call, kind, line->name, &made);
	memset(&call->place, 0, sizeof(call->place));
	if (!err)
		*ret_source = made.source;
	return err;
}

/*
 * What the line is about, with a reference. NULL: it is for something of
 * somebody else's that is not there, and passed over. What another writer makes
 * at the same time is there as well.
 */
static int get_source(struct call *call, const struct config_line *line,
		      struct source **ret_source, bool *ret_made)
{
	struct source *source = find_source(call->view, line);
	int err;

	*ret_made = false;
	if (source && line->owner &&
	    !is_owners(call->view, source, line->owner)) {
		source_put(call->view, source);
		source = NULL;
	}
	*ret_source = source;
	if (source || line->owner)
		return 0;
	err = make_source(call, line, ret_source);
	*ret_made = !err;
	if (err != -EEXIST)
		return err;
	*ret_source = find_source(call->view, line);
	if (!*ret_source)
		return err;
	*call->why = '\0';
	return 0;
}

static void undo(struct config_batch *batch, struct source *source)
{
	struct call call = {
		.view = batch->view,
		.place.source = source,
		.uid = batch->uid,
	};

	source_remove(&call, &call.place);
}

/* With nothing held. Return: -ESHUTDOWN: do not touch the view any more. */
static int run_later(struct view *view, struct job *job, struct later *later,
		     char *why, size_t size)
{
	const struct allocfs_modules *modules = view->options.modules;
	int err;

	if (job)
		job_leave(job);
	err = later->run(modules, later->kmem, later->text, why, size);
	free(later->text);
	return !job || job_enter(job) ? err : -ESHUTDOWN;
}

static int apply_to_source(struct call *call, struct config_batch *batch,
			   const struct config_line *line, struct job *job)
{
	struct later later = { 0 };
	struct source *source;
	bool made;
	int err;

	err = get_source(call, line, &source, &made);
	if (err || !source)
		return err;
	call->place.source = source;
	call->later = &later;
	err = apply_settings(call, batch, line);
	call_release(call);
	memset(&call->place, 0, sizeof(call->place));
	if (!err && later.run)
		err = run_later(call->view, job, &later, call->why,
				sizeof(call->why));
	else
		free(later.text);
	if (err && err != -ESHUTDOWN && made)
		undo(batch, source);
	source_put(call->view, source);
	return err;
}

static int apply_line(struct config_batch *batch,
		      const struct config_line *line, struct job *job,
		      struct config_error *error)
{
	struct call call = {
		.view = batch->view,
		.uid = batch->uid,
		.gid = batch->gid,
		.umask = batch->umask,
	};
	int err;

	if (line->section->kind)
		err = apply_to_source(&call, batch, line, job);
	else
		err = apply_some(&call, batch, line, false);
	if (err)
		explain(error, line->number, err, call.why);
	return err;
}

int config_apply(struct config_batch *batch, struct job *job,
		 struct config_error *error)
{
	int err = 0;
	size_t i;

	for (i = 0; !err && i < batch->nr_lines; i++) {
		if (job && job_is_idle(job)) {
			err = -EINTR;
			explain(error, batch->lines[i].number, err,
				"stopped before it");
		} else {
			err = apply_line(batch, &batch->lines[i], job, error);
		}
	}
	/* Also for what was carried out before an error. */
	if (err != -ESHUTDOWN)
		watch_kick(batch->view);
	return err;
}

/* ---- at the start -------------------------------------------------------- */

static int start_lines(struct call *call, char *text,
		       struct config_error *error)
{
	struct config_batch *batch;
	int err;

	err = config_parse(call, text, strlen(text), 1, &batch, error);
	if (err)
		return err;
	err = config_apply(batch, NULL, error);
	config_batch_free(batch);
	return err;
}

int config_start(struct view *view)
{
	const struct allocfs_options *options = &view->options;
	struct call call = { .view = view, .uid = view->uid, .gid = view->gid };
	struct config_error error;
	char *text;
	int err;

	if (!options->config)
		return 0;
	text = strdup(options->config);
	if (!text)
		return -ENOMEM;
	err = start_lines(&call, text, &error);
	free(text);
	if (!err)
		return 0;
	if (options->refused)
		options->refused(options->arg, error.line, error.why);
	return -EBADMSG;
}
