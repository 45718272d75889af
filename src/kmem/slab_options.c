/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab_options.c - which caches debug, by the kernel's slab_debug= parameter
 *
 *	blocks   = block { ";" block }
 *	block    = letters [ "," name { "," name } ]
 *	letters  = { f z p u t o } or "-", in either case; empty means fzpu
 *	name     = of a cache; a "*" at its end stands for any rest
 *
 * The first block that names a cache decides for it; else the block without
 * names does. A block with nothing in it is none, unless it is all there is.
 * "o", in any block, gives debugging up in caches where it would cost a higher
 * order.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

static const struct {
	char letter;
	slab_flags_t flag;
} letters[] = {
	{ 'f', SLAB_CONSISTENCY_CHECKS },
	{ 'z', SLAB_RED_ZONE },
	{ 'p', SLAB_POISON },
	{ 'u', SLAB_STORE_USER },
	{ 't', SLAB_TRACE },
};

#define DEFAULT_FLAGS                                                          \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON |               \
	 SLAB_STORE_USER)

struct block {
	slab_flags_t flags;
	bool keep_order;
	const char *names; /* behind the first comma, or NULL */
	const char *end;
};

/* As given to kmem_init(); constant until the next. */
static char options[1024];
static bool options_given;
static bool options_keep_order;

/* Reads one block and goes to the next. Return: 0, -EINVAL. */
static int parse_block(const char **text, struct block *ret_block)
{
	const char *p = *text;
	size_t len = strcspn(p, ";"), head = strcspn(p, ",;");
	struct block block = { .end = p + len };

	if (head == 0)
		block.flags = DEFAULT_FLAGS;
	for (size_t i = 0; i < head && !(head == 1 && p[0] == '-'); i++) {
		char letter = (char)(p[i] | 0x20);
		unsigned int known = 0;

		while (known < ARRAY_SIZE(letters) &&
		       letters[known].letter != letter)
			known++;
		if (known < ARRAY_SIZE(letters))
			block.flags |= letters[known].flag;
		else if (letter == 'o')
			block.keep_order = true;
		else
			return -EINVAL;
	}
	if (head < len)
		block.names = p + head + 1;
	*text = p + len + strspn(p + len, ";");
	*ret_block = block;
	return 0;
}

/* Whether one of the block's names, or patterns, is @name. */
static bool names_match(const struct block *block, const char *name)
{
	const char *p = block->names;

	while (p && p < block->end) {
		size_t len = strcspn(p, ",;");

		if (len > 0 && p[len - 1] == '*' &&
		    strncmp(p, name, len - 1) == 0)
			return true;
		if (strlen(name) == len && strncmp(p, name, len) == 0)
			return true;
		p += len + 1;
	}
	return false;
}

/**
 * slab_options_set() - take the parameter over
 * @text: NULL: nobody asked for debugging
 *
 * Return: 0, -EINVAL for a letter that means nothing or a text too long.
 */
int slab_options_set(const char *text)
{
	struct block block;
	const char *p;
	int err = 0;

	options_given = false;
	options_keep_order = false;
	if (!text)
		return 0;
	if (strlen(text) >= sizeof(options))
		return -EINVAL;
	text_copy(options, sizeof(options), text + strspn(text, ";"));
	p = options;
	do {
		err = parse_block(&p, &block);
		options_keep_order |= !err && block.keep_order;
	} while (!err && *p);
	options_given = !err;
	return err;
}

/**
 * slab_options_for() - the flags that a cache really gets
 * @ret_keep_order: "o" is in force for it
 */
slab_flags_t slab_options_for(const char *name, slab_flags_t flags,
			      bool *ret_keep_order)
{
	struct block block, all = { 0 };
	const char *p = options;

	*ret_keep_order = false;
	if (!options_given || flags & SLAB_NO_USER_FLAGS)
		return flags;
	do {
		if (parse_block(&p, &block))
			break;
		if (!block.names)
			all = block;
		else if (names_match(&block, name)) {
			all = block;
			break;
		}
	} while (*p);
	*ret_keep_order = options_keep_order;
	return flags | all.flags;
}
