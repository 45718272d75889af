// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mc.c - a module with a cache and a pool of its objects
 *
 *	contrib/kmodc contrib/examples/mc.c
 *	./allocfs -o modules M
 *	echo $PWD/mc.so > M/modules/insert
 *	cat M/kmsg M/caches/MyselfCache/objsize M/pools/mc:mc_init/min_nr
 *	rmdir M/modules/mc
 *
 * The same file is a module of the kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/module.h>
#include <linux/slab.h>

#define OBJECT_SIZE 10240
#define MIN_NR 6

static struct kmem_cache *cache;
static mempool_t *pool;

/* Elements that are out at the same time: as many as there are for sure. */
static void use_pool(void)
{
	void *element[MIN_NR];
	int i;

	for (i = 0; i < MIN_NR; i++)
		element[i] = mempool_alloc(pool, GFP_KERNEL);
	pr_info("%d elements allocated\n", i);
	while (i--)
		mempool_free(element[i], pool);
	pr_info("all freed, %d in the reserve\n", pool->curr_nr);
}

static int __init mc_init(void)
{
	cache = kmem_cache_create("MyselfCache", OBJECT_SIZE, 0,
				  SLAB_HWCACHE_ALIGN, NULL);
	if (!cache)
		return -ENOMEM;
	pool = mempool_create(MIN_NR, mempool_alloc_slab, mempool_free_slab,
			      cache);
	if (!pool) {
		kmem_cache_destroy(cache);
		return -ENOMEM;
	}
	pr_info("MyselfCache has objects of %u bytes\n",
		kmem_cache_size(cache));
	pr_info("the pool has min_nr %d\n", pool->min_nr);
	use_pool();
	return 0;
}

static void __exit mc_exit(void)
{
	mempool_destroy(pool);
	kmem_cache_destroy(cache);
	pr_info("pool and cache destroyed\n");
}

module_init(mc_init);
module_exit(mc_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a cache, and a pool of six of its objects");
