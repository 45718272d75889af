/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_top_text.c - allocfs-top: from rows to text, and the command line
 */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "top/top.h"

#include "runner.h"

static const struct look people = { .utf8 = true };
static const struct look ascii;
static const struct look programs = { .exact = true };

static struct strbuf sb;

static void setup(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	memset(&sb, 0, sizeof(sb));
	strbuf_adds(&sb, "");
}

static void teardown(void)
{
	strbuf_free(&sb);
}

/* ---- numbers ------------------------------------------------------------- */

typedef void number_format(struct strbuf *sb, double value, int width,
			   const struct look *look);

static const struct {
	number_format *format;
	double value;
	int width;
	const char *seen;
	const char *exact;
} numbers[] = {
	{ format_count, 0, 6, "0", "0" },
	{ format_count, 999999, 6, "999999", "999999" },
	{ format_count, 1234567, 6, "1.23M", "1234567" },
	{ format_count, 99999999, 6, "100M", "99999999" },
	{ format_count, 12345678901, 6, "12.3G", "12345678901" },
	{ format_count, INFINITY, 6, "max", "max" },
	{ format_count, NAN, 6, "-", "-" },
	{ format_size, 0, 6, "0", "0" },
	{ format_size, 1023, 6, "1023", "1023" },
	{ format_size, 1024, 6, "1K", "1024" },
	{ format_size, 1536, 6, "1.50K", "1536" },
	{ format_size, 15000, 6, "14.6K", "15000" },
	{ format_size, 256.0 * 1024 * 1024, 6, "256M", "268435456" },
	{ format_size, NAN, 6, "-", "-" },
	{ format_rate, 0, 6, "0", "0.0" },
	{ format_rate, 0.25, 6, "0.2", "0.2" },
	{ format_rate, 12.5, 6, "12", "12.5" },
	{ format_rate, 2500000, 6, "2.50M", "2500000.0" },
	{ format_percent, 0.784, 4, "78", "78" },
	{ format_percent, 0.999, 4, "99", "99" },
	{ format_percent, 0.0001, 4, "1", "1" },
	{ format_percent, 1, 4, "100", "100" },
	{ format_percent, NAN, 4, "-", "-" },
};

START_TEST(test_numbers_have_units_or_all_digits)
{
	numbers[_i].format(&sb, numbers[_i].value, numbers[_i].width, &people);
	ck_assert_str_eq(sb.data, numbers[_i].seen);
	strbuf_reset(&sb);
	numbers[_i].format(&sb, numbers[_i].value, numbers[_i].width,
			   &programs);
	ck_assert_str_eq(sb.data, numbers[_i].exact);
}
END_TEST

static const struct {
	double share;
	const char *blocks; /* of 4 */
	const char *signs; /* of 6 */
} bars[] = {
	{ 0, "····", "[....]" },   { 0.001, "▏···", "[#...]" },
	{ 0.5, "██··", "[##..]" }, { 0.59375, "██▍·", "[##..]" },
	{ 1, "████", "[####]" },   { 7, "████", "[####]" },
	{ -1, "····", "[....]" },
};

START_TEST(test_bars_have_their_width)
{
	format_bar(&sb, bars[_i].share, 4, &people);
	ck_assert_str_eq(sb.data, bars[_i].blocks);
	ck_assert_int_eq(format_width(sb.data), 4);
	strbuf_reset(&sb);
	format_bar(&sb, bars[_i].share, 6, &ascii);
	ck_assert_str_eq(sb.data, bars[_i].signs);
}
END_TEST

START_TEST(test_an_unknown_bar_is_none)
{
	format_bar(&sb, NAN, 4, &people);
	ck_assert_str_eq(sb.data, "   -");
}
END_TEST

/* ---- names --------------------------------------------------------------- */

