/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crowd.c - thousands of clients that wait in one exhausted pool of a mount
 *
 *	crowd order POOL CLIENTS	open files in the read-write form
 *	crowd kill POOL CLIENTS SEED	threads blocked in write(2), in processes
 *					that are killed
 *
 * POOL is a folder of the mount whose reserve is out, all of it as objects of
 * the mount. Both modes print what they saw, and exit with 1 when something was
 * wrong. How much memory the daemon has, the caller can see while a mode waits
 * for a line on its standard input, which it does when all clients are parked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 100 /* in a process */
#define STACK_SIZE (64 * 1024)

static const char *pool;

static void die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	/* Children end with the mount. */
	exit(1);
}

/* ---- files of the pool --------------------------------------------------- */

static int open_file(const char *name, int flags)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pool, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die("open %s: %s", path, strerror(errno));
	return fd;
}

static unsigned long number(const char *name)
{
	char text[32] = "";
	int fd = open_file(name, O_RDONLY);

	if (read(fd, text, sizeof(text) - 1) < 0)
		die("read %s: %s", name, strerror(errno));
	close(fd);
	return strtoul(text, NULL, 10);
}

static void free_oldest(unsigned long nr)
{
	int fd = open_file("free", O_WRONLY);
	char text[32];
	int len = snprintf(text, sizeof(text), "oldest %lu", nr);

	if (write(fd, text, (size_t)len) != len)
		die("%s > free: %s", text, strerror(errno));
	close(fd);
}

static void same(const char *what, unsigned long expected, unsigned long got)
{
	if (got != expected)
		die("%s: %lu, not %lu", what, got, expected);
}

/* Comes by itself, but not at once. */
static void until(const char *name, unsigned long value)
{
	for (int i = 0; number(name) != value; i++) {
		if (i == 60000)
			die("%s stays at %lu, not %lu", name, number(name),
			    value);
		usleep(2000);
	}
}

static void pause_for_caller(void)
{
	int c;

	puts("parked");
	fflush(stdout);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

/* ---- in order ------------------------------------------------------------ */

static bool is_answered(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLIN;
}

static unsigned long read_id(int fd)
{
	char text[32] = "";

	if (read(fd, text, sizeof(text) - 1) <= 0)
		die("an answer cannot be read: %s", strerror(errno));
	return strtoul(text, NULL, 10);
}

static int *ask_all(unsigned long clients)
{
	struct rlimit limit = { clients + 100, clients + 100 };
	int *fds = calloc(clients, sizeof(*fds));

	if (!fds || setrlimit(RLIMIT_NOFILE, &limit))
		die("%lu open files: %s", clients, strerror(errno));
	for (unsigned long i = 0; i < clients; i++) {
		fds[i] = open_file("alloc", O_RDWR);
		if (write(fds[i], "1", 1) != 1)
			die("client %lu: %s", i, strerror(errno));
	}
	return fds;
}

/* IDs are given in the order of service. */
static int in_order(unsigned long clients)
{
	unsigned long first, reserve = number("min_nr"), served = 0;
	int *fds;

	first = number("alloc") + 1;
	same("elements in the reserve", 0, number("curr_nr"));
	fds = ask_all(clients);
	same("waiters", clients, number("waiters"));
	pause_for_caller();
	for (unsigned long step = 1; served < clients; step++) {
		unsigned long nr = 1 + step % reserve;

		if (nr > clients - served)
			nr = clients - served;
		free_oldest(nr);
		for (; nr; nr--, served++)
			same("ID", first + served, read_id(fds[served]));
		same("waiters", clients - served, number("waiters"));
		if (served < clients && is_answered(fds[served]))
			die("client %lu was served early", served);
	}
	for (unsigned long i = 0; i < clients; i++)
		close(fds[i]);
	free(fds);
	same("elements out", reserve, number("alloc"));
	printf("%lu served in order\n", served);
	return 0;
}

/* ---- killed at any time -------------------------------------------------- */

static _Atomic unsigned long *served; /* shared with the children */

static void *client_main(void *arg)
{
	if (write(*(int *)arg, "1", 1) == 1)
		atomic_fetch_add(served, 1);
	return arg;
}

/* Each opens the file by its path, as the contract wants it. */
static void child_main(void)
{
	pthread_t threads[THREADS];
	int fds[THREADS];
	pthread_attr_t attr;
	int err = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (int i = 0; !err && i < THREADS; i++) {
		fds[i] = open_file("alloc", O_WRONLY);
		err = pthread_create(&threads[i], &attr, client_main, &fds[i]);
	}
	if (err)
		die("no thread: %s", strerror(err));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("no process: %s", strerror(errno));
	if (pid == 0)
		child_main();
	return pid;
}

/* Half of the processes are killed while elements go to the threads of all. */
static int kill_some(unsigned long clients, unsigned int seed)
{
	unsigned long processes = clients / THREADS, killed = 0, freed = 0;
	unsigned long reserve = number("min_nr");
	pid_t *pids = calloc(processes, sizeof(*pids));

	served = mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!pids || served == MAP_FAILED)
		die("no memory");
	clients = processes * THREADS;
	/*
	 * One process after the other: thousands of threads that look up the
	 * same name at the same moment keep each other busy in the kernel.
	 */
	for (unsigned long i = 0; i < processes; i++) {
		pids[i] = start_child();
		until("waiters", (i + 1) * THREADS);
	}
	pause_for_caller();
	while (number("waiters")) {
		unsigned long victim = (unsigned long)rand_r(&seed) % processes;
		unsigned long nr = 1 + (unsigned long)rand_r(&seed) % reserve;

		if (killed < processes / 2 && pids[victim] &&
		    rand_r(&seed) % 2) {
			kill(pids[victim], SIGKILL);
			killed++;
			if (rand_r(&seed) % 2)
				waitpid(pids[victim], NULL, 0);
			pids[victim] = 0;
			continue;
		}
		free_oldest(nr);
		freed += nr;
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	same("waiters", 0, number("waiters"));
	if (atomic_load(served) > freed)
		die("%lu freed, %lu served", freed, atomic_load(served));
	printf("%lu processes of %lu killed, %lu clients served\n", killed,
	       processes, atomic_load(served));
	free(pids);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long clients;

	if (argc < 4) {
		fprintf(stderr, "usage: crowd order POOL CLIENTS\n"
				"       crowd kill POOL CLIENTS SEED\n");
		return 2;
	}
	pool = argv[2];
	clients = strtoul(argv[3], NULL, 10);
	if (!strcmp(argv[1], "order"))
		return in_order(clients);
	return kill_some(clients, (unsigned int)atoi(argc > 4 ? argv[4] : "1"));
}
