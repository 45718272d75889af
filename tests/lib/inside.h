/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inside.h - single steps inside the page allocator, past its page lists
 *
 * fixture.h and the library's private header have a name in common, so tests
 * that need both take this for the second. Zones are the first one.
 */
#ifndef TESTS_INSIDE_H
#define TESTS_INSIDE_H

#include <kmem/introspect.h>

#define INSIDE_NON_BLOCK 0x10u
#define INSIDE_NOFRAGMENT 0x100u
#define INSIDE_HIGHATOMIC 0x200u

/**
 * inside_take() - one block off the zone's free lists, whatever its marks say
 */
struct page *inside_take(unsigned int order, enum migratetype type,
			 unsigned int flags);

/**
 * inside_give() - back to them
 */
void inside_give(struct page *page);

/**
 * inside_set_refcount() - what somebody with a wild pointer might write
 */
void inside_set_refcount(struct page *page, int refcount);

enum migratetype inside_type(const struct page *page);

/**
 * inside_reserve() - as if an atomic request had got @page
 */
void inside_reserve(struct page *page);

/**
 * inside_unreserve() - one pageblock of the atomic reserve becomes of @type
 */
bool inside_unreserve(enum migratetype type, bool force);

/**
 * inside_release_idle() - what the background thread does from time to time
 */
void inside_release_idle(uint64_t now_ns);
/* Is there anything for which it would wake up again? */
bool inside_release_pending(void);

/**
 * inside_page_set() - the formulas of page sets: batch, high_min, high_max
 */
void inside_page_set(unsigned long managed, unsigned long low,
		     unsigned int cpus, unsigned int fraction,
		     unsigned int ret_limits[3]);

/**
 * inside_reader_begin(), inside_reader_end() - nothing in between may take a
 * lock that an allocation takes; checked by debug builds
 */
void inside_reader_begin(void);
void inside_reader_end(void);

#endif /* TESTS_INSIDE_H */
