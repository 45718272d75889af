/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sprintf.c - text with the kernel's formats
 *
 * A format is cut into its conversions. Those of %p are done here; each other
 * one goes to the C library by itself, with its '*' replaced by numbers, so
 * that everything printf(3) knows is known here, too.
 *
 * Where it differs from the kernel: addresses are not hashed, because nothing
 * is hidden from the owner of a process, and a conversion that does not exist
 * ends the text with the rest of the format as it is, without a warning.
 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include <kmem/sprintf.h>

#include "internal.h"
#include "util/symbol.h"
#include "util/text.h"

#define POINTER_DIGITS (2 * (int)sizeof(void *))
#define HEX_BYTES_MAX 64

/* The text so far; @len goes on counting behind the end of @buf. */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

/* One conversion of a format. */
struct spec {
	char text[48]; /* for the C library: without '*' */
	size_t len;
	int width; /* -1: none */
	bool left;
	char length[3];
	char conversion;
};

static void out_add(struct out *out, const char *text, size_t n)
{
	if (out->len < out->size)
		memcpy(out->buf + out->len, text,
		       MIN(n, out->size - out->len - 1));
	out->len += n;
}

/* Is only called with room for one byte at least. */
static void out_end(struct out *out)
{
	out->buf[MIN(out->len, out->size - 1)] = '\0';
}

__attribute__((format(printf, 2, 3))) static void
out_format(struct out *out, const char *format, ...)
{
	size_t room = out->len < out->size ? out->size - out->len : 0, n = 0;
	va_list args;

	va_start(args, format);
	if (room)
		n = text_vformat(out->buf + out->len, room, format, args);
	va_end(args);
	if (n + 1 >= room) {
		va_start(args, format);
		n = text_vlength(format, args);
		va_end(args);
	}
	out->len += n;
}

/* ---- conversions of %p --------------------------------------------------- */

static void out_padded(struct out *out, const struct spec *spec,
		       const char *text)
{
	int width = spec->width > 0 ? spec->width : 0;

	out_format(out, "%*s", spec->left ? -width : width, text);
}

static void out_address(struct out *out, const struct spec *spec, const void *p)
{
	char text[24];

	text_format(text, sizeof(text), "%0*lx",
		    spec->width > 0 ? 0 : POINTER_DIGITS, (unsigned long)p);
	out_padded(out, spec, text);
}

/* @kind is one of "SsB". A call returns behind itself, perhaps into the next
 * function, so its name is that of the byte before. */
static void out_symbol(struct out *out, const struct spec *spec, char kind,
		       const void *p)
{
	char text[160];

	symbol_format(text, sizeof(text),
		      kind == 'B' && p ? (const char *)p - 1 : p);
	if (kind == 's')
		text[strcspn(text, "+")] = '\0';
	out_padded(out, spec, text);
}

/* The C library does not know those that never leave a kernel. */
static const char *error_name(int error)
{
	switch (error) {
	case 512:
		return "ERESTARTSYS";
	case 513:
		return "ERESTARTNOINTR";
	case 515:
		return "ENOIOCTLCMD";
	case 517:
		return "EPROBE_DEFER";
	case 524:
		return "ENOTSUPP";
	case 529:
		return "EIOCBQUEUED";
	}
#ifdef HAVE_STRERRORNAME_NP
	return strerrorname_np(error);
#else
	return NULL;
#endif
}

static void out_error(struct out *out, const struct spec *spec, const void *p)
{
	const char *name;
	char text[32];
	int error;

	if ((unsigned long)p < -4095ul) {
		out_address(out, spec, p);
		return;
	}
	error = (int)-(long)p;
	name = error_name(error);
	if (name)
		text_format(text, sizeof(text), "-%s", name);
	else
		text_format(text, sizeof(text), "-%d", error);
	out_padded(out, spec, text);
}

static void out_gfp(struct out *out, const struct spec *spec, const gfp_t *gfp)
{
	char text[KMEM_GFP_TEXT] = "";

	if (*gfp)
		kmem_gfp_print(text, sizeof(text), *gfp);
	out_padded(out, spec, text);
}

static bool bit(const unsigned long *map, int i)
{
	return map[i / (int)(8 * sizeof(long))] >>
		       (i % (int)(8 * sizeof(long))) &
	       1;
}

