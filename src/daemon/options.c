/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.c - the command line
 *
 * One table says what `-o` takes: the parser and the usage are made from it. A
 * second one lists what is FUSE's or mount(8)'s own, so that a mistyped option
 * is an error here and not something that libfuse passes on.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/parse.h"

#include "daemon.h"

enum option_type {
	OPTION_SIZE, /* size_t: a number with K, M or G */
	OPTION_ULONG, /* unsigned long */
	OPTION_UINT, /* unsigned int */
	OPTION_U64, /* uint64_t */
	OPTION_ID, /* uid_t, gid_t */
	OPTION_MODE, /* mode_t: octal */
	OPTION_TEXT, /* const char *, of the command line */
	OPTION_NAMES, /* the same, perhaps empty, with names behind commas */
	OPTION_LIST, /* struct text_list: each time one more */
	OPTION_FLAG, /* bool: given or not, without a value */
	OPTION_BACKING, /* enum kmem_backing and its path */
};

struct option {
	const char *name;
	enum option_type type;
	uint64_t min;
	uint64_t max;
	const char *first; /* what it is when it is not given */
	const char *help;
	size_t offset;
};

#define AT(field) offsetof(struct options, field)

static const struct option option_table[] = {
	{ "memory", OPTION_SIZE, KMEM_MIN_MEMORY, UINT64_MAX, "64M",
	  "installed memory, SIZE with K, M or G", AT(kmem.memory) },
	{ "zones", OPTION_TEXT, 0, 0, NULL,
	  "where zones end, e.g. DMA:16M,Normal", AT(kmem.zones) },
	{ "nodes", OPTION_UINT, 1, KMEM_MAX_NODES, "1",
	  "nodes that the memory is divided into", AT(kmem.nodes) },
	{ "cpus", OPTION_UINT, 1, 64, NULL,
	  "virtual CPUs of formulas and formats", AT(kmem.cpus) },
	{ "min_free_kbytes", OPTION_ULONG, 1, UINT64_MAX / 1024, NULL,
	  "as the sysctl", AT(kmem.min_free_kbytes) },
	{ "thp", OPTION_FLAG, 0, 0, NULL,
	  "min_free_kbytes as with transparent huge pages", AT(kmem.thp) },
	{ "kswapd", OPTION_FLAG, 0, 0, NULL,
	  "reclaim in the background when memory runs low",
	  AT(kmem.background) },
	{ "backing", OPTION_BACKING, 0, 0, "memfd", "memfd, anon or file:PATH",
	  AT(kmem.backing) },
	{ "slab_debug", OPTION_NAMES, 0, 0, NULL,
	  "debug caches: FZPUTO, NAME* for some only", AT(kmem.slab_debug) },
	{ "init_on_alloc", OPTION_FLAG, 0, 0, NULL,
	  "clear all memory that is handed out", AT(kmem.init_on_alloc) },
	{ "init_on_free", OPTION_FLAG, 0, 0, NULL,
	  "clear all memory that is freed", AT(kmem.init_on_free) },
	{ "page_poison", OPTION_FLAG, 0, 0, NULL,
	  "fill free pages, report what was written there",
	  AT(kmem.page_poison) },
	{ "mempool_debug", OPTION_FLAG, 0, 0, NULL,
	  "poison the reserves of pools", AT(kmem.mempool_debug) },
	{ "merge", OPTION_FLAG, 0, 0, NULL,
	  "let programs' caches of like objects be one", AT(kmem.merge) },
	{ "max_objects", OPTION_U64, 1, UINT64_MAX, NULL,
	  "objects that one user may hold", AT(view.max_objects) },
	{ "max_waiters", OPTION_U64, 1, UINT64_MAX, NULL,
	  "blocked requests that one user may have", AT(view.max_waiters) },
	{ "modules", OPTION_FLAG, 0, 0, NULL,
	  "let modules be inserted through the mount", AT(modules) },
	{ "module", OPTION_LIST, 0, 0, NULL,
	  "insert FILE, and parameters behind it, at the start", AT(inserted) },
	{ "config", OPTION_TEXT, 0, 0, NULL,
	  "begin with the layout in FILE, as the file config has it",
	  AT(config) },
	{ "uid", OPTION_ID, 0, UINT32_MAX - 1, NULL, "owner of the tree",
	  AT(view.uid) },
	{ "gid", OPTION_ID, 0, UINT32_MAX - 1, NULL, "group of the tree",
	  AT(view.gid) },
	{ "umask", OPTION_MODE, 0, 0777, NULL,
	  "permissions that no file has at first, octal", AT(view.umask) },
	{ NULL, OPTION_SIZE, 0, 0, NULL, NULL, 0 },
};

/* Handed to libfuse as they are. */
static const char *const fuse_names[] = {
	"allow_other",
	"allow_root",
	"ro",
	"rw",
	"suid",
	"nosuid",
	"dev",
	"nodev",
	"exec",
	"noexec",
	"atime",
	"noatime",
	"sync",
	"async",
	"dirsync",
	"max_read",
	"fsname",
	"auto_unmount",
	"default_permissions",
	NULL,
};

