/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hexdump.c - bytes in hexadecimal, in the kernel's columns
 *
 * Numbers are separated by a space; the characters, if wanted, begin in the
 * column behind a full row and one more space, so that those of a short last
 * line stand under the others.
 */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#define ROW_MAX 32
#define DUMP_MAX (3 * ROW_MAX + 2 + ROW_MAX + 1)

static int row_size(int rowsize)
{
	return rowsize == 32 ? 32 : 16;
}

static unsigned long long number(const unsigned char *bytes, int size)
{
	u64 wide;
	u32 word;
	u16 half;

	switch (size) {
	case 8:
		memcpy(&wide, bytes, sizeof(wide));
		return wide;
	case 4:
		memcpy(&word, bytes, sizeof(word));
		return word;
	case 2:
		memcpy(&half, bytes, sizeof(half));
		return half;
	}
	return bytes[0];
}

int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize,
		       char *line, size_t size, bool ascii)
{
	const unsigned char *bytes = buf;
	char text[DUMP_MAX];
	int row = row_size(rowsize), n = 0, have, column;

	have = (int)min_t(size_t, len, row);
	if (groupsize < 1 || groupsize > 8 || !is_power_of_2(groupsize) ||
	    have % groupsize)
		groupsize = 1;
	for (int i = 0; i < have; i += groupsize)
		n += scnprintf(text + n, sizeof(text) - n, "%s%0*llx",
			       i ? " " : "", 2 * groupsize,
			       number(bytes + i, groupsize));
	if (ascii && have) {
		column = 2 * row + row / groupsize + 1;
		n += scnprintf(text + n, sizeof(text) - n, "%*s", column - n,
			       "");
		for (int i = 0; i < have; i++)
			text[n++] = bytes[i] >= 0x20 && bytes[i] < 0x7f
					    ? (char)bytes[i]
					    : '.';
	}
	text[n] = '\0';
	kmem_strscpy(line, text, size);
	return n;
}

void print_hex_dump(const char *level, const char *prefix, int prefix_type,
		    int rowsize, int groupsize, const void *buf, size_t len,
		    bool ascii)
{
	const size_t row = row_size(rowsize);
	const char *bytes = buf;
	char line[DUMP_MAX];

	for (size_t at = 0; at < len; at += row) {
		hex_dump_to_buffer(bytes + at, len - at, rowsize, groupsize,
				   line, sizeof(line), ascii);
		if (prefix_type == DUMP_PREFIX_ADDRESS)
			printk("%s%s%p: %s\n", level, prefix, bytes + at, line);
		else if (prefix_type == DUMP_PREFIX_OFFSET)
			printk("%s%s%.8zx: %s\n", level, prefix, at, line);
		else
			printk("%s%s%s\n", level, prefix, line);
	}
}
