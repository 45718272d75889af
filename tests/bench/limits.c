/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits.c - the limits that the project set itself, beside what was measured
 *
 * A ratio is one of medians of the same cell, whose rounds were taken in turns.
 * Of several cells the worst counts, and how many kept the limit is said.
 */
#include <stdio.h>

#include "limits.h"

/* Index of 64 bytes among the sizes. */
#define SIZE_64 1

typedef struct cell cell_table[NR_WORKLOADS][NR_SIZES][MAX_PEERS];

/**
 * struct tally - several cells against one limit
 * @limit: at most that
 * @cells: compared
 * @met: of them
 * @worst: the largest ratio
 */
struct tally {
	double limit;
	unsigned int cells;
	unsigned int met;
	double worst;
};

static void tally_add(struct tally *tally, double ratio)
{
	tally->cells++;
	if (ratio <= tally->limit)
		tally->met++;
	if (ratio > tally->worst)
		tally->worst = ratio;
}

static void tally_print(const char *name, const struct tally *tally)
{
	char of[32];

	if (!tally->cells)
		return;
	snprintf(of, sizeof(of), "%u of %u", tally->met, tally->cells);
	bench_limit(name, of, tally->worst, tally->limit,
		    tally->met == tally->cells);
}

static void compare(struct tally *tally, const struct cell *row,
		    enum peer_id ours, enum peer_id other)
{
	if (row[ours].known && row[other].known)
		tally_add(tally, row[ours].ns.median / row[other].ns.median);
}

static bool is_bulk(enum workload_id id)
{
	return workloads[id].bulk != 0;
}

static void against(cell_table cells, const char *name, double limit,
		    enum peer_id ours, enum peer_id other)
{
	struct tally tally = { .limit = limit };

	for (enum workload_id id = 0; id < NR_WORKLOADS; id++) {
		for (size_t i = 0; i < NR_SIZES; i++) {
			if (!is_bulk(id))
				compare(&tally, cells[id][i], ours, other);
		}
	}
	tally_print(name, &tally);
}

static void against_in(cell_table cells, const char *name, double limit,
		       enum peer_id ours, enum peer_id other,
		       enum workload_id id)
{
	struct tally tally = { .limit = limit };

	for (size_t i = 0; i < NR_SIZES; i++)
		compare(&tally, cells[id][i], ours, other);
	tally_print(name, &tally);
}

static void against_at_64(cell_table cells, const char *name, double limit,
			  enum peer_id other, enum workload_id id)
{
	struct tally tally = { .limit = limit };

	compare(&tally, cells[id][SIZE_64], ID_KMALLOC, other);
	tally_print(name, &tally);
}

/* kmalloc() against the fastest malloc() of the cell. Return: 0 if none. */
static double ratio_to_best(const struct cell *row)
{
	double best = 0;

	for (enum peer_id id = ID_GLIBC; id <= ID_TCMALLOC; id++) {
		double ns = row[id].ns.median;

		if (row[id].known && (best == 0 || ns < best))
			best = ns;
	}
	return best > 0 ? row[ID_KMALLOC].ns.median / best : 0;
}

static void against_best(cell_table cells)
{
	struct tally most = { .limit = 1.00 }, all = { .limit = 1.15 };
	char of[32];

	for (enum workload_id id = 0; id < NR_WORKLOADS; id++) {
		for (size_t i = 0; i < NR_SIZES; i++) {
			double ratio = ratio_to_best(cells[id][i]);

			if (is_bulk(id) || !cells[id][i][ID_KMALLOC].known)
				continue;
			tally_add(&most, ratio);
			tally_add(&all, ratio);
		}
	}
	snprintf(of, sizeof(of), "%u of %u", most.met, most.cells);
	bench_limit("kmalloc / best malloc, on 90 % of cells", of, most.worst,
		    most.limit, most.met * 10 >= most.cells * 9);
	tally_print("kmalloc / best malloc, on every cell", &all);
}

void limits_of_pairs(cell_table cells)
{
	struct tally handover = { .limit = 0.60 };

	bench_limit_head();
	against(cells, "kmem_cache inline / rte_mempool", 1.00, ID_CACHE_INLINE,
		ID_RTE);
	against_in(cells, "kmem_cache inline / rte_mempool, hot pair", 0.60,
		   ID_CACHE_INLINE, ID_RTE, HOT);
	against(cells, "kmem_cache inline / floor inline", 1.25,
		ID_CACHE_INLINE, ID_FLOOR_INLINE);
	against(cells, "kmem_cache called / floor called", 1.10, ID_CACHE,
		ID_FLOOR);
	against_best(cells);
	against_at_64(cells, "kmalloc / jemalloc, 1 of 1 million, 64 bytes",
		      0.85, ID_JEMALLOC, REPLACE_1M);
	against_at_64(cells, "kmalloc / mimalloc, 1 of 1 million, 64 bytes",
		      0.25, ID_MIMALLOC, REPLACE_1M);
	tally_add(&handover, ratio_to_best(cells[PASS_ON][SIZE_64]));
	tally_print("kmalloc / best malloc, producer, 64 bytes", &handover);
	against_in(cells, "bulk of 16 / rte_mempool bulk", 1.10, ID_CACHE,
		   ID_RTE, BULK_16);
	against_in(cells, "bulk of 64 / rte_mempool bulk", 1.10, ID_CACHE,
		   ID_RTE, BULK_64);
}
