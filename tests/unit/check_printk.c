/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_printk.c - levels, lines and their continuations, sinks, reports
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/linux/printk.h>

#include "fixture.h"
#include "runner.h"

#define KEPT 64

static struct {
	int level;
	char text[1100];
} kept[KEPT];
static unsigned int nr_kept;

static void keep(void *arg, int level, const char *text)
{
	ck_assert_ptr_eq(arg, &nr_kept);
	kept[nr_kept % KEPT].level = level;
	strcpy(kept[nr_kept % KEPT].text, text);
	nr_kept++;
	printk("a sink that prints is not served\n");
}

static void setup(void)
{
	kmem_up();
	kmem_set_printk(keep, &nr_kept);
}

static void teardown(void)
{
	kmem_set_printk(NULL, NULL);
	kmem_down();
}

static void expect(unsigned int index, int level, const char *text)
{
	ck_assert_uint_lt(index, nr_kept);
	ck_assert_int_eq(kept[index].level, level);
	ck_assert_str_eq(kept[index].text, text);
}

START_TEST(test_levels)
{
	ck_assert_int_eq(printk(KERN_ERR "%d left\n", 3), 7);
	printk("no level\n");
	pr_emerg("0\n");
	pr_alert("1\n");
	pr_crit("2\n");
	pr_err("3\n");
	pr_warn("4\n");
	pr_notice("5\n");
	pr_info("6\n");
	printk(KERN_DEBUG "7\n");
	pr_debug("not compiled in: %d\n", 1);
	ck_assert_uint_eq(nr_kept, 10);
	expect(0, LOGLEVEL_ERR, "3 left");
	expect(1, LOGLEVEL_WARNING, "no level");
	for (int level = 0; level < 8; level++)
		expect(2 + (unsigned int)level, level,
		       (char[]){ (char)('0' + level), '\0' });
}
END_TEST

START_TEST(test_a_level_in_an_argument_counts)
{
	printk("%sof an argument\n", KERN_NOTICE);
	expect(0, LOGLEVEL_NOTICE, "of an argument");
}
END_TEST

START_TEST(test_continued_lines)
{
	printk(KERN_INFO "one");
	ck_assert_uint_eq(nr_kept, 0);
	pr_cont(", two");
	pr_cont(", three\n");
	expect(0, LOGLEVEL_INFO, "one, two, three");

	printk(KERN_ERR "open");
	printk(KERN_INFO "next\n");
	expect(1, LOGLEVEL_ERR, "open");
	expect(2, LOGLEVEL_INFO, "next");

	pr_cont("continues nothing\n");
	expect(3, LOGLEVEL_WARNING, "continues nothing");
	ck_assert_uint_eq(nr_kept, 4);
}
END_TEST

static void print_from_thread(unsigned int index, void *arg)
{
	(void)index;
	(void)arg;
	pr_cont("of another thread\n");
}

START_TEST(test_another_thread_does_not_continue)
{
	printk(KERN_INFO "mine");
	thread_run(print_from_thread, NULL);
	expect(0, LOGLEVEL_INFO, "mine");
	expect(1, LOGLEVEL_WARNING, "of another thread");
}
END_TEST

START_TEST(test_empty_lines_and_several)
{
	printk("%s", "");
	ck_assert_uint_eq(nr_kept, 0);
	printk(KERN_INFO "\n");
	expect(0, LOGLEVEL_INFO, "");
	printk(KERN_INFO "one\ntwo\n");
	expect(1, LOGLEVEL_INFO, "one\ntwo");
	ck_assert_uint_eq(nr_kept, 2);
}
END_TEST

START_TEST(test_long_messages_are_cut)
{
	static char longest[3000];

	memset(longest, 'x', sizeof(longest) - 1);
	printk(KERN_INFO "%s", longest);
	for (int i = 0; i < 10; i++)
		pr_cont("%s", longest);
	pr_cont("\n");
	ck_assert_uint_eq(nr_kept, 1);
	ck_assert_uint_eq(strlen(kept[0].text), 1023);
	printk(KERN_INFO "short\n");
	expect(1, LOGLEVEL_INFO, "short");
}
END_TEST

/* Not held back: the newline was in what was cut off. */
START_TEST(test_long_messages_end_their_line)
{
	static char longest[3000];

	memset(longest, 'x', sizeof(longest) - 1);
	printk(KERN_INFO "%s\n", longest);
	ck_assert_uint_eq(nr_kept, 1);
	ck_assert_uint_eq(strlen(kept[0].text), 1023);
}
END_TEST

