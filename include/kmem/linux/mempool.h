/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/mempool.h - pools with a guaranteed reserve
 */
#ifndef KMEM_LINUX_MEMPOOL_H
#define KMEM_LINUX_MEMPOOL_H

#include <kmem/mempool.h>
#include <linux/compiler.h>
#include <linux/slab.h>
#include <linux/wait.h>

#endif /* KMEM_LINUX_MEMPOOL_H */
