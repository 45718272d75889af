/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_map.c - pictures of memory that never was: exact where it is small, and
 * within their bounds where it is large, cut to pieces and full of odd names
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocfs/map.h"

#include "fixture.h"
#include "runner.h"

#define SVG_MOST (200 * 1024)
#define CACHES 1000

/* ---- a known picture ----------------------------------------------------- */

static const struct kmem_block_info known[] = {
	{ .order = 4, .kind = KMEM_BLOCK_PAGES },
	{ .order = 3, .kind = KMEM_BLOCK_SLAB, .cache = 7 },
	{ .order = 3, .kind = KMEM_BLOCK_FREE },
	{ .order = 0, .kind = KMEM_BLOCK_SLAB, .cache = 9 },
	{ .order = 0, .kind = KMEM_BLOCK_FREE },
	{ .order = 1, .kind = KMEM_BLOCK_FREE },
	{ .order = 2, .kind = KMEM_BLOCK_FREE },
	{ .order = 3, .kind = KMEM_BLOCK_FREE },
	{ .order = 4, .kind = KMEM_BLOCK_LARGE },
	{ .order = 4, .kind = KMEM_BLOCK_VMALLOC },
	{ .order = 0, .kind = KMEM_BLOCK_PARKED },
	{ .order = 0, .kind = KMEM_BLOCK_FREE },
	{ .order = 1, .kind = KMEM_BLOCK_FREE },
	{ .order = 2, .kind = KMEM_BLOCK_FREE },
	{ .order = 3, .kind = KMEM_BLOCK_FREE },
	{ .order = 5, .kind = KMEM_BLOCK_FREE },
	{ .order = 7, .kind = KMEM_BLOCK_FREE },
	{ .order = 6, .kind = KMEM_BLOCK_PAGES },
	{ .order = 6, .kind = KMEM_BLOCK_FREE },
	/* Of a cache that is gone. */
	{ .order = 7, .kind = KMEM_BLOCK_SLAB, .cache = 8 },
	{ .order = 9, .kind = KMEM_BLOCK_FREE },
};

static const struct map_owner known_caches[] = {
	{ .serial = 7, .name = "conn" },
	{ .serial = 9, .name = "größe" },
};

static void draw_known(struct map *map)
{
	struct kmem_zone_info zone = {
		.name = "Normal",
		.start_pfn = 2048,
		.spanned = 1024,
		.absent = 512,
	};
	unsigned long pfn = zone.start_pfn;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].kind != KMEM_BLOCK_FREE)
			continue;
		zone.nr_free[known[i].order]++;
		zone.free += 1ul << known[i].order;
	}
	ck_assert_int_eq(map_begin(map, &zone, 1, known_caches, 2, 64), 0);
	map_begin_zone(map, 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct kmem_block_info block = known[i];

		block.pfn = pfn;
		map_add_block(map, &block);
		pfn += 1ul << block.order;
	}
	ck_assert_uint_eq(pfn, zone.start_pfn + zone.spanned);
	map_finish(map);
}

static const char known_text[] =
	"4 MiB of memory in 1024 pages; a character stands for 16 pages "
	"(64 KiB)\n"
	"996 KiB used, 4 KiB in lists, 3 MiB free, 2 MiB of it takes no memory\n"
	"\n"
	"node 0, Normal: 4 MiB, 3 MiB free, largest free block 2 MiB (order 9)\n"
	"    2048 │■Ab◆▲○5·7·······■■■■6···ZZZZZZZZ9·······················"
	"········│\n"
	"  order        0     1     2     3     4     5     6     7     8     9"
	"    10\n"
	"  blocks       2     2     2     3     0     1     1     1     0     1"
	"     0\n"
	"  of free     0%    0%    1%    3%    0%    4%    8%   16%    0%   66%"
	"    0%\n"
	"\n"
	"     who has it                 pages        a letter is a cache"
	"        pages\n"
	"■ □  pages of other users          80   ◆ ◇  kmalloc, no cache"
	"             16\n"
	"▲ △  vmalloc                       16   ● ○  page lists of threads"
	"          1\n"
	"· ·  free                         774   A a  conn                    "
	"       8\n"
	"B b  größe                          1   Z z  (other caches)          "
	"     128\n"
	"0-9  a free block of that order begins here; · goes on, or is of order"
	" 10\n"
	"The second sign, or a small letter: less than half of it is in use.\n";

