/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmalloc.h - <kmem/vmalloc.h> where kernel code looks for it */
#ifndef KMEM_LINUX_VMALLOC_H
#define KMEM_LINUX_VMALLOC_H

#include <kmem/vmalloc.h>

#endif /* KMEM_LINUX_VMALLOC_H */
