/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor_depot.h - where the floors of the benchmarks get objects of one size
 *
 * Objects are cut off one mapping and never go back to the system.
 */
#ifndef FLOOR_DEPOT_H
#define FLOOR_DEPOT_H

#include <stddef.h>

#pragma GCC visibility push(default)

struct floor_depot;

/* @nr: objects in use at the same time, at most. Exits without memory. */
struct floor_depot *floor_depot_open(size_t size, size_t nr);
void floor_depot_close(struct floor_depot *depot);

/* Several objects at a time, by any thread. */
void floor_depot_take(struct floor_depot *depot, void **objects, size_t n);
void floor_depot_put(struct floor_depot *depot, void **objects, size_t n);

#pragma GCC visibility pop

#endif /* FLOOR_DEPOT_H */
