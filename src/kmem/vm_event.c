/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm_event.c - what happened, counted under the kernel's names
 *
 * Events of slow paths are counted where they happen, in a word each. What
 * fast paths do is not counted at all: pages given out and taken back follow
 * from what threads' page lists and zones count anyway, and are summed when
 * somebody asks.
 *
 * Where it differs from the kernel: only events that mean something here are
 * there; the rest of /proc/vmstat is for who prints it.
 */
#include <string.h>

#include "internal.h"

static uint64_t events[KMEM_NR_VM_EVENTS];

/* Context: any lock may be held; not for fast paths. */
void vm_event(enum kmem_vm_event event, uint64_t n)
{
	__atomic_fetch_add(&events[event], n, __ATOMIC_RELAXED);
}

void vm_events_reset(void)
{
	for (unsigned int i = 0; i < KMEM_NR_VM_EVENTS; i++)
		__atomic_store_n(&events[i], 0, __ATOMIC_RELAXED);
}

/* The lists name zones in the order of their types. */
_Static_assert(KMEM_VM_EVENT_pgalloc_movable ==
			       KMEM_VM_EVENT_pgalloc_dma + ZONE_MOVABLE &&
		       KMEM_VM_EVENT_allocstall_movable ==
			       KMEM_VM_EVENT_allocstall_dma + ZONE_MOVABLE,
	       "an event of a zone is found by the zone's type");

void vm_event_of_zone(enum kmem_vm_event first, enum zone_type type, uint64_t n)
{
	vm_event((enum kmem_vm_event)(first + type), n);
}

void kmem_vm_events(uint64_t *ret_counts)
{
	memset(ret_counts, 0, KMEM_NR_VM_EVENTS * sizeof(*ret_counts));
	if (!kmem_up())
		return;
	lock_reader_begin();
	for (unsigned int i = 0; i < KMEM_NR_VM_EVENTS; i++)
		ret_counts[i] = counter_read(events[i]);
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		const struct zone *zone = &kmem.zone[i];
		uint64_t allocs, frees;

		zone_traffic(zone, &allocs, &frees);
		ret_counts[KMEM_VM_EVENT_pgalloc_dma + zone->type] += allocs;
		ret_counts[KMEM_VM_EVENT_pgfree] += frees;
	}
	lock_reader_end();
}
