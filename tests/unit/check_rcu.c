/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_rcu.c - what waits for a grace period: kfree_rcu(), and slabs of
 * SLAB_TYPESAFE_BY_RCU caches
 *
 * With liburcu a reader is a thread between read lock and unlock; without it
 * there is nothing to test but that the library says so.
 */
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_URCU
#include <urcu/urcu-memb.h>
#endif

#include <kmem/fast.h>
#include <kmem/rcu.h>

#include "fixture.h"
#include "runner.h"

#define OBJECTS 1000
#define PENDING 100

struct node {
	int value;
	struct kmem_rcu_head rcu;
};

#ifdef HAVE_URCU

static struct buddyinfo at_start;

static void rcu_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
	urcu_memb_register_thread();
}

static void rcu_teardown(void)
{
	urcu_memb_unregister_thread();
	kmem_rcu_barrier();
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

/* The kernel's test_kfree_rcu: destroying at once finds nothing in use. */
START_TEST(test_destroy_waits_for_deferred_frees)
{
	struct kmem_cache *s = kmem_cache_create(
		"deferred", sizeof(struct node), 0, SLAB_NO_MERGE, NULL);

	for (int i = 0; i < OBJECTS; i++) {
		struct node *node = kmem_cache_alloc(s, GFP_KERNEL);

		ck_assert_ptr_nonnull(node);
		kfree_rcu(node, rcu);
	}
	kmem_cache_destroy(s);
	ck_assert_uint_eq(reports_take(), 0);
}
END_TEST

START_TEST(test_deferred_free_leaves_the_object_alone_while_it_is_read)
{
	struct kmem_cache *s =
		kmem_cache_create("read", sizeof(struct node), 0, 0, NULL);
	struct node *node = kmem_cache_alloc(s, GFP_KERNEL);
	struct kmem_cache_info info;

	node->value = 42;
	urcu_memb_read_lock();
	kfree_rcu(node, rcu);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.active, 1);
	ck_assert_int_eq(node->value, 42);
	urcu_memb_read_unlock();
	kmem_rcu_barrier();
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.active, 0);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_free_rcu_sheaf], 1);
	kmem_cache_destroy(s);
}
END_TEST

/* The slab stays a slab of the cache for as long as a reader may look. */
START_TEST(test_typesafe_slab_outlives_its_readers)
{
	struct kmem_cache *s = kmem_cache_create("typesafe", 64, 0,
						 SLAB_TYPESAFE_BY_RCU, NULL);
	int *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct kmem_location at;

	*object = 42;
	urcu_memb_read_lock();
	kmem_cache_free(s, object);
	kmem_cache_shrink(s);
	ck_assert_int_eq(*object, 42);
	ck_assert(kmem_locate(object, &at));
	ck_assert_int_eq(at.kind, KMEM_LOCATION_SLAB);
	urcu_memb_read_unlock();
	kmem_rcu_barrier();
	ck_assert(kmem_locate(object, &at));
	ck_assert_int_ne(at.kind, KMEM_LOCATION_SLAB);
	kmem_cache_destroy(s);
}
END_TEST

