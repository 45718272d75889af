/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuse_client.c - system calls on a mount of allocfs beside the same ones on a
 * mount of the floor (floor.c), in turns
 *
 *	fuse_client CLIENTS CPU FLOOR OURS
 *
 * CLIENTS processes run on CPU (-1: on any) and make their calls at the same
 * time. FLOOR and OURS are mountpoints; ours has caches/bench with objects of
 * 64 bytes, and caches/list-1000, -100000 and -1000000 with so many objects.
 * Each line of the output is a call, microseconds of one of them, as a client
 * sees it, on the floor and on ours: median, least and most of all rounds; the
 * ratio of the medians and what it is allowed to be.
 *
 * A round is short on purpose, so that on a loaded machine most of them see no
 * other program, and the two mounts change places in every round.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 31
#define MOST_CLIENTS 64
#define CALLS 128
#define WARM 8 /* calls before the clock starts */

/* A client's view of one mount, with all that its calls need open. */
struct client {
	int nr;
	int folder, objects, attribute, setting, alloc, free;
};

enum side {
	FLOOR,
	OURS,
	NR_SIDES
};

/* What one file of each role is called there. */
struct mount {
	const char *path, *folder, *attribute, *setting;
	const char *list, *list_end; /* around the number */
};

static struct mount mounts[NR_SIDES] = {
	[FLOOR] = { .folder = ".",
		    .attribute = "attribute",
		    .setting = "attribute",
		    .list = "list-",
		    .list_end = "" },
	[OURS] = { .folder = "caches/bench",
		   .attribute = "objsize",
		   .setting = "limit",
		   .list = "../list-",
		   .list_end = "/objects" },
};

/* Shared by the clients and their parent. */
static struct {
	atomic_int ready, go;
	uint64_t start[MOST_CLIENTS], end[MOST_CLIENTS];
} * shared;

static enum side side;
static int clients, cpu;

