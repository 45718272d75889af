/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor_depot.c - where the floors of the benchmarks get objects of one size
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "floor_depot.h"

/* What threads may hold beyond what is in use. */
#define SLACK 65536

/**
 * struct floor_depot - objects of one size
 * @lock: protects the rest
 * @memory: what they are cut off
 * @bytes: of @memory
 * @used: bytes that were cut off
 * @size: of an object
 * @objects: those that came back
 * @count: how many
 * @nr: objects in all
 */
struct floor_depot {
	pthread_mutex_t lock;
	char *memory;
	size_t bytes;
	size_t used;
	size_t size;
	void **objects;
	size_t count;
	size_t nr;
};

static void fail(void)
{
	fprintf(stderr, "bench: the floor has no memory\n");
	exit(EXIT_FAILURE);
}

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		fail();
	return p;
}

struct floor_depot *floor_depot_open(size_t size, size_t nr)
{
	struct floor_depot *depot = calloc(1, sizeof(*depot));

	if (!depot)
		fail();
	pthread_mutex_init(&depot->lock, NULL);
	depot->size = size;
	depot->nr = nr + SLACK;
	depot->bytes = depot->nr * size;
	depot->memory = map(depot->bytes);
	depot->objects = map(depot->nr * sizeof(depot->objects[0]));
	return depot;
}

void floor_depot_close(struct floor_depot *depot)
{
	if (!depot)
		return;
	munmap(depot->objects, depot->nr * sizeof(depot->objects[0]));
	munmap(depot->memory, depot->bytes);
	pthread_mutex_destroy(&depot->lock);
	free(depot);
}

void floor_depot_take(struct floor_depot *depot, void **objects, size_t n)
{
	pthread_mutex_lock(&depot->lock);
	if (depot->count >= n) {
		depot->count -= n;
		memcpy(objects, &depot->objects[depot->count],
		       n * sizeof(objects[0]));
	} else {
		for (size_t i = 0; i < n; i++, depot->used += depot->size)
			objects[i] = &depot->memory[depot->used];
		if (depot->used > depot->bytes)
			fail();
	}
	pthread_mutex_unlock(&depot->lock);
}

void floor_depot_put(struct floor_depot *depot, void **objects, size_t n)
{
	pthread_mutex_lock(&depot->lock);
	memcpy(&depot->objects[depot->count], objects, n * sizeof(objects[0]));
	depot->count += n;
	pthread_mutex_unlock(&depot->lock);
}
