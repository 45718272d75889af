/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * object.c - allocating and freeing in a source, and the objects' memory
 *
 * An element that the allocator gives becomes an object by object_publish():
 * it gets an ID or a name, an owner and a place in the directory. Freeing goes
 * the other way: first the handle is removed, then, with no lock held, the
 * element is given back; so two who free the same object cannot both find it.
 *
 * Memory is read and written under source->lock. Whoever frees an object must
 * first take that lock to remove the handle, so bytes are never copied from or
 * to memory that has become somebody else's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/highmem.h>

#include "util/parse.h"
#include "util/text.h"

#include "view.h"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- orders -------------------------------------------------------------- */

static int parse_node(struct call *call, const char *text, int *ret_node)
{
	uint64_t node;
	int err = parse_number(text, UINT32_MAX, &node);

	if (err)
		return call_fail(call, err, "no node: '%s'", text);
	if (node >= kmem_nr_nodes())
		return call_fail(call, -EINVAL, "there is no node %llu",
				 (unsigned long long)node);
	if (node && call->place.source->kind->reserve)
		return call_fail(call, -EINVAL,
				 "elements of a pool are where they are");
	*ret_node = (int)node;
	return 0;
}

static int parse_positive(struct call *call, const char *word, uint64_t max,
			  const char *what, uint64_t *ret_value)
{
	int err = parse_number(word, max, ret_value);

	if (!err && !*ret_value)
		err = -EINVAL;
	return err ? call_fail(call, err, "no %s: '%s'", what, word) : 0;
}

/*
 * The numbers in front: `N`, or `BYTES [N]` where sizes differ. A mask may
 * begin with a digit, but not be made of them.
 */
static int parse_numbers(struct call *call, char **text, struct order *order)
{
	const struct kind *kind = call->place.source->kind;
	char *word = parse_word(text), *rest = *text;
	uint64_t number;
	int err;

	order->nr = 1;
	order->size = 0;
	if (kind->size) {
		err = parse_positive(call, word, UINT32_MAX, "size of objects",
				     &number);
		if (err)
			return err;
		order->size = number;
		while (*rest == ' ' || *rest == '\t')
			rest++;
		if (!strchr("0123456789", *rest) || !*rest ||
		    !strncmp(rest, "0x", 2))
			return 0;
		word = parse_word(text);
	}
	err = parse_positive(call, word, INT32_MAX, "number of objects",
			     &number);
	if (!err)
		order->nr = (unsigned int)number;
	return err;
}

/* `[GFP] [node=K]` */
static int parse_manner(struct call *call, char *text, struct order *order)
{
	bool node = false, mask = false;
	char *word;
	int err = 0;

	while (!err && (word = parse_word(&text)) != NULL) {
		if (!strncmp(word, "node=", 5) && !node) {
			node = true;
			err = parse_node(call, word + 5, &order->node);
		} else if (!mask && !node) {
			mask = true;
			err = gfp_parse(call, word, &order->gfp);
		} else {
			err = call_fail(call, -EINVAL, "unexpected '%s'", word);
		}
	}
	return err;
}

/*
 * __GFP_NOFAIL is taken out of the mask: it would make the library wait in the
 * thread that serves requests, while we can park.
 */
int object_parse_order(struct call *call, char *text, struct order *ret_order)
{
	struct source *source = call->place.source;
	struct order order = { .node = 0 };
	int err;

	/* As strict as a file that takes one number. */
	if (strchr(" \t", text[0]) || strchr(" \t", text[strlen(text) - 1]) ||
	    strchr(text, '\n'))
		return call_fail(call, -EINVAL, "stray blanks");
	pthread_mutex_lock(&source->lock);
	order.gfp = source->gfp;
	pthread_mutex_unlock(&source->lock);
	err = parse_numbers(call, &text, &order);
	if (!err)
		err = parse_manner(call, text, &order);
	if (err)
		return err;
	/* We do the waiting; a library call must not. */
	order.nofail = (order.gfp & __GFP_NOFAIL) &&
		       gfpflags_allow_blocking(order.gfp);
	order.gfp &= ~__GFP_NOFAIL;
	*ret_order = order;
	return 0;
}

/*
 * What could never be had is nothing to wait for. More than all memory is not
 * worth an array of that many pointers, either.
 */
