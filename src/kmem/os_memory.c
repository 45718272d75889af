/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * os_memory.c - the one file that asks the operating system for memory
 *
 * The arena is one mapping: the "physical" memory first, then the metadata
 * region. It is wanted at a fixed address, which plain, ASan, TSan and
 * valgrind processes all leave free, so that a second process can map it at
 * the same place and find its pointers right; elsewhere works too.
 *
 * Device memory is mapped from descriptors of its own (iomem.c).
 *
 * Nothing is touched here: pages come when they are first written.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define ARENA_BASE ((void *)0x7e8000000000ul)

/* Last bytes of an arena file: what may be emptied and used again. */
static const char arena_mark[16] = "libkmem arena 1";

size_t os_host_memory(void)
{
	return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

unsigned int os_host_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned int)n : 1;
}

/* NORESERVE: what is installed may be more than the host could ever give. */
static void *map_at(void *where, size_t size, int fd, int fixed)
{
	int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;

	return mmap(where, size, PROT_READ | PROT_WRITE,
		    flags | MAP_NORESERVE | fixed, fd, 0);
}

/* An existing file is only overwritten when it was an arena before. */
static int open_file(const char *path)
{
	char mark[sizeof(arena_mark)];
	struct stat st;
	int fd, err;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = 0;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size > 0 &&
		 (pread(fd, mark, sizeof(mark),
			st.st_size - (off_t)sizeof(mark)) != sizeof(mark) ||
		  memcmp(mark, arena_mark, sizeof(mark)) != 0))
		err = -EEXIST;
	else if (ftruncate(fd, 0))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* A descriptor or a negative errno; anonymous memory has none: -1, no error. */
static int open_backing(const struct kmem_config *config)
{
	int fd;

	switch (config->backing) {
	case KMEM_MEMFD:
		fd = memfd_create("libkmem", MFD_CLOEXEC);
		return fd < 0 ? -errno : fd;
	case KMEM_FILE:
		return config->path ? open_file(config->path) : -EINVAL;
	case KMEM_ANON:
		return -1;
	}
	return -EINVAL;
}

static int size_backing(int fd, const struct kmem_config *config, size_t size)
{
	if (ftruncate(fd, (off_t)size))
		return -errno;
	if (config->backing == KMEM_FILE &&
	    pwrite(fd, arena_mark, sizeof(arena_mark),
		   (off_t)(size - sizeof(arena_mark))) != sizeof(arena_mark))
		return -EIO;
	return 0;
}

/*
 * Maps @size bytes, of which the first @memory are the "physical" memory.
 * Huge pages are welcome there and only there: a sparse map of pages must not
 * become resident 2 MiB at a time.
 */
int os_arena_map(const struct kmem_config *config, size_t size, size_t memory,
		 struct os_arena *ret_arena)
{
	int fd = open_backing(config), err;
	char *base;

	if (fd < 0 && config->backing != KMEM_ANON)
		return fd;
	if (fd >= 0) {
		err = size_backing(fd, config, size);
		if (err)
			goto close_fd;
	}
	base = map_at(ARENA_BASE, size, fd, MAP_FIXED_NOREPLACE);
	if (base == MAP_FAILED)
		base = map_at(NULL, size, fd, 0);
	if (base == MAP_FAILED) {
		err = -errno;
		goto close_fd;
	}
	madvise(base + memory, size - memory, MADV_NOHUGEPAGE);
	if (fd < 0)
		madvise(base, memory, MADV_HUGEPAGE);
	else
		/* A child must not share the allocator by accident. */
		madvise(base, size, MADV_DONTFORK);
	*ret_arena = (struct os_arena){ base, size, fd };
	return 0;

close_fd:
	if (fd >= 0)
		close(fd);
	return err;
}

void os_arena_unmap(struct os_arena *arena)
{
	munmap(arena->base, arena->size);
	if (arena->fd >= 0)
		close(arena->fd);
}

/*
 * Part of the "physical" memory becomes zeroes that take none. A hole in the
 * file is one in every mapping of it.
 */
int os_arena_return(const struct os_arena *arena, size_t offset, size_t size)
{
	int err;

	if (arena->fd < 0)
		err = madvise(arena->base + offset, size, MADV_DONTNEED);
	else
		err = fallocate(arena->fd,
				FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				(off_t)offset, (off_t)size);
	return err ? -errno : 0;
}

void os_close(int fd)
{
	close(fd);
}

