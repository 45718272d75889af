/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * flags.h - words of bits by name, both ways
 *
 * What is printed is what is accepted: names joined by '|', or a number in
 * hexadecimal among them.
 */
#ifndef UTIL_FLAGS_H
#define UTIL_FLAGS_H

#include <stddef.h>

/* A table ends with a NULL name; names of several bits come first. */
struct flag_name {
	const char *name;
	unsigned int value;
};

#define FLAG_NAME(x) { #x, x },

/**
 * flags_format() - @flags by the first names of the table that fit
 *
 * Bits without a name follow in hexadecimal; no bits at all are "0x0".
 * Return: the length, less than @size.
 */
size_t flags_format(char *buf, size_t size, const struct flag_name *names,
		    unsigned int flags);

/**
 * flags_parse() - the inverse
 * @ret_wrong: on failure the word that is none; NULL: who cares
 * @ret_len: its length
 *
 * Return: 0; -EINVAL for a word that is none; -ERANGE for a number beyond 32
 * bits.
 */
int flags_parse(const char *text, const struct flag_name *names,
		unsigned int *ret_flags, const char **ret_wrong,
		size_t *ret_len);

#endif /* UTIL_FLAGS_H */
