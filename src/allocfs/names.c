/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.c - GFP masks and cache flags by name, both ways
 *
 * A mask is printed as the kernel's trace events do: the largest combination
 * that is contained in it, then the bits that are left. What is printed is
 * what is accepted: names joined by '|', or a number in hexadecimal.
 */
#include <errno.h>
#include <string.h>

#include "util/parse.h"

#include "view.h"

struct flag_name {
	const char *name;
	unsigned int value;
};

#define FLAG_NAME(x) { #x, x },

/* clang-format off */
/* Combinations first: larger ones stand before those that they contain. */
static const struct flag_name gfp_names[] = {
	KMEM_GFP_COMBINATIONS(FLAG_NAME)
	KMEM_GFP_FLAGS(FLAG_NAME)
	FLAG_NAME(__GFP_RECLAIM)
	{ NULL, 0 },
};

static const struct flag_name slab_names[] = {
	KMEM_SLAB_FLAGS(FLAG_NAME)
	FLAG_NAME(SLAB_TEMPORARY)
	{ NULL, 0 },
};
/* clang-format on */

static void flags_print(struct strbuf *sb, const struct flag_name *names,
			unsigned int flags)
{
	const char *bar = "";

	if (!flags)
		strbuf_adds(sb, "0x0");
	for (; names->name && flags; names++) {
		if ((flags & names->value) != names->value)
			continue;
		strbuf_addf(sb, "%s%s", bar, names->name);
		flags &= ~names->value;
		bar = "|";
	}
	if (flags)
		strbuf_addf(sb, "%s0x%x", bar, flags);
}

static int flag_parse(const char *name, const struct flag_name *names,
		      unsigned int *ret_flag)
{
	uint64_t value;
	int err;

	if (name[0] == '0') {
		err = parse_hex(name, UINT32_MAX, &value);
		if (!err)
			*ret_flag = (unsigned int)value;
		return err;
	}
	for (; names->name; names++) {
		if (!strcmp(names->name, name)) {
			*ret_flag = names->value;
			return 0;
		}
	}
	return -EINVAL;
}

/* @what: what the words should be, to be told of one that is not. */
static int flags_parse(struct call *call, const char *text, const char *what,
		       const struct flag_name *names, unsigned int *ret_flags)
{
	unsigned int flags = 0;
	char name[64];
	int err;

	for (;;) {
		size_t len = strcspn(text, "|");
		unsigned int flag;

		if (!len || len >= sizeof(name))
			return call_fail(call, -EINVAL, "no %s: '%.*s'", what,
					 (int)len, text);
		memcpy(name, text, len);
		name[len] = '\0';
		err = flag_parse(name, names, &flag);
		if (err)
			return call_fail(call, err, "no %s: '%s'", what, name);
		flags |= flag;
		if (!text[len])
			break;
		text += len + 1;
	}
	*ret_flags = flags;
	return 0;
}

void gfp_print(struct strbuf *sb, gfp_t gfp)
{
	flags_print(sb, gfp_names, gfp);
}

int gfp_parse(struct call *call, const char *text, gfp_t *ret_gfp)
{
	gfp_t gfp;
	int err;

	err = flags_parse(call, text, "GFP flag", gfp_names, &gfp);
	if (err)
		return err;
	if (gfp & ~__GFP_BITS_MASK)
		return call_fail(call, -EINVAL, "bits beyond the mask: '%s'",
				 text);
	*ret_gfp = gfp;
	return 0;
}

void slab_flags_print(struct strbuf *sb, slab_flags_t flags)
{
	flags_print(sb, slab_names, flags);
}

int slab_flags_parse(struct call *call, const char *text,
		     slab_flags_t *ret_flags)
{
	if (!strcmp(text, "none")) {
		*ret_flags = 0;
		return 0;
	}
	return flags_parse(call, text, "flag", slab_names, ret_flags);
}