static const struct {
	const char *text;
	int width;
	const char *utf8;
	const char *ascii;
	const char *exact;
} texts[] = {
	{ "conn", 6, "conn", "conn", "conn" },
	{ "connection", 6, "conne…", "conne~", "conne~" },
	{ "connection", 0, "connection", "connection", "connection" },
	{ "кэш", 6, "кэш", "???", "кэш" },
	{ "пулсовсем", 5, "пулс…", "????~", NULL },
	{ "漢字漢字", 5, "漢字…", "????", NULL },
	{ "a\033[2Jb", 0, "a?[2Jb", "a?[2Jb", "a?[2Jb" },
	{ "a\xff"
	  "b",
	  0, "a?b", "a?b",
	  "a\xff"
	  "b" },
	{ "a\xc2\x85"
	  "b",
	  0, "a??b", "a??b", NULL },
};

START_TEST(test_names_fit_and_do_no_harm)
{
	format_text(&sb, texts[_i].text, texts[_i].width, &people);
	ck_assert_str_eq(sb.data, texts[_i].utf8);
	if (texts[_i].width)
		ck_assert_int_le(format_width(sb.data), texts[_i].width);
	strbuf_reset(&sb);
	format_text(&sb, texts[_i].text, texts[_i].width, &ascii);
	ck_assert_str_eq(sb.data, texts[_i].ascii);
	strbuf_reset(&sb);
	if (!texts[_i].exact)
		return;
	format_text(&sb, texts[_i].text, texts[_i].width, &programs);
	ck_assert_str_eq(sb.data, texts[_i].exact);
}
END_TEST

/* ---- columns ------------------------------------------------------------- */

START_TEST(test_columns_have_keys_of_their_own)
{
	const struct view *view = &views[_i];

	for (const struct column *c = view->columns; c->key; c++) {
		ck_assert_ptr_eq(view_column(view, c->key), c);
		ck_assert_ptr_eq(view_column_letter(view, c->letter), c);
		ck_assert_msg(!strchr("qrh/?1234 ", c->letter),
			      "%s: %c is a key of the screen", c->key,
			      c->letter);
		ck_assert_msg(c->value || c->text, "%s cannot sort", c->key);
		ck_assert_msg(c->print || c->text, "%s has no text", c->key);
		ck_assert_int_le((int)strlen(c->header), c->width);
	}
	ck_assert_ptr_nonnull(view_column(view, view->sort));
	ck_assert_ptr_null(view_column(view, "nothing"));
}
END_TEST

START_TEST(test_columns_go_until_the_rest_fits)
{
	const struct view *view = &views[_i];
	int more = 0;

	for (int width = 1; width < 300; width++) {
		uint64_t chosen = table_columns(view, width, NULL);
		int used = 0, nr = 0, last = 0;

		for (int i = 0; view->columns[i].key; i++) {
			if (!(chosen & 1ull << i))
				continue;
			nr++;
			last = i;
			used += view->columns[i].width + 1;
		}
		ck_assert(column_is_last(&view->columns[last]));
		used -= view->columns[last].width + 1;
		ck_assert_int_lt(used, width);
		ck_assert_int_ge(nr, more);
		more = nr;
	}
	ck_assert_uint_eq(table_columns(view, 300, NULL),
			  table_columns(view, 0, NULL));
}
END_TEST

START_TEST(test_the_sorted_column_stays)
{
	const struct view *view = &views[VIEW_CACHES];
	const struct column *pages = view_column(view, "pages");
	uint64_t bit = 1ull << (pages - view->columns);

	ck_assert(!(table_columns(view, 80, NULL) & bit));
	ck_assert(table_columns(view, 80, pages) & bit);
	ck_assert(table_columns(view, 20, pages) & bit);
}
END_TEST

/* ---- batch --------------------------------------------------------------- */

static const char slabinfo[] =
	"conn                 100    128     64   64    1 : tunables    0    0"
	"    0 : slabdata      2      2      0\n"
	"кэш             1500000 1600000    192   21    1 : tunables    0    0"
	"    0 : slabdata  76000  76191      0\n";

