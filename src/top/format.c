/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * format.c - numbers, bars and names as text
 *
 * For people: numbers with units where they are long. For programs (exact): all
 * digits, and names byte by byte. Unknown is "-" for both.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "util/parse.h"
#include "util/text.h"

#include "top/top.h"

/* NAN and "max"; false: it is a number, yet to be printed. */
static bool format_special(struct strbuf *sb, double value)
{
	if (!isnan(value) && !isinf(value))
		return false;
	strbuf_adds(sb, isnan(value) ? "-" : "max");
	return true;
}

/* Three digits and a unit: "1.52K", "15.2K", "152K"; "4K" where that is exact. */
static void format_scaled(struct strbuf *sb, double value, double base)
{
	static const char units[] = "KMGTPE";
	const char *unit = units;
	int digits = 2;

	for (value /= base; value >= base && unit[1]; unit++)
		value /= base;
	if (value >= 99.95 || value == floor(value))
		digits = 0;
	else if (value >= 9.995)
		digits = 1;
	strbuf_addf(sb, "%.*f%c", digits, value, *unit);
}

void format_count(struct strbuf *sb, double value, int width,
		  const struct look *look)
{
	char text[32];

	if (format_special(sb, value))
		return;
	if ((int)text_format(text, sizeof(text), "%.0f", value) <= width ||
	    look->exact)
		strbuf_adds(sb, text);
	else
		format_scaled(sb, value, 1000);
}

void format_size(struct strbuf *sb, double bytes, int width,
		 const struct look *look)
{
	if (look->exact || bytes < 1024)
		format_count(sb, bytes, width, look);
	else if (!format_special(sb, bytes))
		format_scaled(sb, bytes, 1024);
}

/* Slow ones have a decimal place: 0.5 is not nothing. */
void format_rate(struct strbuf *sb, double value, int width,
		 const struct look *look)
{
	if (format_special(sb, value))
		return;
	if (look->exact || (value > 0 && value < 9.95))
		strbuf_addf(sb, "%.1f", value);
	else
		format_count(sb, value, width, look);
}

/* 100 is all and nothing less, 0 is none. */
void format_percent(struct strbuf *sb, double share, int width,
		    const struct look *look)
{
	double percent = round(share * 100);

	if (percent == 100 && share < 1)
		percent = 99;
	if (percent == 0 && share > 0)
		percent = 1;
	format_count(sb, percent, width, look);
}

static double clamp(double share)
{
	return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* Eighths of a character where there are such, else "[####....]". */
static void bar_of_blocks(struct strbuf *sb, double share, int width)
{
	static const char *const part[] = { "",	 "▏", "▎", "▍",
					    "▌", "▋", "▊", "▉" };
	int eighths = (int)round(share * width * 8);
	int used = (eighths + 7) / 8;

	if (share > 0 && !eighths)
		eighths = used = 1;
	for (int i = 0; i < eighths / 8; i++)
		strbuf_adds(sb, "█");
	strbuf_adds(sb, part[eighths % 8]);
	for (int i = used; i < width; i++)
		strbuf_adds(sb, "·");
}

static void bar_of_signs(struct strbuf *sb, double share, int width)
{
	int filled = (int)round(share * (width - 2));

	if (share > 0 && !filled)
		filled = 1;
	strbuf_addc(sb, '[');
	for (int i = 0; i < width - 2; i++)
		strbuf_addc(sb, i < filled ? '#' : '.');
	strbuf_addc(sb, ']');
}

void format_bar(struct strbuf *sb, double share, int width,
		const struct look *look)
{
	if (isnan(share))
		strbuf_addf(sb, "%*s", width, "-");
	else if (look->utf8)
		bar_of_blocks(sb, clamp(share), width);
	else if (width > 2)
		bar_of_signs(sb, clamp(share), width);
}

void format_level(struct strbuf *sb, double share, const struct look *look)
{
	static const char *const blocks[] = { "·", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	int level = (int)ceil(clamp(share) * 8);

	if (isnan(share))
		strbuf_addc(sb, '-');
	else if (look->utf8)
		strbuf_adds(sb, blocks[level]);
	else
		strbuf_addc(sb, ".12345678"[level]);
}

/*
 * The next character of @text as it can be shown: *@ret_len bytes of it, and
 * the columns it takes; 0 bytes: it is to be '?' instead.
 */
static int character(const char *text, size_t *ret_len, const struct look *look)
{
	size_t len = parse_utf8(text);
	mbstate_t state = { 0 };
	wchar_t wide;
	int width;

	*ret_len = 0;
	if ((unsigned char)*text < 0x80) {
		*ret_len = *text >= ' ' && *text < 0x7f;
		return 1;
	}
	if (look->exact) {
		*ret_len = 1;
		return 1;
	}
	if (!len || !look->utf8 || mbrtowc(&wide, text, len, &state) != len)
		return 1;
	width = wcwidth(wide);
	if (width < 0)
		return 1;
	*ret_len = len;
	return width;
}

/* Bytes of @text that its next character has, valid or not. */
static size_t skip(const char *text)
{
	size_t len = parse_utf8(text);

	return len ? len : 1;
}

static int text_width(const char *text, const struct look *look)
{
	int width = 0;
	size_t len;

	for (; *text; text += len ? len : skip(text))
		width += character(text, &len, look);
	return width;
}

void format_text(struct strbuf *sb, const char *text, int width,
		 const struct look *look)
{
	bool cut = width && text_width(text, look) > width;
	int used = cut ? 1 : 0, more;
	size_t len;

	for (; *text; text += len ? len : skip(text)) {
		more = character(text, &len, look);
		if (cut && used + more > width)
			break;
		used += more;
		if (len)
			strbuf_add(sb, text, len);
		else
			strbuf_addc(sb, '?');
	}
	if (cut)
		strbuf_adds(sb, look->utf8 ? "…" : "~");
}

int format_width(const char *text)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	int width = 0;

	while (*text) {
		size_t len = mbrtowc(&wide, text, strlen(text), &state);

		if (len == (size_t)-1 || len == (size_t)-2) {
			memset(&state, 0, sizeof(state));
			len = 1;
			width++;
		} else {
			width += wcwidth(wide) > 0 ? wcwidth(wide) : 0;
		}
		text += len;
	}
	return width;
}
