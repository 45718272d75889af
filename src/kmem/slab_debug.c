/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab_debug.c - caches that watch their users
 *
 * A cache with a debug flag has no per-thread arrays: every allocation and
 * every free comes by here, under the cache's lock, one object at a time.
 *
 *	RED_ZONE            bytes around the object that nobody may write:
 *	                    0xbb while it is free, 0xcc while it is used
 *	POISON              a free object is full of 0x6b and ends in 0xa5, and
 *	                    what is between objects is 0x5a
 *	STORE_USER          who allocated and who freed last, with call stacks
 *	CONSISTENCY_CHECKS  all that is looked at when objects come and go, not
 *	                    only when somebody asks for a validation
 *	TRACE               a line for each alloc and free
 *
 * The values, the order of checks, the words of reports and the repairs are
 * Linux's, of 7.2. Each finding is a report of its own, and so is each repair,
 * which is how the kernel's own tests count them.
 *
 * Where it differs from the kernel: dumps of memory are cut at 128 bytes a
 * section; a time is milliseconds, not jiffies; pid is the thread's.
 */
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "util/symbol.h"
#include "util/text.h"

#define RED_INACTIVE 0xbb
#define RED_ACTIVE 0xcc
#define POISON_INUSE 0x5a
#define POISON_FREE 0x6b
#define POISON_END 0xa5

#define DUMP_MAX 128u
#define DUMP_ROW 16u

_Static_assert(sizeof(struct slab_track) == 32, "slab_layout.c counts on it");

enum track_kind {
	TRACK_ALLOC,
	TRACK_FREE
};

/* ---- what is where ---- */

static struct slab_track *track_of(const struct kmem_cache *s, void *object,
				   enum track_kind kind)
{
	return (struct slab_track *)((char *)object + s->layout.track) + kind;
}

static bool has(const struct kmem_cache *s, slab_flags_t flag)
{
	return s->spec.flags & flag;
}

/* The bytes that the user may write: of kmalloc(), as many as were asked for. */
size_t slab_debug_request(const struct kmem_cache *s, const void *object)
{
	uint64_t size = s->object_size;

	if (s->layout.request)
		memcpy(&size, (const char *)object + s->layout.request,
		       sizeof(size));
	return size;
}

static void store_request(struct kmem_cache *s, void *object, uint64_t size)
{
	if (s->layout.request)
		memcpy((char *)object + s->layout.request, &size, sizeof(size));
}

static size_t offset_in(const struct page *slab, const void *p)
{
	return (size_t)((const char *)p - (const char *)__page_address(slab));
}

/* ---- texts of reports ---- */

struct bug {
	char text[8192];
	size_t len;
};

static void add(struct bug *bug, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct bug *bug, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bug->len += text_vformat(bug->text + bug->len,
				 sizeof(bug->text) - bug->len, format, args);
	va_end(args);
}

static void add_header(struct bug *bug, const struct kmem_cache *s,
		       const char *reason)
{
	add(bug, "====================================================="
		 "========================\n");
	add(bug, "BUG %s (Not tainted): %s\n", s->name, reason);
	add(bug, "-----------------------------------------------------"
		 "------------------------\n\n");
}

static void add_track(struct bug *bug, const char *what,
		      const struct slab_track *track)
{
	void *const *frames = NULL;
	unsigned int nr;
	char name[160];

	if (!track->addr)
		return;
	symbol_format(name, sizeof(name), track->addr);
	add(bug, "%s in %s age=%llu cpu=%d pid=%d\n", what, name,
	    (unsigned long long)(os_now_ns() / 1000000 - track->when_ms),
	    track->cpu, track->pid);
	nr = stack_fetch(track->stack, &frames);
	for (unsigned int i = 0; i < nr; i++) {
		symbol_format(name, sizeof(name), frames[i]);
		add(bug, "\t%s\n", name);
	}
}

