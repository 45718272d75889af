/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/shrinker.h - who can give memory back
 */
#ifndef KMEM_LINUX_SHRINKER_H
#define KMEM_LINUX_SHRINKER_H

#include <kmem/shrinker.h>

#endif /* KMEM_LINUX_SHRINKER_H */
