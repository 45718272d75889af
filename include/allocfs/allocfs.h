/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * allocfs.h - a running libkmem as a filesystem
 *
 * A program that links liballocfs can mount its own allocator: every cache and
 * pool that it makes becomes a directory whose files show and drive it. The
 * daemon allocfs(8) is such a program with nothing of its own to allocate.
 *
 *	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
 *	struct allocfs *fs;
 *	int err;
 *
 *	err = allocfs_start("/run/memory", &options, &fs);
 *	...
 *	allocfs_stop(fs);
 *
 * The library never prints and never ends the program. Its threads block all
 * signals but those that report faults.
 */
#ifndef ALLOCFS_ALLOCFS_H
#define ALLOCFS_ALLOCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct allocfs;

/**
 * struct allocfs_modules - who loads kernel-style modules into the program
 * @insert: load one and run its init. @command: a path, and perhaps parameters
 *	behind it. @why, of @size bytes: what went wrong, in words; if the
 *	return is 0 all the same, what there is to complain about. NULL: modules
 *	are listed, but none may be inserted or removed.
 * @remove: run the exit of the module called @name, and unload it; @why as
 *	above
 * @list: serials, never used twice, of those that there are; stores the first
 *	@room and returns how many there are
 * @show: what the file @file in a module's directory says, to be freed;
 *	"name" is the module's name. NULL: it has gone, or there is no memory
 * @may: may @uid insert and remove?
 * @arg: handed to all
 *
 * @insert and @remove are called on threads of their own and may sleep as long
 * as they like; a call may still be running after allocfs_stop(). The others
 * must be quick.
 */
struct allocfs_modules {
	int (*insert)(void *arg, const char *command, char *why, size_t size);
	int (*remove)(void *arg, const char *name, char *why, size_t size);
	size_t (*list)(void *arg, uint64_t *serials, size_t room);
	char *(*show)(void *arg, uint64_t serial, const char *file);
	bool (*may)(void *arg, uid_t uid);
	void *arg;
};

/**
 * struct allocfs_options - how to mount
 * @uid: owner of the tree, and of what root makes in it; (uid_t)-1: who runs
 *	the program, and who makes it
 * @gid: its group; (gid_t)-1 likewise
 * @umask: permissions that no file has until its mode is changed
 * @max_objects: objects that one user may hold through the mount; 0: any
 * @max_waiters: blocked requests that one user may have; 0: any
 * @threads: request threads; 0: one for each CPU, at most 4
 * @debug: libfuse shows each request through @log
 * @source: what mount(8) shows as the device; NULL: "allocfs"
 * @fuse_options: FUSE's own mount options, separated by commas, or NULL.
 *	allow_other turns default_permissions on.
 * @config: lines of the grammar of the file config, see allocfs(5), which are
 *	carried out before there is a mount; NULL: none
 * @modules: who loads modules; not copied. NULL: nobody
 * @log: receives messages, one line each without the newline; may be NULL;
 *	called from any thread
 * @refused: called once when @config is refused: in which line, and why; may be
 *	NULL
 * @ready: called once, when the mount answers; may be NULL
 * @ended: called once when the mount has ended by itself, by umount(8);
 *	allocfs_stop() is still due; may be NULL
 * @arg: handed to the four
 */
struct allocfs_options {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	uint64_t max_objects;
	uint64_t max_waiters;
	unsigned int threads;
	bool debug;
	const char *source;
	const char *fuse_options;
	const char *config;
	const struct allocfs_modules *modules;
	void (*log)(void *arg, const char *text);
	void (*refused)(void *arg, unsigned int line, const char *why);
	void (*ready)(void *arg);
	void (*ended)(void *arg);
	void *arg;
};

#define ALLOCFS_OPTIONS_INIT                                                   \
	{                                                                      \
		.uid = (uid_t)-1, .gid = (gid_t)-1                             \
	}

/**
 * allocfs_start() - mount the calling program's allocator
 * @mountpoint: a directory. One on which a mount of allocfs died (ENOTCONN)
 *	is freed first.
 * @options: copied; strings need not outlive the call
 * @ret_fs: set on success
 *
 * A program may have several mounts: each shows what all of them made. Sets
 * libkmem up with its defaults if nobody did. When it returns, the kernel
 * knows the mount; @ready tells when it answers. Context: may sleep; not
 * concurrently with itself (libfuse's log is one per process).
 * Return: 0; -EINVAL for FUSE options that libfuse refuses; -EBADMSG: @config was
 * refused, as @refused was told; the error of stat(2) or of mounting.
 */
int allocfs_start(const char *mountpoint, const struct allocfs_options *options,
		  struct allocfs **ret_fs);

/**
 * allocfs_stop() - unmount
 * @fs: NULL is a no-op
 *
 * Blocked clients end with ESHUTDOWN; objects that were allocated through the
 * mount, and caches, pools and regions that were made there, are given back.
 * What another mount of the program has in use stays until the last one stops.
 * Context: may sleep; not from a callback of @fs.
 */
void allocfs_stop(struct allocfs *fs);

/**
 * allocfs_kmsg() - add a message to the file kmsg of the program's mounts
 * @arg: ignored
 * @level: 0 to 7, as syslog(3) has them
 * @text: without the last newline
 *
 * Made for kmem_set_printk(): kmem_set_printk(allocfs_kmsg, NULL) shows there
 * what kernel-style code prints. The last 256 KiB are kept, whether there is a
 * mount or not. Context: any thread; does not sleep.
 */
void allocfs_kmsg(void *arg, int level, const char *text);

/**
 * allocfs_version() - version of the library
 */
const char *allocfs_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* ALLOCFS_ALLOCFS_H */
