/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor_call.c - the floor as a shared library, to be called as libkmem is
 */
#include "floor_stack.h"

static __thread struct floor_stack called
	__attribute__((tls_model("initial-exec")));

void *floor_alloc(struct floor_depot *depot, unsigned int flags)
{
	(void)flags;
	return floor_stack_pop(&called, depot);
}

void floor_free(struct floor_depot *depot, void *object)
{
	floor_stack_push(&called, depot, object);
}

void floor_leave(struct floor_depot *depot)
{
	floor_stack_flush(&called, depot);
}