START_TEST(test_batch_is_exact_and_aligned)
{
	struct request request = { .view = VIEW_CACHES };
	struct model model = { .memory = { 4096, 1024, NAN, 0 } };
	struct list *list = &model.list[VIEW_CACHES];

	list_begin(list);
	ck_assert_int_eq(proc_slabinfo(list, slabinfo), 0);
	ck_assert(row_set_text(list_find(list, "conn"), TEXT_OWNER,
			       "my program\n"));
	request.sort = view_column(&views[VIEW_CACHES], "size");
	ck_assert_int_eq(list_select(list, "", request.sort, false), 0);
	batch_print(&sb, &model, &request, &programs);
	ck_assert_str_eq(
		sb.data,
		"Memory used 3072 of 4096; slabs -, vmalloc 0\n"
		"Caches 2, in use 2; objects active 1500100 of 1600128; "
		"slabs 76193, 312086528\n"
		"\n"
		" ACTIVE OBJECTS USE% OBJSIZE SLABS ACTSLAB OBJ/SLAB PAGES"
		"      SIZE ALLOC/s FREE/s PEAK LIMIT OWNER      NAME\n"
		"1500000 1600000   94     192 76191   76000       21     1"
		" 312078336       -      -    -     - -          кэш\n"
		"    100     128   78      64     2       2       64     1"
		"      8192       -      -    -     - my_program conn\n");
	model_free(&model);
}
END_TEST

START_TEST(test_batch_of_zones_counts_blocks)
{
	struct request request = { .view = VIEW_ZONES };
	struct model model = { .memory = { NAN, NAN, NAN, NAN } };
	struct list *list = &model.list[VIEW_ZONES];

	list_begin(list);
	ck_assert_int_eq(proc_buddyinfo(list, "Node 0, zone DMA 3 0 2\n"), 0);
	proc_zoneinfo(list, "Node 0, zone DMA\n min 12\n low 15\n high 18\n"
			    " managed 22\n");
	request.sort = view_column(&views[VIEW_ZONES], "zone");
	ck_assert_int_eq(list_select(list, "", request.sort, false), 0);
	batch_print(&sb, &model, &request, &programs);
	ck_assert_str_eq(
		sb.data,
		"Memory used - of -; slabs -, vmalloc -\n"
		"Zones 1; free 45056 of 90112\n"
		"\n"
		" FREE MANAGED USED   MIN   LOW  HIGH MARK LARGEST FRAG%"
		" ORDERS_0-10 ZONE\n"
		"45056   90112   50 49152 61440 73728 <min   16384   100"
		"       3,0,2 node0/DMA\n");
	model_free(&model);
}
END_TEST

/* ---- the mount, and the command line ------------------------------------- */

static const struct {
	const char *mountinfo;
	int nr;
	const char *path;
} mounts[] = {
	{ "", 0, NULL },
	{ "21 1 0:19 / /a rw - ext4 /dev/sda rw\n", 0, NULL },
	{ "21 1 0:19 / /a rw - ext4 /dev/sda rw\n"
	  "43 27 0:39 / /mnt/M rw,nosuid shared:1 master:2 - fuse.allocfs x rw\n"
	  "44 27 0:40 / /mnt/N rw - fuse.allocfs y rw\n",
	  2, "/mnt/M" },
	{ "43 27 0:39 / /a\\040b\\134 rw - fuse.allocfs allocfs rw\n", 1,
	  "/a b\\" },
	{ "43 27 0:39 / /fuse.allocfs rw - fuse.other fuse.allocfs rw\n", 0,
	  NULL },
	{ "43 27 0:39 / /a rw - fuse.allocfs", 0, NULL },
	{ "43 27 0:39\n - fuse.allocfs \n", 0, NULL },
};

START_TEST(test_mounts_of_ours_are_found)
{
	char *path = NULL;

	ck_assert_int_eq(mount_find(mounts[_i].mountinfo, &path),
			 mounts[_i].nr);
	if (mounts[_i].path)
		ck_assert_str_eq(path, mounts[_i].path);
	else
		ck_assert_ptr_null(path);
	free(path);
}
END_TEST

