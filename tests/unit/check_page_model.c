/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_page_model.c - a million random steps of the page allocator against a
 * naive model
 *
 * The model is a bit for each page frame: out, or not. A block that comes must
 * be aligned, of frames that were not out, in a zone that the mask allows, and
 * on the node when the mask insists on it. Blocks carry stamps, which must be
 * there when they go. From time to time everything is compared: in each zone
 *
 *	sum of nr_free << order = free
 *	free + parked in page lists + out = managed
 *
 * At the end all is freed and drained, and the free lists must be what they were
 * at the start, order by order. Pageblocks may have other types by then: no
 * request takes its type back. What the atomic reserve has does not merge with
 * other blocks, so before that requests are made to fail until it has nothing.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/highmem.h>
#include <kmem/mm.h>
#include <kmem/numa.h>

#include "fixture.h"
#include "runner.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEPS 100000ul
#else
#define STEPS 1000000ul
#endif

#define CHECK_EACH 2000
#define PHASE 10000
#define THREADS 4
#define BULK_MOST 80
#define MEMORY_MOST (256 * MIB)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Where the test runs. The second is large enough for an atomic reserve. */
static const struct kmem_config configs[] = {
	{
		.memory = 64 * MIB,
		.backing = KMEM_MEMFD,
		.cpus = 4,
		.nodes = 2,
		.zones = "DMA:8M,Normal:40M,HighMem",
	},
	{
		.memory = MEMORY_MOST,
		.backing = KMEM_ANON,
		.cpus = 4,
		.zones = "DMA:8M,DMA32:24M,Normal",
	},
};

#define CONFIGS ((int)ARRAY_SIZE(configs))

enum {
	DMA,
	DMA32,
	NORMAL,
	HIGHMEM
};

/* The highest zone that a mask may use, by its four lowest bits. */
static const unsigned int highest[16] = {
	[0] = NORMAL,
	[__GFP_DMA] = DMA,
	[__GFP_DMA32] = DMA32,
	[__GFP_HIGHMEM] = HIGHMEM,
	[__GFP_MOVABLE] = NORMAL,
	[__GFP_MOVABLE | __GFP_DMA] = DMA,
	[__GFP_MOVABLE | __GFP_DMA32] = DMA32,
	[__GFP_MOVABLE | __GFP_HIGHMEM] = HIGHMEM,
};

/* ---- the model ----------------------------------------------------------- */

/* Relaxed, so that ThreadSanitizer sees no order that the allocator made not. */
static uint64_t out[MEMORY_MOST / KMEM_PAGE_SIZE / 64];
static unsigned long nr_frames;
static struct buddyinfo at_start;

/* Frames go out or come home; false when one had done so already. */
static bool frames_move(unsigned long pfn, unsigned long nr, bool go)
{
	unsigned long end = pfn + nr;
	bool clean = true;

	while (pfn < end) {
		unsigned long first = pfn % 64, n = 64 - first;
		uint64_t mask = ~0ull, was;

		if (n > end - pfn)
			n = end - pfn;
		mask = mask >> (64 - n) << first;
		if (go)
			was = __atomic_fetch_or(&out[pfn / 64], mask,
						__ATOMIC_RELAXED);
		else
			was = ~__atomic_fetch_and(&out[pfn / 64], ~mask,
						  __ATOMIC_RELAXED);
		clean = clean && !(was & mask);
		pfn += n;
	}
	return clean;
}

/* Zones begin and end at blocks of the highest order. */
static unsigned long frames_out(unsigned long pfn, unsigned long nr)
{
	unsigned long sum = 0;

	for (unsigned long i = pfn / 64; i < (pfn + nr) / 64; i++)
		sum += (unsigned long)__builtin_popcountll(
			__atomic_load_n(&out[i], __ATOMIC_RELAXED));
	return sum;
}

/* ---- users --------------------------------------------------------------- */

enum kind {
	BLOCK,
	COMPOUND,
	EXACT,
};

/* Something that a user holds. */
struct holding {
	struct page *page;
	unsigned long nr;
	unsigned int order;
	enum kind kind;
	bool stamped;
	uint64_t stamp;
};

struct user {
	struct prng prng;
	struct holding *holdings;
	size_t nr;
	size_t room;
	unsigned long live; /* pages */
	unsigned long most; /* pages that it should not hold more of */
	unsigned long step;
	const char *fault; /* the first thing that was wrong */
	unsigned long fault_step;
};

