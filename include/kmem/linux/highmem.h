/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/highmem.h - pages that are not mapped, under the kernel's path
 */
#ifndef KMEM_LINUX_HIGHMEM_H
#define KMEM_LINUX_HIGHMEM_H

#include <kmem/highmem.h>

#endif /* KMEM_LINUX_HIGHMEM_H */
