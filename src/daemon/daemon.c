/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon.c - allocfs(8): an empty libkmem, mounted
 *
 * Options are checked first. Then the process forks: the child sets the
 * allocator up, mounts and serves; the parent waits for a byte from it and
 * ends with that as its exit code, so that the shell gets its prompt back when
 * the mount answers, and an error while there is somebody to read it.
 *
 * The child's first thread does nothing but wait for the end, which comes as a
 * signal or from the library when somebody unmounted: both are a byte in a
 * pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kmem/linux/printk.h>

#include "daemon.h"
#include "modules.h"

static int end_pipe[2] = { -1, -1 };
static int status_fd = -1;

static void end_now(void)
{
	char c = 0;

	/* A full pipe says the same. */
	if (write(end_pipe[1], &c, 1) < 0)
		return;
}

static void on_signal(int signal)
{
	int saved = errno;

	(void)signal;
	end_now();
	errno = saved;
}

static void on_ended(void *arg)
{
	(void)arg;
	end_now();
}

/*
 * The library's threads block these; so they reach the first thread, which
 * waits for nothing else.
 */
static void catch_signals(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };
	unsigned int i;

	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

static void wait_for_end(void)
{
	char c;

	while (read(end_pipe[0], &c, 1) < 0 && errno == EINTR)
		;
}

/* Tell the parent how it went; it ends with that. */
static void send_status(unsigned char status)
{
	if (status_fd < 0)
		return;
	if (write(status_fd, &status, 1) < 0)
		log_line("cannot tell the parent: %s", strerror(errno));
	close(status_fd);
	status_fd = -1;
}

/* Nobody reads our output any more. */
static void detach_output(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* The mount answers. */
static void on_ready(void *arg)
{
	const struct options *options = arg;

	if (!options->foreground) {
		log_to_syslog();
		detach_output();
		if (chdir("/"))
			log_line("cannot leave this folder");
	}
	send_status(EXIT_SUCCESS);
}

/* What only the libraries know to be wrong is a usage error all the same. */
static int failed(const char *what, int err)
{
	int status = err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	const char *detail = log_held();

	if (detail)
		log_line("%s: %s (%s)", what, strerror(-err), detail);
	else
		log_line("%s: %s", what, strerror(-err));
	send_status((unsigned char)status);
	return status;
}

/* What the allocator finds wrong is news for both: the log, and kmsg. */
static void on_report(void *arg, const char *text)
{
	log_text(arg, text);
	kmem_report_printk(NULL, text);
}

/* Before there is a mount, so that it shows from its beginning what they do. */
static int insert_modules(struct options *options)
{
	char *text = NULL;
	int err;

	options->view.modules = modules_init(options->modules);
	err = start_modules(&options->inserted, end_pipe[0], &text);
	if (err) {
		log_line("%s", text ? text : strerror(-err));
		send_status(EXIT_FAILED);
	}
	free(text);
	return err;
}

/* All of @fd, or what went wrong. */
static int read_whole(int fd, struct strbuf *sb)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n > 0)
			strbuf_add(sb, buf, (size_t)n);
		else if (errno != EINTR)
			return -errno;
	}
	/* A text that has a NUL would end there. */
	if (sb->len && memchr(sb->data, '\0', sb->len))
		return -EINVAL;
	return strbuf_ok(sb) ? 0 : -ENOMEM;
}