/* For mount(8), fstab and their like; nothing to us. */
static const char *const ignored_names[] = {
	"defaults", "auto",    "noauto", "user",     "nouser",	   "users",
	"group",    "_netdev", "nofail", "relatime", "nodiratime", NULL,
};

/* Say what is wrong with @what. */
static int usage(struct options *options, const char *before, const char *what,
		 const char *after)
{
	strbuf_reset(&options->text);
	strbuf_addf(&options->text, "%s%s%s", before, what, after);
	return -EINVAL;
}

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* Modes are written in octal, with or without a leading 0. */
static int parse_octal(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text || text[strspn(text, "01234567")])
		return -EINVAL;
	for (; *text; text++) {
		value = value * 8 + (uint64_t)(*text - '0');
		if (value > max)
			return -ERANGE;
	}
	*ret_value = value;
	return 0;
}

/* `file:` takes the rest of the option, which cannot contain a comma. */
static int parse_backing(struct options *options, const char *text)
{
	if (!strcmp(text, "memfd")) {
		options->kmem.backing = KMEM_MEMFD;
	} else if (!strcmp(text, "anon")) {
		options->kmem.backing = KMEM_ANON;
	} else if (!strncmp(text, "file:", 5) && text[5]) {
		options->kmem.backing = KMEM_FILE;
		options->kmem.path = text + 5;
	} else {
		return -EINVAL;
	}
	return 0;
}

/* Below the least is out of range as much as above the most. */
static int option_parse_number(const struct option *option, const char *text,
			       uint64_t *ret_value)
{
	uint64_t value;
	int err;

	if (option->type == OPTION_SIZE)
		err = parse_size(text, option->max, &value);
	else if (option->type == OPTION_MODE)
		err = parse_octal(text, option->max, &value);
	else
		err = parse_number(text, option->max, &value);
	if (!err && value < option->min)
		err = -ERANGE;
	if (!err)
		*ret_value = value;
	return err;
}

/* This and the next know which C type stands behind a type of option. */
static int option_set_number(const struct option *option, const char *text,
			     char *field)
{
	uint64_t value = 0;
	int err = option_parse_number(option, text, &value);

	if (err)
		return err;
	switch (option->type) {
	case OPTION_SIZE:
		*(size_t *)field = value;
		break;
	case OPTION_ULONG:
		*(unsigned long *)field = value;
		break;
	case OPTION_U64:
		*(uint64_t *)field = value;
		break;
	case OPTION_MODE:
		*(mode_t *)field = (mode_t)value;
		break;
	default:
		*(uint32_t *)field = (uint32_t)value;
		break;
	}
	return 0;
}

