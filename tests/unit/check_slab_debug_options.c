/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_debug_options.c - which caches debug by slab_debug=
 *
 * Each line of the tables is a parameter, the name of a cache and the flags
 * that the cache must get; they are asked of caches that are really made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER
#define T SLAB_TRACE
#define FZPU (F | Z | P | U)

static int up_with(const char *slab_debug)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.slab_debug = slab_debug,
	};

	reports_capture();
	return kmem_init(&config);
}

/* The debug flags that a cache gets, beside those it asks for. */
static slab_flags_t flags_of(const char *name, unsigned int size,
			     slab_flags_t flags)
{
	const struct kmem_cache_spec spec = {
		.object_size = size,
		.flags = flags,
	};
	struct kmem_cache_info info;
	struct kmem_cache *s;

	ck_assert_int_eq(kmem_cache_new(name, "test", &spec, &s), 0);
	kmem_cache_info(s, &info);
	kmem_cache_destroy(s);
	return info.spec.flags & SLAB_DEBUG_FLAGS;
}

struct choice {
	const char *slab_debug;
	const char *cache;
	slab_flags_t expect;
};

static void assert_choice(const struct choice *c)
{
	slab_flags_t flags;

	ck_assert_msg(up_with(c->slab_debug) == 0, "\"%s\" refused",
		      c->slab_debug);
	flags = flags_of(c->cache, 64, 0);
	ck_assert_msg(flags == c->expect, "\"%s\" gives %s %#x, not %#x",
		      c->slab_debug ? c->slab_debug : "NULL", c->cache, flags,
		      c->expect);
	kmem_down();
}

/* ---- letters ------------------------------------------------------------- */

static const struct choice letters[] = {
	{ NULL, "any", 0 },   { "", "any", FZPU },
	{ "-", "any", 0 },    { "f", "any", F },
	{ "z", "any", Z },    { "p", "any", P },
	{ "u", "any", U },    { "t", "any", T },
	{ "F", "any", F },    { "Z", "any", Z },
	{ "P", "any", P },    { "U", "any", U },
	{ "T", "any", T },    { "fZpUt", "any", FZPU | T },
	{ "ffff", "any", F }, { "o", "any", 0 },
	{ "fo", "any", F },   { "OZ", "any", Z },
};

START_TEST(test_letters)
{
	assert_choice(&letters[_i]);
}
END_TEST

/* ---- names --------------------------------------------------------------- */

static const struct choice names[] = {
	{ "fz,one", "one", F | Z },
	{ "fz,one", "on", 0 },
	{ "fz,one", "ones", 0 },
	{ "fz,one", "two", 0 },
	{ "fz,one,two", "two", F | Z },
	{ "fz,one,two,three", "three", F | Z },
	{ ",one", "one", FZPU },
	{ ",one", "two", 0 },
	{ "u,on*", "one", U },
	{ "u,on*", "on", U },
	{ "u,on*", "o", 0 },
	{ "u,on*", "none", 0 },
	{ "u,*", "one", U },
	{ "u,two,on*", "one", U },
	{ "fz,one;p", "one", F | Z },
	{ "fz,one;p", "two", P },
	{ "p;fz,one", "one", F | Z },
	{ "p;fz,one", "two", P },
	{ "fz,one;p,two;u", "two", P },
	{ "fz,one;p,two;u", "three", U },
	{ "fz,on*;p,one", "one", F | Z },
	{ "p,one;fz,on*", "one", P },
	{ "p,one;fz,on*", "only", F | Z },
	{ "-,one;fz", "one", 0 },
	{ "-,one;fz", "two", F | Z },
	{ "-,one*;,one-two", "one-two", 0 },
	{ ",one;t,two", "one", FZPU },
	{ ",one;t,two", "two", T },
	/* An empty block is none; a name may have a blank. */
	{ "fz;", "one", F | Z },
	{ "fz,one;", "one", F | Z },
	{ "fz,one;", "two", 0 },
	{ "fz,one;;p,two", "two", P },
	{ "fz,one;;p,two", "three", 0 },
	{ ";fz,one", "two", 0 },
	{ "fz,one two", "one two", F | Z },
	{ "fz,one two", "one", 0 },
};

START_TEST(test_names)
{
	assert_choice(&names[_i]);
}
END_TEST

/* ---- what is wrong ------------------------------------------------------- */

static const char *const wrong[] = {
	"x",	 "fx", "fz,one;x", "fz,one;pq,two", "1", "f z",
	"fzpu!", "=f", "f*",	   "f:one",
};

START_TEST(test_wrong_letters_are_refused)
{
	ck_assert_int_eq(up_with(wrong[_i]), -EINVAL);
	ck_assert(!kmem_ready());
	/* And leave nothing behind. */
	ck_assert_int_eq(up_with(NULL), 0);
	ck_assert_uint_eq(flags_of("one", 64, 0), 0);
	kmem_down();
}
END_TEST

