/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module_params.c - parameters of modules: words into variables, and back
 *
 * As the kernel takes them: numbers in decimal, or with 0x or 0 in front; bool
 * as y, Y, 1, on or n, N, 0, off, and without a value true; arrays with commas;
 * - and _ are the same letter in names. An unknown parameter is an error, which
 * the kernel only complains about.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"

/* ---- numbers ------------------------------------------------------------- */

/* What fits into a type: a number is checked against it before it is stored. */
static const struct {
	bool is_signed;
	long long min;
	unsigned long long max;
} limits[] = {
	[KMEM_PARAM_byte] = { false, 0, UCHAR_MAX },
	[KMEM_PARAM_short] = { true, SHRT_MIN, SHRT_MAX },
	[KMEM_PARAM_ushort] = { false, 0, USHRT_MAX },
	[KMEM_PARAM_int] = { true, INT_MIN, INT_MAX },
	[KMEM_PARAM_uint] = { false, 0, UINT_MAX },
	[KMEM_PARAM_long] = { true, LONG_MIN, LONG_MAX },
	[KMEM_PARAM_ulong] = { false, 0, ULONG_MAX },
	[KMEM_PARAM_ullong] = { false, 0, ULLONG_MAX },
	[KMEM_PARAM_hexint] = { false, 0, UINT_MAX },
};

