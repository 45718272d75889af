/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_handles.c - the objects of a directory against a plain array
 *
 * A random walk adds, removes and names objects; after each round both are
 * compared, upwards, downwards and by name. Numbers are such that there are
 * several chunks, that some of them come and go whole, and that the tables of
 * names grow.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "allocfs/handle.h"

#include "fixture.h"
#include "runner.h"

#define MOST 2000
#define ROUNDS 40
#define STEPS 200

static struct handles hs;
static struct {
	bool there;
	unsigned int name; /* 0: none */
} model[MOST + 1];
static uint64_t last;
static unsigned int names;

static void text_of(unsigned int name, char *buf, size_t size)
{
	snprintf(buf, size, "name-%u", name);
}

/* What it stands for: an address of its own. */
static void *element_of(uint64_t id)
{
	return (char *)&hs + id * 64;
}

static void add(void)
{
	struct handle *h;
	uint64_t id;

	if (last == MOST)
		return;
	ck_assert_int_eq(handles_reserve(&hs, 1), 0);
	h = handles_add(&hs, element_of(last + 1), &id);
	ck_assert_uint_eq(id, ++last);
	h->uid = (uint32_t)id;
	h->gid = ~(uint32_t)id;
	h->size = (uint32_t)id * 3;
	h->born_ms = id << 20;
	h->mode = 07777;
	model[id].there = true;
}

static void drop(uint64_t id)
{
	if (!model[id].there)
		return;
	handles_remove(&hs, id);
	model[id].there = false;
	model[id].name = 0;
}

static void name(uint64_t id)
{
	char text[32], taken[32];

	if (!model[id].there)
		return;
	text_of(++names, text, sizeof(text));
	ck_assert_int_eq(handles_rename(&hs, id, text), 0);
	model[id].name = names;
	text_of(names, taken, sizeof(taken));
	ck_assert_int_eq(handles_rename(&hs, id, taken), -EEXIST);
}

static void compare_one(uint64_t id, const struct handle *h)
{
	char text[32];

	ck_assert_ptr_eq(h->element, element_of(id));
	ck_assert_uint_eq(h->uid, (uint32_t)id);
	ck_assert_uint_eq(h->gid, ~(uint32_t)id);
	ck_assert_uint_eq(h->size, (uint32_t)id * 3);
	ck_assert_uint_eq(h->born_ms, id << 20);
	ck_assert_uint_eq(h->mode, 07777);
	ck_assert_uint_eq(h->marked, 0);
	if (!model[id].name) {
		ck_assert_ptr_null(handles_name(&hs, id));
		return;
	}
	text_of(model[id].name, text, sizeof(text));
	ck_assert_str_eq(handles_name(&hs, id), text);
	ck_assert_uint_eq(handles_lookup(&hs, text), id);
}

static void compare(void)
{
	uint64_t id, found, count = 0, named = 0;

	for (id = 1, found = 0; id <= last; id++) {
		if (!model[id].there) {
			ck_assert_ptr_null(handles_find(&hs, id));
			continue;
		}
		ck_assert_ptr_nonnull(handles_next(&hs, found + 1, &found));
		ck_assert_uint_eq(found, id);
		compare_one(id, handles_find(&hs, id));
		count++;
		named += model[id].name != 0;
	}
	ck_assert_ptr_null(handles_next(&hs, found + 1, &found));
	for (id = last, found = UINT64_MAX; id; id--)
		if (model[id].there) {
			ck_assert_ptr_nonnull(
				handles_prev(&hs, found - 1, &found));
			ck_assert_uint_eq(found, id);
		}
	ck_assert_uint_eq(hs.count, count);
	ck_assert_uint_eq(hs.named, named);
}

START_TEST(against_an_array)
{
	unsigned int round, step;
	uint64_t id;

	srandom(1);
	for (round = 0; round < ROUNDS; round++) {
		for (step = 0; step < STEPS; step++) {
			id = 1 + (uint64_t)random() % MOST;
			switch (random() % 4) {
			case 0:
			case 1:
				add();
				break;
			case 2:
				name(id);
				break;
			default:
				drop(id);
			}
		}
		/* Now and then a whole stretch goes, and chunks with it. */
		for (id = 1 + round * 50; round % 4 == 0 && id <= last; id++)
			drop(id);
		compare();
	}
	for (id = 1; id <= last; id++)
		drop(id);
	compare();
	ck_assert_ptr_null(hs.root);
	handles_exit(&hs);
	ck_assert_uint_eq(hs.last, last);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("handles");
	TCase *tc = suite_add(s, "handles", kmem_up, kmem_down);

	tcase_add_test(tc, against_an_array);
	return s;
}