START_TEST(test_text_of_known_memory)
{
	struct strbuf sb = { 0 };
	struct map map;

	draw_known(&map);
	map_text(&map, false, &sb);
	ck_assert_str_eq(sb.data, known_text);
	strbuf_free(&sb);
	map_free(&map);
}
END_TEST

/* The same signs, each by another. */
static void to_ascii(const char *text, char *ascii)
{
	static const struct {
		const char *sign;
		char twin;
	} twins[] = {
		{ "■", '#' }, { "□", '+' }, { "◆", '@' }, { "◇", '^' },
		{ "▲", '%' }, { "△", '~' }, { "●", '=' }, { "○", '-' },
		{ "·", '.' }, { "│", '|' }, { "ö", '?' }, { "ß", '?' },
	};

	while (*text) {
		*ascii = *text;
		for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
			if (strncmp(text, twins[i].sign, strlen(twins[i].sign)))
				continue;
			*ascii = twins[i].twin;
			text += strlen(twins[i].sign) - 1;
		}
		ascii++;
		text++;
	}
	*ascii = '\0';
}

START_TEST(test_ascii_text_is_the_twin)
{
	char expected[sizeof(known_text)];
	struct strbuf sb = { 0 };
	struct map map;

	draw_known(&map);
	map_text(&map, true, &sb);
	to_ascii(known_text, expected);
	ck_assert_str_eq(sb.data, expected);
	strbuf_free(&sb);
	map_free(&map);
}
END_TEST

/* Box 2 of the first line is half full of the cache of rank 0. */
START_TEST(test_svg_of_known_memory)
{
	static const char *const parts[] = {
		"<path class=\"c0\" d=\"M0 0h9v13h-9z\">"
		"<title>2048-2063: pages</title></path>",
		"<path class=\"c5\" d=\"M10 8h9v5h-9z\">"
		"<title>2064-2079: conn, 8 free</title></path>",
		"<title>2080-2095: größe, 15 free</title>",
		"<title>2304-2559: pages</title>",
	};
	struct strbuf sb = { 0 };
	struct map map;

	draw_known(&map);
	map_svg(&map, &sb);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(strstr(sb.data, parts[i]), "no %s", parts[i]);
	ck_assert_ptr_nonnull(strstr(sb.data, "free, order 9</title>"));
	strbuf_free(&sb);
	map_free(&map);
}
END_TEST

/* ---- random pictures ----------------------------------------------------- */

struct scene {
	struct prng prng;
	struct kmem_zone_info zones[KMEM_MAX_NODES + 4];
	unsigned int nr_zones;
	struct map_owner caches[CACHES];
	char names[CACHES][KMEM_NAME_MAX + 9];
};

static const char *const odd_names[] = {
	"&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&",
	"</text><script>alert(1)</script>",
	"<![CDATA[]]><!--",
	"\"quoted\" 'twice'",
	"日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語",
	"\xff\xfe\x80 no UTF-8 \xc3",
	"\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80 no XML \x01\x1b\x7f",
	"\xe0\x80\xbc\xf4\x90\x80\x80\xc2\x9b no UTF-8 either",
	"evil\xe2\x80\xae turned\xe2\x81\xa6 \xef\xbb\xbf",
	"",
};

#define ODD_NAMES (sizeof(odd_names) / sizeof(*odd_names))

