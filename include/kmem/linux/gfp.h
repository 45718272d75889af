/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/gfp.h - masks, and pages
 */
#ifndef KMEM_LINUX_GFP_H
#define KMEM_LINUX_GFP_H

#include <kmem/gfp.h>
#include <kmem/page_alloc.h>

#endif /* KMEM_LINUX_GFP_H */
