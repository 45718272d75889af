/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * keyed.c - lines of words and `key=value`; a value becomes shorter when its
 * quotation goes, so all is done in place
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/keyed.h"
#include "util/parse.h"

static const char blank[] = " \t";

/* The next word, or NULL. */
static char *word_begin(char *cursor)
{
	char *word = cursor + strspn(cursor, blank);

	return *word && *word != '#' ? word : NULL;
}

/* End what is before @end, and go on behind it. */
static void cut(char **cursor, char *end)
{
	*cursor = *end ? end + 1 : end;
	*end = '\0';
}

char *keyed_word(char **cursor)
{
	char *word = word_begin(*cursor);

	if (word)
		cut(cursor, word + strcspn(word, blank));
	return word;
}

/* Two digits; a byte 0 would end the text. */
static bool unescape_hex(const char *text, char *ret_byte)
{
	char number[] = "0x..";
	uint64_t value;

	if (!text[0] || !text[1])
		return false;
	memcpy(number + 2, text, 2);
	if (parse_hex(number, UINT8_MAX, &value) || !value)
		return false;
	*ret_byte = (char)value;
	return true;
}

/* What follows a backslash. Return: its length, 0: nothing that is known. */
static size_t unescape(const char *text, char *ret_byte)
{
	static const char names[] = "\"\\nt", bytes[] = "\"\\\n\t";
	const char *name;

	if (*text == 'x')
		return unescape_hex(text + 1, ret_byte) ? 3 : 0;
	name = *text ? strchr(names, *text) : NULL;
	if (!name)
		return 0;
	*ret_byte = bytes[name - names];
	return 1;
}

/* @text is behind the first quotation mark. Return: -EINVAL. */
static int quoted_value(char *text, char **cursor, const char **ret_wrong)
{
	char *to = text;
	size_t len;

	for (; *text && *text != '"'; text++, to++) {
		*to = *text;
		if (*text != '\\')
			continue;
		len = unescape(text + 1, to);
		if (!len) {
			*ret_wrong = "no such escape sequence";
			return -EINVAL;
		}
		text += len;
	}
	if (*text != '"') {
		*ret_wrong = "a quotation mark without its second";
		return -EINVAL;
	}
	text++;
	if (*text && !strchr(blank, *text)) {
		*ret_wrong = "text right behind a quotation";
		return -EINVAL;
	}
	*cursor = *text ? text + 1 : text;
	*to = '\0';
	return 0;
}

int keyed_pair(char **cursor, char **ret_key, char **ret_value,
	       const char **ret_wrong)
{
	char *key = word_begin(*cursor), *value;

	if (!key)
		return 0;
	value = key + strcspn(key, " \t=");
	if (*value != '=' || value == key) {
		*ret_wrong = "not of the form key=value";
		return -EINVAL;
	}
	*value++ = '\0';
	if (*value == '"') {
		value++;
		if (quoted_value(value, cursor, ret_wrong))
			return -EINVAL;
	} else {
		cut(cursor, value + strcspn(value, blank));
	}
	*ret_key = key;
	*ret_value = value;
	return 1;
}

/* ---- printing ------------------------------------------------------------ */

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static bool needs_quotes(const char *value)
{
	if (!*value || *value == '"')
		return true;
	for (; *value; value++)
		if (*value == ' ' || is_control(*value))
			return true;
	return false;
}

static void print_quoted(struct strbuf *sb, const char *value)
{
	strbuf_addc(sb, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			strbuf_addf(sb, "\\%c", *value);
		else if (*value == '\n')
			strbuf_adds(sb, "\\n");
		else if (*value != '\t' && is_control(*value))
			strbuf_addf(sb, "\\x%02x", (unsigned char)*value);
		else
			strbuf_addc(sb, *value);
	}
	strbuf_addc(sb, '"');
}

void keyed_print(struct strbuf *sb, const char *key, const char *value)
{
	strbuf_addf(sb, " %s=", key);
	if (needs_quotes(value))
		print_quoted(sb, value);
	else
		strbuf_adds(sb, value);
}