static int parse_integer(enum kmem_param_type type, const char *text,
			 unsigned long long *ret_value)
{
	const char *digits = text + (*text == '-' || *text == '+');
	unsigned long long value;
	char *end;

	/* strtoull(3) would skip blanks, and turn the sign of anything. */
	if (*digits < '0' || *digits > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(digits, &end, 0);
	if (*end)
		return -EINVAL;
	if (*text == '-') {
		if (!limits[type].is_signed ||
		    value > 0ull - (unsigned long long)limits[type].min)
			return -ERANGE;
		value = 0ull - value;
	} else if (errno || value > limits[type].max) {
		return -ERANGE;
	}
	*ret_value = value;
	return 0;
}

static void store_integer(void *at, unsigned int size, unsigned long long value)
{
	switch (size) {
	case 1:
		*(unsigned char *)at = (unsigned char)value;
		break;
	case 2:
		*(unsigned short *)at = (unsigned short)value;
		break;
	case 4:
		*(unsigned int *)at = (unsigned int)value;
		break;
	default:
		*(unsigned long long *)at = value;
		break;
	}
}

/* With its sign, if the type has one. */
static unsigned long long load_integer(const void *at, unsigned int size,
				       bool is_signed)
{
	switch (size) {
	case 1:
		return *(const unsigned char *)at;
	case 2:
		return is_signed ? (unsigned long long)*(const short *)at
				 : *(const unsigned short *)at;
	case 4:
		return is_signed ? (unsigned long long)*(const int *)at
				 : *(const unsigned int *)at;
	default:
		return *(const unsigned long long *)at;
	}
}

static int parse_bool(const char *text, bool *ret_value)
{
	static const char *const yes[] = { "y", "Y", "1", "on", "On", "ON" };
	static const char *const no[] = { "n", "N", "0", "off", "Off", "OFF" };
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*ret_value = !strcmp(text, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}

/* ---- setting ------------------------------------------------------------- */

static int set_string(const struct kernel_param *param, const char *text)
{
	size_t len = strlen(text);

	if (len >= param->room)
		return -ERANGE;
	memcpy(param->value, text, len + 1);
	return 0;
}

static int set_one(const struct kernel_param *param, void *at, char *text)
{
	unsigned long long value;
	bool on;
	int err;

	switch (param->type) {
	case KMEM_PARAM_charp:
		*(char **)at = text;
		return 0;
	case KMEM_PARAM_bool:
	case KMEM_PARAM_invbool:
		err = parse_bool(text, &on);
		if (!err)
			*(bool *)at = on ^ (param->type == KMEM_PARAM_invbool);
		return err;
	default:
		err = parse_integer(param->type, text, &value);
		if (!err)
			store_integer(at, param->size, value);
		return err;
	}
}

/* @ret_shown: the element that cannot be set */
static int set_array(const struct kernel_param *param, char *text,
		     const char **ret_shown)
{
	unsigned int i = 0;
	int err = 0;

	while (!err && text) {
		char *next = strchr(text, ',');

		*ret_shown = text;
		if (next)
			*next++ = '\0';
		if (i == param->room)
			return -ERANGE;
		err = set_one(param, (char *)param->value + i * param->size,
			      text);
		i += !err;
		text = next;
	}
	if (!err && param->nr)
		*param->nr = i;
	return err;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b &&
		    !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static const struct kernel_param *find(const struct module *module,
				       const char *name)
{
	const struct kernel_param *const *param;

	for (param = module->params; param < module->params_end; param++)
		if (same_name((*param)->name, name))
			return *param;
	return NULL;
}

static int set(const struct kernel_param *param, char *value,
	       const struct why *why)
{
	const char *shown = value;
	int err;

	if (!value && param->type != KMEM_PARAM_bool)
		return why_fail(why, -EINVAL, "parameter %s needs a value",
				param->name);
	if (param->type == KMEM_PARAM_string)
		err = set_string(param, value);
	else if (param->room > 1 || param->nr)
		err = set_array(param, value, &shown);
	else if (!value)
		err = (*(bool *)param->value = true, 0);
	else
		err = set_one(param, param->value, value);
	if (err == -ERANGE)
		return why_fail(why, err, "parameter %s is out of range: '%s'",
				param->name, shown);
	if (err)
		return why_fail(why, err, "parameter %s cannot be '%s'",
				param->name, shown);
	return 0;
}

/* Blanks outside of quotes end it; the quotes go. */
static char *next_word(char **cursor)
{
	char *text = *cursor, *to, *word;
	bool quoted = false;

	text += strspn(text, " \t\n");
	if (!*text)
		return NULL;
	word = to = text;
	for (; *text && (quoted || !strchr(" \t\n", *text)); text++) {
		if (*text == '"')
			quoted = !quoted;
		else
			*to++ = *text;
	}
	*cursor = text + (*text != '\0');
	*to = '\0';
	return word;
}

int module_params_set(const struct module *module, char *text,
		      const struct why *why)
{
	char *word;
	int err = 0;

	while (!err && (word = next_word(&text)) != NULL) {
		const struct kernel_param *param;
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		param = find(module, word);
		err = param ? set(param, value, why)
			    : why_fail(why, -EINVAL, "unknown parameter '%s'",
				       word);
	}
	return err;
}

/* ---- showing ------------------------------------------------------------- */

static void show_one(const struct kernel_param *param, const void *at,
		     struct strbuf *sb)
{
	const char *text;
	bool on;

	switch (param->type) {
	case KMEM_PARAM_string:
		strbuf_adds(sb, at);
		break;
	case KMEM_PARAM_charp:
		text = *(const char *const *)at;
		strbuf_adds(sb, text ? text : "(null)");
		break;
	case KMEM_PARAM_bool:
	case KMEM_PARAM_invbool:
		on = *(const bool *)at ^ (param->type == KMEM_PARAM_invbool);
		strbuf_addc(sb, on ? 'Y' : 'N');
		break;
	case KMEM_PARAM_hexint:
		strbuf_addf(sb, "%#llx", load_integer(at, param->size, false));
		break;
	default:
		strbuf_addf(sb, limits[param->type].is_signed ? "%lld" : "%llu",
			    load_integer(at, param->size,
					 limits[param->type].is_signed));
		break;
	}
}

static void show(const struct kernel_param *param, struct strbuf *sb)
{
	unsigned int i, nr = param->room;

	if (param->type == KMEM_PARAM_string)
		nr = 1;
	else if (param->nr && *param->nr < nr)
		nr = *param->nr;
	strbuf_addf(sb, "%s ", param->name);
	for (i = 0; i < nr; i++) {
		if (i)
			strbuf_addc(sb, ',');
		show_one(param, (const char *)param->value + i * param->size,
			 sb);
	}
	strbuf_addc(sb, '\n');
}

/* The least name above @last, NULL to begin: the linker has no order. */
static const struct kernel_param *next(const struct module *module,
				       const char *last)
{
	const struct kernel_param *const *param;
	const struct kernel_param *least = NULL;

	for (param = module->params; param < module->params_end; param++)
		if ((!last || strcmp((*param)->name, last) > 0) &&
		    (!least || strcmp((*param)->name, least->name) < 0))
			least = *param;
	return least;
}

void module_params_show(const struct module *module, struct strbuf *sb)
{
	const struct kernel_param *param = NULL;

	while ((param = next(module, param ? param->name : NULL)) != NULL)
		if (param->perm)
			show(param, sb);
}
