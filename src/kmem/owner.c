/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * owner.c - whose caches and pools are
 *
 * A cache or pool remembers who made it. That is the program, by its name; but
 * a program that loads modules runs their code as its own, and says around it
 * in whose name. The kernel has no such thing and tells by symbols.
 */
#include <errno.h>

#include "internal.h"
#include "util/text.h"

static __thread char owner[KMEM_OWNER_MAX + 1];

void kmem_set_owner(const char *name)
{
	text_copy(owner, sizeof(owner), name ? name : "");
}

const char *owner_name(void)
{
	return *owner ? owner : program_invocation_short_name;
}

bool owner_is_module(void)
{
	return *owner;
}
