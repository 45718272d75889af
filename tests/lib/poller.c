/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * poller.c - poll files of the mount, for the shell
 *
 * poller ROUNDS FILE...	read each file, say "ready"; then, ROUNDS times,
 *				wait until poll(2) tells that some have changed,
 *				and print and read these
 * poller edge ROUNDS FILE	the same by epoll, edge triggered
 * poller answer FILE TEXT	open for reading and writing, write TEXT, print
 *				whether the answer is there, wait for it by
 *				poll(2), and print it
 *
 * poller once FD PRI|IN	poll an inherited open file for a moment, in vain
 *
 * A wait that takes more than 30 s is an error: exit status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PATIENCE_MS 30000
#define MAX_FILES 16

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int must_open(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		die(path);
	return fd;
}

/* The first line of what a file shows now, from its beginning. */
static void print_line(const char *path, const char *events, int fd)
{
	char text[4096];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		snprintf(text, sizeof(text), "%s", strerrorname_np(errno));
	else
		text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	printf("%s%s %s\n", path, events, text);
	fflush(stdout);
}

static const char *event_names(short events)
{
	static char names[64];

	snprintf(names, sizeof(names), "%s%s%s", events & POLLPRI ? " PRI" : "",
		 events & POLLERR ? " ERR" : "",
		 events & POLLHUP ? " HUP" : "");
	return names;
}

static void must_poll(struct pollfd *fds, nfds_t nr)
{
	int found = poll(fds, nr, PATIENCE_MS);

	if (found > 0)
		return;
	if (!found)
		fprintf(stderr, "nothing changed\n");
	else
		perror("poll");
	exit(1);
}

static int watch(int rounds, int nr, char **path)
{
	struct pollfd fds[MAX_FILES];

	for (int i = 0; i < nr && i < MAX_FILES; i++) {
		fds[i].fd = must_open(path[i], O_RDONLY);
		fds[i].events = POLLPRI;
		print_line(path[i], "", fds[i].fd);
	}
	puts("ready");
	fflush(stdout);
	while (rounds--) {
		must_poll(fds, (nfds_t)nr);
		for (int i = 0; i < nr; i++)
			if (fds[i].revents)
				print_line(path[i], event_names(fds[i].revents),
					   fds[i].fd);
	}
	return 0;
}

static int watch_edge(int rounds, const char *path)
{
	struct epoll_event event = { .events = EPOLLPRI | EPOLLET };
	int fd = must_open(path, O_RDONLY), epfd = epoll_create1(0);

	print_line(path, "", fd);
	if (epfd < 0 || epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event))
		die("epoll");
	puts("ready");
	fflush(stdout);
	while (rounds--) {
		if (epoll_wait(epfd, &event, 1, PATIENCE_MS) != 1)
			die("epoll_wait");
		print_line(path, event_names((short)event.events), fd);
	}
	return 0;
}

static int answer(const char *path, const char *text)
{
	struct pollfd fd = { must_open(path, O_RDWR), POLLIN, 0 };
	ssize_t len;
	char buf[256];

	if (write(fd.fd, text, strlen(text)) < 0)
		die(path);
	puts(poll(&fd, 1, 0) > 0 ? "there" : "waits");
	fflush(stdout);
	must_poll(&fd, 1);
	len = read(fd.fd, buf, sizeof(buf));
	if (len < 0)
		puts(strerrorname_np(errno));
	else
		printf("%.*s", (int)len, buf);
	return 0;
}

/* Long enough to be asked for by the kernel; how long does not matter. */
static int once(int fd, short events)
{
	struct pollfd pollfd = { fd, events, 0 };

	if (!poll(&pollfd, 1, 10))
		return 0;
	fprintf(stderr, "poller: it changed\n");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "once"))
		return once(atoi(argv[2]),
			    strcmp(argv[3], "PRI") ? POLLIN : POLLPRI);
	if (argc == 4 && !strcmp(argv[1], "answer"))
		return answer(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "edge"))
		return watch_edge(atoi(argv[2]), argv[3]);
	if (argc > 2 && argc - 2 <= MAX_FILES && atoi(argv[1]) > 0)
		return watch(atoi(argv[1]), argc - 2, argv + 2);
	fprintf(stderr, "usage: poller [edge] ROUNDS FILE... | "
			"poller answer FILE TEXT | "
			"poller once FD PRI|IN\n");
	return 2;
}