/* Address space that reads as zeroes and costs memory where it is written. */
void *os_reserve(size_t size)
{
	void *p = map_at(NULL, size, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

/* Address space where nothing is: any access is SIGSEGV. */
void *os_fence(size_t size)
{
	void *p = mmap(NULL, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The same where something was mapped; without memory it stays mapped. */
void os_fence_again(void *p, size_t size)
{
	mmap(p, size, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

int os_map_shared(void *where, size_t size, int fd, uint64_t offset)
{
	void *p = mmap(where, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, fd, (off_t)offset);

	return p == MAP_FAILED ? -errno : 0;
}

/* @size bytes of zeroes that can be mapped more than once. */
int os_memfd(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/*
 * O_NONBLOCK: a FIFO without a reader must not hold us up before we see it. A
 * file of a FUSE filesystem may be one of a mount that this process serves: who
 * touched it would wait for himself.
 */
int os_file_open(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct statfs fs;
	struct stat st;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || fstatfs(fd, &fs))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < size ||
		 fs.f_type == FUSE_SUPER_MAGIC)
		err = -EINVAL;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int os_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	char *to = buf;

	while (size) {
		ssize_t n = pread(fd, to, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int os_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	const char *from = buf;

	while (size) {
		ssize_t n = pwrite(fd, from, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* Back to zeroes. Whole pages are dropped, the ends cleared by hand. */
void os_discard(void *p, size_t size)
{
	char *start = (char *)ALIGN_UP((size_t)p, KMEM_PAGE_SIZE);
	char *end = (char *)(((size_t)p + size) & ~(KMEM_PAGE_SIZE - 1));

	memset(p, 0, (size_t)(start - (char *)p));
	memset(end, 0, (size_t)((char *)p + size - end));
	madvise(start, (size_t)(end - start), MADV_DONTNEED);
}

void os_release(void *p, size_t size)
{
	munmap(p, size);
}

/* Whole pages of a file become zeroes, and holes where files may have them. */
int os_clear_file(int fd, size_t offset, size_t size)
{
	static const char zeroes[KMEM_PAGE_SIZE];

	if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       (off_t)offset, (off_t)size))
		return 0;
	for (size_t i = 0; i < size; i += sizeof(zeroes))
		if (pwrite(fd, zeroes, sizeof(zeroes), (off_t)(offset + i)) !=
		    (ssize_t)sizeof(zeroes))
			return -errno;
	return 0;
}

/* ---- a range of addresses in which pages are mapped and unmapped ---- */

/* Nobody can touch it, and no other mapping can come to lie there. */
static void *hide_at(void *where, size_t size, int fixed)
{
	return mmap(where, size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
}

void *os_range_reserve(size_t size)
{
	void *p = hide_at(NULL, size, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Part of the backing, or fresh memory where @fd is -1. 0 or -errno. */
int os_range_map(void *where, size_t size, int fd, size_t offset,
		 enum os_range_flags how)
{
	int prot = how & OS_RANGE_READ_ONLY ? PROT_READ
					    : PROT_READ | PROT_WRITE;
	int flags = MAP_FIXED | MAP_NORESERVE;

	flags |= fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
	if (how & OS_RANGE_POPULATE)
		flags |= MAP_POPULATE;
	if (mmap(where, size, prot, flags, fd, (off_t)offset) == MAP_FAILED)
		return -errno;
	return 0;
}

/* Part of a mapping, which may be refused as any new mapping. */
int os_range_cut(void *where, size_t size)
{
	return hide_at(where, size, MAP_FIXED) == MAP_FAILED ? -errno : 0;
}

/*
 * Whole mappings: one call, and the hole closes with what is hidden around it.
 * A process that has all the mappings it may is refused even that; whole ones
 * it can always unmap, and then has one to spare.
 */
int os_range_hide(void *where, size_t size)
{
	if (!os_range_cut(where, size))
		return 0;
	if (munmap(where, size) == 0 &&
	    hide_at(where, size, MAP_FIXED_NOREPLACE) == where)
		return 0;
	return -errno;
}

/* The host's limit of mappings per process; 0: not known. */
unsigned long os_max_mappings(void)
{
	int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
	unsigned long limit = 0;
	char text[24];
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text));
	close(fd);
	for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		limit = limit * 10 + (unsigned long)(text[i] - '0');
	return limit;
}

/* The kernel may lack the call or a sandbox may forbid it. */
bool os_barrier_setup(void)
{
	return syscall(SYS_membarrier,
		       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* A full memory barrier on every running thread of this process. */
void os_barrier(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* Hard to guess, as far as the system has entropy; else just different. */
uint64_t os_random(void)
{
	uint64_t value;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
		value = os_now_ns() * 0x9e3779b97f4a7c15ull;
	return value;
}

uint64_t os_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
