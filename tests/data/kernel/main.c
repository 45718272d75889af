/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c - uses the driver as a program: threads that submit at once, memory
 * that runs out, a device that breaks
 */
#include <pthread.h>
#include <stdio.h>

#include <kmem/introspect.h>
#include <kmem/kmem.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "rqdrv.h"

#define THREADS 4
#define EACH 500

int init_module(void);
void cleanup_module(void);

static unsigned int submitted;

/* Sectors of its own, each of them waited for. */
static void *submit_many(void *arg)
{
	unsigned long first = (unsigned long)arg * EACH;

	for (unsigned int i = 0; i < EACH; i++) {
		DECLARE_COMPLETION_ONSTACK(done);

		if (rqdrv_submit(100000 + first + i, GFP_KERNEL, &done))
			continue;
		wait_for_completion(&done);
		__atomic_add_fetch(&submitted, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void print_report(void)
{
	char *text = rqdrv_report();

	puts(text);
	kfree(text);
}

static void run_threads(void)
{
	pthread_t threads[THREADS];

	for (unsigned long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, submit_many, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%u served\n", submitted);
}

int main(void)
{
	struct kmem_config config = { .memory = 64 << 20 };
	DECLARE_COMPLETION_ONSTACK(done);
	struct kmem_cache *cache;
	int err;

	if (kmem_init(&config) < 0)
		return 1;
	err = init_module();
	if (err)
		return 1;
	for (int i = 0; i < 3; i++) {
		rqdrv_submit(7 - 2 * i, GFP_KERNEL, NULL);
		rqdrv_drain(60000);
	}
	print_report();

	/* No more objects: the reserve still serves. */
	cache = kmem_cache_pin(kmem_cache_find("rqdrv"));
	kmem_cache_set_limit(cache, 0);
	rqdrv_submit(9, GFP_ATOMIC, &done);
	wait_for_completion(&done);
	print_report();
	run_threads();
	kmem_cache_set_limit(cache, KMEM_NO_LIMIT);
	kmem_cache_unpin(cache);

	rqdrv_break(true);
	rqdrv_submit(11, GFP_KERNEL, NULL);
	rqdrv_drain(60000);
	cleanup_module();
	printf("%lu reports\n", kmem_report_count());
	kmem_exit();
	return 0;
}
