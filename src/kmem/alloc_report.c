/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * alloc_report.c - what to say when there is no page, or no area of pages
 *
 * One message has all that a person needs to see why: what was asked for, and
 * of each zone what is free, where its marks are, and which blocks there are.
 * At most one is made in ten seconds, and none for __GFP_NOWARN.
 *
 * A failed request is nobody's mistake, so it is a note to the report hook: not
 * counted, and no reason to abort.
 *
 * Where it differs from the kernel: no call stack.
 */
#include <sys/prctl.h>

#include "util/text.h"

#include "internal.h"

#define REPORT_PAUSE_NS (10 * 1000000000ull)

/*
 * The request takes less than 1 KiB. Of a zone there are three lines with 27
 * numbers in all, of less than 20 digits each, and as much around them.
 */
#define REPORT_REQUEST 1024
#define REPORT_ZONE 1024
#define REPORT_TEXT (REPORT_REQUEST + MAX_ZONES * REPORT_ZONE)

/* Too large for the stack of who asks for memory. */
struct text {
	size_t len;
	char buf[REPORT_TEXT];
};

static void add(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->len += text_vformat(t->buf + t->len, sizeof(t->buf) - t->len, format,
			       args);
	va_end(args);
}

static unsigned long kb(unsigned long pages)
{
	return pages << (KMEM_PAGE_SHIFT - 10);
}

/* As the kernel's %*pbl: ranges, or (null) for no mask at all. */
static void add_nodes(struct text *t, const nodemask_t *allowed)
{
	const char *comma = "";

	if (!allowed) {
		add(t, "(null)");
		return;
	}
	for (unsigned int node = 0; node < kmem.nr_nodes; node++) {
		unsigned int last = node;

		if (!node_isset(node, *allowed))
			continue;
		while (last + 1 < kmem.nr_nodes &&
		       node_isset(last + 1, *allowed))
			last++;
		add(t, last > node ? "%s%u-%u" : "%s%u", comma, node, last);
		comma = ",";
		node = last;
	}
}

static void add_request(struct text *t, gfp_t gfp, const nodemask_t *allowed,
			const char *format, va_list args)
{
	char mask[KMEM_GFP_TEXT], thread[16] = "";

	prctl(PR_GET_NAME, thread);
	kmem_gfp_print(mask, sizeof(mask), gfp);
	add(t, "%s: ", thread);
	t->len += text_vformat(t->buf + t->len, sizeof(t->buf) - t->len, format,
			       args);
	add(t, ", mode:%#x(%s), nodemask=", gfp, mask);
	add_nodes(t, allowed);
}

static void add_zone(struct text *t, const struct kmem_zone_info *zone,
		     unsigned long parked)
{
	unsigned long atomic = zone->nr_pageblocks[MIGRATE_HIGHATOMIC];

	add(t,
	    "\nNode %u %s free:%lukB min:%lukB low:%lukB high:%lukB "
	    "reserved_highatomic:%lukB managed:%lukB parked:%lukB",
	    zone->node, zone->name, kb(zone->free), kb(zone->min),
	    kb(zone->low), kb(zone->high), kb(atomic << PAGEBLOCK_ORDER),
	    kb(zone->managed), kb(parked));
	add(t, "\nlowmem_reserve[]:");
	for (int type = 0; type < NR_ZONE_TYPES; type++)
		add(t, " %lu", zone->lowmem_reserve[type]);
}

/* Free blocks of each order, as in the kernel's report. */
static void add_blocks(struct text *t, const struct kmem_zone_info *zone)
{
	add(t, "\nNode %u %s:", zone->node, zone->name);
	for (unsigned int order = 0; order < KMEM_NR_ORDERS; order++)
		add(t, " %lu*%lukB", zone->nr_free[order], kb(1ul << order));
	add(t, " = %lukB", kb(zone->free));
}

static uint64_t next_ns; /* when the next one may be made */
static unsigned int missed; /* kept quiet since the last */

void report_failure_reset(void)
{
	counter_set(next_ns, 0);
	counter_set(missed, 0);
}

static bool may_report(unsigned int *ret_missed)
{
	uint64_t now = os_now_ns(), due = counter_read(next_ns);

	if (now < due || !__atomic_compare_exchange_n(
				 &next_ns, &due, now + REPORT_PAUSE_NS, false,
				 __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&missed, 1, __ATOMIC_RELAXED);
		return false;
	}
	*ret_missed = __atomic_exchange_n(&missed, 0, __ATOMIC_RELAXED);
	return true;
}

static void add_memory(struct text *t)
{
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		add_zone(t, &zone, pages_parked(&kmem.zone[i]));
	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		add_blocks(t, &zone);
}

/**
 * report_failure() - tell that a request found no memory
 * @allowed: nodes that it could use; NULL: all
 * @format: what it was
 *
 * Context: no locks.
 */
void report_failure(gfp_t gfp, const nodemask_t *allowed, const char *format,
		    ...)
{
	unsigned int others;
	struct text *t;
	va_list args;

	if (gfp & __GFP_NOWARN || !may_report(&others))
		return;
	/* Not of the zones, in which there is nothing. */
	t = kmem_meta_alloc(sizeof(*t));
	if (!t)
		return;
	if (others)
		add(t, "%u allocation failures not shown\n", others);
	va_start(args, format);
	add_request(t, gfp, allowed, format, args);
	va_end(args);
	add_memory(t);
	kmem_note_text(t->buf);
	kmem_meta_free(t, sizeof(*t));
}
