/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/byteorder/generic.h - the bytes of numbers, in the order of others
 */
#ifndef KMEM_LINUX_BYTEORDER_GENERIC_H
#define KMEM_LINUX_BYTEORDER_GENERIC_H

#include <asm/byteorder.h>

#define cpu_to_le16(x) __cpu_to_le16(x)
#define le16_to_cpu(x) __le16_to_cpu(x)
#define cpu_to_le32(x) __cpu_to_le32(x)
#define le32_to_cpu(x) __le32_to_cpu(x)
#define cpu_to_le64(x) __cpu_to_le64(x)
#define le64_to_cpu(x) __le64_to_cpu(x)
#define cpu_to_be16(x) __cpu_to_be16(x)
#define be16_to_cpu(x) __be16_to_cpu(x)
#define cpu_to_be32(x) __cpu_to_be32(x)
#define be32_to_cpu(x) __be32_to_cpu(x)
#define cpu_to_be64(x) __cpu_to_be64(x)
#define be64_to_cpu(x) __be64_to_cpu(x)

/* Of what a pointer leads to. */
#define cpu_to_le16p(p) __cpu_to_le16p(p)
#define le16_to_cpup(p) __le16_to_cpup(p)
#define cpu_to_le32p(p) __cpu_to_le32p(p)
#define le32_to_cpup(p) __le32_to_cpup(p)
#define cpu_to_le64p(p) __cpu_to_le64p(p)
#define le64_to_cpup(p) __le64_to_cpup(p)
#define cpu_to_be16p(p) __cpu_to_be16p(p)
#define be16_to_cpup(p) __be16_to_cpup(p)
#define cpu_to_be32p(p) __cpu_to_be32p(p)
#define be32_to_cpup(p) __be32_to_cpup(p)
#define cpu_to_be64p(p) __cpu_to_be64p(p)
#define be64_to_cpup(p) __be64_to_cpup(p)

#endif /* KMEM_LINUX_BYTEORDER_GENERIC_H */
