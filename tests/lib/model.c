/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model.c - a naive picture of who owns which bytes of the memory
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define UNIT 8u
#define PAGE 4096u
/* What a sparse object has at the start of each page. */
#define STAMP 32u

void model_init(struct model *model, const void *base, size_t size)
{
	model->base = (uintptr_t)base;
	model->size = size;
	model->claimed = calloc(size / UNIT / 64 + 1, sizeof(uint64_t));
	if (!model->claimed)
		abort();
}

void model_exit(struct model *model)
{
	free(model->claimed);
	model->claimed = NULL;
}

/* The bits of [first, end) that lie in the word of @first. */
static uint64_t word_mask(size_t first, size_t end)
{
	size_t low = first % 64;
	size_t high = end - (first - low);
	uint64_t mask = ~0ull << low;

	return high < 64 ? mask & ((1ull << high) - 1) : mask;
}

/* Set or clear the object's bits; false when one was so already. */
static bool mark(struct model *model, const struct model_object *object,
		 bool claim)
{
	size_t first = ((uintptr_t)object->address - model->base) / UNIT;
	size_t end = first + (object->size + UNIT - 1) / UNIT;
	bool clean = true;

	while (first < end) {
		uint64_t *word = &model->claimed[first / 64];
		uint64_t mask = word_mask(first, end);
		uint64_t was;

		if (claim)
			was = __atomic_fetch_or(word, mask, __ATOMIC_RELAXED);
		else
			was = ~__atomic_fetch_and(word, ~mask,
						  __ATOMIC_RELAXED);
		clean &= (was & mask) == 0;
		first = (first / 64 + 1) * 64;
	}
	return clean;
}

static bool inside(const struct model *model, const struct model_object *object)
{
	uintptr_t offset = (uintptr_t)object->address - model->base;

	return offset < model->size && object->size <= model->size - offset;
}

/* Each object has bytes of its own, at each place others. */
static uint64_t pattern_word(uint64_t tag, size_t i)
{
	return (tag ^ i) * 0x9e3779b97f4a7c15u + (tag >> 7);
}

static void pattern_fill(unsigned char *p, size_t n, uint64_t tag)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		word = pattern_word(tag, i);
		memcpy(p + i, &word, sizeof(word));
	}
	word = pattern_word(tag, i);
	memcpy(p + i, &word, n - i);
}

static bool pattern_holds(const unsigned char *p, size_t n, uint64_t tag)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		word = pattern_word(tag, i);
		if (memcmp(p + i, &word, sizeof(word)))
			return false;
	}
	word = pattern_word(tag, i);
	return memcmp(p + i, &word, n - i) == 0;
}

/* What a sparse object of @size has at offset @at. */
static size_t stamp_at(size_t size, size_t at)
{
	return size - at < STAMP ? size - at : STAMP;
}

static void fill(const struct model_object *object)
{
	if (!object->sparse) {
		pattern_fill(object->address, object->size, object->tag);
		return;
	}
	for (size_t at = 0; at < object->size; at += PAGE)
		pattern_fill(object->address + at, stamp_at(object->size, at),
			     object->tag + at);
}

bool model_intact(const struct model_object *object)
{
	if (!object->sparse)
		return pattern_holds(object->address, object->size,
				     object->tag);
	for (size_t at = 0; at < object->size; at += PAGE) {
		if (!pattern_holds(object->address + at,
				   stamp_at(object->size, at),
				   object->tag + at))
			return false;
	}
	return true;
}

const char *model_claim(struct model *model, const struct model_object *object)
{
	if (!inside(model, object))
		return "given out: an address outside the memory";
	if (!mark(model, object, true))
		return "given out: bytes that somebody owns";
	fill(object);
	return NULL;
}

const char *model_release(struct model *model,
			  const struct model_object *object)
{
	if (!model_intact(object))
		return "the bytes of a live object changed";
	if (!mark(model, object, false))
		return "freed: bytes that nobody owned";
	return NULL;
}

size_t model_claimed(const struct model *model)
{
	size_t units = 0;

	for (size_t i = 0; i <= model->size / UNIT / 64; i++)
		units += (size_t)__builtin_popcountll(model->claimed[i]);
	return units * UNIT;
}
