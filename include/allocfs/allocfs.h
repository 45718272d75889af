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
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct allocfs;

/**
 * struct allocfs_options - how to mount
 * @uid: owner of the tree; (uid_t)-1: who runs the program
 * @gid: its group; (gid_t)-1 likewise
 * @umask: permissions that no file has
 * @max_objects: objects that one user may hold through the mount; 0: any
 * @max_waiters: blocked requests that one user may have; 0: any
 * @threads: request threads; 0: one for each CPU, at most 4
 * @debug: libfuse shows each request through @log
 * @source: what mount(8) shows as the device; NULL: "allocfs"
 * @fuse_options: FUSE's own mount options, separated by commas, or NULL
 * @log: receives messages, one line each without the newline; may be NULL;
 *	called from any thread
 * @ready: called once, when the mount answers; may be NULL
 * @ended: called once when the mount has ended by itself, by umount(8);
 *	allocfs_stop() is still due; may be NULL
 * @arg: handed to the three
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
	void (*log)(void *arg, const char *text);
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
 * Sets libkmem up with its defaults if nobody did. When it returns, the kernel
 * knows the mount; @ready tells when it answers. Context: may sleep; not
 * concurrently with itself (libfuse's log is one per process).
 * Return: 0; -EINVAL for FUSE options that libfuse refuses; the error of
 * stat(2) or of mounting.
 */
int allocfs_start(const char *mountpoint, const struct allocfs_options *options,
		  struct allocfs **ret_fs);

/**
 * allocfs_stop() - unmount
 * @fs: NULL is a no-op
 *
 * Blocked clients end with ESHUTDOWN; objects that were allocated through the
 * mount, and caches and pools that were made there, are given back. Context:
 * may sleep; not from a callback of @fs.
 */
void allocfs_stop(struct allocfs *fs);

/**
 * allocfs_version() - version of the library
 */
const char *allocfs_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* ALLOCFS_ALLOCFS_H */
