/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_top.c - allocfs-top: from files to rows
 *
 * The reader works on a folder of plain files that looks like a mount; what a
 * live mount gives is compared by integration/top.sh.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "top/top.h"

#include "runner.h"

/* ---- a folder that looks like a mount ------------------------------------ */

static char tree[64];
static struct model model;

static void tree_path(char *path, size_t size, const char *name)
{
	ck_assert_int_lt(snprintf(path, size, "%s/%s", tree, name), (int)size);
}

static void make_folder(const char *name)
{
	char path[256];

	tree_path(path, sizeof(path), name);
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	tree_path(path, sizeof(path), name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void remove_path(const char *name)
{
	char path[256];

	tree_path(path, sizeof(path), name);
	ck_assert_int_eq(remove(path), 0);
}

static const char slabinfo[] =
	"slabinfo - version: 2.1\n"
	"# name            <active_objs> <num_objs> <objsize> <objperslab> "
	"<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
	"slabdata <active_slabs> <num_slabs> <sharedavail>\n"
	"conn                 100    128     64   64    1 : tunables    0    0"
	"    0 : slabdata      2      2      0\n"
	"a line of another kind\n"
	"kmalloc-8k             0      0   8192    4    8 : tunables    0    0"
	"    0 : slabdata      0      0      0\n"
	"big-dentry       1500000 1600000    192   21    1 : tunables    0    0"
	"    0 : slabdata  76000  76191      0\n";

static const char meminfo[] = "MemTotal:         262144 kB\n"
			      "MemFree:          262116 kB\n"
			      "Slab:                 12 kB\n"
			      "VmallocUsed:           4 kB\n";

static void make_pool(const char *name, const char *curr, const char *min,
		      const char *waiters)
{
	const struct {
		const char *name;
		const char *text;
	} files[] = {
		{ "curr_nr", curr },	   { "min_nr", min },
		{ "waiters", waiters },	   { "alloc", "3\n" },
		{ "low", "0\n" },	   { "backing", "slab:conn\n" },
		{ "owner", "mount\n" },	   { "limit", "max\n" },
		{ "stats", "allocs 7\n" },
	};
	char path[128];

	snprintf(path, sizeof(path), "pools/%s", name);
	make_folder(path);
	for (size_t i = 0; i < NR_ITEMS(files); i++) {
		snprintf(path, sizeof(path), "pools/%s/%s", name,
			 files[i].name);
		put(path, files[i].text);
	}
}

static void make_cache(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "caches/%s", name);
	make_folder(path);
	snprintf(path, sizeof(path), "caches/%s/stats", name);
	put(path, "alloc_fastpath 10\nalloc_slowpath 5\nfree_fastpath 2\n");
	snprintf(path, sizeof(path), "caches/%s/owner", name);
	put(path, "boot\n");
	snprintf(path, sizeof(path), "caches/%s/limit", name);
	put(path, "max\n");
	snprintf(path, sizeof(path), "caches/%s/peak", name);
	put(path, "20\n");
}

static void setup(void)
{
	strcpy(tree, "/tmp/check_top.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree));
	memset(&model, 0, sizeof(model));
	make_folder("proc");
	make_folder("caches");
	make_folder("pools");
	put("proc/slabinfo", slabinfo);
	put("proc/meminfo", meminfo);
	make_cache("conn");
	make_cache("kmalloc-8k");
	make_cache("big-dentry");
	make_pool("io", "6\n", "6\n", "0\n");
	make_pool("dry", "0\n", "4\n", "2\n");
	make_pool("half", "2\n", "4\n", "0\n");
}

static void teardown(void)
{
	char command[128];

	model_free(&model);
	snprintf(command, sizeof(command), "rm -r %s", tree);
	ck_assert_int_eq(system(command), 0);
}

static struct request request_of(enum view_id view)
{
	return (struct request){
		.view = view,
		.sort = view_column(&views[view], views[view].sort),
		.rows = 100,
		.columns = table_columns(&views[view], 0, NULL),
	};
}

static int refresh(const struct request *request, double now)
{
	return reader_read(&model, tree, request, now);
}

static const struct row *find(enum view_id view, const char *key)
{
	const struct row *row = list_find(&model.list[view], key);

	ck_assert_msg(row, "no row %s", key);
	return row;
}

/* "a b c": the titles of what is shown, in this order. */
static void assert_shown(enum view_id view, const char *titles)
{
	const struct list *list = &model.list[view];
	struct strbuf sb = { 0 };

	strbuf_adds(&sb, "");
	for (size_t i = 0; i < list->nr_shown; i++)
		strbuf_addf(&sb, "%s%s", i ? " " : "",
			    row_title(list->shown[i]));
	ck_assert_str_eq(sb.data, titles);
	strbuf_free(&sb);
}

/* ---- reading ------------------------------------------------------------- */

START_TEST(test_slabinfo_and_files_make_a_cache)
{
	const struct request request = request_of(VIEW_CACHES);
	const struct row *row;

	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert_uint_eq(model.trouble.len, 0);
	ck_assert_uint_eq(model.list[VIEW_CACHES].nr, 3);
	row = find(VIEW_CACHES, "conn");
	ck_assert_double_eq(row->value[CACHE_ACTIVE], 100);
	ck_assert_double_eq(row->value[CACHE_TOTAL], 128);
	ck_assert_double_eq(row->value[CACHE_OBJSIZE], 64);
	ck_assert_double_eq(row->value[CACHE_PER_SLAB], 64);
	ck_assert_double_eq(row->value[CACHE_SLAB_PAGES], 1);
	ck_assert_double_eq(row->value[CACHE_ACTIVE_SLABS], 2);
	ck_assert_double_eq(row->value[CACHE_SLABS], 2);
	ck_assert_double_eq(row->value[CACHE_PEAK], 20);
	ck_assert(isinf(row->value[CACHE_LIMIT]));
	ck_assert_double_eq(row->counter[CACHE_ALLOCS].count, 15);
	ck_assert_double_eq(row->counter[CACHE_FREES].count, 2);
	ck_assert_str_eq(row->text[TEXT_OWNER], "boot");
	ck_assert_double_eq(model.memory.total, 262144.0 * 1024);
	ck_assert_double_eq(model.memory.slab, 12 * 1024);
}
END_TEST

START_TEST(test_files_make_a_pool)
{
	const struct request request = request_of(VIEW_POOLS);
	const struct row *row;

	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert_uint_eq(model.trouble.len, 0);
	assert_shown(VIEW_POOLS, "dry half io");
	row = find(VIEW_POOLS, "dry");
	ck_assert_double_eq(row->value[POOL_CURR], 0);
	ck_assert_double_eq(row->value[POOL_MIN], 4);
	ck_assert_double_eq(row->value[POOL_WAITERS], 2);
	ck_assert_double_eq(row->value[POOL_OUT], 3);
	ck_assert_str_eq(row->text[TEXT_BACKING], "slab:conn");
	ck_assert_double_eq(row->counter[POOL_ALLOCS].count, 7);
	ck_assert(isnan(row->counter[POOL_WAITS].count));
}
END_TEST

static const char buddyinfo[] =
	"Node 0, zone      DMA      0      0      0      0      0      0      "
	"0      0      1      1      3 \n"
	"Node 1, zone   Normal    156    302      0      0      0      0      "
	"0      0      0      0      0 \n";

static const char zoneinfo[] = "Node 0, zone      DMA\n"
			       "  per-node stats\n"
			       "      nr_inactive_anon 11\n"
			       "  pages free     3840\n"
			       "        boost    0\n"
			       "        min      58\n"
			       "        low      72\n"
			       "        high     86\n"
			       "        managed  3840\n"
			       "    cpu: 0\n"
			       "              high:     4\n"
			       "              high_min: 5\n"
			       "Node 0, zone   Device\n"
			       "        min      7\n"
			       "Node 1, zone   Normal\n"
			       "        min      1000\n"
			       "        managed  2048\n";

START_TEST(test_buddyinfo_and_zoneinfo_make_zones)
{
	const struct request request = request_of(VIEW_ZONES);
	const struct row *row;

	put("proc/buddyinfo", buddyinfo);
	put("proc/zoneinfo", zoneinfo);
	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert_uint_eq(model.trouble.len, 0);
	assert_shown(VIEW_ZONES, "node0/DMA node1/Normal");
	row = find(VIEW_ZONES, "node0/DMA");
	ck_assert_double_eq(row->value[ZONE_NR_ORDERS], 11);
	ck_assert_double_eq(row->value[ZONE_FREE], 256 + 512 + 3 * 1024);
	ck_assert_double_eq(row->value[ZONE_MIN], 58);
	ck_assert_double_eq(row->value[ZONE_LOW], 72);
	ck_assert_double_eq(row->value[ZONE_HIGH], 86);
	ck_assert_double_eq(row->value[ZONE_MANAGED], 3840);
	row = find(VIEW_ZONES, "node1/Normal");
	ck_assert_double_eq(row->value[ZONE_FREE], 156 + 2 * 302);
	ck_assert_double_eq(row->value[ZONE_MIN], 1000);
	ck_assert(isnan(row->value[ZONE_HIGH]));
}
END_TEST

START_TEST(test_each_zone_has_its_orders)
{
	struct request request = request_of(VIEW_ORDERS);
	const struct column *unusable;
	const struct row *row;

	put("proc/buddyinfo", buddyinfo);
	put("proc/zoneinfo", zoneinfo);
	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert_uint_eq(model.list[VIEW_ORDERS].nr_shown, 22);
	row = model.list[VIEW_ORDERS].shown[10];
	ck_assert_str_eq(row->key, "node0/DMA/10");
	ck_assert_double_eq(row->value[ORDER_BLOCKS], 3);
	ck_assert_double_eq(row->value[ORDER_USABLE], 3 * 1024);
	unusable = view_column(&views[VIEW_ORDERS], "unusable");
	ck_assert_double_eq_tol(unusable->value(row), 768.0 / 3840, 1e-9);
	row = find(VIEW_ORDERS, "node1/Normal/1");
	ck_assert_double_eq_tol(unusable->value(row), 156.0 / 760, 1e-9);
	row = find(VIEW_ORDERS, "node1/Normal/2");
	ck_assert_double_eq(unusable->value(row), 1);
	strcpy(request.filter, "dma");
	ck_assert_int_eq(refresh(&request, 2), 0);
	ck_assert_uint_eq(model.list[VIEW_ORDERS].nr_shown, 11);
}
END_TEST

START_TEST(test_only_what_is_looked_at_is_read)
{
	struct request request = request_of(VIEW_CACHES);

	request.rows = 1;
	ck_assert_int_eq(refresh(&request, 1), 0);
	assert_shown(VIEW_CACHES, "big-dentry conn kmalloc-8k");
	ck_assert_ptr_nonnull(
		find(VIEW_CACHES, "big-dentry")->text[TEXT_OWNER]);
	ck_assert_ptr_null(find(VIEW_CACHES, "conn")->text[TEXT_OWNER]);
	request.first = 1;
	request.columns = 0;
	ck_assert_int_eq(refresh(&request, 2), 0);
	ck_assert_ptr_null(find(VIEW_CACHES, "conn")->text[TEXT_OWNER]);
	request.sort = view_column(&views[VIEW_CACHES], "owner");
	ck_assert_int_eq(refresh(&request, 3), 0);
	ck_assert_ptr_nonnull(find(VIEW_CACHES, "conn")->text[TEXT_OWNER]);
	ck_assert(isnan(find(VIEW_CACHES, "conn")->value[CACHE_PEAK]));
}
END_TEST

/* Scrolled beyond the end: the last rows are the ones to be seen. */
START_TEST(test_reading_beyond_the_end_reads_the_last)
{
	struct request request = request_of(VIEW_CACHES);

	request.first = 1000;
	request.rows = 1;
	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert_ptr_nonnull(
		find(VIEW_CACHES, "kmalloc-8k")->text[TEXT_OWNER]);
	ck_assert_ptr_null(find(VIEW_CACHES, "conn")->text[TEXT_OWNER]);
}
END_TEST

/* ---- what is not there --------------------------------------------------- */

START_TEST(test_what_vanished_is_dropped)
{
	const struct request request = request_of(VIEW_CACHES);
	const struct request pools = request_of(VIEW_POOLS);

	ck_assert_int_eq(refresh(&request, 1), 0);
	remove_path("caches/conn/stats");
	remove_path("caches/conn/owner");
	remove_path("caches/conn/limit");
	remove_path("caches/conn/peak");
	remove_path("caches/conn");
	ck_assert_int_eq(refresh(&request, 2), 0);
	assert_shown(VIEW_CACHES, "big-dentry kmalloc-8k");
	ck_assert_ptr_null(list_find(&model.list[VIEW_CACHES], "conn"));
	ck_assert_uint_eq(model.trouble.len, 0);
	ck_assert_int_eq(refresh(&pools, 3), 0);
	ck_assert_uint_eq(model.list[VIEW_POOLS].nr, 3);
}
END_TEST

START_TEST(test_a_missing_file_is_said_and_unknown)
{
	const struct request request = request_of(VIEW_POOLS);

	remove_path("pools/io/low");
	put("pools/half/min_nr", "many\n");
	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert_ptr_nonnull(strstr(model.trouble.data, "pools/io/low"));
	ck_assert(isnan(find(VIEW_POOLS, "io")->value[POOL_LOW]));
	ck_assert(isnan(find(VIEW_POOLS, "half")->value[POOL_MIN]));
	ck_assert_double_eq(find(VIEW_POOLS, "io")->value[POOL_CURR], 6);
	put("pools/io/low", "1\n");
	ck_assert_int_eq(refresh(&request, 2), 0);
	ck_assert_uint_eq(model.trouble.len, 0);
	ck_assert_double_eq(find(VIEW_POOLS, "io")->value[POOL_LOW], 1);
}
END_TEST

START_TEST(test_memory_may_be_unknown)
{
	const struct request request = request_of(VIEW_POOLS);

	remove_path("proc/meminfo");
	ck_assert_int_eq(refresh(&request, 1), 0);
	ck_assert(isnan(model.memory.total));
	ck_assert_ptr_nonnull(strstr(model.trouble.data, "proc/meminfo"));
}
END_TEST

START_TEST(test_no_mount_is_said)
{
	const struct request request = request_of(VIEW_CACHES);

	ck_assert_int_eq(refresh(&request, 1), 0);
	remove_path("proc/slabinfo");
	ck_assert_int_eq(refresh(&request, 2), -ENOENT);
	ck_assert_ptr_nonnull(strstr(model.trouble.data, "no allocfs"));
	ck_assert_uint_eq(model.list[VIEW_CACHES].nr_shown, 0);
	put("proc/slabinfo", slabinfo);
	ck_assert_int_eq(refresh(&request, 3), 0);
	ck_assert_uint_eq(model.trouble.len, 0);
	ck_assert_uint_eq(model.list[VIEW_CACHES].nr_shown, 3);
}
END_TEST

/* ---- rates --------------------------------------------------------------- */

START_TEST(test_rates_are_differences)
{
	const struct request request = request_of(VIEW_CACHES);
	const struct counter *allocs, *frees;

	ck_assert_int_eq(refresh(&request, 10), 0);
	allocs = &find(VIEW_CACHES, "conn")->counter[CACHE_ALLOCS];
	frees = &find(VIEW_CACHES, "conn")->counter[CACHE_FREES];
	ck_assert(isnan(allocs->rate));
	put("caches/conn/stats", "alloc_fastpath 15\nalloc_slowpath 10\n"
				 "free_fastpath 2\n");
	ck_assert_int_eq(refresh(&request, 12.5), 0);
	ck_assert_double_eq_tol(allocs->rate, 4, 1e-9);
	ck_assert_double_eq(frees->rate, 0);
	put("caches/conn/stats", "alloc_fastpath 1\n");
	ck_assert_int_eq(refresh(&request, 13), 0);
	ck_assert_msg(isnan(allocs->rate), "it was reset");
	ck_assert_msg(isnan(frees->rate), "it is not there any more");
	put("caches/conn/stats", "alloc_fastpath 3\n");
	ck_assert_int_eq(refresh(&request, 15), 0);
	ck_assert_double_eq(allocs->rate, 1);
}
END_TEST

/* ---- sorting and filtering ----------------------------------------------- */

static const struct {
	enum view_id view;
	const char *key;
	bool reverse;
	const char *filter;
	const char *shown;
} selections[] = {
	{ VIEW_CACHES, "size", false, "", "big-dentry conn kmalloc-8k" },
	{ VIEW_CACHES, "size", true, "", "kmalloc-8k conn big-dentry" },
	{ VIEW_CACHES, "name", false, "", "big-dentry conn kmalloc-8k" },
	{ VIEW_CACHES, "s", false, "", "kmalloc-8k big-dentry conn" },
	{ VIEW_CACHES, "use", false, "", "big-dentry conn kmalloc-8k" },
	{ VIEW_CACHES, "name", false, "K", "kmalloc-8k" },
	{ VIEW_CACHES, "name", false, "ON", "conn" },
	{ VIEW_CACHES, "name", false, "*n", "conn" },
	{ VIEW_CACHES, "name", false, "?onn", "conn" },
	{ VIEW_CACHES, "name", false, "[bk]*", "big-dentry kmalloc-8k" },
	{ VIEW_CACHES, "name", false, "nothing", "" },
	{ VIEW_POOLS, "waiting", false, "", "dry half io" },
	{ VIEW_POOLS, "reserve", false, "", "dry half io" },
	{ VIEW_POOLS, "reserve", true, "", "io half dry" },
	{ VIEW_POOLS, "m", false, "", "io dry half" },
};

START_TEST(test_rows_are_sorted_and_filtered)
{
	struct request request = request_of(selections[_i].view);

	request.sort = view_column(&views[request.view], selections[_i].key);
	request.reverse = selections[_i].reverse;
	strcpy(request.filter, selections[_i].filter);
	ck_assert_int_eq(refresh(&request, 1), 0);
	assert_shown(request.view, selections[_i].shown);
}
END_TEST

START_TEST(test_many_rows_are_found_again)
{
	struct list list = { 0 };
	char key[32];

	for (int round = 0; round < 2; round++) {
		list_begin(&list);
		for (int i = 0; i < 10000; i += 1 + round) {
			snprintf(key, sizeof(key), "cache-%d", i);
			ck_assert_ptr_nonnull(list_row(&list, key));
		}
		list_end(&list);
		ck_assert_uint_eq(list.nr, round ? 5000 : 10000);
	}
	ck_assert_ptr_nonnull(list_find(&list, "cache-9998"));
	ck_assert_ptr_null(list_find(&list, "cache-9999"));
	ck_assert_int_eq(list_select(&list, "",
				     view_column(&views[VIEW_CACHES], "name"),
				     false),
			 0);
	ck_assert_str_eq(list.shown[1]->key, "cache-2");
	ck_assert_str_eq(list.shown[4999]->key, "cache-9998");
	list_free(&list);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("top");
	TCase *tc = suite_add(s, "reading", setup, teardown);

	tcase_add_test(tc, test_slabinfo_and_files_make_a_cache);
	tcase_add_test(tc, test_files_make_a_pool);
	tcase_add_test(tc, test_buddyinfo_and_zoneinfo_make_zones);
	tcase_add_test(tc, test_each_zone_has_its_orders);
	tcase_add_test(tc, test_only_what_is_looked_at_is_read);
	tcase_add_test(tc, test_reading_beyond_the_end_reads_the_last);
	tc = suite_add(s, "missing", setup, teardown);
	tcase_add_test(tc, test_what_vanished_is_dropped);
	tcase_add_test(tc, test_a_missing_file_is_said_and_unknown);
	tcase_add_test(tc, test_memory_may_be_unknown);
	tcase_add_test(tc, test_no_mount_is_said);
	tc = suite_add(s, "rates", setup, teardown);
	tcase_add_test(tc, test_rates_are_differences);
	tc = suite_add(s, "selecting", setup, teardown);
	tcase_add_loop_test(tc, test_rows_are_sorted_and_filtered, 0,
			    (int)NR_ITEMS(selections));
	tcase_add_test(tc, test_many_rows_are_found_again);
	return s;
}
