/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.c - GFP masks and cache flags by name, both ways, for files
 *
 * Names and rules are the library's (masks) and util/flags.h's; here they meet
 * texts that grow, and words that are wrong are told to who wrote them.
 */
#include <errno.h>
#include <string.h>

#include "util/flags.h"

#include "view.h"

/* clang-format off */
static const struct flag_name slab_names[] = {
	KMEM_SLAB_FLAGS(FLAG_NAME)
	FLAG_NAME(SLAB_TEMPORARY)
	{ NULL, 0 },
};
/* clang-format on */

/* The text of any set of flags, with room to spare. */
#define FLAGS_TEXT 1024

void gfp_print(struct strbuf *sb, gfp_t gfp)
{
	char text[KMEM_GFP_TEXT];

	kmem_gfp_print(text, sizeof(text), gfp);
	strbuf_adds(sb, text);
}

int gfp_parse(struct call *call, const char *text, gfp_t *ret_gfp)
{
	const struct kind *kind = call->place.source->kind;
	gfp_t gfp;
	int err;

	err = kmem_gfp_parse(text, &gfp);
	if (err)
		return call_fail(call, err, "no GFP mask: '%s'", text);
	if (gfp & kind->refuses)
		return call_fail(call, -EINVAL,
				 "elements of a reserve cannot be cleared");
	*ret_gfp = gfp;
	return 0;
}

void slab_flags_print(struct strbuf *sb, slab_flags_t flags)
{
	char text[FLAGS_TEXT];

	flags_format(text, sizeof(text), slab_names, flags);
	strbuf_adds(sb, text);
}

int slab_flags_parse(struct call *call, const char *text,
		     slab_flags_t *ret_flags)
{
	const char *wrong;
	size_t len;
	int err;

	if (!strcmp(text, "none")) {
		*ret_flags = 0;
		return 0;
	}
	err = flags_parse(text, slab_names, ret_flags, &wrong, &len);
	if (err)
		return call_fail(call, err, "no flag: '%.*s'", (int)len, wrong);
	return 0;
}
