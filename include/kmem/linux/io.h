/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/io.h - ioremap(), readl(), ioread32(), inb() and the like, under the
 * name by which kernel-style code includes them
 */
#ifndef KMEM_LINUX_IO_H
#define KMEM_LINUX_IO_H

#include <kmem/iomem.h>

#endif /* KMEM_LINUX_IO_H */