/* The layout to begin with. What is wrong with it the library will say. */
static int read_config(struct options *options, struct strbuf *sb)
{
	int fd, err;

	if (!options->config)
		return 0;
	fd = open(options->config, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : read_whole(fd, sb);
	if (fd >= 0)
		close(fd);
	if (err) {
		log_line("%s: %s", options->config, strerror(-err));
		send_status(EXIT_FAILED);
		return err;
	}
	options->view.config = sb->len ? sb->data : "";
	return 0;
}

static void on_refused(void *arg, unsigned int line, const char *why)
{
	const struct options *options = arg;

	log_line("%s:%u: %s", options->config, line, why);
}

/* Under code of a module that does not end nothing can be taken away. */
static int end_memory(int status)
{
	if (!modules_stop()) {
		log_line("a module's init or exit does not end");
		_exit(status);
	}
	kmem_exit();
	return status;
}

/*
 * In the process that stays: memory, mappings and threads would not survive a
 * fork, or worse, half of them would.
 */
static int serve(struct options *options)
{
	struct strbuf config = { 0 };
	struct allocfs *fs;
	int err;

	if (pipe2(end_pipe, O_CLOEXEC | O_NONBLOCK))
		return failed("cannot make a pipe", -errno);
	/* The reader waits, the writer, a signal handler, must not. */
	fcntl(end_pipe[0], F_SETFL, 0);
	catch_signals();
	kmem_set_report(on_report, NULL);
	kmem_set_printk(allocfs_kmsg, NULL);
	err = kmem_init(&options->kmem);
	if (err)
		return failed("memory, zones, nodes, min_free_kbytes, backing "
			      "or slab_debug",
			      err);
	if (read_config(options, &config) || insert_modules(options)) {
		strbuf_free(&config);
		return end_memory(EXIT_FAILED);
	}
	options->view.log = log_text;
	options->view.refused = on_refused;
	options->view.ready = on_ready;
	options->view.ended = on_ended;
	options->view.arg = options;
	log_hold(!options->view.debug);
	err = allocfs_start(options->mountpoint, &options->view, &fs);
	log_hold(false);
	strbuf_free(&config);
	/* That has been told. */
	if (err == -EBADMSG) {
		send_status(EXIT_FAILED);
		return end_memory(EXIT_FAILED);
	}
	if (err)
		return end_memory(failed(options->mountpoint, err));
	wait_for_end();
	allocfs_stop(fs);
	return end_memory(EXIT_SUCCESS);
}

/* The parent's part: 1 when the child ended without a word. */
static int wait_for_child(int fd)
{
	unsigned char status = EXIT_FAILED;
	ssize_t n;

	do {
		n = read(fd, &status, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? status : EXIT_FAILED;
}

/* A session of its own: ^C in the shell is not meant for us. */
static int become_daemon(struct options *options)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return failed("cannot make a pipe", -errno);
	switch (fork()) {
	case -1:
		return failed("cannot fork", -errno);
	case 0:
		break;
	default:
		close(fds[1]);
		return wait_for_child(fds[0]);
	}
	close(fds[0]);
	status_fd = fds[1];
	setsid();
	return serve(options);
}

/* The daemon will leave this folder; its mountpoint must not depend on it. */
static int fix_mountpoint(struct options *options, struct strbuf *path)
{
	char *here;

	if (options->mountpoint[0] == '/')
		return 0;
	here = getcwd(NULL, 0);
	if (!here)
		return -errno;
	strbuf_addf(path, "%s/%s", here, options->mountpoint);
	free(here);
	options->mountpoint = path->data;
	return strbuf_ok(path) ? 0 : -ENOMEM;
}

static int run(struct options *options)
{
	struct strbuf path = { 0 };
	int status;
	int err;

	err = fix_mountpoint(options, &path);
	if (err)
		status = failed("where are we?", err);
	else if (options->foreground)
		status = serve(options);
	else
		status = become_daemon(options);
	strbuf_free(&path);
	return status;
}

static int print_help(void)
{
	struct strbuf sb = { 0 };

	options_help(&sb);
	if (strbuf_ok(&sb))
		fputs(sb.data, stdout);
	strbuf_free(&sb);
	return EXIT_SUCCESS;
}

int daemon_main(int argc, char **argv)
{
	struct options options;
	int status;

	if (options_parse(&options, argc, argv)) {
		log_line("%s; try allocfs -h", options.text.data);
		status = EXIT_USAGE;
	} else if (options.help) {
		status = print_help();
	} else if (options.version) {
		printf("allocfs %s\n", allocfs_version());
		status = EXIT_SUCCESS;
	} else {
		status = run(&options);
	}
	options_free(&options);
	return status;
}