static void die(const char *what)
{
	fprintf(stderr, "fuse_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- calls --------------------------------------------------------------- */

static int open_in(int folder, const char *name, int flags)
{
	int fd = openat(folder, name, flags, 0644);

	if (fd < 0)
		die(name);
	return fd;
}

static void put(int fd, const char *text)
{
	if (pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		die(text);
}

static void get(int fd)
{
	char text[64];

	if (pread(fd, text, sizeof(text), 0) != 3)
		die("read");
}

static void do_read(struct client *c)
{
	get(c->attribute);
}

static void do_write(struct client *c)
{
	put(c->setting, "max\n");
}

static void do_open_read(struct client *c)
{
	int fd = open_in(c->folder, mounts[side].attribute, O_RDONLY);

	get(fd);
	close(fd);
}

/* As `echo text > file` does it. */
static void echo(struct client *c, const char *text, const char *name)
{
	int fd = open_in(c->folder, name, O_WRONLY | O_CREAT | O_TRUNC);

	put(fd, text);
	close(fd);
}

static void do_echo(struct client *c)
{
	echo(c, "max\n", mounts[side].setting);
}

static void do_echo_alloc(struct client *c)
{
	echo(c, "1\n", "alloc");
}

static void do_stat(struct client *c)
{
	struct stat st;

	if (fstatat(c->folder, mounts[side].attribute, &st, 0))
		die("stat");
}

static void do_alloc(struct client *c)
{
	put(c->alloc, "1\n");
}

static void do_free(struct client *c)
{
	put(c->free, "oldest 1\n");
}

static void do_alloc_free(struct client *c)
{
	do_alloc(c);
	do_free(c);
}

static void do_create_unlink(struct client *c)
{
	char name[16];

	snprintf(name, sizeof(name), "c%d", c->nr);
	close(open_in(c->objects, name, O_WRONLY | O_CREAT | O_EXCL));
	if (unlinkat(c->objects, name, 0))
		die("unlink");
}

static void list(struct client *c, const char *number)
{
	static char buf[1 << 16];
	char name[64];
	long n;
	int fd;

	snprintf(name, sizeof(name), "%s%s%s", mounts[side].list, number,
		 mounts[side].list_end);
	fd = open_in(c->folder, name, O_RDONLY | O_DIRECTORY);
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		;
	if (n)
		die(name);
	close(fd);
}

static void do_list_1k(struct client *c)
{
	list(c, "1000");
}

static void do_list_100k(struct client *c)
{
	list(c, "100000");
}

static void do_list_1m(struct client *c)
{
	list(c, "1000000");
}

/*
 * @limit is of the ratio, 0: there is none. What is said about one call of a
 * pair is true when it is true of the pair. @adds: objects stay.
 */
static const struct action {
	const char *name;
	void (*run)(struct client *c);
	int calls;
	double limit;
	bool adds, needs_objects;
} actions[] = {
	{ "pread of an attribute", do_read, CALLS, 1.10, false, false },
	{ "pwrite of an attribute", do_write, CALLS, 1.10, false, false },
	{ "alloc of one, open", do_alloc, CALLS, 1.10, true, false },
	{ "free of one, open", do_free, CALLS, 1.10, false, true },
	{ "alloc and free, open", do_alloc_free, CALLS, 1.10, false, false },
	{ "open, read, close", do_open_read, CALLS, 0, false, false },
	{ "echo to an attribute", do_echo, CALLS, 0, false, false },
	{ "echo to alloc", do_echo_alloc, CALLS, 1.45, true, false },
	{ "stat of an attribute", do_stat, CALLS, 0, false, false },
	{ "create and unlink an object", do_create_unlink, CALLS, 0, false,
	  false },
	{ "readdir of 1000", do_list_1k, 1, 0, false, false },
	{ "readdir of 100000", do_list_100k, 1, 0, false, false },
	{ "readdir of 1000000", do_list_1m, 1, 0, false, false },
};

/* ---- clients ------------------------------------------------------------- */

static void open_all(struct client *c)
{
	const struct mount *m = &mounts[side];
	int top = open_in(AT_FDCWD, m->path, O_RDONLY | O_DIRECTORY);

	c->folder = open_in(top, m->folder, O_RDONLY | O_DIRECTORY);
	c->objects = open_in(c->folder, "objects", O_RDONLY | O_DIRECTORY);
	c->attribute = open_in(c->folder, m->attribute, O_RDONLY);
	c->setting = open_in(c->folder, m->setting, O_WRONLY);
	c->alloc = open_in(c->folder, "alloc", O_WRONLY);
	c->free = open_in(c->folder, "free", O_WRONLY);
	close(top);
}

static void client_main(const struct action *action, int nr, int calls)
{
	struct client c = { .nr = nr };

	open_all(&c);
	if (action->needs_objects)
		for (int i = 0; i < calls + WARM; i++)
			do_alloc(&c);
	for (int i = 0; i < WARM && action->calls > 1; i++)
		action->run(&c);
	atomic_fetch_add(&shared->ready, 1);
	while (!atomic_load(&shared->go))
		usleep(50);
	shared->start[nr] = bench_now_ns();
	for (int i = 0; i < calls; i++)
		action->run(&c);
	shared->end[nr] = bench_now_ns();
	_exit(0);
}

static void run_on(int nr)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)nr, &set);
	if (nr >= 0 && sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void free_all(void)
{
	struct client c = { 0 };

	open_all(&c);
	put(c.free, "all\n");
	close(c.free);
	close(c.alloc);
	close(c.setting);
	close(c.attribute);
	close(c.objects);
	close(c.folder);
}

/* Microseconds of a call, as each of the clients sees it. */
static double measure(const struct action *action, enum side where)
{
	int calls = (action->calls + clients - 1) / clients, status;
	uint64_t start = UINT64_MAX, end = 0;

	side = where;
	atomic_store(&shared->ready, 0);
	atomic_store(&shared->go, 0);
	for (int i = 0; i < clients; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			client_main(action, i, calls);
	}
	while (atomic_load(&shared->ready) < clients)
		usleep(50);
	atomic_store(&shared->go, 1);
	for (int i = 0; i < clients; i++)
		if (wait(&status) < 0 || status)
			exit(1);
	for (int i = 0; i < clients; i++) {
		start = shared->start[i] < start ? shared->start[i] : start;
		end = shared->end[i] > end ? shared->end[i] : end;
	}
	if (action->adds)
		free_all();
	return (double)(end - start) / 1000 / calls;
}

static void print(const struct action *action, double us[NR_SIDES][ROUNDS])
{
	double f = bench_median(us[FLOOR], ROUNDS);
	double o = bench_median(us[OURS], ROUNDS);

	printf("  %-28s", action->name);
	for (int i = 0; i < NR_SIDES; i++)
		printf(" %9.1f %9.1f %9.1f", us[i][ROUNDS / 2], us[i][0],
		       us[i][ROUNDS - 1]);
	printf(" %6.2f %6.2f", o / f, us[OURS][0] / us[FLOOR][0]);
	if (action->limit > 0)
		printf(" %6.2f %s", action->limit,
		       o / f <= action->limit ? "met" : "missed");
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	double us[NR_SIDES][ROUNDS];

	if (argc != 5) {
		fprintf(stderr, "usage: fuse_client CLIENTS CPU FLOOR OURS\n");
		return 2;
	}
	clients = atoi(argv[1]);
	cpu = atoi(argv[2]);
	mounts[FLOOR].path = argv[3];
	mounts[OURS].path = argv[4];
	if (clients < 1 || clients > MOST_CLIENTS)
		return 2;
	run_on(cpu);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	printf("  %-28s %29s %29s %13s %6s\n", "us",
	       "floor: median, least, most", "ours: median, least, most",
	       "ratio, least", "limit");
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		/* The largest listings say nothing new of many clients. */
		if (clients > 1 && actions[i].calls == 1)
			continue;
		for (int round = 0; round < ROUNDS; round++)
			for (int j = 0; j < NR_SIDES; j++) {
				enum side s = (enum side)((round + j) & 1);

				us[s][round] = measure(&actions[i], s);
			}
		print(&actions[i], us);
	}
	return 0;
}