static const struct {
	const char *argv[6];
	const char *wrong; /* NULL: it is right */
} lines[] = {
	{ { "-b", "-n", "3", "-d", ".5", "/mnt" }, NULL },
	{ { "-v", "pools", "-s", "curr" }, NULL },
	{ { "-s", "curr", "-v", "pools" }, NULL },
	{ { "-s", "c" }, NULL },
	{ { "--help" }, NULL },
	{ { "-s", "curr" }, "-s: no such key in this view: curr" },
	{ { "-v", "pages" }, "-v: no such view: pages" },
	{ { "-n", "0" }, "-n: no number of rounds: 0" },
	{ { "-n", "1x" }, "-n: no number of rounds: 1x" },
	{ { "-d", "0" }, "-d: not 0.1 to 86400 seconds: 0" },
	{ { "-d", "1.2.3" }, "-d: not 0.1 to 86400 seconds: 1.2.3" },
	{ { "-d", "." }, "-d: not 0.1 to 86400 seconds: ." },
	{ { "-d", "-1" }, "-d: not 0.1 to 86400 seconds: -1" },
	{ { "-n" }, "an option needs a value: -n" },
	{ { "-x" }, "unknown option: -x" },
	{ { "/a", "/b" }, "too many arguments: /b" },
};

START_TEST(test_wrong_options_are_said)
{
	char *argv[8] = { (char *)"allocfs-top" };
	struct options options;
	int argc = 1;

	while (argc < 7 && lines[_i].argv[argc - 1]) {
		argv[argc] = (char *)lines[_i].argv[argc - 1];
		argc++;
	}
	ck_assert_int_eq(options_parse(&options, argc, argv),
			 lines[_i].wrong ? -EINVAL : 0);
	if (lines[_i].wrong)
		ck_assert_str_eq(options.text.data, lines[_i].wrong);
	options_free(&options);
}
END_TEST

START_TEST(test_options_are_taken)
{
	const char *const words[] = { "allocfs-top", "-bn", "3",  "-d",
				      "0.25",	     "-f",  "io", "-v",
				      "pools",	     "/m" };
	char *argv[NR_ITEMS(words) + 1] = { NULL };
	struct options options;

	for (size_t i = 0; i < NR_ITEMS(words); i++)
		argv[i] = (char *)words[i];
	ck_assert_int_eq(options_parse(&options, NR_ITEMS(words), argv), 0);
	ck_assert(options.batch);
	ck_assert_uint_eq(options.rounds, 3);
	ck_assert_double_eq_tol(options.delay, 0.25, 1e-9);
	ck_assert_str_eq(options.request.filter, "io");
	ck_assert_int_eq(options.request.view, VIEW_POOLS);
	ck_assert_str_eq(options.request.sort->key, "waiting");
	ck_assert_str_eq(options.mount, "/m");
	options_free(&options);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("top_text");
	TCase *tc = suite_add(s, "format", setup, teardown);

	tcase_add_loop_test(tc, test_numbers_have_units_or_all_digits, 0,
			    (int)NR_ITEMS(numbers));
	tcase_add_loop_test(tc, test_bars_have_their_width, 0,
			    (int)NR_ITEMS(bars));
	tcase_add_test(tc, test_an_unknown_bar_is_none);
	tcase_add_loop_test(tc, test_names_fit_and_do_no_harm, 0,
			    (int)NR_ITEMS(texts));
	tc = suite_add(s, "columns", setup, teardown);
	tcase_add_loop_test(tc, test_columns_have_keys_of_their_own, 0,
			    NR_VIEWS);
	tcase_add_loop_test(tc, test_columns_go_until_the_rest_fits, 0,
			    NR_VIEWS);
	tcase_add_test(tc, test_the_sorted_column_stays);
	tc = suite_add(s, "batch", setup, teardown);
	tcase_add_test(tc, test_batch_is_exact_and_aligned);
	tcase_add_test(tc, test_batch_of_zones_counts_blocks);
	tc = suite_add(s, "start", setup, teardown);
	tcase_add_loop_test(tc, test_mounts_of_ours_are_found, 0,
			    (int)NR_ITEMS(mounts));
	tcase_add_loop_test(tc, test_wrong_options_are_said, 0,
			    (int)NR_ITEMS(lines));
	tcase_add_test(tc, test_options_are_taken);
	return s;
}
