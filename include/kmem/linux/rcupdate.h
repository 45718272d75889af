/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/rcupdate.h - kfree_rcu(); readers are those of liburcu, see kmem/rcu.h
 */
#ifndef KMEM_LINUX_RCUPDATE_H
#define KMEM_LINUX_RCUPDATE_H

#include <kmem/rcu.h>

#include <linux/compiler.h>
#include <linux/types.h>

#endif /* KMEM_LINUX_RCUPDATE_H */
