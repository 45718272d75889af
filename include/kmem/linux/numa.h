/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/numa.h - nodes
 */
#ifndef KMEM_LINUX_NUMA_H
#define KMEM_LINUX_NUMA_H

#include <kmem/numa.h>

#endif /* KMEM_LINUX_NUMA_H */