/* A request, and what may come of it. */
struct request {
	gfp_t gfp;
	unsigned int order;
	int node;
	const nodemask_t *allowed;
};

static void fault_if(struct user *u, bool wrong, const char *what)
{
	if (!wrong || u->fault)
		return;
	u->fault = what;
	u->fault_step = u->step;
}

static unsigned int roll(struct user *u, unsigned int n)
{
	return prng_below(&u->prng, n);
}

/* ---- stamps -------------------------------------------------------------- */

static void write_stamp(const struct page *page, uint64_t stamp)
{
	uint64_t *p = kmap_local_page(page);

	*p = stamp;
	kunmap_local(p);
}

static uint64_t read_stamp(const struct page *page)
{
	uint64_t *p = kmap_local_page(page);
	uint64_t stamp = *p;

	kunmap_local(p);
	return stamp;
}

static struct page *last_of(const struct holding *h)
{
	return pfn_to_page(page_to_pfn(h->page) + h->nr - 1);
}

/* To map pages of HighMem costs system calls: few of them have a stamp. */
static void stamp(struct user *u, struct holding *h)
{
	h->stamped = page_address(h->page) || roll(u, 16) == 0;
	h->stamp = prng_next(&u->prng);
	if (!h->stamped)
		return;
	write_stamp(h->page, h->stamp);
	write_stamp(last_of(h), h->stamp);
}

static bool stamp_holds(const struct holding *h)
{
	return !h->stamped || (read_stamp(h->page) == h->stamp &&
			       read_stamp(last_of(h)) == h->stamp);
}

static bool page_is_zero(const struct page *page)
{
	void *p = kmap_local_page(page);
	bool zero = bytes_are(p, KMEM_PAGE_SIZE, 0);

	kunmap_local(p);
	return zero;
}

/* ---- what comes ---------------------------------------------------------- */

static struct holding *hold(struct user *u, struct page *page, unsigned long nr,
			    unsigned int order, enum kind kind)
{
	unsigned long pfn = page_to_pfn(page);
	struct holding *h;

	if (u->nr == u->room) {
		u->room = u->room ? 2 * u->room : 1024;
		u->holdings =
			realloc(u->holdings, u->room * sizeof(u->holdings[0]));
		if (!u->holdings)
			abort();
	}
	h = &u->holdings[u->nr++];
	*h = (struct holding){ page, nr, order, kind, false, 0 };
	u->live += nr;
	fault_if(u, pfn >= nr_frames || nr > nr_frames - pfn,
		 "a block outside the memory");
	fault_if(u, !u->fault && !frames_move(pfn, nr, true),
		 "a block that somebody has");
	return h;
}

static void check_place(struct user *u, const struct request *r,
			const struct page *page)
{
	int wanted = r->node == NUMA_NO_NODE ? numa_node_id() : r->node;
	int node = page_to_nid(page);

	fault_if(u, page_zonenum(page) > highest[r->gfp & 15],
		 "a zone that the mask forbids");
	fault_if(u, r->gfp & __GFP_THISNODE && node != wanted,
		 "another node than this one");
	fault_if(u, r->allowed && !node_isset(node, *r->allowed),
		 "a node that was not allowed");
}

static void check_block(struct user *u, const struct request *r,
			const struct holding *h)
{
	bool unit = h->kind == COMPOUND;

	fault_if(u, page_to_pfn(h->page) & (h->nr - 1), "not aligned");
	fault_if(u, kmem_block_validate(h->page, r->order) != 0, "not sound");
	fault_if(u, page_count(h->page) != 1, "not one reference");
	fault_if(u, PageCompound(h->page) != unit, "compound or not");
	fault_if(u, unit && compound_head(last_of(h)) != h->page,
		 "the last is no tail");
	fault_if(u,
		 r->gfp & __GFP_ZERO &&
			 !(page_is_zero(h->page) && page_is_zero(last_of(h))),
		 "not zero");
}

/* All checks but the claims come first: the stamp is written by the owner. */
static void got_block(struct user *u, const struct request *r,
		      struct page *page)
{
	bool unit = r->order && r->gfp & __GFP_COMP;
	struct holding *h = hold(u, page, 1ul << r->order, r->order,
				 unit ? COMPOUND : BLOCK);

	check_place(u, r, page);
	check_block(u, r, h);
	stamp(u, h);
}

