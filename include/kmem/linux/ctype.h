/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/ctype.h - kinds of characters
 */
#ifndef KMEM_LINUX_CTYPE_H
#define KMEM_LINUX_CTYPE_H

#include <ctype.h>

#endif /* KMEM_LINUX_CTYPE_H */