static int check_possible(struct call *call, const struct order *order)
{
	const struct kind *kind = call->place.source->kind;
	size_t size = order->size ? order->size : kind->objsize(call);
	struct kmem_memory_info info;

	if (kind->largest && size > kind->largest)
		return call_fail(call, -ENOMEM, "the largest has %zu bytes",
				 kind->largest);
	kmem_memory_info(&info);
	if (order->nr > info.size / (size > 8 ? size : 8))
		return call_fail(call, -ENOMEM, "more than all memory");
	return 0;
}

/*
 * Charged before anything is allocated, and for all or nothing, so that two
 * requests cannot both find the last place free.
 */
int object_admit(struct call *call, const struct order *order)
{
	int err = check_possible(call, order);

	if (err) {
		source_count(call->place.source, SOURCE_EVENT_failed, 1);
		return err;
	}
	err = account_charge(call->view, call->uid, ACCOUNT_OBJECTS, order->nr);
	if (err)
		return account_refuse(call, err, call->uid, ACCOUNT_OBJECTS,
				      order->nr);
	return 0;
}

void object_refuse(struct call *call, unsigned int nr)
{
	account_refund(call->view, call->uid, ACCOUNT_OBJECTS, nr);
}

static int over_limit(struct call *call, unsigned int nr, uint64_t limit)
{
	return call_fail(call, -ENOMEM,
			 "%u more would exceed the limit of %llu", nr,
			 (unsigned long long)limit);
}

/*
 * A kind does not tell why it refuses: it was the limit if that stands in the
 * way now.
 */
int object_no_memory(struct call *call, int err, unsigned int nr)
{
	const struct kind *kind = call->place.source->kind;
	struct numbers numbers;

	if (err == -ENOMEM && !call_hold(call)) {
		kind->numbers(call, &numbers);
		if (numbers.limit != KMEM_NO_LIMIT &&
		    kind->in_use(call) + nr > numbers.limit)
			return over_limit(call, nr, numbers.limit);
	}
	return call_fail(call, err, "no memory for %u object%s", nr,
			 nr == 1 ? "" : "s");
}

/* ---- elements become objects --------------------------------------------- */

/*
 * All elements become objects or none does: room for their handles is made
 * first, and what follows cannot fail but for a name.
 */
static int __publish(struct call *call, const struct order *order,
		     void **elements, const char *name, mode_t mode,
		     uint64_t *ret_first)
{
	struct source *source = call->place.source;
	uint64_t born = now_ms(), id = 0;
	unsigned int i, nr = order->nr;
	int err;

	if (source->dead)
		return -ENODEV;
	if (source->objects.count + nr > source->limit)
		return over_limit(call, nr, source->limit);
	if (name && object_find(source, name))
		return -EEXIST;
	err = handles_reserve(&source->objects, nr);
	for (i = 0; !err && i < nr; i++) {
		struct handle *h =
			handles_add(&source->objects, elements[i], &id);

		h->born_ms = born;
		h->size = (uint32_t)order->size;
		h->mode = mode;
		h->uid = call->uid;
		h->gid = call->gid;
		if (name)
			err = handles_rename(&source->objects, id, name);
		if (err)
			handles_remove(&source->objects, id);
	}
	if (err)
		return err;
	if (source->objects.count > source->peak)
		source->peak = source->objects.count;
	source->mtime = meta_now();
	*ret_first = id - nr + 1;
	return 0;
}

/*
 * The elements were allocated without our locks, and meanwhile the directory
 * may have died or somebody used the name: then they go back.
 */
static int publish(struct call *call, const struct order *order,
		   void **elements, const char *name, mode_t mode,
		   uint64_t *ret_first)
{
	struct source *source = call->place.source;
	unsigned int nr = order->nr;
	int err;

	mode &= ~(call->umask | call->view->options.umask);
	pthread_mutex_lock(&source->lock);
	err = __publish(call, order, elements, name, mode, ret_first);
	pthread_mutex_unlock(&source->lock);
	if (!err) {
		source_count(source, SOURCE_EVENT_allocated, nr);
		return 0;
	}
	/* A dead source took its memory with it. */
	if (!call_hold(call))
		source->kind->give(call, nr, elements);
	object_refuse(call, nr);
	return err;
}

int object_publish(struct call *call, const struct order *order,
		   void **elements, uint64_t *ret_first)
{
	return publish(call, order, elements, NULL, 0644, ret_first);
}