/* With half of the memory free a page is there for who can reclaim. */
static void got_nothing(struct user *u, const struct request *r)
{
	fault_if(u,
		 r->order == 0 && r->gfp & __GFP_DIRECT_RECLAIM &&
			 !(r->gfp & __GFP_THISNODE) && !r->allowed &&
			 highest[r->gfp & 15] >= NORMAL &&
			 frames_out(0, nr_frames) < nr_frames / 2,
		 "no page, but much memory");
}

/* ---- requests ------------------------------------------------------------ */

static unsigned int random_order(struct user *u)
{
	switch (roll(u, 20)) {
	case 0:
		return roll(u, KMEM_NR_ORDERS);
	case 1 ... 3:
		return roll(u, 9);
	case 4 ... 9:
		return 1 + roll(u, 3);
	default:
		return 0;
	}
}

static gfp_t random_gfp(struct user *u)
{
	static const gfp_t zones[] = {
		0, 0, 0, __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, __GFP_HIGHMEM
	};
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	static const gfp_t ways[] = {
		GFP_KERNEL,
		GFP_KERNEL,
		GFP_USER,
		GFP_NOFS,
		GFP_NOIO,
		GFP_ATOMIC,
		GFP_NOWAIT,
		0,
		GFP_KERNEL | __GFP_NORETRY,
		GFP_KERNEL | __GFP_RETRY_MAYFAIL,
		GFP_KERNEL | __GFP_MEMALLOC,
		GFP_ATOMIC | __GFP_MEMALLOC,
		GFP_ATOMIC | __GFP_NOMEMALLOC,
		GFP_KERNEL | __GFP_HIGH,
		GFP_KERNEL | __GFP_ACCOUNT | __GFP_WRITE,
	};
	gfp_t gfp = __GFP_NOWARN | zones[roll(u, ARRAY_SIZE(zones))] |
		    types[roll(u, ARRAY_SIZE(types))] |
		    ways[roll(u, ARRAY_SIZE(ways))];

	if (roll(u, 3) == 0)
		gfp |= __GFP_COMP;
	if (roll(u, 12) == 0)
		gfp |= __GFP_ZERO;
	if (roll(u, 6) == 0)
		gfp |= __GFP_THISNODE;
	return gfp;
}

static int random_node(struct user *u)
{
	return roll(u, 3) ? (int)roll(u, num_online_nodes()) : NUMA_NO_NODE;
}

static void take_block(struct user *u)
{
	struct request r = { random_gfp(u), random_order(u), NUMA_NO_NODE,
			     NULL };
	nodemask_t some = NODE_MASK_NONE;
	struct page *page;

	switch (roll(u, 8)) {
	case 0:
		node_set(roll(u, num_online_nodes()), some);
		r.allowed = &some;
		__attribute__((fallthrough));
	case 1 ... 2:
		r.node = random_node(u);
		page = __alloc_pages(r.gfp, r.order, r.node, r.allowed);
		break;
	case 3:
		r.gfp &= ~__GFP_HIGHMEM;
		page = virt_to_page((void *)__get_free_pages(r.gfp, r.order));
		break;
	default:
		page = alloc_pages(r.gfp, r.order);
		break;
	}
	if (page)
		got_block(u, &r, page);
	else
		got_nothing(u, &r);
}

static void take_bulk(struct user *u)
{
	struct request r = { random_gfp(u), 0, random_node(u), NULL };
	struct page *pages[BULK_MOST] = { NULL };
	unsigned long nr = 1 + roll(u, BULK_MOST);
	unsigned long n = alloc_pages_bulk_node(r.gfp, r.node, nr, pages);

	fault_if(u, n > nr, "more pages than there is room");
	for (unsigned long i = 0; i < nr; i++) {
		fault_if(u, (i < n) != (pages[i] != NULL), "a gap in a bulk");
		if (pages[i])
			got_block(u, &r, pages[i]);
	}
}

static void take_exact(struct user *u)
{
	struct request r = { random_gfp(u), random_order(u), random_node(u),
			     NULL };
	unsigned long nr = (1ul << r.order) - roll(u, 1 + (1u << r.order) / 2);
	size_t size = nr * KMEM_PAGE_SIZE - roll(u, KMEM_PAGE_SIZE);
	struct holding *h;
	void *p;

	r.gfp &= ~(__GFP_HIGHMEM | __GFP_COMP);
	p = alloc_pages_exact_nid(r.node, size, r.gfp);
	if (!p)
		return;
	h = hold(u, virt_to_page(p), nr, r.order, EXACT);
	check_place(u, &r, h->page);
	fault_if(u, kmem_block_validate(last_of(h), 0) != 0, "not single");
	stamp(u, h);
}

