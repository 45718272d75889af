/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kstrtox.c - numbers out of text
 *
 * One function reads digits, one makes an exact number of them; the rest is
 * types.
 */
#include <errno.h>

#include <linux/kstrtox.h>
#include <linux/limits.h>

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 99;
}

/* A prefix counts only if a digit follows. */
static const char *skip_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && digit(s[2]) < 16;

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Return: what follows the digits, or NULL: there are none. */
static const char *read_digits(const char *s, unsigned int base,
			       unsigned long long *ret_value,
			       bool *ret_overflow)
{
	unsigned long long value = 0;
	const char *start;
	bool overflow = false;

	s = skip_prefix(s, &base);
	for (start = s; digit(*s) < base; s++) {
		overflow |= __builtin_mul_overflow(value, base, &value);
		overflow |= __builtin_add_overflow(value, digit(*s), &value);
	}
	*ret_value = value;
	*ret_overflow = overflow;
	return s > start ? s : NULL;
}

/* All of @s is digits, and perhaps a newline. */
static int exact(const char *s, unsigned int base,
		 unsigned long long *ret_value)
{
	unsigned long long value;
	bool overflow;

	s = read_digits(s, base, &value, &overflow);
	if (!s)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	return exact(*s == '+' ? s + 1 : s, base, res);
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	bool negative = *s == '-';
	unsigned long long value;
	int err;

	err = exact(*s == '-' || *s == '+' ? s + 1 : s, base, &value);
	if (err)
		return err;
	if (value > (unsigned long long)S64_MAX + negative)
		return -ERANGE;
	*res = negative ? (long long)-value : (long long)value;
	return 0;
}

/* Of a narrower type. */
#define KSTRTO(name, type, wide, wide_type)                                    \
	int name(const char *s, unsigned int base, type *res)                  \
	{                                                                      \
		wide_type value;                                               \
		int err = wide(s, base, &value);                               \
                                                                               \
		if (err)                                                       \
			return err;                                            \
		if ((type)value != value)                                      \
			return -ERANGE;                                        \
		*res = (type)value;                                            \
		return 0;                                                      \
	}

KSTRTO(kstrtoul, unsigned long, kstrtoull, unsigned long long)
KSTRTO(kstrtol, long, kstrtoll, long long)
KSTRTO(kstrtouint, unsigned int, kstrtoull, unsigned long long)
KSTRTO(kstrtoint, int, kstrtoll, long long)
KSTRTO(kstrtou16, u16, kstrtoull, unsigned long long)
KSTRTO(kstrtos16, s16, kstrtoll, long long)
KSTRTO(kstrtou8, u8, kstrtoull, unsigned long long)
KSTRTO(kstrtos8, s8, kstrtoll, long long)

int kstrtobool(const char *s, bool *res)
{
	if (!s)
		return -EINVAL;
	switch (s[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1':
		*res = true;
		return 0;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0':
		*res = false;
		return 0;
	case 'o':
	case 'O':
		if ((s[1] | 0x20) != 'n' && (s[1] | 0x20) != 'f')
			return -EINVAL;
		*res = (s[1] | 0x20) == 'n';
		return 0;
	}
	return -EINVAL;
}

unsigned long long simple_strtoull(const char *s, char **endp,
				   unsigned int base)
{
	unsigned long long value;
	const char *end;
	bool overflow;

	end = read_digits(s, base, &value, &overflow);
	if (endp)
		*endp = (char *)(end ? end : s);
	return value;
}

unsigned long simple_strtoul(const char *s, char **endp, unsigned int base)
{
	return simple_strtoull(s, endp, base);
}

long long simple_strtoll(const char *s, char **endp, unsigned int base)
{
	if (*s == '-')
		return (long long)-simple_strtoull(s + 1, endp, base);
	return (long long)simple_strtoull(s, endp, base);
}

long simple_strtol(const char *s, char **endp, unsigned int base)
{
	return simple_strtoll(s, endp, base);
}