/* Without waiting: who may wait comes by park.c. */
int object_take(struct call *call, const struct order *order, void **elements)
{
	struct source *source = call->place.source;
	int err;

	err = source->kind->take(call, order, elements);
	if (!err)
		return 0;
	source_count(source, SOURCE_EVENT_failed, 1);
	object_refuse(call, order->nr);
	if (err == -EAGAIN)
		return call_fail(call, err, "it would have to wait");
	return object_no_memory(call, err, order->nr);
}

/* ---- names --------------------------------------------------------------- */

static bool is_range(const char *name)
{
	size_t n = strspn(name, "0123456789");

	return n && name[n] == '-' && parse_digits(name + n + 1);
}

/*
 * A named object is not known by its ID, and an ID has one spelling only:
 * "007" is nobody.
 */
uint64_t object_find(const struct source *source, const char *name)
{
	const struct handle *h;
	uint64_t id;

	if (!parse_digits(name))
		return handles_lookup(&source->objects, name);
	if (name[0] == '0' || parse_number(name, UINT64_MAX, &id))
		return 0;
	h = handles_find(&source->objects, id);
	return h && !h->named ? id : 0;
}

void object_name(const struct source *source, const struct handle *h,
		 uint64_t id, char *buf, size_t size)
{
	if (h->named)
		text_copy(buf, size, handles_name(&source->objects, id));
	else
		text_format(buf, size, "%llu", (unsigned long long)id);
}

/* May a user give this name to an object? */
static int check_name(struct call *call, const char *name)
{
	static const char *const words[] = { "all", "oldest", "newest" };
	unsigned int i;
	int err;

	if (parse_digits(name))
		return call_fail(call, -EINVAL, "digits are IDs, not names");
	if (is_range(name))
		return call_fail(call, -EINVAL, "a range of IDs is no name");
	for (i = 0; i < 3; i++)
		if (!strcmp(name, words[i]))
			return call_fail(call, -EINVAL, "a word of `free`");
	err = parse_name(name);
	if (err == -ENAMETOOLONG)
		return call_fail(call, err, "a name longer than %d bytes",
				 KMEM_NAME_MAX);
	if (err)
		return call_fail(call, err, "a name that is not allowed");
	return 0;
}

/*
 * The kernel holds the lock of objects/ meanwhile, which everybody needs who
 * looks into it: this never waits, whatever the source and the mask.
 */
int object_create(struct call *call, const char *name, mode_t mode,
		  struct place *ret_place)
{
	struct place dir = call->place;
	struct order order = { .nr = 1 };
	void *element;
	uint64_t id;
	int err;

	/* So that mktemp(1), which may try one, goes on to the next name. */
	if (parse_digits(name) && (call->flags & O_EXCL))
		return call_fail(call, -EEXIST, "digits are IDs, not names");
	err = check_name(call, name);
	if (!err)
		err = call_hold(call);
	if (err)
		return err;
	pthread_mutex_lock(&dir.source->lock);
	order.gfp = dir.source->gfp & ~__GFP_NOFAIL;
	order.size = dir.source->size;
	id = object_find(dir.source, name);
	pthread_mutex_unlock(&dir.source->lock);
	if (id)
		return call_fail(call, -EEXIST, "there is one of that name");
	err = object_admit(call, &order);
	if (!err)
		err = object_take(call, &order, &element);
	if (!err)
		err = publish(call, &order, &element, name, mode & 0644, &id);
	if (err)
		return err;
	return place_child(call, &dir, name, ret_place);
}

/*
 * Only the name changes; the place in the order of age does not. EEXIST instead
 * of replacing: that would free an object by the way.
 */
int object_rename(struct call *call, const char *from, const char *to)
{
	struct source *source = call->place.source;
	uint64_t id;
	int err;

	err = check_name(call, to);
	if (err)
		return err;
	pthread_mutex_lock(&source->lock);
	id = object_find(source, from);
	err = id ? handles_rename(&source->objects, id, to) : -ENOENT;
	if (!err)
		source->mtime = meta_now();
	pthread_mutex_unlock(&source->lock);
	if (err == -EEXIST)
		return call_fail(call, err, "there is one of that name");
	return err;
}

/* ---- freeing ------------------------------------------------------------- */

/**
 * struct pick - objects chosen by a command, each marked in its handle
 */
struct pick {
	struct source *source;
	uint64_t *ids;
	size_t nr;
	size_t room;
};