static void name_caches(struct scene *scene)
{
	for (unsigned int i = 0; i < CACHES; i++) {
		scene->caches[i].serial = 100 + i;
		scene->caches[i].name = scene->names[i];
		snprintf(scene->names[i], sizeof(scene->names[i]), "%s",
			 odd_names[prng_below(&scene->prng, ODD_NAMES)]);
	}
}

/* A zone of blocks of all kinds and up to @largest, as they come. */
static void fill_zone(struct scene *scene, struct map *map, unsigned int zone,
		      unsigned int largest)
{
	const struct kmem_zone_info *info = &scene->zones[zone];
	unsigned long pfn = info->start_pfn, end = pfn + info->spanned;

	map_begin_zone(map, zone);
	while (pfn < end) {
		struct kmem_block_info block = {
			.pfn = pfn,
			.order = prng_below(&scene->prng, largest + 1),
			.kind = prng_below(&scene->prng, KMEM_NR_BLOCK_KINDS),
			.cache = prng_below(&scene->prng, CACHES + 200),
		};

		if (prng_below(&scene->prng, 3) == 0)
			block.kind = KMEM_BLOCK_SLAB;
		while (pfn & ((1ul << block.order) - 1))
			block.order--;
		if (block.kind == KMEM_BLOCK_FREE)
			map->zones[zone].info.nr_free[block.order]++;
		map_add_block(map, &block);
		pfn += 1ul << block.order;
	}
}

static void add_pools(struct map *map, unsigned int nr)
{
	map->pools = calloc(nr, sizeof(*map->pools));
	map->nr_pools = nr;
	for (unsigned int i = 0; i < nr; i++) {
		struct map_pool *pool = &map->pools[i];

		snprintf(pool->name, sizeof(pool->name), "%s",
			 odd_names[i % ODD_NAMES]);
		pool->min_nr = 524288;
		pool->curr_nr = (int)(i % 524289);
		pool->waiters = 4000000000;
		pool->active = UINT64_MAX;
	}
	map_sort_pools(map->pools, nr);
}

/* Zones of equal size. */
static void make_zones(struct scene *scene, unsigned long memory,
		       unsigned int nr)
{
	unsigned long pages = memory / KMEM_PAGE_SIZE / nr & ~1023ul;

	scene->nr_zones = nr;
	for (unsigned int i = 0; i < nr; i++) {
		scene->zones[i] = (struct kmem_zone_info){
			.node = i,
			.name = "HighMem",
			.start_pfn = i * pages,
			.spanned = pages,
			.free = pages,
			.absent = pages,
		};
	}
}

static void make_map(struct scene *scene, struct map *map, unsigned int cells,
		     unsigned int largest)
{
	ck_assert_int_eq(map_begin(map, scene->zones, scene->nr_zones,
				   scene->caches, CACHES, cells),
			 0);
	ck_assert_uint_le(map->nr_cells, cells + scene->nr_zones);
	for (unsigned int i = 0; i < scene->nr_zones; i++)
		fill_zone(scene, map, i, largest);
	map_finish(map);
}

static unsigned long owned(const struct map *map)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < map->nr_owners; i++)
		pages += map->owners[i].pages;
	return pages;
}

/* Columns on a terminal; at most, where a character may be wide. */
static void assert_columns(const char *text, unsigned int most, bool ascii)
{
	unsigned int columns = 0;

	/* Check does some work for each assertion: it makes none that holds. */
	for (; *text; text += map_char_length(text)) {
		size_t len = map_char_length(text);

		if (*text == '\n') {
			ck_assert_uint_le(columns, most);
			columns = 0;
			continue;
		}
		if (len == 1 && *text < ' ')
			ck_abort_msg("a byte %d", *text);
		if (len > 1 && ascii)
			ck_abort_msg("no ASCII: %s", text);
		if (len == 1 && (unsigned char)*text > '~')
			ck_abort_msg("no UTF-8: %s", text);
		if (map_char_unseen(text))
			ck_abort_msg("nothing to see: %s", text);
		/* What the drawing itself has is narrow. */
		columns += len == 3 && (unsigned char)*text > 0xe2 ? 2 : 1;
	}
	ck_assert_uint_eq(columns, 0);
}

