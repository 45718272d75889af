/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * flags.c - words of bits by name, both ways
 *
 * A name stands for all of its bits and is printed when all of them are set
 * and left; so a table names combinations before the bits that they contain,
 * and larger ones before smaller ones.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/parse.h"
#include "util/text.h"

#include "util/flags.h"

size_t flags_format(char *buf, size_t size, const struct flag_name *names,
		    unsigned int flags)
{
	const char *bar = "";
	size_t len = 0;

	if (!flags)
		return text_format(buf, size, "0x0");
	for (; names->name && flags; names++) {
		if ((flags & names->value) != names->value)
			continue;
		len += text_format(buf + len, size - len, "%s%s", bar,
				   names->name);
		flags &= ~names->value;
		bar = "|";
	}
	if (flags)
		len += text_format(buf + len, size - len, "%s0x%x", bar, flags);
	return len;
}

static int parse_word_of_flags(const char *word, size_t len,
			       const struct flag_name *names,
			       unsigned int *ret_value)
{
	char number[32];
	uint64_t value;
	int err;

	for (; names->name; names++) {
		if (strlen(names->name) == len &&
		    !memcmp(names->name, word, len)) {
			*ret_value = names->value;
			return 0;
		}
	}
	if (len == 0 || word[0] != '0' || len >= sizeof(number))
		return -EINVAL;
	memcpy(number, word, len);
	number[len] = '\0';
	err = parse_hex(number, UINT32_MAX, &value);
	if (!err)
		*ret_value = (unsigned int)value;
	return err;
}

int flags_parse(const char *text, const struct flag_name *names,
		unsigned int *ret_flags, const char **ret_wrong,
		size_t *ret_len)
{
	unsigned int flags = 0;

	for (;; text++) {
		size_t len = strcspn(text, "|");
		unsigned int value;
		int err = parse_word_of_flags(text, len, names, &value);

		if (err && ret_wrong) {
			*ret_wrong = text;
			*ret_len = len;
		}
		if (err)
			return err;
		flags |= value;
		text += len;
		if (!*text)
			break;
	}
	*ret_flags = flags;
	return 0;
}