static int add_text(struct text_list *list, const char *text)
{
	const char **more;

	if (!*text)
		return -EINVAL;
	more = realloc(list->text, (list->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->text = more;
	list->text[list->nr++] = text;
	return 0;
}

/* @text is NULL where there may be none, and was none. */
static int option_set(struct options *options, const struct option *option,
		      char *text)
{
	char *field = (char *)options + option->offset;

	switch (option->type) {
	case OPTION_TEXT:
		*(const char **)field = text;
		return *text ? 0 : -EINVAL;
	case OPTION_NAMES:
		*(const char **)field = text ? text : "";
		return 0;
	case OPTION_LIST:
		return add_text((struct text_list *)field, text);
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_BACKING:
		return parse_backing(options, text);
	default:
		return option_set_number(option, text, field);
	}
}

/* @value is NULL when there was no "=". */
static int option_apply_own(struct options *options,
			    const struct option *option, char *value)
{
	const char *name = option->name;
	int err;

	if (value && option->type == OPTION_FLAG)
		return usage(options, "option ", name, " takes no value");
	if (!value && option->type != OPTION_FLAG &&
	    option->type != OPTION_NAMES)
		return usage(options, "option ", name, " needs a value");
	err = option_set(options, option, value);
	if (err == -ERANGE)
		return usage(options, "option ", name, " is out of range");
	if (err)
		return usage(options, "option ", name, ": no such value");
	return 0;
}

/* NULL: none of ours. */
static const struct option *option_find(const char *name)
{
	const struct option *option;

	for (option = option_table; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

static bool is_ignored(const char *name)
{
	return is_listed(ignored_names, name) || !strncmp(name, "x-", 2);
}

/*
 * Ours, one that we ignore, or one of FUSE's. Anything else is refused here:
 * libfuse would say so, too, but only after we became a daemon.
 */
static int option_apply(struct options *options, char *name, char *value)
{
	const struct option *option = option_find(name);

	if (option)
		return option_apply_own(options, option, value);
	if (is_ignored(name))
		return 0;
	if (!is_listed(fuse_names, name))
		return usage(options, "unknown option ", name, "");
	if (!strcmp(name, "fsname")) {
		options->view.source = value;
		return value ? 0
			     : usage(options, "option ", name,
				     " needs a value");
	}
	strbuf_addf(&options->fuse, "%s%s%s%s", options->fuse.len ? "," : "",
		    name, value ? "=" : "", value ? value : "");
	return 0;
}

static bool looks_like_zone(const char *piece, size_t len)
{
	return len && *piece >= 'A' && *piece <= 'Z';
}

/*
 * Any name may be a cache's, but what is an option is one; so is what has a
 * value, that a mistyped one be found. With * a cache is meant, even then.
 */
static bool looks_like_cache(const char *piece, size_t len)
{
	char name[KMEM_NAME_MAX + 2];

	if (len >= sizeof(name) || memchr(piece, '=', len))
		return false;
	memcpy(name, piece, len);
	name[len] = '\0';
	return !option_find(name) && !is_ignored(name) &&
	       !is_listed(fuse_names, name);
}

/*
 * The end of one option. A list of zones, and one of caches, has commas of its
 * own: a piece that is no option but looks like one more of them belongs to it.
 */
static char *option_end(char *text)
{
	bool (*belongs)(const char *piece, size_t len) = NULL;
	char *end = text + strcspn(text, ",");
	size_t len;

	if (!strncmp(text, "zones=", 6))
		belongs = looks_like_zone;
	else if (!strncmp(text, "slab_debug=", 11))
		belongs = looks_like_cache;
	while (belongs && *end) {
		len = strcspn(end + 1, ",");
		if (!belongs(end + 1, len))
			break;
		end += 1 + len;
	}
	return end;
}

/* Cuts @text up; values stay where they are and live as long as argv. */
static int parse_list(struct options *options, char *text)
{
	int err = 0;

	while (!err && *text) {
		char *end = option_end(text);
		char *next = *end ? end + 1 : end;
		char *value;

		*end = '\0';
		value = strchr(text, '=');
		if (value)
			*value++ = '\0';
		if (*text)
			err = option_apply(options, text, value);
		text = next;
	}
	return err;
}

/* mount(8) passes -n and -v on; both mean nothing. */
static int parse_letters(struct options *options, int argc, char **argv)
{
	char letter[2] = "";
	int c, err = 0;

	opterr = 0;
	while (!err && (c = getopt(argc, argv, "fsdhVno:v")) != -1) {
		switch (c) {
		case 'f':
			options->foreground = true;
			break;
		case 's':
			options->one_thread = true;
			break;
		case 'd':
			options->view.debug = true;
			options->foreground = true;
			break;
		case 'h':
			options->help = true;
			break;
		case 'V':
			options->version = true;
			break;
		case 'o':
			err = parse_list(options, optarg);
			break;
		case 'n': /* mount(8) passes these on */
		case 'v':
			break;
		default:
			letter[0] = (char)optopt;
			err = letter[0] == 'o'
				      ? usage(options, "-", letter,
					      " needs a value")
				      : usage(options, "unknown option -",
					      letter, "");
		}
	}
	return err;
}

/* The two that people try first. */
static bool long_option(struct options *options, int argc, char **argv)
{
	if (argc != 2)
		return false;
	options->help = !strcmp(argv[1], "--help");
	options->version = !strcmp(argv[1], "--version");
	return options->help || options->version;
}

int options_parse(struct options *options, int argc, char **argv)
{
	const struct allocfs_options view = ALLOCFS_OPTIONS_INIT;
	int err;

	memset(options, 0, sizeof(*options));
	options->view = view;
	options->kmem.memory = 64ul << 20;
	options->kmem.backing = KMEM_MEMFD;
	if (long_option(options, argc, argv))
		return 0;
	err = parse_letters(options, argc, argv);
	if (err || options->help || options->version)
		return err;
	switch (argc - optind) {
	case 1:
		options->mountpoint = argv[optind];
		break;
	case 2:
		if (!options->view.source)
			options->view.source = argv[optind];
		options->mountpoint = argv[optind + 1];
		break;
	case 0:
		return usage(options, "", "no mountpoint", "");
	default:
		return usage(options, "", "too many arguments", "");
	}
	/* Made absolute, it would be the folder that we are in. */
	if (!*options->mountpoint)
		return usage(options, "", "no mountpoint", "");
	if (options->one_thread)
		options->view.threads = 1;
	if (!strbuf_ok(&options->fuse))
		return usage(options, "", "no memory for the options", "");
	options->view.fuse_options = options->fuse.data;
	return 0;
}

void options_free(struct options *options)
{
	strbuf_free(&options->fuse);
	strbuf_free(&options->text);
	free(options->inserted.text);
}

void options_help(struct strbuf *sb)
{
	const struct option *option;

	strbuf_adds(sb, "usage: allocfs [options] [SOURCE] MOUNTPOINT\n"
			"\n"
			"    -f         stay in the foreground\n"
			"    -s         one thread\n"
			"    -d         show each request; implies -f\n"
			"    -h         this text\n"
			"    -V         the version\n"
			"    -o LIST    mount options, separated by commas:\n"
			"\n");
	for (option = option_table; option->name; option++) {
		strbuf_addf(sb, "    %-20s %s", option->name, option->help);
		if (option->first)
			strbuf_addf(sb, " (%s)", option->first);
		strbuf_addc(sb, '\n');
	}
	strbuf_adds(sb, "\n"
			"and those of FUSE, such as allow_other and ro.\n");
}
