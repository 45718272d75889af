// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A module whose init, or exit, takes one element more than there is: it waits
 * until somebody lifts the limit of the cache below.
 */
#include <linux/module.h>
#include <linux/printk.h>

#include <kmem/introspect.h>
#include <kmem/mempool.h>
#include <kmem/slab.h>

static bool at_exit;
module_param(at_exit, bool, 0444);

static struct kmem_cache *cache;
static mempool_t *pool;

static void wait_for_one(void)
{
	void *first = mempool_alloc(pool, GFP_KERNEL);
	void *second;

	printk(KERN_INFO "waits\n");
	second = mempool_alloc(pool, GFP_KERNEL);
	printk(KERN_INFO "has waited\n");
	mempool_free(second, pool);
	mempool_free(first, pool);
}

static int __init waits_init(void)
{
	cache = kmem_cache_create("waits", 64, 0, 0, NULL);
	pool = cache ? mempool_create_slab_pool(1, cache) : NULL;
	if (!pool)
		return -ENOMEM;
	mempool_set_name(pool, "waits");
	kmem_cache_set_limit(cache, 1);
	if (!at_exit)
		wait_for_one();
	return 0;
}

static void __exit waits_exit(void)
{
	if (at_exit)
		wait_for_one();
	mempool_destroy(pool);
	kmem_cache_destroy(cache);
}

module_init(waits_init);
module_exit(waits_exit);
MODULE_LICENSE("LGPL");
