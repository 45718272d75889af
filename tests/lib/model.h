/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model.h - a naive picture of who owns which bytes of the memory
 *
 * One bit for each 8 bytes: claimed or not. An allocator that hands out bytes
 * twice, or outside its memory, is caught by model_claim(); one that writes
 * into objects that it gave away by model_release(), which compares the bytes
 * with the object's own pattern.
 *
 * The bits are relaxed atomics: threads may share a model, and ThreadSanitizer
 * sees no order between them that the allocator did not make.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model {
	uintptr_t base;
	size_t size;
	uint64_t *claimed;
};

/**
 * struct model_object - one piece of memory that somebody owns
 * @address: its first byte
 * @size: bytes that belong to the owner
 * @tag: what its pattern is made from
 * @sparse: only the start of each page carries the pattern
 */
struct model_object {
	unsigned char *address;
	size_t size;
	uint64_t tag;
	bool sparse;
};

void model_init(struct model *model, const void *base, size_t size);
void model_exit(struct model *model);

/**
 * model_claim() - own the bytes of @object and fill them with its pattern
 *
 * Return: NULL, or what is wrong.
 */
const char *model_claim(struct model *model, const struct model_object *object);

/**
 * model_intact() - does @object still hold its pattern?
 */
bool model_intact(const struct model_object *object);

/**
 * model_release() - check the pattern and give the bytes up
 *
 * Return: NULL, or what is wrong.
 */
const char *model_release(struct model *model,
			  const struct model_object *object);

/**
 * model_claimed() - bytes owned by anybody, in units of 8
 */
size_t model_claimed(const struct model *model);

#endif /* TESTS_MODEL_H */