/* ---- what goes ----------------------------------------------------------- */

/* The last takes the place of the one that goes. */
static struct holding part_with(struct user *u, size_t i)
{
	struct holding h = u->holdings[i];

	u->holdings[i] = u->holdings[--u->nr];
	u->live -= h.nr;
	fault_if(u, !stamp_holds(&h), "a live block was written to");
	fault_if(u, !frames_move(page_to_pfn(h.page), h.nr, false),
		 "freed: what nobody had");
	return h;
}

static void split(struct user *u, const struct holding *h)
{
	unsigned long pfn = page_to_pfn(h->page);

	split_page(h->page, h->order);
	for (unsigned long i = 0; i < h->nr; i++)
		stamp(u, hold(u, pfn_to_page(pfn + i), 1, 0, BLOCK));
}

/* A free that is not the last one leaves the first page, or all of a unit. */
static void free_shared(struct user *u, const struct holding *h)
{
	unsigned long pfn = page_to_pfn(h->page);
	unsigned int left = h->kind == COMPOUND ? h->order : 0;

	/* Claimed while it is held, so that nobody else can have it. */
	stamp(u, hold(u, h->page, 1ul << left, left, h->kind));
	get_page(h->page);
	fault_if(u, page_count(h->page) != 2, "not two references");
	__free_pages(h->page, h->order);
	fault_if(u, page_count(pfn_to_page(pfn)) != 1, "not one reference");
	fault_if(u, kmem_block_validate(h->page, left) != 0, "not sound");
}

static void give_block(struct user *u, struct holding *h)
{
	void *address = page_address(h->page);

	switch (roll(u, 10)) {
	case 0:
		free_shared(u, h);
		break;
	case 1:
		put_page(h->kind == COMPOUND ? last_of(h) : h->page);
		break;
	case 2:
		if (h->kind == BLOCK && h->order <= 6) {
			split(u, h);
			break;
		}
		__attribute__((fallthrough));
	case 3 ... 5:
		if (address) {
			free_pages((unsigned long)address, h->order);
			break;
		}
		__attribute__((fallthrough));
	default:
		__free_pages(h->page, h->order);
		break;
	}
}

static void give(struct user *u, size_t i)
{
	struct holding h = part_with(u, i);

	if (h.kind == EXACT)
		free_pages_exact(page_address(h.page), h.nr * KMEM_PAGE_SIZE);
	else
		give_block(u, &h);
}

/* ---- steps --------------------------------------------------------------- */

static void meddle(struct user *u)
{
	switch (roll(u, 8)) {
	case 0:
		drain_all_pages();
		break;
	case 1:
		kmem_release_free_pages();
		break;
	default:
		kmem_set_numa_node(random_node(u));
		break;
	}
}

static void take(struct user *u)
{
	switch (roll(u, 20)) {
	case 0:
		take_bulk(u);
		break;
	case 1 ... 2:
		take_exact(u);
		break;
	default:
		take_block(u);
		break;
	}
}

/* In turns nearly nothing is held, much, and more than there is. */
static bool wants_more(struct user *u)
{
	static const unsigned int eighths[] = { 1, 6, 3, 9 };
	unsigned long aim =
		u->most / 8 * eighths[u->step / PHASE % ARRAY_SIZE(eighths)];

	return !u->nr || roll(u, 10) < (u->live < aim ? 6u : 2u);
}

static void run_steps(struct user *u, unsigned long steps)
{
	for (unsigned long i = 0; i < steps && !u->fault; i++) {
		if (roll(u, 1000) == 0)
			meddle(u);
		else if (wants_more(u))
			take(u);
		else
			give(u, roll(u, (unsigned int)u->nr));
		u->step++;
	}
}

/* ---- everything at once -------------------------------------------------- */

static unsigned long parked_in(unsigned int zone)
{
	struct kmem_pageset_info info;
	unsigned long sum = 0;

	for (unsigned int cpu = 0; kmem_pageset_info(zone, cpu, &info); cpu++)
		sum += info.count;
	return sum;
}

/* While nobody is inside the library. */
static void check_all(struct user *u)
{
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++) {
		unsigned long free = 0;

		for (unsigned int o = 0; o < KMEM_NR_ORDERS; o++)
			free += zone.nr_free[o] << o;
		fault_if(u, free != zone.free,
			 "the blocks are not the free pages");
		fault_if(u,
			 free + parked_in(i) +
					 frames_out(zone.start_pfn,
						    zone.spanned) !=
				 zone.managed,
			 "pages lost, or counted twice");
	}
	fault_if(u, kmem_validate() != 0, "kmem_validate()");
}