START_TEST(test_a_text_too_long_is_refused)
{
	static char text[5000];

	memset(text, 'f', sizeof(text) - 1);
	ck_assert_int_eq(up_with(text), -EINVAL);
	ck_assert(!kmem_ready());
}
END_TEST

START_TEST(test_the_text_is_copied)
{
	char text[] = "fz,one";

	ck_assert_int_eq(up_with(text), 0);
	memset(text, 'x', sizeof(text) - 1);
	ck_assert_uint_eq(flags_of("one", 64, 0), F | Z);
	kmem_down();
}
END_TEST

START_TEST(test_the_next_setup_forgets)
{
	ck_assert_int_eq(up_with("fz"), 0);
	kmem_down();
	ck_assert_int_eq(up_with(NULL), 0);
	ck_assert_uint_eq(flags_of("one", 64, 0), 0);
	kmem_down();
}
END_TEST

/* ---- who may have an opinion --------------------------------------------- */

START_TEST(test_no_user_flags)
{
	ck_assert_int_eq(up_with(""), 0);
	ck_assert_uint_eq(flags_of("one", 64, SLAB_NO_USER_FLAGS), 0);
	ck_assert_uint_eq(flags_of("one", 64, SLAB_NO_USER_FLAGS | Z), Z);
	kmem_down();
}
END_TEST

/* "-" takes nothing away that the cache's maker wants. */
START_TEST(test_flags_are_added)
{
	static const char *const texts[] = { "-", "-,one", "p,one", "p" };

	ck_assert_int_eq(up_with(texts[_i]), 0);
	ck_assert_uint_eq(flags_of("one", 64, Z), _i < 2 ? Z : Z | P);
	kmem_down();
}
END_TEST

static slab_flags_t flags_of_existing(const char *name)
{
	struct kmem_cache *s = kmem_cache_pin(kmem_cache_find(name));
	struct kmem_cache_info info;

	ck_assert_ptr_nonnull(s);
	kmem_cache_info(s, &info);
	kmem_cache_unpin(s);
	return info.spec.flags & SLAB_DEBUG_FLAGS;
}

START_TEST(test_kmalloc_caches_debug_too)
{
	ck_assert_int_eq(up_with("fz,kmalloc-64;p,kmalloc-1*"), 0);
	ck_assert_uint_eq(flags_of_existing("kmalloc-64"), F | Z);
	ck_assert_uint_eq(flags_of_existing("kmalloc-128"), P);
	ck_assert_uint_eq(flags_of_existing("kmalloc-1k"), P);
	ck_assert_uint_eq(flags_of_existing("kmalloc-256"), 0);
	kmem_down();
}
END_TEST

/* ---- "o" ----------------------------------------------------------------- */

struct order_choice {
	const char *slab_debug;
	unsigned int size;
	slab_flags_t expect;
};

/*
 * A page full of object has no room for anything more, a small one has. What
 * takes no room stays. One "o" counts for all, wherever it stands.
 */
static const struct order_choice orders[] = {
	{ "fzput", 4096, FZPU | T }, { "fzputo", 4096, F | T },
	{ "fzputo", 64, FZPU | T },  { "zo", 8192, 0 },
	{ "uo", 4000, U },	     { "uo", 4096 - 64, U },
	{ "uo", 4096 - 56, 0 },	     { "po", 4096, 0 },
	{ "fto", 4096, F | T },	     { "fzo,one", 4096, F },
	{ "fz,one;o", 4096, F },     { "o;fz,one", 4096, F },
	{ "o,two;fz", 4096, F },
};

START_TEST(test_metadata_that_costs_an_order)
{
	const struct order_choice *c = &orders[_i];
	slab_flags_t flags;

	ck_assert_int_eq(up_with(c->slab_debug), 0);
	flags = flags_of("one", c->size, 0);
	ck_assert_msg(flags == c->expect, "\"%s\" gives %u bytes %#x, not %#x",
		      c->slab_debug, c->size, flags, c->expect);
	kmem_down();
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *test_suite(void)
{
	Suite *s = suite_create("slab_debug_options");
	TCase *tc = suite_add(s, "grammar", NULL, NULL);

	tcase_add_loop_test(tc, test_letters, 0, COUNT(letters));
	tcase_add_loop_test(tc, test_names, 0, COUNT(names));
	tcase_add_loop_test(tc, test_wrong_letters_are_refused, 0,
			    COUNT(wrong));
	tcase_add_test(tc, test_a_text_too_long_is_refused);
	tcase_add_test(tc, test_the_text_is_copied);
	tcase_add_test(tc, test_the_next_setup_forgets);

	tc = suite_add(s, "caches", NULL, NULL);
	tcase_add_test(tc, test_no_user_flags);
	tcase_add_loop_test(tc, test_flags_are_added, 0, 4);
	tcase_add_test(tc, test_kmalloc_caches_debug_too);

	tc = suite_add(s, "order", NULL, NULL);
	tcase_add_loop_test(tc, test_metadata_that_costs_an_order, 0,
			    COUNT(orders));
	return s;
}