struct size {
	unsigned long memory;
	unsigned int zones;
	unsigned int largest; /* order */
};

static const struct size sizes[] = {
	{ 8 * MIB, 1, 3 },	    { 64 * MIB, 2, 0 },
	{ 256 * MIB, 3, 1 },	    { 256 * MIB, 1, 0 },
	{ 1024 * MIB, 19, 5 },	    { 16384 * MIB, 4, 10 },
	{ 64 * 1024 * MIB, 3, 10 },
};

static void set_scene(struct scene *scene, const struct size *size)
{
	memset(scene, 0, sizeof(*scene));
	scene->prng.state = test_seed("map");
	name_caches(scene);
	make_zones(scene, size->memory, size->zones);
}

static struct scene scene;

START_TEST(test_text_keeps_to_its_columns_and_lines)
{
	struct strbuf sb = { 0 };
	unsigned int lines = 0;
	struct map map;

	set_scene(&scene, &sizes[_i]);
	make_map(&scene, &map, MAP_TEXT_COLUMNS * MAP_TEXT_LINES,
		 sizes[_i].largest);
	ck_assert_uint_eq(owned(&map), map_pages(&map));
	map_text(&map, false, &sb);
	assert_columns(sb.data, 80, false);
	for (const char *p = sb.data; *p; p++)
		lines += *p == '\n';
	/* Each zone has a blank line, a head, three lines of orders. */
	ck_assert_uint_le(lines, 2 + MAP_TEXT_LINES + 6 * map.nr_zones + 22);
	strbuf_reset(&sb);
	map_text(&map, true, &sb);
	assert_columns(sb.data, 80, true);
	strbuf_free(&sb);
	map_free(&map);
}
END_TEST

/* ---- well-formed --------------------------------------------------------- */

#define DEPTH 16

struct parser {
	const char *at;
	char open[DEPTH][16];
	unsigned int depth;
};

static void parse_text(struct parser *p, char end)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;",
						"&quot;" };

	while (*p->at && *p->at != end) {
		size_t len = map_char_length(p->at);
		int known_one = *p->at != '&';

		for (size_t i = 0; i < 4; i++)
			known_one |= !strncmp(p->at, entities[i],
					      strlen(entities[i]));
		if (!known_one)
			ck_abort_msg("no entity: %.20s", p->at);
		if (end == '"' && *p->at == '<')
			ck_abort_msg("'<' in a value");
		if (len == 1 && *p->at < ' ' && *p->at != '\n')
			ck_abort_msg("byte %d", *p->at);
		if (len == 1 && (unsigned char)*p->at > '~')
			ck_abort_msg("no UTF-8: %.20s", p->at);
		if (map_char_unseen(p->at))
			ck_abort_msg("nothing to see: %.20s", p->at);
		if (!strncmp(p->at, "]]>", 3))
			ck_abort_msg("an end of CDATA");
		p->at += len;
	}
}

static void parse_attributes(struct parser *p)
{
	while (*p->at == ' ') {
		p->at += strcspn(p->at, "=");
		ck_assert_int_eq(strncmp(p->at, "=\"", 2), 0);
		p->at += 2;
		parse_text(p, '"');
		p->at++;
	}
}

static void parse_tag(struct parser *p)
{
	bool closing = p->at[1] == '/';
	size_t len;

	p->at += closing ? 2 : 1;
	len = strspn(p->at, "abcdefghijklmnopqrstuvwxyz");
	ck_assert(len > 0 && len < sizeof(p->open[0]));
	if (closing) {
		ck_assert_uint_gt(p->depth, 0);
		p->depth--;
		ck_assert_uint_eq(strlen(p->open[p->depth]), len);
		ck_assert_mem_eq(p->open[p->depth], p->at, len);
		p->at += len;
	} else {
		ck_assert_uint_lt(p->depth, DEPTH);
		snprintf(p->open[p->depth++], sizeof(p->open[0]), "%.*s",
			 (int)len, p->at);
		p->at += len;
		parse_attributes(p);
		if (*p->at == '/') {
			p->depth--;
			p->at++;
		}
	}
	ck_assert_int_eq(*p->at++, '>');
}

