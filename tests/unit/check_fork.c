/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_fork.c - what a child process gets of the allocator
 *
 * The child does its checks with plain tests and says by its exit status which
 * failed: the assertions of Check belong to the process that runs the test.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "runner.h"

#define OBJECTS 500
#define NOISY_THREADS 2
#define NOISY_FORKS 40

/* Runs @body in a child; its return value is 0 or the number of a check. */
static void in_child(int (*body)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(body(arg));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child died: %#x", status);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

struct inherited {
	struct kmem_cache *cache;
	char *objects[OBJECTS];
};

static int use_inherited(void *arg)
{
	struct inherited *in = arg;
	struct kmem_cache_info info;

	for (int i = 0; i < OBJECTS; i++) {
		if (in->objects[i][0] != (char)i)
			return 1;
		in->objects[i][0] = 77;
		kmem_cache_free(in->cache, in->objects[i]);
	}
	if (kmem_validate())
		return 2;
	if (kmem_cache_shrink(in->cache))
		return 3;
	kmem_cache_info(in->cache, &info);
	if (info.active || info.slabs)
		return 4;
	if (!kmem_cache_alloc(in->cache, GFP_KERNEL))
		return 5;
	return 0;
}

START_TEST(test_anonymous_arena_child_goes_on_with_a_copy)
{
	struct inherited in;
	struct kmem_cache_info info;

	in.cache = kmem_cache_create("in", 64, 0, 0, NULL);
	for (int i = 0; i < OBJECTS; i++) {
		in.objects[i] = kmem_cache_alloc(in.cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(in.objects[i]);
		in.objects[i][0] = (char)i;
	}
	in_child(use_inherited, &in);
	kmem_cache_info(in.cache, &info);
	ck_assert_uint_eq(info.active, OBJECTS);
	for (int i = 0; i < OBJECTS; i++) {
		ck_assert_int_eq(in.objects[i][0], (char)i);
		kmem_cache_free(in.cache, in.objects[i]);
	}
	kmem_cache_destroy(in.cache);
}
END_TEST

static int start_anew(void *arg)
{
	struct kmem_config config = { .memory = TEST_MEMORY };
	struct kmem_cache *cache;
	void *object;

	(void)arg;
	if (kmem_ready())
		return 1;
	if (kmem_init(&config))
		return 2;
	cache = kmem_cache_create("anew", 100, 0, 0, NULL);
	object = cache ? kmem_cache_alloc(cache, GFP_KERNEL) : NULL;
	if (!object)
		return 3;
	memset(object, 1, 100);
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
	if (kmem_validate())
		return 4;
	kmem_exit();
	return 0;
}

START_TEST(test_memfd_arena_child_starts_without_one)
{
	struct kmem_cache *cache = kmem_cache_create("own", 64, 0, 0, NULL);
	char *object = kmem_cache_alloc(cache, GFP_KERNEL);

	ck_assert_ptr_nonnull(object);
	object[0] = 5;
	in_child(start_anew, NULL);
	ck_assert_int_eq(object[0], 5);
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
}
END_TEST

static int pool_without_waiters(void *arg)
{
	mempool_t *pool = arg;
	struct kmem_mempool_info info;

	mempool_info(pool, &info);
	if (info.waiters)
		return 1;
	if (mempool_validate(pool))
		return 2;
	return 0;
}

static void ended(struct mempool_request *request, int error)
{
	*(int *)request->arg = error ? error : 1;
}

START_TEST(test_parked_requests_stay_with_the_parent)
{
	mempool_t *pool = mempool_create_kmalloc_pool(1, 64);
	void *first, *second = NULL;
	int result = 0;
	struct mempool_request request = {
		.nr = 1,
		.gfp = GFP_KERNEL,
		.elements = &second,
		.done = ended,
		.arg = &result,
	};

	mempool_set_limit(pool, 0);
	first = mempool_alloc(pool, GFP_KERNEL);
	ck_assert_int_eq(mempool_submit(pool, &request), -EINPROGRESS);
	in_child(pool_without_waiters, pool);
	mempool_free(first, pool);
	ck_assert_int_eq(result, 1);
	mempool_free(second, pool);
	mempool_destroy(pool);
}
END_TEST

static bool noise_over;

static void make_noise(unsigned int index, void *arg)
{
	void *objects[130];

	(void)index;
	while (!__atomic_load_n(&noise_over, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 130; i++)
			objects[i] = kmem_cache_alloc(arg, GFP_KERNEL);
		for (int i = 0; i < 130; i++)
			if (objects[i])
				kmem_cache_free(arg, objects[i]);
		free_page(__get_free_page(GFP_KERNEL));
	}
}

static void *noise_main(void *arg)
{
	make_noise(0, arg);
	return NULL;
}

/* What others had in their hands is lost; all else must be whole. */
static int survive_noise(void *arg)
{
	void *object;

	kmem_cache_shrink(arg);
	if (kmem_validate())
		return 1;
	object = kmem_cache_alloc(arg, GFP_KERNEL);
	if (!object)
		return 2;
	kmem_cache_free(arg, object);
	return 0;
}

START_TEST(test_fork_amid_allocating_threads_leaves_a_whole_child)
{
	struct kmem_cache *cache = kmem_cache_create("noise", 64, 0, 0, NULL);
	pthread_t threads[NOISY_THREADS];

	noise_over = false;
	for (int i = 0; i < NOISY_THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, noise_main,
						cache),
				 0);
	for (int i = 0; i < NOISY_FORKS; i++)
		in_child(survive_noise, cache);
	__atomic_store_n(&noise_over, true, __ATOMIC_RELAXED);
	for (int i = 0; i < NOISY_THREADS; i++)
		pthread_join(threads[i], NULL);
	kmem_cache_destroy(cache);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fork");
	TCase *tc = suite_add(s, "anonymous arena", kmem_up, kmem_down);

	tcase_add_test(tc, test_anonymous_arena_child_goes_on_with_a_copy);
	tcase_add_test(tc, test_parked_requests_stay_with_the_parent);
	tcase_add_test(tc,
		       test_fork_amid_allocating_threads_leaves_a_whole_child);
	tc = suite_add(s, "memfd arena", kmem_up_memfd, kmem_down);
	tcase_add_test(tc, test_memfd_arena_child_starts_without_one);
	return s;
}
