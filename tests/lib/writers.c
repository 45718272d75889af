/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * writers.c - processes that write every control file of a mount at once
 *
 *	writers MOUNT PROCESSES ROUNDS SEED
 *
 * A round walks the mount for the files that can be written, so a new file is
 * covered without a line here, and deals them out: each comes up several times
 * in a row, so that as many processes have it at the same time. What is written
 * is what the file says, something near it, or words that are right for some
 * files and wrong for others. In between caches, pools and regions are made and
 * removed, objects likewise, streams are asked and left.
 *
 * Requests that wait are ended by a timer's signal. Any errno that the mount
 * promises is right; which one, other tests ask. What must not be: another
 * error, a short write, a process that does not come back. Exit status: 0; 1 for
 * one of these; 2 for a usage error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 4 /* processes that have the same file */
#define MOST_PROCESSES 64
#define ROUND_LIMIT 600 /* seconds: only to end what would never */
#define PATH_LEN 512
#define TEXT_LEN 8192
#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* What the processes share. */
struct shared {
	unsigned int next; /* of the files that are dealt out, times AT_ONCE */
	unsigned int errors[256];
	struct {
		char doing[PATH_LEN + 32];
		unsigned int calls;
	} process[MOST_PROCESSES];
};

static const char *mount;
static struct shared *shared;
static unsigned int self; /* which of the processes */
static uint64_t random_state;

static char **files;
static size_t nr_files;

/* ---- chance -------------------------------------------------------------- */

static unsigned int chance(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % below;
}

static void seed(uint64_t seed)
{
	random_state = (seed + 1) * 0x9e3779b97f4a7c15ull;
	chance(1);
}

/* ---- one call ------------------------------------------------------------ */

static const int promised[] = {
	0,	EINVAL, ERANGE, ENOENT, EEXIST,	      EBUSY,  ENOMEM,
	EAGAIN, EINTR,	ENODEV, E2BIG,	EFBIG,	      EPERM,  EXDEV,
	EACCES, EDQUOT, ENOSPC, EROFS,	ENAMETOOLONG, ESPIPE, EISDIR,
};

/* What is going on, for whoever finds that it does not end. */
static void doing(const char *what, const char *path)
{
	snprintf(shared->process[self].doing,
		 sizeof(shared->process[self].doing), "%s %s", what, path);
	shared->process[self].calls++;
}

/* Count how a call ended; those that must not be end the program. */
static long check(long ret)
{
	int err = ret < 0 ? errno : 0;
	size_t i;

	for (i = 0; i < NR(promised) && promised[i] != err; i++)
		;
	if (i == NR(promised)) {
		fprintf(stderr, "writers: %s: %s\n",
			shared->process[self].doing, strerrorname_np(err));
		exit(1);
	}
	__atomic_add_fetch(&shared->errors[err], 1, __ATOMIC_RELAXED);
	return ret;
}

static int open_file(const char *path, int flags)
{
	doing("open", path);
	return (int)check(open(path, flags | O_CLOEXEC, 0644));
}

static void write_fd(int fd, const char *path, const char *text, size_t len)
{
	ssize_t ret;

	doing("write", path);
	ret = check(write(fd, text, len));
	if (ret >= 0 && (size_t)ret != len) {
		fprintf(stderr, "writers: %s: %zd of %zu bytes\n", path, ret,
			len);
		exit(1);
	}
}

/* As the shell does it: O_TRUNC, which means nothing. */
static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open_file(path, O_WRONLY | O_TRUNC);

	if (fd < 0)
		return;
	write_fd(fd, path, text, len);
	close(fd);
}

static size_t read_file(const char *path, char *text, size_t room)
{
	int fd = open_file(path, O_RDONLY);
	ssize_t len = 0;

	if (fd >= 0) {
		doing("read", path);
		len = check(read(fd, text, room - 1));
		close(fd);
	}
	len = len > 0 ? len : 0;
	text[len] = '\0';
	return (size_t)len;
}

/* ---- the files ----------------------------------------------------------- */

static void add_file(const char *path)
{
	char **more = realloc(files, (nr_files + 1) * sizeof(*more));

	if (!more || !(more[nr_files] = strdup(path)))
		exit(2);
	files = more;
	nr_files++;
}

/* What the mount made has a shape that can change: it comes up more often. */
static void add_often(const char *path)
{
	unsigned int times = strstr(path, "/w") ? 4 : 1;

	while (times--)
		add_file(path);
}

