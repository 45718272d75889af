/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_model.c - a million random operations against a naive model
 *
 * Whatever the allocators hand out is compared with what the model knows to be
 * owned; bytes are compared when they go back. The slab or block that a step
 * touched is validated at once, everything each 1000 steps. At the end all is
 * freed, and the free lists must be what they were at the start.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "runner.h"
#include "world.h"

#define STEPS 1000000ul
#define CHECK_EACH 1000
#define THREADS 4

static struct buddyinfo at_start;
static struct model model;

static void model_setup(void)
{
	struct kmem_memory_info info;

	kmem_up();
	buddyinfo_read(&at_start);
	kmem_memory_info(&info);
	model_init(&model, info.base, info.size);
}

static void shrink_all(void)
{
	uint64_t serials[256];
	size_t n = kmem_cache_serials(serials, 256);

	for (size_t i = 0; i < n; i++) {
		struct kmem_cache *s = kmem_cache_pin(serials[i]);

		ck_assert_int_eq(kmem_cache_shrink(s), 0);
		kmem_cache_unpin(s);
	}
}

static void model_teardown(void)
{
	ck_assert_uint_eq(model_claimed(&model), 0);
	shrink_all();
	buddyinfo_assert_as(&at_start);
	model_exit(&model);
	kmem_down();
}

static void assert_sound(const struct world *w)
{
	unsigned int broken = w->fault ? kmem_validate() : 0;

	ck_assert_msg(!w->fault, "step %lu: %s (%u faults found since: %s)",
		      w->fault_step, w->fault, broken, reports_last());
}

static void run_steps(struct world *w, unsigned long steps)
{
	while (w->step < steps && !w->fault) {
		world_step(w);
		if (w->step % CHECK_EACH)
			continue;
		world_check(w);
		if (kmem_validate())
			world_fault(w, "kmem_validate()");
	}
}

/* ---- one thread ---------------------------------------------------------- */

START_TEST(test_random_operations_agree_with_the_model)
{
	struct world w = {
		.model = &model,
		.prng = { test_seed("random_operations") },
		.most = 20 * MIB,
	};

	w.source[0].kind = SOURCE_KMALLOC;
	w.source[1].kind = SOURCE_PAGES;
	for (unsigned int i = 2; i < 6; i++)
		source_add_pool(&w, &w.source[i]);
	run_steps(&w, test_steps(STEPS));
	assert_sound(&w);
	world_empty(&w);
	world_check(&w);
	assert_sound(&w);
	for (unsigned int i = 0; i < WORLD_SOURCES; i++)
		source_remove(&w, &w.source[i]);
}
END_TEST

/* Close to the end of memory requests fail, and nothing may be lost by it. */
START_TEST(test_random_operations_at_the_end_of_memory)
{
	struct world w = {
		.model = &model,
		.prng = { test_seed("end_of_memory") },
		.most = 20 * MIB,
	};
	static struct page *pages[TEST_MEMORY / KMEM_PAGE_SIZE + 1];
	unsigned long n = 0;

	while ((pages[n] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 2)))
		n++;
	for (int i = 0; i < 200; i++)
		__free_pages(pages[--n], 2);
	w.source[0].kind = SOURCE_KMALLOC;
	w.source[1].kind = SOURCE_PAGES;
	for (unsigned long i = 0; i < test_steps(STEPS) / 10; i++) {
		world_step(&w);
		/* No memory is what this is about. */
		if (w.fault && !strncmp(w.fault, "no memory", 9))
			w.fault = NULL;
		assert_sound(&w);
	}
	ck_assert_uint_eq(kmem_validate(), 0);
	for (unsigned int i = 0; i < WORLD_SOURCES; i++)
		source_remove(&w, &w.source[i]);
	while (n)
		__free_pages(pages[--n], 2);
}
END_TEST

/* ---- several threads ----------------------------------------------------- */

struct planet {
	struct world worlds[THREADS];
	struct post post;
	unsigned long steps;
};

static void inhabit(unsigned int index, void *arg)
{
	struct planet *planet = arg;

	run_steps(&planet->worlds[index], planet->steps);
}

/* Sources that all threads use, and room for two caches of their own. */
static void share_sources(struct planet *planet)
{
	struct world *first = &planet->worlds[0];

	first->source[0].kind = SOURCE_KMALLOC;
	first->source[1].kind = SOURCE_PAGES;
	for (unsigned int i = 2; i < WORLD_SOURCES - 2; i++) {
		first->source[i].shared = true;
		if (i < 5)
			source_add_pool(first, &first->source[i]);
		else
			source_add_cache(first, &first->source[i]);
	}
	first->source[0].shared = true;
	first->source[1].shared = true;
	for (unsigned int t = 1; t < THREADS; t++)
		memcpy(planet->worlds[t].source, first->source,
		       sizeof(first->source));
}

static void unshare_sources(struct planet *planet)
{
	for (unsigned int t = 0; t < THREADS; t++)
		world_empty(&planet->worlds[t]);
	post_empty(&planet->worlds[0]);
	for (unsigned int t = 0; t < THREADS; t++) {
		assert_sound(&planet->worlds[t]);
		for (unsigned int i = 0; i < WORLD_SOURCES; i++) {
			struct source *src = &planet->worlds[t].source[i];

			if (t == THREADS - 1)
				src->shared = false;
			source_remove(&planet->worlds[t], src);
		}
	}
}

START_TEST(test_threads_agree_with_the_model)
{
	static struct planet planet;
	uint64_t seed = test_seed("threads_agree_with_the_model");

	memset(&planet, 0, sizeof(planet));
	planet.steps = test_steps(STEPS) / THREADS;
	for (unsigned int t = 0; t < THREADS; t++) {
		planet.worlds[t].model = &model;
		planet.worlds[t].post = &planet.post;
		planet.worlds[t].prng.state = seed + t;
		planet.worlds[t].most = 20 * MIB / THREADS;
	}
	share_sources(&planet);
	threads_run(THREADS, inhabit, &planet);
	for (unsigned int t = 0; t < THREADS; t++)
		assert_sound(&planet.worlds[t]);
	unshare_sources(&planet);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model");
	TCase *tc = suite_add(s, "random", model_setup, model_teardown);

	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, test_random_operations_agree_with_the_model);
	tcase_add_test(tc, test_random_operations_at_the_end_of_memory);
	tcase_add_test(tc, test_threads_agree_with_the_model);
	return s;
}
