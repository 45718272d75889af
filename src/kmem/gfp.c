/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gfp.c - masks: their names, and those that must not be handed on
 *
 * A mask is printed as the kernel's trace events do: the largest combination
 * that is contained in it, then the bits that are left.
 *
 * Objects lie in memory that is always mapped and wherever the page allocator
 * likes, so a request for high memory or for the first 4 GiB makes no sense for
 * one: such bits are taken out and reported, when pages are asked for and not
 * before. A cache that wants low memory says so with SLAB_CACHE_DMA32.
 *
 * Where it differs from the kernel: each such request is reported, not only the
 * first one with __GFP_ZERO for objects of a constructor.
 */
#include <errno.h>

#include "util/flags.h"

#include "internal.h"

/* clang-format off */
static const struct flag_name gfp_names[] = {
	KMEM_GFP_COMBINATIONS(FLAG_NAME)
	KMEM_GFP_FLAGS(FLAG_NAME)
	{ NULL, 0 },
};
/* clang-format on */

size_t kmem_gfp_print(char *buf, size_t size, gfp_t gfp)
{
	return flags_format(buf, size, gfp_names, gfp);
}

int kmem_gfp_parse(const char *text, gfp_t *ret_gfp)
{
	unsigned int gfp;
	int err = flags_parse(text, gfp_names, &gfp, NULL, NULL);

	if (err)
		return err;
	if (gfp & ~__GFP_BITS_MASK)
		return -EINVAL;
	*ret_gfp = gfp;
	return 0;
}

/**
 * gfp_fix() - a mask without some bits, of which it has at least one
 *
 * Context: no locks needed. Return: the mask to use.
 */
gfp_t gfp_fix(gfp_t gfp, gfp_t wrong)
{
	char wrong_text[KMEM_GFP_TEXT], fixed_text[KMEM_GFP_TEXT];
	gfp_t fixed = gfp & ~wrong;

	wrong &= gfp;
	kmem_gfp_print(wrong_text, sizeof(wrong_text), wrong);
	kmem_gfp_print(fixed_text, sizeof(fixed_text), fixed);
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
		gfp = gfp_fix(gfp, GFP_SLAB_BUG_MASK);
	if (unlikely(gfp & __GFP_ZERO && s->spec.ctor_kind != KMEM_CTOR_NONE))
		kmem_report("%s: __GFP_ZERO for objects of a constructor",
			    s->name);
	return gfp;
}
