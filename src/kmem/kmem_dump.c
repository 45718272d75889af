/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem_dump.c - what is known about an object, in words
 *
 * The text is the kernel's:
 *
 *	 slab NAME start S data offset D pointer offset P size N allocated at F
 *	    F+0x..            the stack of the allocation, innermost first
 *	 Free path:
 *	    G+0x..            the stack of the last free
 *
 * "data offset" is the red zone in front of the object, if there is one, and
 * "pointer offset" how far into the object the address is.
 *
 * Where it differs from the kernel: it is one text of its own, not the end of
 * a line that the caller began.
 */
#include "internal.h"
#include "util/symbol.h"
#include "util/text.h"

struct dump {
	char text[8192];
	size_t len;
};

static void add(struct dump *dump, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct dump *dump, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	dump->len += text_vformat(dump->text + dump->len,
				  sizeof(dump->text) - dump->len, format, args);
	va_end(args);
}

static void add_symbol(struct dump *dump, const char *before,
		       const void *address)
{
	char name[160];

	symbol_format(name, sizeof(name), address);
	add(dump, "%s%s", before, name);
}

static void add_origins(struct dump *dump, const struct kmem_cache *s,
			void *object)
{
	void *const *frames = NULL;
	unsigned int nr;
	void *caller;

	nr = slab_debug_origin(s, object, false, &caller, &frames);
	if (caller)
		add_symbol(dump, " allocated at ", caller);
	for (unsigned int i = 0; i < nr; i++)
		add_symbol(dump, "\n    ", frames[i]);
	nr = slab_debug_origin(s, object, true, &caller, &frames);
	if (nr)
		add(dump, "\n Free path:");
	for (unsigned int i = 0; i < nr; i++)
		add_symbol(dump, "\n    ", frames[i]);
}

/*
 * Offsets go from the slot's start to the address, across the red zone: an
 * address in that zone lies before the object, at a negative offset.
 */
static void describe(struct dump *dump, const struct page *slab,
		     const void *address)
{
	const struct kmem_cache *s = slab->cache;
	const char *base = __page_address(slab);
	size_t index = (size_t)((const char *)address - base) / s->layout.size;
	const char *slot = base + index * s->layout.size;

	add(dump, " slab %s start %p", s->name, (const void *)slot);
	if (s->layout.red_left_pad)
		add(dump, " data offset %u", s->layout.red_left_pad);
	add(dump, " pointer offset %td size %u",
	    (const char *)address - slot - (ptrdiff_t)s->layout.red_left_pad,
	    s->object_size);
	/* Behind the last object is no slot. */
	if (index < slab->objects)
		add_origins(dump, s, slab_object(s, slab, (unsigned int)index));
}

bool kmem_dump_obj(void *object)
{
	const struct page *slab = slab_of(object);
	struct dump dump = { .len = 0 };

	if (!slab)
		return false;
	describe(&dump, slab, object);
	kmem_note_text(dump.text);
	return true;
}
