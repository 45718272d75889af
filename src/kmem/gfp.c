/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gfp.c - masks that the slab layer must not hand on
 *
 * Objects lie in memory that is always mapped and wherever the page allocator
 * likes, so a request for high memory or for the first 4 GiB makes no sense for
 * one: such bits are taken out and reported, when pages are asked for and not
 * before. A cache that wants low memory says so with SLAB_CACHE_DMA32.
 *
 * Where it differs from the kernel: each such request is reported, not only the
 * first one with __GFP_ZERO for objects of a constructor.
 */
#include "internal.h"
#include "util/text.h"

struct gfp_name {
	const char *name;
	gfp_t value;
};

#define GFP_NAME(x) { #x, x },

/* Combinations first: larger ones stand before those that they contain. */
static const struct gfp_name gfp_names[] = { KMEM_GFP_COMBINATIONS(GFP_NAME)
						     KMEM_GFP_FLAGS(GFP_NAME) };

/**
 * gfp_format() - a mask by names, joined by '|', as the kernel's %pGg
 *
 * Bits without a name follow in hexadecimal. Return: the length, less than
 * @size.
 */
size_t gfp_format(char *buf, size_t size, gfp_t gfp)
{
	const char *bar = "";
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(gfp_names); i++) {
		gfp_t value = gfp_names[i].value;

		if ((gfp & value) != value)
			continue;
		len += text_format(buf + len, size - len, "%s%s", bar,
				   gfp_names[i].name);
		gfp &= ~value;
		bar = "|";
	}
	if (gfp)
		len += text_format(buf + len, size - len, "%s0x%x", bar, gfp);
	return len;
}

/**
 * gfp_fix() - a mask without the bits of GFP_SLAB_BUG_MASK, which it has
 *
 * Context: no locks needed. Return: the mask to use.
 */
gfp_t gfp_fix(gfp_t gfp)
{
	gfp_t wrong = gfp & GFP_SLAB_BUG_MASK, fixed = gfp & ~wrong;
	char wrong_text[160], fixed_text[160];

	gfp_format(wrong_text, sizeof(wrong_text), wrong);
	gfp_format(fixed_text, sizeof(fixed_text), fixed);
	kmem_report("Unexpected gfp: %#x (%s). Fixing up to gfp: %#x (%s). "
		    "Fix your code!",
		    wrong, wrong_text, fixed, fixed_text);
	return fixed;
}

/**
 * slab_fix_gfp() - the mask for pages of a new slab of @s
 *
 * An object that was constructed must not be cleared: who asks for both gets a
 * cleared one and a report.
 *
 * Context: no locks needed. Return: the mask to use.
 */
gfp_t slab_fix_gfp(const struct kmem_cache *s, gfp_t gfp)
{
	if (unlikely(gfp & GFP_SLAB_BUG_MASK))
		gfp = gfp_fix(gfp);
	if (unlikely(gfp & __GFP_ZERO && s->spec.ctor_kind != KMEM_CTOR_NONE))
		kmem_report("%s: __GFP_ZERO for objects of a constructor",
			    s->name);
	return gfp;
}
