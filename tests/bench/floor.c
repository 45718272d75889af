/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor.c - the least that a mount can cost: a server that answers constants
 *
 *	floor [-s] [FUSE OPTION...] MOUNTPOINT
 *
 * It has a file for each role that files of allocfs have, and treats it as
 * allocfs does: opened for direct I/O, without FLUSH, the attributes asked for
 * every time, and the same mount options, limits and threads. But it parses
 * nothing, allocates nothing and remembers nothing, so what allocfs needs more
 * than this is allocfs's own.
 *
 *	attribute	text that is read and written
 *	alloc free	take any command
 *	objects/	files c0 to c63 can be made and removed
 *	list-1000 list-100000 list-1000000	folders of so many files
 *
 * One thing differs on purpose: `alloc` of allocfs is an inode of its own for
 * each who has it open, so that waiting writers do not wait for each other, and
 * is looked up each time for that; here it is not.
 */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOREVER 3600.0
#define MAX_WRITE (132 * 1024) /* as ours */
#define MAX_THREADS 4
#define FIRST_MADE 100 /* inode of c0 */
#define MADE 64
#define FIRST_LISTED (1 << 20)
#define TEXT "64\n"

struct file {
	const char *name;
	fuse_ino_t ino;
	mode_t mode;
	double entry_timeout, attr_timeout;
	unsigned long entries;
};

static const struct file files[] = {
	{ "/", FUSE_ROOT_ID, S_IFDIR | 0755, FOREVER, 1, 0 },
	{ "attribute", 2, S_IFREG | 0644, FOREVER, 0, 0 },
	{ "alloc", 3, S_IFREG | 0644, FOREVER, 0, 0 },
	{ "free", 4, S_IFREG | 0644, FOREVER, 0, 0 },
	{ "objects", 5, S_IFDIR | 0755, FOREVER, 0, 0 },
	{ "list-1000", 6, S_IFDIR | 0755, FOREVER, 0, 1000 },
	{ "list-100000", 7, S_IFDIR | 0755, FOREVER, 0, 100000 },
	{ "list-1000000", 8, S_IFDIR | 0755, FOREVER, 0, 1000000 },
};

#define OBJECTS (&files[4])

/* Of allocfs's objects: nothing about them is the kernel's to keep. */
static const struct file object = { "", 0, S_IFREG | 0644, 0, 1, 0 };

static struct fuse_session *session;
static atomic_bool made[MADE];

static const struct file *file_of(fuse_ino_t ino)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].ino == ino)
			return &files[i];
	return &object;
}

static void fill_stat(const struct file *file, fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_mode = file->mode;
	st->st_nlink = 1;
	st->st_size = file == &object ? 64 : (off_t)strlen(TEXT);
	st->st_uid = getuid();
	st->st_gid = getgid();
}

static void fill_entry(const struct file *file, fuse_ino_t ino,
		       struct fuse_entry_param *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->ino = ino;
	entry->attr_timeout = file->attr_timeout;
	entry->entry_timeout = file->entry_timeout;
	fill_stat(file, ino, &entry->attr);
}

static void reply_file(fuse_req_t req, const struct file *file, fuse_ino_t ino)
{
	struct fuse_entry_param entry;

	fill_entry(file, ino, &entry);
	fuse_reply_entry(req, &entry);
}

/* Of c0 to c63, else MADE. */
static unsigned int number_of(const char *name)
{
	unsigned int nr = name[0] == 'c' ? (unsigned int)atoi(name + 1) : MADE;

	return nr < MADE ? nr : MADE;
}

static void floor_init(void *data, struct fuse_conn_info *conn)
{
	(void)data;
	conn->max_write = MAX_WRITE;
	conn->want &=
		~(unsigned int)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				FUSE_CAP_SPLICE_MOVE | FUSE_CAP_READDIRPLUS |
				FUSE_CAP_READDIRPLUS_AUTO);
}

static void floor_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	unsigned int nr = number_of(name);
	size_t i;

	if (parent == OBJECTS->ino && nr < MADE && atomic_load(&made[nr])) {
		reply_file(req, &object, FIRST_MADE + nr);
		return;
	}
	for (i = 1; i < sizeof(files) / sizeof(files[0]); i++)
		if (parent == FUSE_ROOT_ID && !strcmp(files[i].name, name)) {
			reply_file(req, &files[i], files[i].ino);
			return;
		}
	fuse_reply_err(req, ENOENT);
}

