/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sysmem.h - a system abstraction layer: memory for drivers that are written
 * once for several systems, here on the allocators of the kernel
 *
 * The same source is part of a kernel module or of a program that links
 * libkmem. A file that is compiled with -DSYSMEM_DEBUG has each of its failed
 * allocations logged with its place and size.
 */
#ifndef SYSMEM_H
#define SYSMEM_H

#include <linux/types.h>

#ifdef SYSMEM_DEBUG
#define SYSMEM_HERE __FILE__, __LINE__
#else
#define SYSMEM_HERE NULL, 0
#endif

/* ---- equal objects, some of which are always left ------------------------ */

struct mem_pool;

/**
 * mem_pool_create() - a pool of objects
 * @name: of its cache; copied
 * @size: bytes of an object
 * @align: least alignment, a power of two, or 0
 * @min_nr: objects that are set aside
 *
 * Return: the pool, or NULL.
 */
#define mem_pool_create(name, size, align, min_nr)                             \
	__mem_pool_create(name, size, align, min_nr, SYSMEM_HERE)

/**
 * mem_pool_alloc() - one object, not cleared
 * @atomic: do not sleep: when all are in use and the reserve is empty the
 *	result is NULL. Else wait until one is given back
 */
#define mem_pool_alloc(pool, atomic) __mem_pool_alloc(pool, atomic, SYSMEM_HERE)

/* NULL objects and pools are ignored. All objects must be back before the pool
 * is destroyed. */
void mem_pool_free(struct mem_pool *pool, void *object);
void mem_pool_destroy(struct mem_pool *pool);

/* ---- memory by size ------------------------------------------------------ */

/*
 * As those of the C library. sys_malloc(0) gives an address that can be freed
 * and nothing else; sys_realloc() to 0 bytes frees and gives NULL. All but
 * sys_malloc_atomic() may sleep.
 */
#define sys_malloc(size) __sys_malloc(size, false, SYSMEM_HERE)
#define sys_malloc_atomic(size) __sys_malloc(size, true, SYSMEM_HERE)
#define sys_calloc(n, size) __sys_calloc(n, size, SYSMEM_HERE)
#define sys_realloc(p, size) __sys_realloc(p, size, SYSMEM_HERE)
void sys_free(void *p);

/* What the macros call. */
struct mem_pool *__mem_pool_create(const char *name, size_t size, size_t align,
				   int min_nr, const char *file, int line);
void *__mem_pool_alloc(struct mem_pool *pool, bool atomic, const char *file,
		       int line);
void *__sys_malloc(size_t size, bool atomic, const char *file, int line);
void *__sys_calloc(size_t n, size_t size, const char *file, int line);
void *__sys_realloc(void *p, size_t size, const char *file, int line);

#endif /* SYSMEM_H */
