/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rte_pool.c - DPDK's rte_mempool, where libdpdk is installed
 */
#include <stdio.h>

#include "rte_pool.h"

#ifdef HAVE_DPDK
#include <rte_eal.h>
#include <rte_lcore.h>

#include "bench.h"

/* Objects that threads may hold beyond what is in use. */
#define SLACK 8192u

bool rte_pool_init(void)
{
	/* rte_eal_init() takes the words as its own. */
	static char arg[][24] = {
		"bench",	  "--no-huge",	 "--no-pci", "--no-shconf",
		"--no-telemetry", "--lcores",	 "0",	     "-m",
		"4096",		  "--log-level", "1"
	};
	char *argv[sizeof(arg) / sizeof(arg[0]) + 1] = { NULL };
	const int argc = sizeof(arg) / sizeof(arg[0]);

	for (int i = 0; i < argc; i++)
		argv[i] = arg[i];
	if (rte_eal_init(argc, argv) < 0) {
		printf("rte_mempool is left out: DPDK does not start here\n");
		return false;
	}
	/* DPDK put the thread on a CPU of its choice. */
	bench_pin(0);
	return true;
}

struct rte_mempool *rte_pool_open(size_t size, size_t nr, unsigned int cache)
{
	static unsigned int serial;
	char name[32];

	snprintf(name, sizeof(name), "bench%u", serial++);
	return rte_mempool_create(name, (unsigned int)nr + SLACK,
				  (unsigned int)size, cache, 0, NULL, NULL,
				  NULL, NULL, SOCKET_ID_ANY, 0);
}

void rte_pool_close(struct rte_mempool *pool)
{
	rte_mempool_free(pool);
}

void rte_pool_enter(void)
{
	if (rte_thread_register())
		fprintf(stderr, "bench: a thread without a cache of DPDK's\n");
}

void rte_pool_leave(void)
{
	if (rte_lcore_id() != rte_get_main_lcore())
		rte_thread_unregister();
}

#else

bool rte_pool_init(void)
{
	printf("rte_mempool is left out: built without libdpdk\n");
	return false;
}

struct rte_mempool *rte_pool_open(size_t size, size_t nr, unsigned int cache)
{
	(void)size;
	(void)nr;
	(void)cache;
	return NULL;
}

void rte_pool_close(struct rte_mempool *pool)
{
	(void)pool;
}

void rte_pool_enter(void)
{
}

void rte_pool_leave(void)
{
}

#endif