static void floor_getattr(fuse_req_t req, fuse_ino_t ino,
			  struct fuse_file_info *fi)
{
	const struct file *file = file_of(ino);
	struct stat st;

	(void)fi;
	fill_stat(file, ino, &st);
	fuse_reply_attr(req, &st, file->attr_timeout);
}

static void floor_open(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	(void)ino;
	fi->direct_io = 1;
	fi->noflush = 1;
	fuse_reply_open(req, fi);
}

static void floor_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)ino;
	(void)size;
	(void)fi;
	fuse_reply_buf(req, TEXT, off ? 0 : strlen(TEXT));
}

static void floor_write(fuse_req_t req, fuse_ino_t ino, const char *buf,
			size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	(void)buf;
	(void)off;
	(void)fi;
	fuse_reply_write(req, size);
}

static void floor_release(fuse_req_t req, fuse_ino_t ino,
			  struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, 0);
}

static void floor_create(fuse_req_t req, fuse_ino_t parent, const char *name,
			 mode_t mode, struct fuse_file_info *fi)
{
	unsigned int nr = number_of(name);
	struct fuse_entry_param entry;

	(void)mode;
	if (parent != OBJECTS->ino || nr == MADE) {
		fuse_reply_err(req, EPERM);
		return;
	}
	atomic_store(&made[nr], true);
	fill_entry(&object, FIRST_MADE + nr, &entry);
	fi->direct_io = 1;
	fi->noflush = 1;
	fuse_reply_create(req, &entry, fi);
}

static void floor_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	unsigned int nr = number_of(name);

	(void)parent;
	if (nr < MADE)
		atomic_store(&made[nr], false);
	fuse_reply_err(req, nr < MADE ? 0 : ENOENT);
}

static void floor_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
			  off_t off, struct fuse_file_info *fi)
{
	unsigned long i, entries = file_of(ino)->entries;
	struct stat st = { .st_mode = S_IFREG };
	char *buf = malloc(size), name[24];
	size_t len = 0, need;

	(void)fi;
	for (i = (unsigned long)off + 1; buf && i <= entries; i++) {
		snprintf(name, sizeof(name), "%lu", i);
		st.st_ino = FIRST_LISTED + i;
		need = fuse_add_direntry(req, buf + len, size - len, name, &st,
					 (off_t)i);
		if (need > size - len)
			break;
		len += need;
	}
	if (buf)
		fuse_reply_buf(req, buf, len);
	else
		fuse_reply_err(req, ENOMEM);
	free(buf);
}

static const struct fuse_lowlevel_ops ops = {
	.init = floor_init,
	.lookup = floor_lookup,
	.getattr = floor_getattr,
	.open = floor_open,
	.read = floor_read,
	.write = floor_write,
	.release = floor_release,
	.create = floor_create,
	.unlink = floor_unlink,
	.readdir = floor_readdir,
};

static void *serve(void *arg)
{
	struct fuse_buf buf = { 0 };

	while (!fuse_session_exited(session)) {
		int n = fuse_session_receive_buf(session, &buf);

		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		fuse_session_process_buf(session, &buf);
	}
	free(buf.mem);
	return arg;
}

/* As many as allocfs starts: one for each CPU, four at most. */
static unsigned int threads(bool single)
{
	long nr = single ? 1 : sysconf(_SC_NPROCESSORS_ONLN);

	return nr < 1 ? 1 : nr > MAX_THREADS ? MAX_THREADS : (unsigned int)nr;
}

int main(int argc, char **argv)
{
	const char *mountpoint = argv[argc - 1];
	bool single = argc > 2 && !strcmp(argv[1], "-s");
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	pthread_t thread[MAX_THREADS];
	unsigned int i, nr = threads(single);

	if (argc < 2)
		return 2;
	fuse_opt_add_arg(&args, argv[0]);
	fuse_opt_add_arg(&args, "-ofsname=floor,subtype=floor");
	for (i = single ? 2 : 1; i + 1 < (unsigned int)argc; i++)
		fuse_opt_add_arg(&args, argv[i]);
	session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	fuse_opt_free_args(&args);
	if (!session || fuse_session_mount(session, mountpoint))
		return 1;
	for (i = 0; i < nr; i++)
		if (pthread_create(&thread[i], NULL, serve, NULL))
			abort();
	for (i = 0; i < nr; i++)
		pthread_join(thread[i], NULL);
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	return 0;
}
