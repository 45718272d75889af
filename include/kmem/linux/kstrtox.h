/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/kstrtox.h - numbers out of text
 */
#ifndef KMEM_LINUX_KSTRTOX_H
#define KMEM_LINUX_KSTRTOX_H

#include <linux/compiler.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

/**
 * kstrtoull() - a number, and nothing else, out of text
 * @s: digits after an optional '+' (of signed numbers, '-'); one newline may
 *	follow
 * @base: 2 to 16; 0: by the prefix: 0x is 16, 0 is 8, else 10
 * @res: untouched on failure
 *
 * The others are the same for other types.
 *
 * Context: any. Return: 0; -EINVAL: no number; -ERANGE: too large for the
 * type.
 */
int __must_check kstrtoull(const char *s, unsigned int base,
			   unsigned long long *res);
int __must_check kstrtoll(const char *s, unsigned int base, long long *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtol(const char *s, unsigned int base, long *res);
int __must_check kstrtouint(const char *s, unsigned int base,
			    unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);
int __must_check kstrtou16(const char *s, unsigned int base, u16 *res);
int __must_check kstrtos16(const char *s, unsigned int base, s16 *res);
int __must_check kstrtou8(const char *s, unsigned int base, u8 *res);
int __must_check kstrtos8(const char *s, unsigned int base, s8 *res);

/**
 * kstrtobool() - y Y t T 1 on On, n N f F 0 off Of; what follows is ignored
 *
 * Return: 0; -EINVAL, @res is untouched.
 */
int __must_check kstrtobool(const char *s, bool *res);

/**
 * simple_strtoull() - the digits at the beginning of a text
 * @endp: set to what follows them, or NULL
 * @base: as above
 *
 * Overflow goes unnoticed.
 */
unsigned long long simple_strtoull(const char *s, char **endp,
				   unsigned int base);
unsigned long simple_strtoul(const char *s, char **endp, unsigned int base);
long long simple_strtoll(const char *s, char **endp, unsigned int base);
long simple_strtol(const char *s, char **endp, unsigned int base);

#pragma GCC visibility pop

static inline int __must_check kstrtou64(const char *s, unsigned int base,
					 u64 *res)
{
	return kstrtoull(s, base, res);
}

static inline int __must_check kstrtos64(const char *s, unsigned int base,
					 s64 *res)
{
	return kstrtoll(s, base, res);
}

static inline int __must_check kstrtou32(const char *s, unsigned int base,
					 u32 *res)
{
	return kstrtouint(s, base, res);
}

static inline int __must_check kstrtos32(const char *s, unsigned int base,
					 s32 *res)
{
	return kstrtoint(s, base, res);
}

#endif /* KMEM_LINUX_KSTRTOX_H */
