/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options.c - the command line
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/parse.h"
#include "util/text.h"

#include "top/top.h"

#define LEAST_DELAY 0.1
#define MOST_DELAY 86400

/* Say what is wrong. */
static int usage(struct options *options, const char *what, const char *value)
{
	strbuf_reset(&options->text);
	strbuf_addf(&options->text, "%s%s%s", what, *value ? ": " : "", value);
	return -EINVAL;
}

/* "2", "0.5", ".5"; the decimal point is one in every locale. */
static int parse_seconds(const char *text, double *ret_seconds)
{
	double seconds = 0, weight = 1;
	bool digits = false, point = false;

	for (; *text; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			return -EINVAL;
		digits = true;
		if (point)
			seconds += (weight /= 10) * (*text - '0');
		else
			seconds = seconds * 10 + (*text - '0');
	}
	if (!digits || seconds < LEAST_DELAY || seconds > MOST_DELAY)
		return -EINVAL;
	*ret_seconds = seconds;
	return 0;
}

struct words {
	const char *sort;
	const char *view;
};

static int parse_letter(struct options *options, int c, const char *value,
			struct words *words)
{
	uint64_t rounds;

	switch (c) {
	case 'b':
		options->batch = true;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case 'V':
		options->version = true;
		return 0;
	case 'n':
		if (parse_number(value, UINT32_MAX, &rounds) || !rounds)
			return usage(options, "-n: no number of rounds", value);
		options->rounds = rounds;
		return 0;
	case 'd':
		if (parse_seconds(value, &options->delay))
			return usage(options, "-d: not 0.1 to 86400 seconds",
				     value);
		return 0;
	case 's':
		words->sort = value;
		return 0;
	case 'v':
		words->view = value;
		return 0;
	default:
		if (strlen(value) >= sizeof(options->request.filter))
			return usage(options, "-f: too long", value);
		text_copy(options->request.filter,
			  sizeof(options->request.filter), value);
		return 0;
	}
}

static int parse_letters(struct options *options, int argc, char **argv,
			 struct words *words)
{
	int c, err = 0;

	opterr = 0;
	while (!err && (c = getopt(argc, argv, ":bd:f:hn:s:v:V")) != -1) {
		const char letter[] = { '-', (char)optopt, '\0' };

		if (c == ':')
			err = usage(options, "an option needs a value", letter);
		else if (c == '?')
			err = usage(options, "unknown option", letter);
		else
			err = parse_letter(options, c, optarg, words);
	}
	return err;
}

/* The view decides which keys there are, wherever it stood. */
static int find_words(struct options *options, const struct words *words)
{
	struct request *request = &options->request;
	const struct view *view;

	if (words->view)
		request->view = view_find(words->view);
	if (request->view == NR_VIEWS)
		return usage(options, "-v: no such view", words->view);
	view = &views[request->view];
	request->sort =
		view_column(view, words->sort ? words->sort : view->sort);
	if (!request->sort)
		return usage(options, "-s: no such key in this view",
			     words->sort);
	return 0;
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
	struct words words = { NULL, NULL };
	int err;

	memset(options, 0, sizeof(*options));
	options->delay = 2;
	if (long_option(options, argc, argv))
		return 0;
	err = parse_letters(options, argc, argv, &words);
	if (err || options->help || options->version)
		return err;
	err = find_words(options, &words);
	if (err)
		return err;
	if (argc - optind > 1)
		return usage(options, "too many arguments", argv[optind + 1]);
	options->mount = argv[optind];
	return 0;
}

void options_free(struct options *options)
{
	strbuf_free(&options->text);
}

void options_help(struct strbuf *sb)
{
	const struct column *column;

	strbuf_adds(sb,
		    "usage: allocfs-top [options] [MOUNT]\n"
		    "\n"
		    "    -b         print text instead of using the screen\n"
		    "    -n N       end after N rounds\n"
		    "    -d SECONDS from one to the next (2)\n"
		    "    -v VIEW    caches, pools, zones or orders\n"
		    "    -s KEY     sort by KEY, see below\n"
		    "    -f FILTER  names with FILTER in it, or a pattern\n"
		    "    -h         this text\n"
		    "    -V         the version\n"
		    "\n"
		    "MOUNT is the first one of allocfs when it is left out.\n"
		    "\n"
		    "Keys to sort by, and their letters:\n"
		    "\n");
	for (int i = 0; i < NR_VIEWS; i++) {
		strbuf_addf(sb, "    %-7s", views[i].name);
		for (column = views[i].columns; column->key; column++) {
			if (column != views[i].columns &&
			    (column - views[i].columns) % 4 == 0)
				strbuf_addf(sb, "\n%11s", "");
			strbuf_addf(sb, " %s (%c)", column->key,
				    column->letter);
		}
		strbuf_addc(sb, '\n');
	}
}
