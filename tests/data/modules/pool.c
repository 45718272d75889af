// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A module that makes a cache and a pool of it, and leaves them behind when it
 * is told to.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include <kmem/mempool.h>
#include <kmem/rcu.h>
#include <kmem/slab.h>

struct item {
	struct kmem_rcu_head rcu;
	int value;
};

static int nr = 4;
module_param(nr, int, 0444);
MODULE_PARM_DESC(nr, "elements of the pool");

static int fail;
module_param(fail, int, 0);

static bool leak_cache, leak_pool, leak_object;
module_param(leak_cache, bool, 0444);
module_param(leak_pool, bool, 0444);
module_param(leak_object, bool, 0);

static char *text = "none";
module_param(text, charp, 0644);

static char word[8] = "word";
module_param_string(word, word, sizeof(word), 0444);

static unsigned char list[3] = { 1, 2, 3 };
static unsigned int list_nr = 3;
module_param_array(list, byte, &list_nr, 0444);

static long number = -1;
module_param_named(other_name, number, long, 0444);

static unsigned int mask = 16;
module_param(mask, hexint, 0444);

static bool off;
module_param(off, invbool, 0444);

static struct kmem_cache *items;
static mempool_t *pool;
static struct item *kept;

static void item_ctor(void *object)
{
	((struct item *)object)->value = 7;
}

static int __init pool_init(void)
{
	pr_info("%d elements, '%s'\n", nr, text);
	items = kmem_cache_create("items", sizeof(struct item), 0, 0,
				  fail || leak_cache ? item_ctor : NULL);
	if (!items)
		return -ENOMEM;
	pool = mempool_create_slab_pool(nr, items);
	if (!pool || fail) {
		mempool_destroy(pool);
		if (!leak_cache)
			kmem_cache_destroy(items);
		return fail;
	}
	mempool_set_name(pool, "items");
	kept = kmem_cache_alloc(items, GFP_KERNEL);
	return 0;
}

static void __exit pool_exit(void)
{
	if (!leak_object)
		kfree_rcu(kept, rcu);
	if (!leak_pool)
		mempool_destroy(pool);
	if (!leak_cache && !leak_pool)
		kmem_cache_destroy(items);
	pr_info("gone\n");
}

module_init(pool_init);
module_exit(pool_exit);

int pool_answer(void);
int pool_answer(void)
{
	return 42;
}
EXPORT_SYMBOL_GPL(pool_answer);

MODULE_LICENSE("LGPL");
MODULE_AUTHOR("One <one@example.org>");
MODULE_AUTHOR("Two");
MODULE_DESCRIPTION("makes a pool");
MODULE_VERSION("1.2");
