/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.h - the limits that the project set itself, beside what was measured
 */
#ifndef LIMITS_H
#define LIMITS_H

#include <stdbool.h>

#include "bench.h"
#include "peers.h"
#include "workload.h"

#define NR_SIZES 5

/**
 * struct cell - what one peer needed for one workload and size
 * @known: it was measured
 * @ns: nanoseconds per pair
 */
struct cell {
	bool known;
	struct bench_spread ns;
};

/**
 * limits_of_pairs() - print a line for each limit of bench_slab
 * @cells: by workload, size and peer
 */
void limits_of_pairs(struct cell cells[NR_WORKLOADS][NR_SIZES][MAX_PEERS]);

#endif /* LIMITS_H */
