/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * workload.h - what a program does with its objects, for any allocator
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
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
 * @table: the workers' objects together, where they share some
 * @nr_table: how many
 * @batch: objects allocated before they are freed
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
	void **table;
	size_t nr_table;
	unsigned int batch;
	const uint16_t *order;
	unsigned int bulk;
	uint64_t random;
	unsigned long pairs;
};

enum workload_id {
	HOT,
	BATCH_SAME,
	BATCH_REVERSE,
	BATCH_RANDOM,
	BURST_16,
	BURST_64,
	REPLACE_10K,
	REPLACE_1M,
	BULK_16,
	BULK_64,
	HOT_2,
	REPLACE_2,
	SHARED_2,
	PASS_ON,
	NR_WORKLOADS,
};

/**
 * struct workload - one table
 * @name: what it says
 * @run: does @pairs pairs of alloc and free
 * @workers: threads that do so at the same time
 * @nr_live: objects that each keeps
 * @shared: they are in one table
 * @crosses: one thread frees what another allocated
 * @batch: see struct worker
 * @order: see struct worker
 * @bulk: see struct worker; only caches and rte_mempool can
 */
struct workload {
	const char *name;
	void (*run)(struct worker *w);
	unsigned int workers;
	size_t nr_live;
	bool shared;
	bool crosses;
	unsigned int batch;
	const uint16_t *order;
	unsigned int bulk;
};

extern const struct workload workloads[NR_WORKLOADS];

void workloads_init(void);

/* Make and free the objects that a worker keeps. */
void worker_fill(struct worker *w);
void worker_drain(struct worker *w);

#endif /* WORKLOAD_H */