/* Ranges of set bits: "0-3,7". */
static void out_bit_list(struct out *out, const unsigned long *map, int bits)
{
	const char *comma = "";

	for (int first = 0, last; first < bits; first = last + 1) {
		last = first;
		if (!bit(map, first))
			continue;
		while (last + 1 < bits && bit(map, last + 1))
			last++;
		out_format(out, first == last ? "%s%d" : "%s%d-%d", comma,
			   first, last);
		comma = ",";
	}
}

/* Groups of 32 bits, the highest first. */
static void out_bit_map(struct out *out, const unsigned long *map, int bits)
{
	int size = bits % 32 ? bits % 32 : 32;

	for (int start = bits - size; start >= 0; start -= 32, size = 32) {
		unsigned int group = 0;

		for (int i = 0; i < size; i++)
			group |= (unsigned int)bit(map, start + i) << i;
		out_format(out, "%0*x%s", (size + 3) / 4, group,
			   start ? "," : "");
	}
}

static void out_bytes(struct out *out, const unsigned char *bytes, int n,
		      const char *between)
{
	for (int i = 0; i < n; i++)
		out_format(out, "%02x%s", bytes[i], i + 1 < n ? between : "");
}

static const char *hex_separator(char kind)
{
	switch (kind) {
	case 'C':
		return ":";
	case 'D':
		return "-";
	case 'N':
		return "";
	}
	return " ";
}

static void out_nested(struct out *out, const struct va_format *nested);

/* @kind is what follows the p: letters that the kernel has a meaning for. */
static void out_pointer(struct out *out, const struct spec *spec,
			const char *kind, const void *p)
{
	/* What follows leads somewhere. */
	if (!p && strchr("GbhMmaV", kind[0]) && kind[0]) {
		out_padded(out, spec, "(null)");
		return;
	}
	switch (kind[0]) {
	case 'S':
	case 's':
	case 'B':
		out_symbol(out, spec, kind[0], p);
		return;
	case 'e':
		out_error(out, spec, p);
		return;
	case 'G':
		if (kind[1] != 'g')
			break;
		out_gfp(out, spec, p);
		return;
	case 'b':
		(kind[1] == 'l' ? out_bit_list
				: out_bit_map)(out, p, MAX(spec->width, 0));
		return;
	case 'h':
		out_bytes(out, p,
			  MIN(spec->width < 0 ? 1 : spec->width, HEX_BYTES_MAX),
			  hex_separator(kind[1]));
		return;
	case 'M':
	case 'm':
		out_bytes(out, p, 6,
			  kind[0] == 'm'   ? ""
			  : kind[1] == 'F' ? "-"
					   : ":");
		return;
	case 'a':
		out_format(out, "0x%016llx", *(const unsigned long long *)p);
		return;
	case 'V':
		out_nested(out, p);
		return;
	}
	out_address(out, spec, p);
}

/* ---- the format ---------------------------------------------------------- */

static void spec_add(struct spec *spec, const char *text, size_t n)
{
	if (spec->len + n >= sizeof(spec->text))
		return;
	memcpy(spec->text + spec->len, text, n);
	spec->len += n;
	spec->text[spec->len] = '\0';
}

/* A number of the format, or the next argument: -1 for a negative one. */
static const char *parse_number_or_star(const char *f, va_list *args,
					struct spec *spec, int *ret_number)
{
	const char *start = f;
	char text[16];
	int n = 0;

	if (*f == '*') {
		n = va_arg(*args, int);
		spec_add(spec, text, text_format(text, sizeof(text), "%d", n));
		*ret_number = n;
		return f + 1;
	}
	for (; isdigit((unsigned char)*f); f++)
		n = n < INT_MAX / 16 ? 10 * n + (*f - '0') : n;
	spec_add(spec, start, (size_t)(f - start));
	if (f > start)
		*ret_number = n;
	return f;
}

/* @f is behind the '%'. Return: behind the conversion, or at the end. */
static const char *parse_spec(const char *f, va_list *args, struct spec *spec)
{
	size_t n = strspn(f, "-+ #0"), length;
	int precision = -1;

	*spec = (struct spec){ .width = -1 };
	spec_add(spec, "%", 1);
	spec_add(spec, f, n);
	spec->left = memchr(f, '-', n) != NULL;
	f = parse_number_or_star(f + n, args, spec, &spec->width);
	if (spec->width < -1) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (*f == '.') {
		n = spec->len;
		spec_add(spec, ".", 1);
		f = parse_number_or_star(f + 1, args, spec, &precision);
		/* An argument below 0 is no precision, and no text for one. */
		if (precision < 0 && f[-1] == '*')
			spec->text[spec->len = n] = '\0';
	}
	length = strspn(f, "hlLqjztZ");
	for (size_t i = 0; i < length && i < sizeof(spec->length) - 1; i++)
		spec->length[i] = f[i];
	f += length;
	spec->conversion = *f;
	return *f ? f + 1 : f;
}

