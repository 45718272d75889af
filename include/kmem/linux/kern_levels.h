/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/kern_levels.h - KERN_ERR and relatives, which printk.h has
 */
#include <linux/printk.h>