/* The mark in the handle finds doubles without sorting. */
static int pick_one(struct call *call, struct pick *pick, uint64_t id)
{
	struct handle *h = handles_find(&pick->source->objects, id);
	uint64_t *ids;

	if (!h)
		return call_fail(call, -ENOENT, "no object %llu",
				 (unsigned long long)id);
	if (h->marked)
		return call_fail(call, -EINVAL, "object %llu twice",
				 (unsigned long long)id);
	if (pick->nr == pick->room) {
		pick->room = pick->room ? pick->room * 2 : 64;
		ids = realloc(pick->ids, pick->room * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		pick->ids = ids;
	}
	h->marked = 1;
	pick->ids[pick->nr++] = id;
	return 0;
}

/* Range of IDs: objects that have a name are not known by theirs. */
static int pick_range(struct call *call, struct pick *pick, const char *word)
{
	size_t n = strspn(word, "0123456789");
	uint64_t first, last, id;
	char text[OBJECT_ID_MAX + 1];
	struct handle *h;
	int err;

	if (n > OBJECT_ID_MAX)
		return call_fail(call, -ERANGE, "no range: '%s'", word);
	memcpy(text, word, n);
	text[n] = '\0';
	err = parse_number(text, UINT64_MAX - 1, &first);
	if (!err)
		err = parse_number(word + n + 1, UINT64_MAX - 1, &last);
	if (!err && (first > last || !first))
		err = -EINVAL;
	if (err)
		return call_fail(call, err, "no range: '%s'", word);
	for (id = first; !err && id <= last; id++) {
		h = handles_find(&pick->source->objects, id);
		if (!h || h->named)
			return call_fail(call, -ENOENT, "no object %llu",
					 (unsigned long long)id);
		err = pick_one(call, pick, id);
	}
	return err;
}

/* IDs are given in order of age, to named objects, too. */
static int pick_by_age(struct call *call, struct pick *pick, bool oldest,
		       const char *count)
{
	struct handles *hs = &pick->source->objects;
	uint64_t nr, id = oldest ? 0 : UINT64_MAX;
	int err;

	if (!count)
		return call_fail(call, -EINVAL, "how many?");
	err = parse_number(count, UINT32_MAX, &nr);
	if (!err && !nr)
		err = -EINVAL;
	if (err)
		return call_fail(call, err, "no number: '%s'", count);
	if (nr > hs->count)
		return call_fail(call, -ENOENT, "there are only %llu objects",
				 (unsigned long long)hs->count);
	while (!err && nr--) {
		struct handle *h = oldest ? handles_next(hs, id, &id)
					  : handles_prev(hs, id, &id);

		if (!h)
			return call_fail(call, -ENOENT, "too few objects");
		err = pick_one(call, pick, id);
		id += oldest ? 1 : -1ull;
	}
	return err;
}

static int pick_all(struct call *call, struct pick *pick)
{
	uint64_t id = 0;
	int err = 0;

	while (!err && handles_next(&pick->source->objects, id, &id))
		err = pick_one(call, pick, id++);
	return err;
}

static int pick_named(struct call *call, struct pick *pick, const char *word)
{
	uint64_t id;
	int err;

	if (parse_digits(word)) {
		err = parse_number(word, UINT64_MAX - 1, &id);
		if (err)
			return call_fail(call, err, "no ID: '%s'", word);
	}
	id = object_find(pick->source, word);
	if (!id)
		return call_fail(call, -ENOENT, "no object '%s'", word);
	return pick_one(call, pick, id);
}

/*
 * Nothing is freed before the whole command is understood and everything that
 * it names is found.
 */
static int pick_words(struct call *call, struct pick *pick, char *text)
{
	bool any = false;
	char *word;
	int err = 0;

	while (!err && (word = parse_word(&text)) != NULL) {
		any = true;
		if (!strcmp(word, "all"))
			err = pick_all(call, pick);
		else if (!strcmp(word, "oldest"))
			err = pick_by_age(call, pick, true, parse_word(&text));
		else if (!strcmp(word, "newest"))
			err = pick_by_age(call, pick, false, parse_word(&text));
		else if (is_range(word))
			err = pick_range(call, pick, word);
		else
			err = pick_named(call, pick, word);
	}
	if (!err && !any)
		return call_fail(call, -EINVAL, "an empty command");
	return err;
}

/*
 * Take the picked objects out of the directory. Their elements replace their
 * IDs in the array, which is as long. Neighbours mostly have the same user, who
 * is refunded once for all of them.
 */
static void **pick_detach(struct view *view, struct pick *pick)
{
	struct handles *hs = &pick->source->objects;
	void **elements = (void **)pick->ids;
	uint64_t owed = 0;
	uid_t uid = 0;
	size_t i;

	for (i = 0; i < pick->nr; i++) {
		uint64_t id = pick->ids[i];
		struct handle *h = handles_find(hs, id);

		if (owed && h->uid != uid) {
			account_refund(view, uid, ACCOUNT_OBJECTS, owed);
			owed = 0;
		}
		uid = h->uid;
		owed++;
		elements[i] = h->element;
		handles_remove(hs, id);
	}
	if (owed)
		account_refund(view, uid, ACCOUNT_OBJECTS, owed);
	if (pick->nr)
		pick->source->mtime = meta_now();
	return elements;
}

static void pick_release(struct pick *pick)
{
	size_t i;

	for (i = 0; i < pick->nr; i++)
		handles_find(&pick->source->objects, pick->ids[i])->marked = 0;
}

/* Give the elements of a detached pick back. No lock is held. */
static void pick_give(struct call *call, struct pick *pick)
{
	struct source *source = pick->source;

	if (!pick->nr || call_hold(call))
		return;
	source->kind->give(call, (unsigned int)pick->nr, (void **)pick->ids);
	source_count(source, SOURCE_EVENT_freed, pick->nr);
}

/*
 * Handles go under the lock, elements without it: giving one back may answer
 * a request that waits, which takes the lock again.
 */
int object_free_command(struct call *call, char *text)
{
	struct source *source = call->place.source;
	struct pick pick = { .source = source };
	int err;

	pthread_mutex_lock(&source->lock);
	err = pick_words(call, &pick, text);
	if (err)
		pick_release(&pick);
	else
		pick_detach(call->view, &pick);
	pthread_mutex_unlock(&source->lock);
	if (!err)
		pick_give(call, &pick);
	free(pick.ids);
	return err;
}

void object_free_all(struct call *call)
{
	char all[] = "all";

	object_free_command(call, all);
}

/*
 * For requests whose answer nobody will read. Somebody else may have found the
 * objects meanwhile: those that he freed are gone, those that he named are his.
 */
void object_free_unnamed(struct call *call, uint64_t first, unsigned int nr)
{
	struct source *source = call->place.source;
	struct pick pick = { .source = source };
	uint64_t id;

	pthread_mutex_lock(&source->lock);
	for (id = first; id < first + nr; id++) {
		struct handle *h = handles_find(&source->objects, id);

		if (h && !h->named && pick_one(call, &pick, id))
			break;
	}
	pick_detach(call->view, &pick);
	pthread_mutex_unlock(&source->lock);
	pick_give(call, &pick);
	free(pick.ids);
}

int object_unlink(struct call *call, const char *name)
{
	struct source *source = call->place.source;
	struct pick pick = { .source = source };
	uint64_t id;
	int err = -ENOENT;

	pthread_mutex_lock(&source->lock);
	id = object_find(source, name);
	if (id)
		err = pick_one(call, &pick, id);
	if (!err)
		pick_detach(call->view, &pick);
	pthread_mutex_unlock(&source->lock);
	if (!err)
		pick_give(call, &pick);
	free(pick.ids);
	return err;
}

/* ---- memory -------------------------------------------------------------- */

/*
 * What has no address has pages: its bytes up to the end of the page that
 * @offset is in, at most @len.
 */
static size_t in_one_page(size_t offset, size_t len)
{
	size_t room = KMEM_PAGE_SIZE - offset % KMEM_PAGE_SIZE;

	return len < room ? len : room;
}

static struct page *nth_page(struct call *call, void *element, size_t offset)
{
	struct page *first = call->place.source->kind->page(call, element);

	return pfn_to_page(page_to_pfn(first) + offset / KMEM_PAGE_SIZE);
}

static void element_read(struct call *call, void *element, size_t offset,
			 char *data, size_t len)
{
	const char *memory = call->place.source->kind->memory(call, element);
	size_t n;

	if (memory) {
		memcpy(data, memory + offset, len);
		return;
	}
	for (; len; offset += n, data += n, len -= n) {
		n = in_one_page(offset, len);
		memcpy_from_page(data, nth_page(call, element, offset),
				 offset % KMEM_PAGE_SIZE, n);
	}
}

static void element_write(struct call *call, void *element, size_t offset,
			  const char *data, size_t len)
{
	char *memory = call->place.source->kind->memory(call, element);
	size_t n;

	if (memory) {
		memcpy(memory + offset, data, len);
		return;
	}
	for (; len; offset += n, data += n, len -= n) {
		n = in_one_page(offset, len);
		memcpy_to_page(nth_page(call, element, offset),
			       offset % KMEM_PAGE_SIZE, data, n);
	}
}

/*
 * Into memory of our own: the reply is a system call, which must not be made
 * with the lock held, and without the lock the object could be freed.
 */
static int object_read(struct call *call, off_t offset, size_t size,
		       void **ret_data, size_t *ret_len)
{
	struct source *source = call->place.source;
	struct handle *h;
	size_t objsize, len = 0;
	void *data;
	int err;

	err = call_hold(call);
	if (err)
		return err;
	objsize = source->kind->objsize(call);
	data = malloc(size ? size : 1);
	if (!data)
		return -ENOMEM;
	pthread_mutex_lock(&source->lock);
	h = handles_find(&source->objects, call->place.object);
	if (h && h->size)
		objsize = h->size;
	if (h && (size_t)offset < objsize) {
		len = objsize - (size_t)offset;
		len = len < size ? len : size;
		element_read(call, h->element, (size_t)offset, data, len);
	}
	pthread_mutex_unlock(&source->lock);
	if (!h) {
		free(data);
		return call_fail(call, -ENODEV, "the object is gone");
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}

/* All bytes or none; a write across the end does not write up to it. */
static int object_write(struct call *call, off_t offset, const void *data,
			size_t size)
{
	struct source *source = call->place.source;
	struct handle *h;
	size_t objsize;
	bool fits = false;
	int err;

	if (call->flags & O_APPEND)
		return call_fail(call, -EFBIG, "an object cannot grow");
	err = call_hold(call);
	if (err)
		return err;
	objsize = source->kind->objsize(call);
	pthread_mutex_lock(&source->lock);
	h = handles_find(&source->objects, call->place.object);
	if (h && h->size)
		objsize = h->size;
	if (h && (size_t)offset <= objsize &&
	    size <= objsize - (size_t)offset) {
		fits = true;
		element_write(call, h->element, (size_t)offset, data, size);
	}
	pthread_mutex_unlock(&source->lock);
	if (!h)
		return call_fail(call, -ENODEV, "the object is gone");
	if (!fits)
		return call_fail(call, -EFBIG, "past the object's end at %zu",
				 objsize);
	return 0;
}

/* It may have been freed since its name was looked up. */
static int object_open(struct call *call)
{
	struct source *source = call->place.source;
	bool there;

	pthread_mutex_lock(&source->lock);
	there = handles_find(&source->objects, call->place.object) != NULL;
	pthread_mutex_unlock(&source->lock);
	return there ? 0 : -ENOENT;
}

const struct bytes object_bytes = {
	.open = object_open,
	.read = object_read,
	.write = object_write,
};

/* ---- where --------------------------------------------------------------- */

void object_where_element(struct call *call, void *element, struct strbuf *sb)
{
	const struct kind *kind = call->place.source->kind;
	struct kmem_location at;
	void *memory = kind->memory(call, element);
	bool found;

	if (memory)
		strbuf_addf(sb, " address=%p", memory);
	else
		strbuf_adds(sb, " address=none");
	found = memory ? kmem_locate(memory, &at)
		       : kmem_locate_page(kind->page(call, element), &at);
	if (!found)
		return;
	strbuf_addf(sb, " pfn=%lu", at.pfn);
	if (at.kind == KMEM_LOCATION_SLAB)
		strbuf_addf(sb, " slab=%lu", at.slab_pfn);
	else if (at.kind != KMEM_LOCATION_VMALLOC)
		strbuf_addf(sb, " order=%u", at.order);
	strbuf_addf(sb, " index=%u node=%u", at.index, at.node);
}

/* Under the lock from end to end: a reader sees one moment. */
void object_where(struct call *call, const char *prefix, struct strbuf *sb)
{
	struct source *source = call->place.source;
	char name[KMEM_NAME_MAX + 1];
	uint64_t now = now_ms(), id = 0;
	struct handle *h;

	pthread_mutex_lock(&source->lock);
	while ((h = handles_next(&source->objects, id, &id)) != NULL) {
		object_name(source, h, id, name, sizeof(name));
		strbuf_addf(sb, "%s%s", prefix, name);
		object_where_element(call, h->element, sb);
		strbuf_addf(sb, " age_ms=%llu\n",
			    (unsigned long long)(now - h->born_ms));
		id++;
	}
	pthread_mutex_unlock(&source->lock);
}