static void assert_sound(const struct user *u)
{
	ck_assert_msg(!u->fault, "step %lu: %s (last report: %s)",
		      u->fault_step, u->fault, reports_last());
}

static void user_init(struct user *u, uint64_t seed, unsigned long most)
{
	*u = (struct user){ .prng = { seed }, .most = most };
}

/* Freeing may leave something to be freed, when it splits. */
static void user_exit(struct user *u)
{
	while (u->nr && !u->fault)
		give(u, u->nr - 1);
	assert_sound(u);
	free(u->holdings);
}

static bool reserve_exists(void)
{
	struct kmem_zone_info zone;
	unsigned long blocks = 0;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		blocks += zone.nr_pageblocks[MIGRATE_HIGHATOMIC];
	return blocks > 0;
}

/* Requests in need take blocks off the atomic reserve, one at a time. */
static void empty_reserve(void)
{
	static struct page *pages[MEMORY_MOST / KMEM_BLOCK_SIZE];
	unsigned int nr = 0, rounds = 0;

	while (reserve_exists()) {
		struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN,
						KMEM_MAX_ORDER);

		if (page)
			pages[nr++] = page;
		else
			ck_assert_uint_lt(rounds++, 100);
	}
	while (nr)
		__free_pages(pages[--nr], KMEM_MAX_ORDER);
}

static void model_up(int config)
{
	kmem_up_with(&configs[config]);
	nr_frames = configs[config].memory / KMEM_PAGE_SIZE;
	memset(out, 0, sizeof(out));
	buddyinfo_read(&at_start);
}

static void model_down(void)
{
	ck_assert_uint_eq(frames_out(0, nr_frames), 0);
	empty_reserve();
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

/* ---- one thread ---------------------------------------------------------- */

START_TEST(test_random_steps_agree_with_the_model)
{
	unsigned long steps = test_steps(STEPS) / CONFIGS;
	struct user u;

	model_up(_i);
	user_init(&u, test_seed("random_steps"), nr_frames);
	while (u.step < steps && !u.fault) {
		unsigned long left = steps - u.step;

		run_steps(&u, left < CHECK_EACH ? left : CHECK_EACH);
		check_all(&u);
	}
	assert_sound(&u);
	user_exit(&u);
	model_down();
}
END_TEST

/* ---- several threads ----------------------------------------------------- */

struct crowd {
	struct user users[THREADS];
	pthread_barrier_t quiet;
	unsigned long steps;
};

static bool crowd_is_sound(const struct crowd *crowd)
{
	for (unsigned int t = 0; t < THREADS; t++)
		if (crowd->users[t].fault)
			return false;
	return true;
}

/* Between the barriers all stand still but the first, who looks. */
static void run_with_others(unsigned int index, void *arg)
{
	struct crowd *crowd = arg;
	struct user *u = &crowd->users[index];

	for (unsigned long done = 0; done < crowd->steps; done += CHECK_EACH) {
		run_steps(u, CHECK_EACH);
		pthread_barrier_wait(&crowd->quiet);
		if (index == 0)
			check_all(u);
		pthread_barrier_wait(&crowd->quiet);
		if (!crowd_is_sound(crowd))
			break;
		/* Nobody has a fault of the next round when others look. */
		pthread_barrier_wait(&crowd->quiet);
	}
}

START_TEST(test_threads_agree_with_the_model)
{
	static struct crowd crowd;
	uint64_t seed = test_seed("threads");

	model_up(_i);
	crowd.steps = test_steps(STEPS) / CONFIGS / THREADS;
	pthread_barrier_init(&crowd.quiet, NULL, THREADS);
	for (unsigned int t = 0; t < THREADS; t++)
		user_init(&crowd.users[t], seed + t, nr_frames / THREADS);
	threads_run(THREADS, run_with_others, &crowd);
	pthread_barrier_destroy(&crowd.quiet);
	for (unsigned int t = 0; t < THREADS; t++)
		assert_sound(&crowd.users[t]);
	for (unsigned int t = 0; t < THREADS; t++)
		user_exit(&crowd.users[t]);
	model_down();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("page_model");
	TCase *tc = suite_add(s, "random", NULL, NULL);

	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, test_random_steps_agree_with_the_model, 0,
			    CONFIGS);
	tcase_add_loop_test(tc, test_threads_agree_with_the_model, 0, CONFIGS);
	return s;
}
