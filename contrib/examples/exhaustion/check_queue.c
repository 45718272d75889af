/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_queue.c - what does a program do when memory runs out?
 *
 *	cc -o check_queue check_queue.c queue.c \
 *		$(pkg-config --cflags --libs liballocfs libkmem-linux check)
 *
 * The test mounts the allocator of the program that it tests, which is its own
 * process, and then turns the taps from outside: the files of the mount are the
 * same that somebody at a shell would use, and the program has no code for it.
 *
 *	echo 0 > caches/message/limit           no object any more
 *	cat pools/message/curr_nr               is the reserve touched?
 *	cat caches/message/alloc                is anything left behind?
 */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <allocfs/allocfs.h>
#include <check.h>
#include <kmem/kmem.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "queue.h"

static char mnt[] = "/tmp/check_queue.XXXXXX";
static struct allocfs *fs;
static struct queue *q;
static sem_t answers;

/* ---- the mount ----------------------------------------------------------- */

static FILE *open_file(const char *name, const char *mode)
{
	char path[200];
	FILE *file;

	sprintf(path, "%s/%s", mnt, name);
	file = fopen(path, mode);
	ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
	return file;
}

static void put(const char *text, const char *name)
{
	FILE *file = open_file(name, "w");

	fputs(text, file);
	ck_assert_msg(fclose(file) == 0, "%s > %s: %s", text, name,
		      strerror(errno));
}

static void expect(const char *text, const char *name)
{
	FILE *file = open_file(name, "r");
	char line[100];

	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	ck_assert_str_eq(strim(line), text);
}

static void ready(void *arg)
{
	(void)arg;
	sem_post(&answers);
}

static void setup(void)
{
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
	struct kmem_config config = { .memory = 32 << 20 };

	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert_ptr_nonnull(mkdtemp(mnt));
	sem_init(&answers, 0, 0);
	options.ready = ready;
	ck_assert_int_eq(allocfs_start(mnt, &options, &fs), 0);
	sem_wait(&answers);
	q = queue_create();
	ck_assert_ptr_nonnull(q);
}

static void teardown(void)
{
	queue_destroy(q);
	allocfs_stop(fs);
	rmdir(mnt);
	ck_assert_uint_eq(kmem_report_count(), 0);
	kmem_exit();
}

/* ---- the tests ----------------------------------------------------------- */

static void expect_pop(const char *text)
{
	char *popped = queue_pop(q);

	ck_assert_ptr_nonnull(popped);
	ck_assert_str_eq(popped, text);
	kfree(popped);
}

START_TEST(test_a_failed_push_changes_nothing)
{
	ck_assert_int_eq(queue_push(q, "one", false), 0);
	put("0", "caches/message/limit");
	ck_assert_int_eq(queue_push(q, "lost", false), -ENOMEM);
	ck_assert_uint_eq(queue_length(q), 1);
	expect("2", "pools/message/curr_nr");

	put("max", "caches/message/limit");
	ck_assert_int_eq(queue_push(q, "two", false), 0);
	expect_pop("one");
	expect_pop("two");
}
END_TEST

START_TEST(test_urgent_messages_have_a_reserve_of_two)
{
	put("0", "caches/message/limit");
	ck_assert_int_eq(queue_push(q, "fire", true), 0);
	ck_assert_int_eq(queue_push(q, "water", true), 0);
	expect("0", "pools/message/curr_nr");
	ck_assert_int_eq(queue_push(q, "too late", true), -ENOMEM);

	/* What is taken out of the queue fills the reserve again. */
	expect_pop("fire");
	expect("1", "pools/message/curr_nr");
	ck_assert_int_eq(queue_push(q, "again", true), 0);
	expect_pop("water");
	expect_pop("again");
	expect("2", "pools/message/curr_nr");
}
END_TEST

START_TEST(test_a_message_that_cannot_be_copied_stays)
{
	ck_assert_int_eq(queue_push(q, "precious", false), 0);
	put("0", "caches/kmalloc-16/limit");
	ck_assert_ptr_null(queue_pop(q));
	ck_assert_uint_eq(queue_length(q), 1);
	put("max", "caches/kmalloc-16/limit");
	expect_pop("precious");
}
END_TEST

/* The limit counts objects, so every push of a long run fails once. */
START_TEST(test_any_push_may_fail)
{
	char limit[20], text[20];

	for (int failing = 0; failing < 20; failing++) {
		snprintf(limit, sizeof(limit), "%d", failing + 2);
		put(limit, "caches/message/limit");
		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "%d", i);
			ck_assert_int_eq(queue_push(q, text, false),
					 i < failing ? 0 : -ENOMEM);
		}
		ck_assert_uint_eq(queue_length(q), (size_t)failing);
		for (int i = 0; i < failing; i++) {
			snprintf(text, sizeof(text), "%d", i);
			expect_pop(text);
		}
		ck_assert_ptr_null(queue_pop(q));
		expect("2", "caches/message/alloc"); /* the reserve */
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("queue");
	TCase *tc = tcase_create("exhaustion");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_a_failed_push_changes_nothing);
	tcase_add_test(tc, test_urgent_messages_have_a_reserve_of_two);
	tcase_add_test(tc, test_a_message_that_cannot_be_copied_stays);
	tcase_add_test(tc, test_any_push_may_fail);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
