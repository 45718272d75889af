/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle.h - the objects that a mount allocated in one directory, by ID
 *
 * IDs count from 1 and are never given twice. The caller provides the lock.
 */
#ifndef ALLOCFS_HANDLE_H
#define ALLOCFS_HANDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct handle - one object
 * @element: as the source gave it; NULL: no object
 * @born_ms: when, on the monotonic clock
 * @mode: permissions
 * @marked: picked by the command that is being carried out
 * @named: it has a name; else it has only its ID
 * @uid: owner
 * @gid: group
 * @size: bytes that it was asked for, in sources where that differs
 *
 * There may be millions: packed, as they would be 32 bytes otherwise.
 */
struct handle {
	void *element;
	uint64_t born_ms : 48;
	uint64_t mode : 12;
	uint64_t marked : 1;
	uint64_t named : 1;
	uint32_t uid;
	uint32_t gid;
	uint32_t size;
} __attribute__((packed, aligned(4)));

struct handle_name;

/**
 * struct handles - all zero is an empty set
 * @root: radix tree of chunks of handles
 * @height: levels of inner nodes above the chunks
 * @last: the last ID given
 * @count: objects
 * @names: names by index; slot 0 is not used
 * @names_room: slots of @names, of @by_text and of @by_id
 * @names_used: slots that were ever used
 * @names_free: index of a freed slot, chained through handle_gap(), or 0
 * @named: objects with a name
 * @by_text: first name of each hash value
 * @by_id: the same for the objects that have them
 */
struct handles {
	void *root;
	unsigned int height;
	uint64_t last;
	uint64_t count;
	struct handle_name **names;
	uint32_t names_room;
	uint32_t names_used;
	uint32_t names_free;
	uint32_t named;
	uint32_t *by_text;
	uint32_t *by_id;
};

void handles_exit(struct handles *hs);

/**
 * handles_reserve() - make sure that the next @nr handles_add() succeed
 *
 * Return: 0, -ENOMEM.
 */
int handles_reserve(struct handles *hs, uint64_t nr);

/**
 * handles_add() - the next ID
 * @element: not NULL
 *
 * Only after handles_reserve(). Return: the handle, to be filled in.
 */
struct handle *handles_add(struct handles *hs, void *element, uint64_t *ret_id);

struct handle *handles_find(const struct handles *hs, uint64_t id);

/**
 * handles_remove() - forget an object that exists, its name included
 */
void handles_remove(struct handles *hs, uint64_t id);

/**
 * handles_next() - the object with the least ID that is >= @id
 * @ret_id: may be @id's own variable
 */
struct handle *handles_next(const struct handles *hs, uint64_t id,
			    uint64_t *ret_id);

/**
 * handles_prev() - the object with the largest ID that is <= @id
 */
struct handle *handles_prev(const struct handles *hs, uint64_t id,
			    uint64_t *ret_id);

/**
 * handles_lookup() - ID of a named object, 0 for none
 */
uint64_t handles_lookup(const struct handles *hs, const char *name);

/**
 * handles_rename() - give an object another name, or its first
 *
 * Return: 0, -EEXIST, -ENOMEM.
 */
int handles_rename(struct handles *hs, uint64_t id, const char *name);

/**
 * handles_name() - the name of an object, NULL when it has only its ID
 */
const char *handles_name(const struct handles *hs, uint64_t id);

#endif /* ALLOCFS_HANDLE_H */
