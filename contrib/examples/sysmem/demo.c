/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * demo.c - the layer at work, and out of memory
 *
 *	cc -DSYSMEM_DEBUG -o demo demo.c sysmem.c \
 *		$(pkg-config --cflags --libs libkmem-linux)
 */
#include <stdio.h>

#include <kmem/introspect.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "sysmem.h"

static void log_line(void *arg, int level, const char *text)
{
	(void)arg;
	printf("<%d>%s\n", level, text);
}

static void say(const char *what, const void *p)
{
	printf("%s: %s\n", what, p ? "yes" : "no");
}

/* Objects of a pool, the cache of which is not given any more. */
static void exhaust_a_pool(void)
{
	struct mem_pool *pool = mem_pool_create("session", 100, 64, 2);
	struct kmem_cache *cache = kmem_cache_pin(kmem_cache_find("session"));
	void *object[3];

	object[0] = mem_pool_alloc(pool, false);
	say("aligned", (unsigned long)object[0] % 64 ? NULL : object[0]);
	kmem_cache_set_limit(cache, 0);
	object[1] = mem_pool_alloc(pool, true);
	object[2] = mem_pool_alloc(pool, true);
	say("two from the reserve", object[1] && object[2] ? pool : NULL);
	say("a third", mem_pool_alloc(pool, true));
	mem_pool_free(pool, object[1]);
	object[1] = mem_pool_alloc(pool, true);
	say("after one came back", object[1]);
	for (int i = 0; i < 3; i++)
		mem_pool_free(pool, object[i]);
	kmem_cache_unpin(cache);
	mem_pool_destroy(pool);
}

static void sizes(void)
{
	char *p = sys_malloc(20), *q;
	int *n;

	memset(p, 'x', 20);
	sys_free(p);
	n = sys_calloc(5, sizeof(*n));
	say("calloc clears", mem_is_zero(n, 5 * sizeof(*n)) ? n : NULL);
	sys_free(n);
	say("calloc of too much", sys_calloc(SIZE_MAX / 2, 3));

	p = sys_malloc(8);
	strscpy(p, "content", 8);
	q = sys_realloc(p, 4000);
	say("realloc keeps", strcmp(q, "content") == 0 ? q : NULL);
	say("realloc to too much", sys_realloc(q, 64ul << 20));
	say("which leaves it alone", strcmp(q, "content") == 0 ? q : NULL);
	say("realloc to nothing", sys_realloc(q, 0));
	p = sys_malloc_atomic(100);
	say("malloc_atomic", p);
	sys_free(p);
}

int main(void)
{
	struct kmem_config config = { .memory = 32 << 20 };

	if (kmem_init(&config) < 0)
		return 1;
	kmem_set_printk(log_line, NULL);
	kmem_set_report(kmem_report_printk, NULL);
	exhaust_a_pool();
	sizes();
	kmem_exit();
	return 0;
}