static void add_slab(struct bug *bug, const struct page *slab)
{
	add(bug, "Slab %p objects=%u used=%u fp=%p flags=%s\n",
	    __page_address(slab), slab->objects, slab->inuse, slab->freelist,
	    slab->full ? "full" : "partial");
}

static void add_row(struct bug *bug, const char *label,
		    const unsigned char *row, unsigned int nr)
{
	add(bug, "%s%p: ", label, (const void *)row);
	for (unsigned int i = 0; i < DUMP_ROW; i++)
		if (i < nr)
			add(bug, "%02x ", row[i]);
		else
			add(bug, "   ");
	for (unsigned int i = 0; i < nr; i++)
		add(bug, "%c", row[i] >= ' ' && row[i] < 127 ? row[i] : '.');
	add(bug, "\n");
}

static void add_dump(struct bug *bug, const char *label, const void *from,
		     size_t size)
{
	const unsigned char *row = from;

	size = MIN(size, (size_t)DUMP_MAX);
	for (size_t at = 0; at < size; at += DUMP_ROW)
		add_row(bug, label, row + at,
			(unsigned int)MIN(size - at, (size_t)DUMP_ROW));
}

static void add_object(struct bug *bug, const struct kmem_cache *s,
		       const struct page *slab, void *object)
{
	const struct slab_layout *l = &s->layout;
	char *end = (char *)object + l->size - l->red_left_pad;

	if (l->track) {
		add_track(bug, "Allocated", track_of(s, object, TRACK_ALLOC));
		add_track(bug, "Freed", track_of(s, object, TRACK_FREE));
	}
	add_slab(bug, slab);
	add(bug, "Object %p @offset=%zu fp=%p\n\n", object,
	    offset_in(slab, object), slab_next_free(s, object));
	if (l->red_left_pad)
		add_dump(bug, "Redzone  ", (char *)object - l->red_left_pad,
			 l->red_left_pad);
	add_dump(bug, "Object   ", object, s->object_size);
	if (has(s, SLAB_RED_ZONE))
		add_dump(bug, "Redzone  ", (char *)object + s->object_size,
			 l->inuse - s->object_size);
	add_dump(bug, "Padding  ", (char *)object + l->end,
		 (size_t)(end - ((char *)object + l->end)));
}

/* Something is wrong with one object. */
static void object_bug(const struct kmem_cache *s, const struct page *slab,
		       void *object, const char *reason)
{
	struct bug bug = { .len = 0 };

	add_header(&bug, s, reason);
	add_object(&bug, s, slab, object);
	kmem_report_text(bug.text);
}