/* Objects are memory: they have no commands, and come up elsewhere. */
static void walk(const char *dir)
{
	DIR *stream = opendir(dir);
	char path[PATH_LEN];
	struct dirent *entry;
	struct stat st;

	while (stream && (entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    !strcmp(entry->d_name, "objects"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			walk(path);
		else if (S_ISREG(st.st_mode) && (st.st_mode & 0222))
			add_often(path);
	}
	if (stream)
		closedir(stream);
}

static void shuffle(void)
{
	size_t i;

	for (i = nr_files; i > 1; i--) {
		size_t j = chance((unsigned int)i);
		char *file = files[i - 1];

		files[i - 1] = files[j];
		files[j] = file;
	}
}

static void collect(void)
{
	while (nr_files)
		free(files[--nr_files]);
	walk(mount);
	shuffle();
}

/* ---- what is written ----------------------------------------------------- */

static const char *const words[] = {
	"0",
	"1",
	"2",
	"3",
	"7",
	"16",
	"64",
	"100",
	"192",
	"4096",
	"65536",
	"max",
	"none",
	"all",
	"1-3",
	"oldest 1",
	"newest 2",
	"3 5-9 buf",
	"1 GFP_NOWAIT",
	"2 GFP_KERNEL|__GFP_NOWARN",
	"3 GFP_ATOMIC node=0",
	"8 64",
	"64 3 GFP_NOWAIT",
	"4096 2",
	"1 GFP_KERNEL|__GFP_NOFAIL",
	"GFP_KERNEL",
	"GFP_NOWAIT|__GFP_ZERO",
	"GFP_ATOMIC",
	"0xcc0",
	"SLAB_HWCACHE_ALIGN",
	"SLAB_POISON|SLAB_RED_ZONE",
	"SLAB_ACCOUNT",
	"zero",
	"byte:0x5a",
	"sequence",
	"kmalloc:64",
	"kmalloc:300",
	"kvmalloc:5000",
	"pages:0",
	"pages:1",
	"slab:w0",
	"slab:w1",
	"slab:t0",
	"slab:kmalloc-32",
	"0xfe000000",
	"/dev/null",
	"curr_nr>=1",
	"<3>a message",
	"junk",
	"-1",
	"12x",
	" 1",
	"1 ",
	"0x10",
	"\n",
	"1\n2",
	"18446744073709551615",
	"18446744073709551616",
	"99999999999999999999999",
	"node=9",
	"1 GFP_NO_SUCH",
	"slab:nobody",
};

/* A number near the one that is there. */
static size_t near(char *text)
{
	unsigned long long n = strtoull(text, NULL, 0);

	switch (chance(4)) {
	case 0:
		n++;
		break;
	case 1:
		n = n ? n - 1 : 0;
		break;
	case 2:
		n *= 2;
		break;
	default:
		n /= 2;
	}
	return (size_t)sprintf(text, "%llu\n", n);
}

/* @text has TEXT_LEN bytes. */
static size_t compose(const char *path, char *text)
{
	size_t len;

	switch (chance(8)) {
	case 0: /* too long, mostly */
		len = 4000 + chance(200);
		memset(text, '1', len);
		return len;
	case 1: /* not a text */
		len = chance(20);
		for (size_t i = 0; i < len; i++)
			text[i] = (char)chance(256);
		return len;
	case 2:
	case 3:
		return read_file(path, text, TEXT_LEN);
	case 4:
		read_file(path, text, TEXT_LEN);
		return near(text);
	default:
		return (size_t)sprintf(text, "%s%s", words[chance(NR(words))],
				       chance(2) ? "\n" : "");
	}
}

static void command(const char *path)
{
	char text[TEXT_LEN];
	size_t len = compose(path, text);

	write_file(path, text, len);
}

/* ---- what else is done to the tree --------------------------------------- */

/* "w0" to "w3" stay; what is called "t" comes and goes. */
static void name_of(char *name, char letter)
{
	sprintf(name, "%c%u", letter, chance(4));
}

static void pick_dir(char *path)
{
	static const char *const kinds[] = { "caches", "pools", "iomem" };
	char name[16];

	name_of(name, 't');
	snprintf(path, PATH_LEN, "%s/%s/%s", mount, kinds[chance(3)], name);
}

static void make_dir(void)
{
	char path[PATH_LEN];

	pick_dir(path);
	doing("mkdir", path);
	check(mkdir(path, 0755));
}

static void remove_dir(void)
{
	char path[PATH_LEN + 8];

	pick_dir(path);
	doing("rmdir", path);
	if (check(rmdir(path)) && errno == EBUSY) {
		strcat(path, "/free");
		write_file(path, "all", 3);
	}
}

/* A file of one that comes and goes: like that of one which stays. */
static void command_passing(void)
{
	const char *file = files[chance((unsigned int)nr_files)];
	const char *w = strstr(file, "/w");
	char path[PATH_LEN];

	if (!w)
		return;
	snprintf(path, sizeof(path), "%.*s/t%u%s", (int)(w - file), file,
		 chance(4), w + strcspn(w + 1, "/") + 1);
	command(path);
}

/* A directory that allocates. */
static void pick_source(char *path)
{
	static const char *const letters = "wt";
	char name[16];

	name_of(name, letters[chance(2)]);
	switch (chance(6)) {
	case 0:
		snprintf(path, PATH_LEN, "%s/pages/order-%u", mount,
			 chance(11));
		break;
	case 1:
		snprintf(path, PATH_LEN, "%s/%s", mount,
			 chance(2) ? "kmalloc" : "vmalloc");
		break;
	case 2:
	case 3:
		snprintf(path, PATH_LEN, "%s/pools/%s", mount, name);
		break;
	default:
		snprintf(path, PATH_LEN, "%s/caches/%s", mount, name);
	}
}

static void pick_object(char *path)
{
	size_t len;

	pick_source(path);
	len = strlen(path);
	snprintf(path + len, PATH_LEN - len,
		 chance(4) ? "/objects/o%u" : "/objects/%u", chance(8));
}

static void use_object(void)
{
	char path[PATH_LEN], other[PATH_LEN], text[64];
	int fd;

	pick_object(path);
	switch (chance(5)) {
	case 0:
		doing("unlink", path);
		check(unlink(path));
		break;
	case 1:
		strcpy(other, path);
		sprintf(strrchr(other, '/'), "/o%u", chance(8));
		doing("rename", path);
		check(rename(path, other));
		break;
	case 2:
		read_file(path, text, sizeof(text));
		write_file(path, "memory", 6);
		break;
	default:
		fd = open_file(path, O_RDWR | O_CREAT);
		if (fd < 0)
			break;
		write_fd(fd, path, "new", 3);
		close(fd);
	}
}

/* Ask, and perhaps leave before the answer was read, or was there. */
static void ask(void)
{
	static const char *const questions[] = {
		"1",	       "2",	     "1 GFP_NOWAIT",
		"64 2",	       "alloc>=1",   "free!=0",
		"curr_nr<100", "limit==max", "waiters>0",
	};
	char path[PATH_LEN], text[256];
	unsigned int i, times = chance(4);
	size_t len;
	int fd;

	pick_source(path);
	len = strlen(path);
	strcpy(path + len, chance(3) ? "/alloc" : "/wait");
	fd = open_file(path, O_RDWR | (chance(3) ? O_NONBLOCK : 0));
	if (fd < 0)
		return;
	for (i = 0; i < times; i++) {
		const char *question = questions[chance(NR(questions))];

		write_fd(fd, path, question, strlen(question));
		doing("answer of", path);
		if (chance(3))
			check(read(fd, text, chance(2) ? 2 : sizeof(text)));
	}
	close(fd);
}

/* Has it changed? Not that anybody waits for it. */
static void poll_file(void)
{
	const char *path = files[chance((unsigned int)nr_files)];
	int fd = open_file(path, O_RDONLY);
	struct pollfd pfd = { .fd = fd, .events = POLLPRI };
	char text[64];

	if (fd < 0)
		return;
	doing("poll", path);
	check(read(fd, text, sizeof(text)));
	check(poll(&pfd, 1, (int)chance(5)));
	close(fd);
}

static void meddle(void)
{
	static void (*const ways[])(void) = {
		make_dir,
		make_dir,
		remove_dir,
		command_passing,
		command_passing,
		use_object,
		use_object,
		ask,
		ask,
		poll_file,
	};

	ways[chance(NR(ways))]();
}

/* ---- processes ----------------------------------------------------------- */

static void on_alarm(int signal)
{
	(void)signal;
}

/* Again and again, so that it does not matter when a wait begins. */
static void start_timer(void)
{
	const struct itimerval timer = { .it_interval.tv_usec = 30000,
					 .it_value.tv_usec = 30000 };
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void process_main(unsigned int which, uint64_t start)
{
	unsigned int turn;

	self = which;
	seed(start + which);
	start_timer();
	for (;;) {
		turn = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);
		if (turn / AT_ONCE >= nr_files)
			exit(0);
		command(files[turn / AT_ONCE]);
		if (chance(2))
			command(files[turn / AT_ONCE]);
		meddle();
	}
}

/* Somebody is still there when all should have ended. */
static void on_limit(int signal)
{
	unsigned int i;

	(void)signal;
	for (i = 0; i < MOST_PROCESSES; i++)
		if (shared->process[i].calls)
			dprintf(2, "writers: process %u after %u calls: %s\n",
				i, shared->process[i].calls,
				shared->process[i].doing);
	_exit(1);
}

static bool one_round(unsigned int processes, uint64_t start)
{
	bool well = true;
	unsigned int i;
	int status;

	collect();
	shared->next = 0;
	for (i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (!pid)
			process_main(i, start);
		if (pid < 0)
			return false;
	}
	alarm(ROUND_LIMIT);
	for (i = 0; i < processes; i++)
		if (wait(&status) < 0 || status)
			well = false;
	alarm(0);
	return well;
}

static void report(void)
{
	size_t i;

	printf("%zu files;", nr_files);
	for (i = 0; i < NR(shared->errors); i++)
		if (shared->errors[i])
			printf(" %s %u", i ? strerrorname_np((int)i) : "OK",
			       shared->errors[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	unsigned int processes, round, rounds;
	uint64_t start;

	if (argc != 5)
		return 2;
	mount = argv[1];
	processes = (unsigned int)strtoul(argv[2], NULL, 10);
	rounds = (unsigned int)strtoul(argv[3], NULL, 10);
	start = strtoull(argv[4], NULL, 10);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !processes || processes > MOST_PROCESSES)
		return 2;
	seed(start);
	signal(SIGALRM, on_limit);
	for (round = 0; round < rounds; round++)
		if (!one_round(processes, start + round * MOST_PROCESSES))
			return 1;
	report();
	return 0;
}