/* pr_debug() is one, without DEBUG. */
START_TEST(test_no_printk_evaluates_nothing)
{
	int n = 0;

	pr_debug("%d\n", ++n);
	ck_assert_int_eq(no_printk(KERN_ERR "%d\n", ++n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(nr_kept, 0);
}
END_TEST

START_TEST(test_hex_dump)
{
	const unsigned char bytes[] = "kernel-style\x7f\n bytes";
	char line[20];

	print_hex_dump(KERN_INFO, "b: ", DUMP_PREFIX_OFFSET, 16, 1, bytes, 20,
		       true);
	ck_assert_uint_eq(nr_kept, 2);
	expect(0, LOGLEVEL_INFO,
	       "b: 00000000: 6b 65 72 6e 65 6c 2d 73 74 79 6c 65 7f 0a 20 62"
	       "  kernel-style.. b");
	expect(1, LOGLEVEL_INFO,
	       "b: 00000010: 79 74 65 73                                    "
	       "  ytes");
	ck_assert_int_eq(hex_dump_to_buffer(bytes, 8, 16, 4, line, sizeof(line),
					    false),
			 17);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	ck_assert_str_eq(line, "6e72656b 732d6c65");
#endif
	/* Cut, and its whole length told. */
	ck_assert_int_eq(hex_dump_to_buffer(bytes, 7, 16, 4, line, 6, false),
			 20);
	ck_assert_str_eq(line, "6b 65");
	ck_assert_int_eq(hex_dump_to_buffer(bytes, 0, 16, 1, line, 6, true), 0);
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(test_once_and_rate_limits)
{
	for (int i = 0; i < 3; i++)
		pr_info_once("once\n");
	ck_assert_uint_eq(nr_kept, 1);
	nr_kept = 0;
	for (int i = 0; i < 30; i++)
		pr_info_ratelimited("%d\n", i);
	ck_assert_uint_eq(nr_kept, 10);
	expect(9, LOGLEVEL_INFO, "9");
}
END_TEST

START_TEST(test_reports_become_messages)
{
	int on_the_stack = 0;

	kmem_set_report(kmem_report_printk, NULL);
	kfree(&on_the_stack);
	reports_capture();
	ck_assert_uint_ge(nr_kept, 1);
	ck_assert_int_eq(kept[0].level, LOGLEVEL_ERR);
	ck_assert(strstr(kept[0].text, "kfree"));
	reports_take();
}
END_TEST

START_TEST(test_stack_names_functions)
{
	dump_stack();
	ck_assert_uint_ge(nr_kept, 3);
	expect(0, LOGLEVEL_WARNING, "Call Trace:");
	ck_assert_int_eq(kept[1].text[0], ' ');
}
END_TEST

/* ---- the console --------------------------------------------------------- */

static size_t read_console(void (*print)(void), char *buf, size_t size)
{
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	kmem_set_printk(NULL, NULL);
	dup2(fds[1], STDERR_FILENO);
	print();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	ck_assert_int_ge((int)n, 0);
	buf[n] = '\0';
	return (size_t)n;
}

static void print_some(void)
{
	printk(KERN_INFO "first\nsecond\n");
	printk(KERN_DEBUG "not on the console\n");
}

START_TEST(test_console_has_the_time)
{
	unsigned int s1, us1, s2, us2;
	char buf[200];
	int end = 0;

	read_console(print_some, buf, sizeof(buf));
	ck_assert_int_eq(sscanf(buf, "[%u.%6u] first\n[%u.%6u] second\n%n", &s1,
				&us1, &s2, &us2, &end),
			 4);
	ck_assert_uint_eq((unsigned int)end, (unsigned int)strlen(buf));
	ck_assert_uint_eq(s1, s2);
	ck_assert_uint_eq(us1, us2);
	ck_assert_int_eq(buf[0], '[');
	ck_assert_int_eq(buf[13], ']');
}
END_TEST

/* What a thread of the parent has begun is not the child's. */
static void fork_and_print(void)
{
	int status;
	pid_t pid;

	printk(KERN_INFO "begun");
	pid = fork();
	if (pid == 0) {
		printk(KERN_INFO "child\n");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	pr_cont(", ended\n");
}

START_TEST(test_fork)
{
	char buf[200], *child, *parent;

	read_console(fork_and_print, buf, sizeof(buf));
	child = strstr(buf, "] child\n");
	parent = strstr(buf, "] begun, ended\n");
	ck_assert_msg(child && parent && child < parent, "%s", buf);
}
END_TEST

/* ---- threads ------------------------------------------------------------- */

static void print_many(unsigned int index, void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		printk(KERN_INFO "%u:", index);
		pr_cont(" %u\n", index);
	}
}

/* A line is whole, or another thread came between its two halves. */
static void count_halves(void *arg, int level, const char *text)
{
	unsigned int *halves = arg, a, b;

	(void)level;
	if (sscanf(text, "%u: %u", &a, &b) != 2)
		*halves += 1;
	else
		*halves += a == b ? 2 : 1u << 31;
}

START_TEST(test_threads_do_not_mix_lines)
{
	unsigned int halves = 0;

	kmem_set_printk(count_halves, &halves);
	threads_run(4, print_many, NULL);
	kmem_set_printk(keep, &nr_kept);
	ck_assert_uint_eq(halves, 4 * 2000 * 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("printk");
	TCase *tc = suite_add(s, "messages", setup, teardown);

	tcase_add_test(tc, test_levels);
	tcase_add_test(tc, test_a_level_in_an_argument_counts);
	tcase_add_test(tc, test_continued_lines);
	tcase_add_test(tc, test_another_thread_does_not_continue);
	tcase_add_test(tc, test_empty_lines_and_several);
	tcase_add_test(tc, test_long_messages_are_cut);
	tcase_add_test(tc, test_long_messages_end_their_line);
	tcase_add_test(tc, test_no_printk_evaluates_nothing);
	tcase_add_test(tc, test_hex_dump);
	tcase_add_test(tc, test_once_and_rate_limits);
	tcase_add_test(tc, test_reports_become_messages);
	tcase_add_test(tc, test_stack_names_functions);
	tc = suite_add(s, "console", setup, teardown);
	tcase_add_test(tc, test_console_has_the_time);
	/* Without an arena: its many locks are another test's. */
	tc = suite_add(s, "fork", NULL, NULL);
	tcase_add_test(tc, test_fork);
	tc = suite_add(s, "threads", setup, teardown);
	tcase_add_test(tc, test_threads_do_not_mix_lines);
	return s;
}
