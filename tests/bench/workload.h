/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * workload.h - what a program does with its objects, for any allocator
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdint.h>

#include "peers.h"

#define MAX_WORKERS 2
#define BATCH 1000u

/**
 * struct worker - one thread at work
 * @from: where its objects come from
 * @index: which of the workers
 * @live: its objects, where the workload keeps some
 * @nr_live: how many
 * @order: in which a batch is freed
 * @bulk: objects per call
 * @random: state of the generator
 * @pairs: to do
 */
struct worker {
	const struct source *from;
	unsigned int index;
	void **live;
	size_t nr_live;
	const uint16_t *order;
	unsigned int bulk;
	uint64_t random;
	unsigned long pairs;
};

/**
 * struct workload - one row of the table
 * @name: what it says
 * @run: does @pairs pairs of alloc and free
 * @workers: threads that do so at the same time
 * @nr_live: objects that each keeps
 * @order: see struct worker
 * @bulk: see struct worker; only caches can
 */
struct workload {
	const char *name;
	void (*run)(struct worker *w);
	unsigned int workers;
	size_t nr_live;
	const uint16_t *order;
	unsigned int bulk;
};

extern const struct workload workloads[];
extern const size_t nr_workloads;

void workloads_init(void);

/* Make and free the objects that a worker keeps. */
void worker_fill(struct worker *w);
void worker_drain(struct worker *w);

#endif /* WORKLOAD_H */