/* What another shape would promise is not what its readers rely on. */
START_TEST(test_reshape_waits_for_the_readers_of_the_old_shape)
{
	struct kmem_cache *s =
		kmem_cache_create("shape", 64, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	struct kmem_cache_spec spec = { .object_size = 64 };
	int *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct kmem_location at;

	urcu_memb_read_lock();
	kmem_cache_free(s, object);
	ck_assert_int_eq(kmem_cache_reshape(s, &spec), 0);
	ck_assert(kmem_locate(object, &at));
	ck_assert_int_eq(at.kind, KMEM_LOCATION_SLAB);
	urcu_memb_read_unlock();
	kmem_rcu_barrier();
	ck_assert(kmem_locate(object, &at));
	ck_assert_int_ne(at.kind, KMEM_LOCATION_SLAB);
	kmem_cache_destroy(s);
}
END_TEST

/* Nothing of a destroyed cache is left for a late free to stumble over. */
START_TEST(test_destroy_waits_for_deferred_slabs)
{
	struct kmem_cache *s =
		kmem_cache_create("gone", 64, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	kfree(object);
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

static int defer_in_child(struct kmem_cache *s, struct node **nodes)
{
	struct kmem_cache_info info;

	for (int i = 0; i < PENDING; i++)
		kfree_rcu(nodes[i], rcu);
	kmem_rcu_barrier();
	kmem_cache_info(s, &info);
	if (info.active)
		return 1;
	kmem_cache_destroy(s);
	return kmem_validate() ? 2 : 0;
}

/* The worker is the parent's: the child needs one of its own. */
START_TEST(test_child_frees_what_it_defers)
{
	struct kmem_cache *s =
		kmem_cache_create("child", sizeof(struct node), 0, 0, NULL);
	struct node *nodes[PENDING];
	int status;
	pid_t pid;

	for (int i = 0; i < PENDING; i++)
		nodes[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kfree_rcu(nodes[0], rcu);
	kmem_rcu_barrier();
	nodes[0] = kmem_cache_alloc(s, GFP_KERNEL);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(defer_in_child(s, nodes));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	for (int i = 0; i < PENDING; i++)
		kmem_cache_free(s, nodes[i]);
	kmem_cache_destroy(s);
}
END_TEST

static void destroy(unsigned int index, void *arg)
{
	(void)index;
	kmem_cache_destroy(arg);
}

/* The kernel's test_kfree_rcu_wq_destroy: another thread destroys. */
START_TEST(test_another_thread_destroys_after_a_deferred_free)
{
	for (int round = 0; round < 10; round++) {
		struct kmem_cache *s = kmem_cache_create("elsewhere",
							 sizeof(struct node), 0,
							 SLAB_NO_MERGE, NULL);
		struct node *node = kmem_cache_alloc(s, GFP_KERNEL);

		ck_assert_ptr_nonnull(node);
		kfree_rcu(node, rcu);
		thread_run(destroy, s);
		ck_assert_uint_eq(reports_take(), 0);
	}
}
END_TEST

static void free_a_lot(unsigned int index, void *arg)
{
	(void)index;
	for (int i = 0; i < OBJECTS; i++) {
		struct node *node = kmem_cache_alloc(arg, GFP_KERNEL);

		if (node)
			kfree_rcu(node, rcu);
	}
}

START_TEST(test_deferred_frees_of_many_threads_all_arrive)
{
	struct kmem_cache *s =
		kmem_cache_create("crowd", sizeof(struct node), 0, 0, NULL);
	struct kmem_cache_info info;

	threads_run(8, free_a_lot, s);
	kmem_rcu_barrier();
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.active, 0);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_free_rcu_sheaf],
			  8 * OBJECTS);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_mightsleep_frees_at_once_and_null_is_nothing)
{
	struct kmem_cache *s = kmem_cache_pin(kmem_cache_find("kmalloc-128"));
	struct kmem_cache_info info;
	uint64_t before;
	void *p;

	kmem_cache_info(s, &info);
	before = info.active;
	p = kmalloc(100, GFP_KERNEL);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.active, before + 1);
	kfree_rcu_mightsleep(p);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.active, before);
	kfree_rcu_mightsleep(NULL);
	kmem_free_rcu(NULL, NULL);
	kmem_rcu_barrier();
	kmem_cache_shrink(s);
	kmem_cache_unpin(s);
}
END_TEST

#else /* HAVE_URCU */

START_TEST(test_without_liburcu_the_library_says_so)
{
	struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);

	ck_assert(!kmem_has_rcu());
	kfree_rcu(node, rcu);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("liburcu"));
	kfree(node);
}
END_TEST

#endif /* HAVE_URCU */

Suite *test_suite(void)
{
	Suite *s = suite_create("rcu");
	TCase *tc;

#ifdef HAVE_URCU
	tc = suite_add(s, "grace periods", rcu_setup, rcu_teardown);
	tcase_add_test(tc, test_destroy_waits_for_deferred_frees);
	tcase_add_test(tc, test_another_thread_destroys_after_a_deferred_free);
	tcase_add_test(
		tc,
		test_deferred_free_leaves_the_object_alone_while_it_is_read);
	tcase_add_test(tc, test_typesafe_slab_outlives_its_readers);
	tcase_add_test(tc, test_reshape_waits_for_the_readers_of_the_old_shape);
	tcase_add_test(tc, test_destroy_waits_for_deferred_slabs);
	/* TSan lets no thread start in the child of a process with threads. */
	if (!KMEM_TSAN)
		tcase_add_test(tc, test_child_frees_what_it_defers);
	tcase_add_test(tc, test_deferred_frees_of_many_threads_all_arrive);
	tcase_add_test(tc, test_mightsleep_frees_at_once_and_null_is_nothing);
#else
	tc = suite_add(s, "none", kmem_up, kmem_down);
	tcase_add_test(tc, test_without_liburcu_the_library_says_so);
#endif
	return s;
}
