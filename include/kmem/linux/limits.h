/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/limits.h - the largest and smallest of each type
 */
#include_next <linux/limits.h>

#ifndef KMEM_LINUX_LIMITS_H
#define KMEM_LINUX_LIMITS_H

#define U8_MAX ((__UINT8_TYPE__)~0u)
#define S8_MAX ((__INT8_TYPE__)(U8_MAX >> 1))
#define S8_MIN ((__INT8_TYPE__)(-S8_MAX - 1))
#define U16_MAX ((__UINT16_TYPE__)~0u)
#define S16_MAX ((__INT16_TYPE__)(U16_MAX >> 1))
#define S16_MIN ((__INT16_TYPE__)(-S16_MAX - 1))
#define U32_MAX (~0u)
#define S32_MAX ((int)(U32_MAX >> 1))
#define S32_MIN (-S32_MAX - 1)
#define U64_MAX (~0ull)
#define S64_MAX ((long long)(U64_MAX >> 1))
#define S64_MIN (-S64_MAX - 1)

#endif /* KMEM_LINUX_LIMITS_H */