static void assert_well_formed(const char *text)
{
	struct parser p = { .at = text };

	do {
		ck_assert_int_eq(*p.at, '<');
		parse_tag(&p);
		parse_text(&p, '<');
	} while (p.depth);
	ck_assert_str_eq(p.at, "");
}

START_TEST(test_svg_is_small_and_well_formed)
{
	struct strbuf sb = { 0 };
	struct map map;

	set_scene(&scene, &sizes[_i]);
	make_map(&scene, &map, MAP_SVG_COLUMNS * MAP_SVG_LINES,
		 sizes[_i].largest);
	add_pools(&map, 1000);
	map_svg(&map, &sb);
	ck_assert(strbuf_ok(&sb));
	printf("# %lu MiB, %u zones: %zu bytes\n", sizes[_i].memory / MIB,
	       map.nr_zones, sb.len);
	ck_assert_uint_lt(sb.len, SVG_MOST);
	assert_well_formed(sb.data);
	ck_assert_ptr_null(strstr(sb.data, "<script"));
	ck_assert_ptr_nonnull(strstr(sb.data, "and 984 more"));
	strbuf_free(&sb);
	map_free(&map);
}
END_TEST

/* ---- pools --------------------------------------------------------------- */

START_TEST(test_pools_in_need_come_first)
{
	struct map_pool pools[] = {
		{ .name = "full", .min_nr = 10, .curr_nr = 10 },
		{ .name = "half b", .min_nr = 10, .curr_nr = 5 },
		{ .name = "waited for", .min_nr = 4, .waiters = 1 },
		{ .name = "half a", .min_nr = 4, .curr_nr = 2 },
		{ .name = "empty", .min_nr = 10 },
	};
	static const char *const order[] = { "waited for", "empty", "half a",
					     "half b", "full" };

	map_sort_pools(pools, 5);
	for (int i = 0; i < 5; i++)
		ck_assert_str_eq(pools[i].name, order[i]);
}
END_TEST

START_TEST(test_bytes_read_well)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 4096, "4 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1023, "1023 B" },
		{ 1023 * 1024 + 511, "1023 KiB" },
		{ 1023 * 1024 + 512, "1 MiB" },
		{ 1048575, "1 MiB" },
		{ 10 * MIB - 1024, "10 MiB" },
		{ 10 * MIB + 700 * 1024, "11 MiB" },
		{ 9 * MIB + 972 * 1024, "9.9 MiB" },
		{ 64 * 1024 * MIB - 512 * 1024, "64 GiB" },
		{ 64 * 1024 * MIB, "64 GiB" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct strbuf sb = { 0 };

		map_add_bytes(&sb, cases[i].bytes);
		ck_assert_str_eq(sb.data, cases[i].text);
		strbuf_free(&sb);
	}
}
END_TEST

Suite *test_suite(void)
{
	int nr_sizes = sizeof(sizes) / sizeof(*sizes);
	Suite *suite = suite_create("map");
	TCase *tcase = tcase_create("known");

	tcase_add_test(tcase, test_text_of_known_memory);
	tcase_add_test(tcase, test_ascii_text_is_the_twin);
	tcase_add_test(tcase, test_svg_of_known_memory);
	tcase_add_test(tcase, test_pools_in_need_come_first);
	tcase_add_test(tcase, test_bytes_read_well);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("random");
	tcase_add_loop_test(tcase, test_text_keeps_to_its_columns_and_lines, 0,
			    nr_sizes);
	tcase_add_loop_test(tcase, test_svg_is_small_and_well_formed, 0,
			    nr_sizes);
	suite_add_tcase(suite, tcase);
	return suite;
}
