/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/sched/mm.h - memalloc_noio_save() and relatives
 */
#ifndef KMEM_LINUX_SCHED_MM_H
#define KMEM_LINUX_SCHED_MM_H

#include <kmem/memalloc.h>
#include <linux/gfp.h>
#include <linux/sched.h>

#endif /* KMEM_LINUX_SCHED_MM_H */