/* Something is wrong with the slab itself. */
static void slab_bug(const struct kmem_cache *s, const struct page *slab,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void slab_bug(const struct kmem_cache *s, const struct page *slab,
		     const char *format, ...)
{
	struct bug bug = { .len = 0 };
	char reason[160];
	va_list args;

	va_start(args, format);
	text_vformat(reason, sizeof(reason), format, args);
	va_end(args);
	add_header(&bug, s, reason);
	add_slab(&bug, slab);
	kmem_report_text(bug.text);
}

/* ---- bytes that should all be the same ---- */

/* The first byte in [from, from + size) that is not @value, or NULL. */
static unsigned char *first_other(unsigned char *from, unsigned char value,
				  size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (from[i] != value)
			return from + i;
	return NULL;
}

static void restore(const struct kmem_cache *s, const char *what,
		    unsigned char value, unsigned char *from,
		    unsigned char *end)
{
	kmem_report("FIX %s: Restoring %s %p-%p=0x%x", s->name, what,
		    (void *)from, (void *)(end - 1), value);
	memset(from, value, (size_t)(end - from));
}

/* A region of an object; says what is wrong with it, and mends it. */
static bool check_bytes(const struct kmem_cache *s, const struct page *slab,
			void *object, const char *what, void *from,
			unsigned char value, size_t size)
{
	unsigned char *fault = first_other(from, value, size);
	unsigned char *end = (unsigned char *)from + size;
	struct bug bug = { .len = 0 };

	if (!fault)
		return true;
	while (end > fault && end[-1] == value)
		end--;
	add(&bug,
	    "[%s overwritten] %p-%p @offset=%zu. First byte 0x%x "
	    "instead of 0x%x\n",
	    what, (void *)fault, (void *)(end - 1), offset_in(slab, fault),
	    fault[0], value);
	add_header(&bug, s, "Object corrupt");
	add_object(&bug, s, slab, object);
	kmem_report_text(bug.text);
	restore(s, what, value, fault, end);
	return false;
}

/* What is left behind the last object of a slab. */
static bool check_slab_padding(const struct kmem_cache *s,
			       const struct page *slab)
{
	size_t bytes = KMEM_PAGE_SIZE << slab->order;
	unsigned char *end = (unsigned char *)__page_address(slab) + bytes;
	size_t rest = bytes - (size_t)slab->objects * s->layout.size;
	unsigned char *fault;

	if (!has(s, SLAB_POISON))
		return true;
	fault = first_other(end - rest, POISON_INUSE, rest);
	if (!fault)
		return true;
	while (end[-1] == POISON_INUSE)
		end--;
	slab_bug(s, slab, "Padding overwritten. %p-%p @offset=%zu",
		 (void *)fault, (void *)(end - 1), offset_in(slab, fault));
	restore(s, "slab padding", POISON_INUSE, fault, end);
	return false;
}

/* ---- checks ---- */

/* A bit for each object of a slab; struct page counts up to 32767. */
#define SEEN_WORDS 512

static bool is_seen(const uint64_t *seen, unsigned int index)
{
	return seen[index / 64] >> index % 64 & 1;
}

static bool is_object(const struct kmem_cache *s, const struct page *slab,
		      const void *object)
{
	return !object || slab_index(s, slab, object) >= 0;
}

static bool check_zones(const struct kmem_cache *s, const struct page *slab,
			char *object, unsigned char value)
{
	const struct slab_layout *l = &s->layout;
	size_t request = slab_debug_request(s, object);
	bool ok = true;

	if (has(s, SLAB_RED_ZONE)) {
		ok &= check_bytes(s, slab, object, "Left Redzone",
				  object - l->red_left_pad, value,
				  l->red_left_pad);
		ok &= check_bytes(s, slab, object, "Right Redzone",
				  object + s->object_size, value,
				  l->inuse - s->object_size);
		if (value == RED_ACTIVE && request < s->object_size)
			ok &= check_bytes(s, slab, object, "kmalloc Redzone",
					  object + request, value,
					  s->object_size - request);
	} else if (has(s, SLAB_POISON)) {
		ok &= check_bytes(s, slab, object, "Alignment padding",
				  object + s->object_size, POISON_INUSE,
				  l->inuse - s->object_size);
	}
	return ok;
}

static bool check_poison(const struct kmem_cache *s, const struct page *slab,
			 char *object, unsigned char value)
{
	const struct slab_layout *l = &s->layout;
	bool ok = true;

	if (value == RED_INACTIVE && l->poison) {
		ok &= check_bytes(s, slab, object, "Poison", object,
				  POISON_FREE, s->object_size - 1);
		ok &= check_bytes(s, slab, object, "End Poison",
				  object + s->object_size - 1, POISON_END, 1);
	}
	if (has(s, SLAB_POISON))
		ok &= check_bytes(s, slab, object, "Object padding",
				  object + l->end, POISON_INUSE,
				  l->size - l->red_left_pad - l->end);
	return ok;
}

/* An object and its surroundings, as used (RED_ACTIVE) or as free. */
static bool check_object(struct kmem_cache *s, struct page *slab, void *object,
			 unsigned char value)
{
	bool ok = check_zones(s, slab, object, value);

	ok &= check_poison(s, slab, object, value);
	/* In use, the link's bytes may be the user's. */
	if (value == RED_ACTIVE && s->layout.freeptr < s->layout.inuse)
		return ok;
	if (is_object(s, slab, slab_next_free(s, object)))
		return ok;
	object_bug(s, slab, object, "Freepointer corrupt");
	/* It may lose the rest of the list, which the count then shows. */
	slab_set_next_free(s, object, NULL);
	return false;
}

static bool check_slab_header(const struct kmem_cache *s,
			      const struct page *slab)
{
	unsigned int most = (unsigned int)((KMEM_PAGE_SIZE << slab->order) /
					   s->layout.size);

	if (slab->objects > most) {
		slab_bug(s, slab, "objects %u > max %u", slab->objects, most);
		return false;
	}
	if (slab->inuse > slab->objects) {
		slab_bug(s, slab, "inuse %u > max %u", slab->inuse,
			 slab->objects);
		return false;
	}
	return check_slab_padding(s, slab);
}

/* Return: whether the count was right. */
static bool count_again(struct kmem_cache *s, struct page *slab,
			unsigned int free)
{
	unsigned int inuse = slab->objects - free;

	if (slab->inuse == inuse)
		return true;
	slab_bug(s, slab,
		 "Wrong object count. Counter is %d but counted were %d",
		 slab->inuse, inuse);
	slab_adjust_inuse(s, slab, inuse);
	kmem_report("FIX %s: Object count adjusted", s->name);
	return false;
}

/* No way to tell which objects are free: none is. */
static void clear_freelist(struct kmem_cache *s, struct page *slab,
			   const char *reason)
{
	slab_bug(s, slab, "%s", reason);
	slab->freelist = NULL;
	slab_adjust_inuse(s, slab, slab->objects);
	kmem_report("FIX %s: Freelist cleared", s->name);
}

/*
 * Walks the free list, sets the bits of its objects in @seen, and mends it
 * where it is broken.
 * Return: whether it was whole and as long as it should be.
 */
static bool walk_free(struct kmem_cache *s, struct page *slab, uint64_t *seen)
{
	void *object = slab->freelist, *last = NULL;
	unsigned int nr = 0;
	bool ok = true;

	for (; object && nr <= slab->objects; nr++) {
		int index = slab_index(s, slab, object);

		if (index < 0 && !last) {
			clear_freelist(s, slab, "Freepointer corrupt");
			return false;
		}
		if (index < 0) {
			object_bug(s, slab, last, "Freechain corrupt");
			slab_set_next_free(s, last, NULL);
			ok = false;
			break;
		}
		seen[index / 64] |= 1ull << index % 64;
		last = object;
		object = slab_next_free(s, object);
	}
	if (nr > slab->objects) {
		clear_freelist(s, slab, "Freelist cycle detected");
		return false;
	}
	return count_again(s, slab, nr) && ok;
}

/* ---- marks ---- */

static void set_track(struct kmem_cache *s, void *object, enum track_kind kind,
		      const struct slab_user *user)
{
	struct slab_track *track = track_of(s, object, kind);
	const struct thread *t = thread_self;

	if (!s->layout.track)
		return;
	track->addr = user->caller;
	track->stack = stack_save(user->caller);
	track->cpu = t ? (int32_t)(t->slot % kmem.cpus) : 0;
	track->pid = (int32_t)gettid();
	track->when_ms = os_now_ns() / 1000000;
}

/* The bytes that say whether an object is used or free. */
static void mark_object(struct kmem_cache *s, char *object, unsigned char value)
{
	const struct slab_layout *l = &s->layout;
	size_t own = s->object_size;

	if (value == RED_ACTIVE)
		own = slab_debug_request(s, object);
	if (has(s, SLAB_RED_ZONE))
		memset(object - l->red_left_pad, value, l->red_left_pad);
	if (l->poison && own > 0) {
		memset(object, POISON_FREE, own - 1);
		object[own - 1] = (char)POISON_END;
	}
	if (has(s, SLAB_RED_ZONE))
		memset(object + own, value, l->inuse - own);
}

static void trace(const struct kmem_cache *s, const struct page *slab,
		  const void *object, const char *what)
{
	if (has(s, SLAB_TRACE))
		kmem_note("TRACE %s %s %p inuse=%u fp=%p", s->name, what,
			  object, slab->inuse, slab->freelist);
}

/* A slab that nobody knows yet: all of it padding, then the objects free. */
void slab_debug_new(struct kmem_cache *s, struct page *slab)
{
	slab->bad = false;
	if (has(s, SLAB_POISON))
		memset(__page_address(slab), POISON_INUSE,
		       KMEM_PAGE_SIZE << slab->order);
	for (unsigned int i = 0; i < slab->objects; i++) {
		void *object = slab_object(s, slab, i);

		mark_object(s, object, RED_INACTIVE);
		store_request(s, object, s->object_size);
		if (s->layout.track)
			memset(track_of(s, object, TRACK_ALLOC), 0,
			       2 * sizeof(struct slab_track));
	}
}

/* ---- objects come and go, under the cache's lock ---- */

static bool is_first_sound(struct kmem_cache *s, struct page *slab)
{
	if (!check_slab_header(s, slab))
		return false;
	if (slab_index(s, slab, slab->freelist) < 0) {
		slab_bug(s, slab, "Freelist Pointer check fails");
		return false;
	}
	return check_object(s, slab, slab->freelist, RED_INACTIVE);
}

/*
 * Whether the first free object of a slab may be given out. If not, the slab is
 * out of use for good: which of its objects are free, nobody knows any more, so
 * they are neither checked nor taken back.
 */
bool slab_debug_may_take(struct kmem_cache *s, struct page *slab)
{
	if (!has(s, SLAB_CONSISTENCY_CHECKS))
		return true;
	slab->bad = !is_first_sound(s, slab);
	return !slab->bad;
}

void slab_debug_taken(struct kmem_cache *s, struct page *slab, void *object,
		      const struct slab_user *user)
{
	set_track(s, object, TRACK_ALLOC, user);
	store_request(s, object, user->size);
	mark_object(s, object, RED_ACTIVE);
	trace(s, slab, object, "alloc");
}

/* Whether an object may go back to its slab, which is one of the cache. */
bool slab_debug_may_give(struct kmem_cache *s, struct page *slab, void *object)
{
	int index = slab_index(s, slab, object);
	uint64_t seen[SEEN_WORDS] = { 0 };
	bool ok = false;

	if (!has(s, SLAB_CONSISTENCY_CHECKS))
		return true;
	if (!slab->bad)
		walk_free(s, slab, seen);
	if (slab->bad)
		slab_bug(s, slab,
			 "Slab disabled since SLUB metadata "
			 "consistency check failed");
	else if (index < 0)
		slab_bug(s, slab, "Invalid object pointer %p", object);
	else if (is_seen(seen, (unsigned int)index))
		object_bug(s, slab, object, "Object already free");
	else
		ok = check_slab_header(s, slab) &&
		     check_object(s, slab, object, RED_ACTIVE);
	if (!ok)
		kmem_report("FIX %s: Object at %p not freed", s->name, object);
	return ok;
}

void slab_debug_given(struct kmem_cache *s, struct page *slab, void *object,
		      const struct slab_user *user)
{
	set_track(s, object, TRACK_FREE, user);
	trace(s, slab, object, "free");
	store_request(s, object, s->object_size);
	mark_object(s, object, RED_INACTIVE);
}

/* krealloc() in place: the request has another size now. */
void slab_debug_set_request(struct kmem_cache *s, void *object, size_t size)
{
	if (!s->layout.request)
		return;
	store_request(s, object, size);
	if (has(s, SLAB_RED_ZONE))
		memset((char *)object + size, RED_ACTIVE,
		       s->object_size - size);
}

/* ---- on demand ---- */

/* Checks and mends a whole slab. Return: the number of faults. */
unsigned int slab_debug_validate(struct kmem_cache *s, struct page *slab)
{
	uint64_t seen[SEEN_WORDS] = { 0 };
	unsigned int faults;

	lock_assert_held(&s->lock);
	if (slab->bad)
		return 0;
	if (!check_slab_header(s, slab))
		return 1;
	faults = !walk_free(s, slab, seen);
	for (unsigned int i = 0; i < slab->objects; i++)
		faults += !check_object(s, slab, slab_object(s, slab, i),
					is_seen(seen, i) ? RED_INACTIVE
							 : RED_ACTIVE);
	return faults;
}

/*
 * Who allocated an object, or freed it last: the caller, NULL if unknown, and
 * the frames of the stack, whose number is returned.
 */
unsigned int slab_debug_origin(const struct kmem_cache *s, void *object,
			       bool freed, void **ret_caller,
			       void *const **ret_frames)
{
	const struct slab_track *track;

	*ret_caller = NULL;
	if (!s->layout.track)
		return 0;
	track = track_of(s, object, freed ? TRACK_FREE : TRACK_ALLOC);
	*ret_caller = track->addr;
	return track->addr ? stack_fetch(track->stack, ret_frames) : 0;
}

void slab_debug_track(const struct kmem_cache *s, void *object, bool free,
		      struct slab_track *ret_track)
{
	*ret_track = *track_of(s, object, free ? TRACK_FREE : TRACK_ALLOC);
}

static void visit_used(struct kmem_cache *s, struct page *slab,
		       void (*visit)(void *arg, void *object), void *arg)
{
	uint64_t seen[SEEN_WORDS] = { 0 };

	/* Nobody knows which objects of a bad slab have a user. */
	if (slab->bad)
		return;
	walk_free(s, slab, seen);
	for (unsigned int i = 0; i < slab->objects; i++)
		if (!is_seen(seen, i))
			visit(arg, slab_object(s, slab, i));
}

/* Takes the cache's lock; @visit must take none that ranks below it. */
void slab_debug_for_each_used(struct kmem_cache *s,
			      void (*visit)(void *arg, void *object), void *arg)
{
	struct page *slab, *next;

	lock(&s->lock, LOCK_SLABS);
	for_each_cache_node(s, node)
	{
		list_for_each_entry_safe(slab, next, &node->full, list)
			visit_used(s, slab, visit, arg);
		list_for_each_entry_safe(slab, next, &node->partial, list)
			visit_used(s, slab, visit, arg);
	}
	unlock(&s->lock);
}

/* A cache may leak a million objects; the first ones tell the story. */
#define REPORT_USED_MAX 64

struct used {
	struct kmem_cache *cache;
	unsigned long nr;
};

static void report_used(void *arg, void *object)
{
	struct used *used = arg;
	struct kmem_cache *s = used->cache;
	struct bug bug = { .len = 0 };

	if (used->nr++ >= REPORT_USED_MAX)
		return;

	add(&bug, "Object %p @offset=%zu\n", object,
	    offset_in(slab_of(object), object));
	if (s->layout.track)
		add_track(&bug, "Allocated", track_of(s, object, TRACK_ALLOC));
	kmem_report_text(bug.text);
}

/* For a cache that is destroyed: which objects its users still have. */
void slab_debug_report_used(struct kmem_cache *s)
{
	struct used used = { s, 0 };

	slab_debug_for_each_used(s, report_used, &used);
	if (used.nr > REPORT_USED_MAX)
		kmem_note("%s: and %lu objects more", s->name,
			  used.nr - REPORT_USED_MAX);
}
