/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse.c - numbers and words out of commands
 */
#include <errno.h>
#include <string.h>

#include "util/parse.h"

#define PARSE_NAME_MAX 127

/* 16 is a digit of no base that is used here. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Digits of @base up to the first other byte, where *@ret_end points then. */
static int parse_base(const char *text, unsigned int base, uint64_t *ret_value,
		      const char **ret_end)
{
	bool overflow = false;
	uint64_t value = 0;
	const char *p;

	for (p = text; *p; p++) {
		unsigned int digit = (unsigned int)digit_value(*p);

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			overflow = true;
	}
	*ret_end = p;
	if (p == text)
		return -EINVAL;
	/* "99999999999999999999x" is junk, not a large number. */
	*ret_value = overflow ? UINT64_MAX : value;
	return overflow ? -ERANGE : 0;
}

/* Junk is reported before range: "99x" is no number, however large. */
static int parse_whole(const char *text, unsigned int base, uint64_t max,
		       uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *end;
	int err;

	err = parse_base(text, base, &value, &end);
	if (err == -EINVAL || *end)
		return -EINVAL;
	if (err || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	return parse_whole(text, 10, max, ret_value);
}

int parse_hex(const char *text, uint64_t max, uint64_t *ret_value)
{
	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return -EINVAL;
	return parse_whole(text + 2, 16, max, ret_value);
}

int parse_size(const char *text, uint64_t max, uint64_t *ret_value)
{
	unsigned int shift = 0;
	uint64_t value = 0;
	const char *end;
	int err;

	err = parse_base(text, 10, &value, &end);
	if (err == -EINVAL)
		return err;
	switch (*end) {
	case 'K':
	case 'k':
		shift = 10;
		break;
	case 'M':
	case 'm':
		shift = 20;
		break;
	case 'G':
	case 'g':
		shift = 30;
		break;
	}
	if (shift)
		end++;
	if (*end)
		return -EINVAL;
	if (err || value > max >> shift)
		return -ERANGE;
	*ret_value = value << shift;
	return 0;
}

bool parse_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

char *parse_word(char **cursor)
{
	static const char blank[] = " \t\n";
	char *word = *cursor + strspn(*cursor, blank);
	char *end = word + strcspn(word, blank);

	if (!*word) {
		*cursor = word;
		return NULL;
	}
	*cursor = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* The length that the first byte of a sequence says, and its bits; 0 for none. */
static unsigned int utf8_head(unsigned char head, uint32_t *ret_bits)
{
	static const struct {
		unsigned char from;
		unsigned char below;
		unsigned char mask;
	} heads[] = {
		{ 0x01, 0x80, 0x7f },
		{ 0xc2, 0xe0, 0x1f },
		{ 0xe0, 0xf0, 0x0f },
		{ 0xf0, 0xf5, 0x07 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (head >= heads[i].from && head < heads[i].below) {
			*ret_bits = head & heads[i].mask;
			return i + 1;
		}
	}
	return 0;
}

/*
 * The character at @text and the bytes that it has, 0 for none. By hand:
 * mbrtowc(3) depends on the locale of whoever embeds us.
 */
static unsigned int decode_utf8(const char *text, uint32_t *ret_char)
{
	unsigned int n, i;
	uint32_t c;

	n = utf8_head((unsigned char)text[0], &c);
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	/* Overlong forms, surrogates, and what lies past Unicode's end. */
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	if (n && c >= 0xd800 && c < 0xe000)
		return 0;
	/* The control characters of Latin-1. */
	if (n == 2 && c < 0xa0)
		return 0;
	if (n)
		*ret_char = c;
	return n;
}

unsigned int parse_utf8(const char *text)
{
	uint32_t c;

	return decode_utf8(text, &c);
}

/* Programs split lines at more than ASCII's: str.split() of Python, for one. */
static bool is_blank(uint32_t c)
{
	return c <= ' ' || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

unsigned int parse_name_char(const char *text)
{
	uint32_t c;
	unsigned int n = decode_utf8(text, &c);

	if (!n || is_blank(c) || c == 0x7f ||
	    (n == 1 && strchr("/,;|*", (int)c)))
		return 0;
	return n;
}

/*
 * Names end up in lists that programs split at blanks, commas and bars, in
 * shell patterns, and in formats where ':' and '#' begin something else.
 */
int parse_name(const char *name)
{
	if (strlen(name) > PARSE_NAME_MAX)
		return -ENAMETOOLONG;
	if (!*name || strchr(".:#", name[0]))
		return -EINVAL;
	while (*name) {
		unsigned int n = parse_name_char(name);

		if (!n)
			return -EINVAL;
		name += n;
	}
	return 0;
}
