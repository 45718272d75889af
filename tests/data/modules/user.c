// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A module that uses another one, and keeps itself while it is told to.
 */
#include <linux/module.h>

int pool_answer(void);

static bool hold;
module_param(hold, bool, 0444);

static int __init user_init(void)
{
	printk("the answer is %d\n", pool_answer());
	return hold && !try_module_get(THIS_MODULE) ? -EBUSY : 0;
}

static void __exit user_exit(void)
{
}

module_init(user_init);
module_exit(user_exit);
MODULE_LICENSE("LGPL");