/* The value of a conversion of whole numbers, as wide as it was given. */
static unsigned long long integer(const struct spec *spec, va_list *args)
{
	bool is_signed = strchr("di", spec->conversion) != NULL;

	switch (spec->length[0]) {
	case 'l':
		if (spec->length[1] == 'l')
			return va_arg(*args, unsigned long long);
		return is_signed ? (unsigned long long)va_arg(*args, long)
				 : va_arg(*args, unsigned long);
	case 'L':
	case 'q':
	case 'j':
		return va_arg(*args, unsigned long long);
	case 'z':
	case 'Z':
	case 't':
		return is_signed ? (unsigned long long)va_arg(*args, ptrdiff_t)
				 : va_arg(*args, size_t);
	case 'h':
		if (spec->length[1] == 'h')
			return is_signed ? (unsigned long long)(signed char)
						   va_arg(*args, int)
					 : (unsigned char)va_arg(*args, int);
		return is_signed ? (unsigned long long)(short)va_arg(*args, int)
				 : (unsigned short)va_arg(*args, int);
	}
	return is_signed ? (unsigned long long)va_arg(*args, int)
			 : va_arg(*args, unsigned int);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* Return: false for a conversion that does not exist. */
static bool out_conversion(struct out *out, struct spec *spec, va_list *args)
{
	char conversion[] = { spec->conversion, '\0' };

	switch (spec->conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		spec_add(spec, "ll", 2);
		spec_add(spec, conversion, 1);
		out_format(out, spec->text, integer(spec, args));
		return true;
	case 'c':
		spec_add(spec, "c", 1);
		out_format(out, spec->text, va_arg(*args, int));
		return true;
	case 's':
		spec_add(spec, "s", 1);
		out_format(out, spec->text, va_arg(*args, const char *));
		return true;
	case 'a':
	case 'e':
	case 'f':
	case 'g':
	case 'A':
	case 'E':
	case 'F':
	case 'G':
		if (spec->length[0] == 'L') {
			spec_add(spec, "L", 1);
			spec_add(spec, conversion, 1);
			out_format(out, spec->text, va_arg(*args, long double));
			return true;
		}
		spec_add(spec, conversion, 1);
		out_format(out, spec->text, va_arg(*args, double));
		return true;
	case 'm':
		spec_add(spec, "m", 1);
		out_format(out, spec->text, 0);
		return true;
	case 'n':
		(void)va_arg(*args, void *);
		return true;
	case '%':
		out_add(out, "%", 1);
		return true;
	}
	return false;
}

#pragma GCC diagnostic pop

static void out_all(struct out *out, const char *format, va_list *args)
{
	const char *f = format, *kind, *start;
	struct spec spec;

	while (*f) {
		size_t plain = strcspn(f, "%");

		out_add(out, f, plain);
		f += plain;
		if (!*f)
			break;
		start = f;
		f = parse_spec(f + 1, args, &spec);
		if (spec.conversion == 'p') {
			kind = f;
			while (isalnum((unsigned char)*f))
				f++;
			out_pointer(out, &spec, kind, va_arg(*args, void *));
		} else if (!out_conversion(out, &spec, args)) {
			out_add(out, start, strlen(start));
			break;
		}
	}
}

static void out_nested(struct out *out, const struct va_format *nested)
{
	va_list args;

	va_copy(args, *nested->va);
	out_all(out, nested->fmt, &args);
	va_end(args);
}

int kmem_vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
	struct out out = { buf, size, 0 };
	va_list copy;

	/* A parameter of type va_list may be a pointer already. */
	va_copy(copy, args);
	out_all(&out, format, &copy);
	va_end(copy);
	if (size)
		out_end(&out);
	return (int)MIN(out.len, (size_t)INT_MAX);
}

int kmem_snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = kmem_vsnprintf(buf, size, format, args);
	va_end(args);
	return n;
}

int vscnprintf(char *buf, size_t size, const char *format, va_list args)
{
	int n = kmem_vsnprintf(buf, size, format, args);

	if ((size_t)n < size)
		return n;
	return size ? (int)(size - 1) : 0;
}

int scnprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vscnprintf(buf, size, format, args);
	va_end(args);
	return n;
}
