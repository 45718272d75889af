/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm_area.c - where areas are, and what is mapped in them
 *
 * A range of addresses is reserved once: nobody can touch it and nothing else
 * comes to lie there. An area is a part of it, the last page of which stays
 * hidden, so that who runs past the end is caught. Areas are in a tree, ordered
 * by address. Each knows the gap before it and the largest gap below it in the
 * tree, so the lowest gap that is large enough is found by one walk down; an
 * area of no size at the end of the range owns the last gap.
 *
 * The tree is a treap: a search tree by address and a heap by a random number
 * that each area draws, which keeps it flat enough without any bookkeeping.
 *
 * Life of an area (see enum vm_area_state):
 *
 *	vm_area_new()		it has its addresses
 *	vm_area_map()		its pages are there; a system call for each
 *				run of neighbours, made without the lock
 *	vm_area_open()		users may find it
 *	vm_area_close()		nobody finds it any more, one caller has it
 *	vm_area_hide()		its pages can no longer be reached
 *	vm_area_delete()	its addresses are free
 *
 * Where it differs from the kernel: a freed area is unmapped at once, which is
 * one system call, not kept until there are many. There is one tree and one
 * lock, not one per node. Alignment is looked for gap by gap.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Address space is free, but tools and limits have a say in it. */
#define RANGE_MIN (1ul << 34)
#define RANGE_PER_MEMORY 4

static struct {
	/* constant between vm_areas_init() and vm_areas_exit() */
	char *base;
	size_t size;

	pthread_mutex_t lock; /* LOCK_AREAS: all below */
	struct vm_area *root;
	struct vm_area end;
	uint64_t random;
	unsigned long nr_areas;

	/* LOCK_AREAS for writers, read without */
	unsigned long nr_live;
	unsigned long live_pages; /* of vmalloc()'s */
} range = { .lock = PTHREAD_MUTEX_INITIALIZER };

void vm_areas_lock(void)
{
	lock(&range.lock, LOCK_AREAS);
}

void vm_areas_unlock(void)
{
	unlock(&range.lock);
}

bool is_vmalloc_addr(const void *p)
{
	return (size_t)((const char *)p - range.base) < range.size;
}

/* ---- the tree ------------------------------------------------------------ */

static size_t max_gap(const struct vm_area *area)
{
	return area ? area->max_gap : 0;
}

static void update(struct vm_area *area)
{
	size_t below = MAX(max_gap(area->left), max_gap(area->right));

	area->max_gap = MAX(area->gap, below);
}

static struct vm_area *rotate_right(struct vm_area *root)
{
	struct vm_area *top = root->left;

	root->left = top->right;
	top->right = root;
	update(root);
	update(top);
	return top;
}

static struct vm_area *rotate_left(struct vm_area *root)
{
	struct vm_area *top = root->right;

	root->right = top->left;
	top->left = root;
	update(root);
	update(top);
	return top;
}

static struct vm_area *insert(struct vm_area *root, struct vm_area *area)
{
	if (!root) {
		update(area);
		return area;
	}
	if (area->vm.addr < root->vm.addr) {
		root->left = insert(root->left, area);
		if (root->left->priority > root->priority)
			return rotate_right(root);
	} else {
		root->right = insert(root->right, area);
		if (root->right->priority > root->priority)
			return rotate_left(root);
	}
	update(root);
	return root;
}

/* Two trees, all of the first before all of the second. */
static struct vm_area *join(struct vm_area *a, struct vm_area *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->priority > b->priority) {
		a->right = join(a->right, b);
		update(a);
		return a;
	}
	b->left = join(a, b->left);
	update(b);
	return b;
}

static struct vm_area *take_out(struct vm_area *root, struct vm_area *area)
{
	if (root == area)
		return join(area->left, area->right);
	if (area->vm.addr < root->vm.addr)
		root->left = take_out(root->left, area);
	else
		root->right = take_out(root->right, area);
	update(root);
	return root;
}

/* The gap before @area changed: so did what is known above it. */
static void refresh(struct vm_area *root, const struct vm_area *area)
{
	if (area->vm.addr < root->vm.addr)
		refresh(root->left, area);
	else if (area != root)
		refresh(root->right, area);
	update(root);
}

/* The first one behind @addr; the end of the range is always there. */
static struct vm_area *next_of(const void *addr)
{
	struct vm_area *area = range.root, *next = &range.end;

	while (area) {
		if ((char *)area->vm.addr > (const char *)addr) {
			next = area;
			area = area->left;
		} else {
			area = area->right;
		}
	}
	return next;
}

/* Where in the gap before @area; NULL: nowhere. */
static char *place_in_gap(const struct vm_area *area, size_t size, size_t align)
{
	size_t end = (size_t)area->vm.addr;
	size_t start = ALIGN_UP(end - area->gap, align);

	if (start < end - area->gap || start > end || end - start < size)
		return NULL;
	return (char *)start;
}

/*
 * The area before which the lowest place is. With page alignment each gap that
 * is large enough will do, so only one path is walked.
 */
static struct vm_area *find_place(struct vm_area *area, size_t size,
				  size_t align)
{
	struct vm_area *found;

	if (max_gap(area) < size)
		return NULL;
	found = find_place(area->left, size, align);
	if (found)
		return found;
	if (place_in_gap(area, size, align))
		return area;
	return find_place(area->right, size, align);
}

/* The one that holds an address, whatever its state; its guard page too. */
static struct vm_area *area_at(const void *p)
{
	struct vm_area *area = range.root, *before = NULL;

	while (area) {
		if ((const char *)p >= (char *)area->vm.addr) {
			before = area;
			area = area->right;
		} else {
			area = area->left;
		}
	}
	if (!before || (size_t)((const char *)p - (char *)before->vm.addr) >=
			       before->vm.size)
		return NULL;
	return before;
}

/* ---- the range ----------------------------------------------------------- */

static void reset(void)
{
	range.base = NULL;
	range.size = 0;
	range.root = NULL;
	range.nr_areas = 0;
	counter_set(range.nr_live, 0);
	counter_set(range.live_pages, 0);
	memset(&range.end, 0, sizeof(range.end));
}

/* Less will do where limits are tight. */
int vm_areas_init(size_t memory)
{
	size_t size = MAX(RANGE_MIN, RANGE_PER_MEMORY * memory);

	while (!(range.base = os_range_reserve(size))) {
		size = size / 2 & ~(KMEM_PAGE_SIZE - 1);
		if (size < KMEM_MIN_MEMORY)
			return -ENOMEM;
	}
	range.size = size;
	range.random = os_random();
	range.end.vm.addr = range.base + size;
	range.end.state = VM_AREA_NEW;
	range.end.gap = size;
	range.root = insert(NULL, &range.end);
	return 0;
}

void vm_areas_exit(void)
{
	if (range.base)
		os_release(range.base, range.size);
	reset();
}

/* A child without the arena must not reach it through areas either. */
void vm_areas_fork(enum fork_step step)
{
	if (step == FORK_ORPHAN)
		vm_areas_exit();
	fork_mutex(&range.lock, step);
}

/* ---- birth --------------------------------------------------------------- */

/* splitmix64's step: good enough to balance a tree. */
static uint32_t draw(void)
{
	uint64_t z = range.random += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	return (uint32_t)(z >> 32);
}

/* The area takes the end of a gap's lower part and leaves the upper one. */
static void place(struct vm_area *area, struct vm_area *next, char *start)
{
	size_t end_of_gap = (size_t)next->vm.addr;

	area->vm.addr = start;
	area->gap = (size_t)start - (end_of_gap - next->gap);
	next->gap = end_of_gap - (size_t)start - area->vm.size;
	area->priority = draw();
	range.root = insert(range.root, area);
	range.nr_areas++;
}

/*
 * Addresses for @bytes, whole pages, and a guard page. NULL: no room in the
 * range or in the metadata region.
 */
struct vm_area *vm_area_new(size_t bytes, size_t align, unsigned long flags,
			    const void *caller)
{
	struct vm_area *area = kmem_meta_alloc(sizeof(*area)), *next;

	if (!area)
		return NULL;
	align = MAX(align, KMEM_PAGE_SIZE);
	area->vm.size = bytes + KMEM_PAGE_SIZE;
	area->vm.flags = flags;
	area->vm.caller = caller;
	area->vm.requested_size = bytes;
	list_init(&area->link);
	vm_areas_lock();
	next = find_place(range.root, area->vm.size, align);
	if (next)
		place(area, next, place_in_gap(next, area->vm.size, align));
	vm_areas_unlock();
	if (next)
		return area;
	kmem_meta_free(area, sizeof(*area));
	return NULL;
}

/* Would there be a place if there were no other area? */
bool vm_areas_could_hold(size_t bytes, size_t align)
{
	size_t base = (size_t)range.base;
	size_t start = ALIGN_UP(base, MAX(align, KMEM_PAGE_SIZE));

	return start >= base && start - base < range.size &&
	       range.size - (start - base) >= bytes + KMEM_PAGE_SIZE;
}

/* Room for the pages of an area. */
bool vm_area_make_map(struct vm_area *area, unsigned int nr)
{
	area->map = kmem_meta_alloc(nr * sizeof(*area->map));
	if (!area->map)
		return false;
	area->map_room = nr;
	return true;
}

/* Pages from the @first on that lie in memory as they do in the map. */
static unsigned int run_of(const struct vm_area *area, unsigned int first)
{
	unsigned int n = 1;

	while (first + n < area->nr_map &&
	       area->map[first + n] == area->map[first] + n)
		n++;
	return n;
}

/*
 * Maps the pages, or fresh memory of that size where pages cannot be. What was
 * mapped when it fails is in @mapped.
 */
int vm_area_map(struct vm_area *area, enum os_range_flags how)
{
	unsigned int i = 0, n;
	int err = 0;

	while (!err && i < area->nr_map) {
		size_t offset = 0;

		n = area->nr_map;
		if (kmem.arena.fd >= 0) {
			n = run_of(area, i);
			offset = __page_to_pfn(area->map[i]) << KMEM_PAGE_SHIFT;
		}
		err = os_range_map((char *)area->vm.addr + area->mapped,
				   (size_t)n << KMEM_PAGE_SHIFT, kmem.arena.fd,
				   offset, how);
		if (!err)
			area->mapped += (size_t)n << KMEM_PAGE_SHIFT;
		i += n;
	}
	return err;
}

/* Pages that count as vmalloc()'s; those of vmap() are somebody's already. */
static unsigned long pages_of(const struct vm_area *area)
{
	return area->vm.flags & VM_ALLOC ? area->vm.nr_pages : 0;
}

void vm_area_open(struct vm_area *area)
{
	vm_areas_lock();
	area->state = VM_AREA_LIVE;
	counter_add(range.nr_live, 1);
	counter_add(range.live_pages, pages_of(area));
	vm_areas_unlock();
}

/* ---- finding ------------------------------------------------------------- */

/* The live area that holds an address. Under the lock. */
struct vm_area *__vm_area_at(const void *p)
{
	struct vm_area *area;

	lock_assert_held(&range.lock);
	area = area_at(p);
	return area && area->state == VM_AREA_LIVE ? area : NULL;
}

static struct vm_area *find_start(const void *p, unsigned long flags)
{
	struct vm_area *area = __vm_area_at(p);

	return area && area->vm.addr == p && area->vm.flags & flags ? area
								    : NULL;
}

/* The live area that begins at @p and has one of @flags. */
struct vm_area *vm_area_find(const void *p, unsigned long flags)
{
	struct vm_area *area;

	vm_areas_lock();
	area = find_start(p, flags);
	vm_areas_unlock();
	return area;
}

/* ---- death --------------------------------------------------------------- */

/* The same, taken away from everybody else. */
struct vm_area *vm_area_close(const void *p, unsigned long flags)
{
	struct vm_area *area;

	vm_areas_lock();
	area = find_start(p, flags);
	if (area) {
		area->state = VM_AREA_CLOSED;
		counter_sub(range.nr_live, 1);
		counter_sub(range.live_pages, pages_of(area));
	}
	vm_areas_unlock();
	return area;
}

/*
 * From now on nobody reaches its pages. It can only fail for a process that is
 * at its limit of mappings, and loses a race for the hole then: the addresses,
 * and what was there, are given up.
 */
bool vm_area_hide(struct vm_area *area)
{
	if (area->mapped && os_range_hide(area->vm.addr, area->mapped)) {
		kmem_report("vmalloc: %zu bytes at %p cannot be unmapped",
			    area->mapped, area->vm.addr);
		return false;
	}
	area->mapped = 0;
	return true;
}

/* Its addresses, hidden, go to the gap before the next one. */
void vm_area_delete(struct vm_area *area)
{
	struct vm_area *next;

	vm_areas_lock();
	next = next_of(area->vm.addr);
	range.root = take_out(range.root, area);
	next->gap += area->gap + area->vm.size;
	refresh(range.root, next);
	range.nr_areas--;
	vm_areas_unlock();
	kmem_meta_free(area->map, area->map_room * sizeof(*area->map));
	kmem_meta_free(area, sizeof(*area));
}

/* Its owner asked for another size, for which the pages that it has will do. */
void vm_area_set_request(struct vm_area *area, size_t size)
{
	vm_areas_lock();
	area->vm.requested_size = size;
	vm_areas_unlock();
}

/* To @bytes, whole pages; what lay behind them is hidden already. */
void vm_area_shrink(struct vm_area *area, size_t bytes)
{
	struct vm_area *next;

	vm_areas_lock();
	next = next_of(area->vm.addr);
	next->gap += area->vm.size - bytes - KMEM_PAGE_SIZE;
	refresh(range.root, next);
	area->vm.size = bytes + KMEM_PAGE_SIZE;
	area->nr_map = (unsigned int)(bytes >> KMEM_PAGE_SHIFT);
	counter_sub(range.live_pages, pages_of(area));
	area->vm.nr_pages = area->nr_map;
	counter_add(range.live_pages, pages_of(area));
	area->mapped = bytes;
	vm_areas_unlock();
}

/* ---- looking at all ------------------------------------------------------ */

static void walk(const struct vm_area *area,
		 void (*visit)(void *arg, const struct vm_area *area),
		 void *arg)
{
	if (!area)
		return;
	walk(area->left, visit, arg);
	if (area->state == VM_AREA_LIVE)
		visit(arg, area);
	walk(area->right, visit, arg);
}

/* All live ones, lowest first, under the lock. */
void vm_areas_walk(void (*visit)(void *arg, const struct vm_area *area),
		   void *arg)
{
	vm_areas_lock();
	walk(range.root, visit, arg);
	vm_areas_unlock();
}

/* Takes no lock: one may be of a moment later than the other. */
void vm_areas_count(unsigned long *ret_areas, unsigned long *ret_pages)
{
	*ret_areas = counter_read(range.nr_live);
	*ret_pages = counter_read(range.live_pages);
}

void vm_areas_range(const void **ret_base, size_t *ret_size)
{
	*ret_base = range.base;
	*ret_size = range.size;
}

struct check {
	char *end; /* of the area before */
	unsigned long nr;
	unsigned long nr_live;
	unsigned long live_pages;
	unsigned int faults;
};

static void fault(struct check *check, const struct vm_area *area,
		  const char *what)
{
	kmem_report("validate: area %p: %s", area->vm.addr, what);
	check->faults++;
}

/* A page of an area belongs to it alone, and is in use. */
static void check_pages(struct check *check, const struct vm_area *area)
{
	if (area->state != VM_AREA_LIVE || !(area->vm.flags & VM_ALLOC))
		return;
	if (area->nr_map != (area->vm.size >> KMEM_PAGE_SHIFT) - 1 ||
	    area->mapped != (size_t)area->nr_map << KMEM_PAGE_SHIFT)
		fault(check, area, "pages and size differ");
	for (unsigned int i = 0; i < area->nr_map; i++) {
		if (page_type(area->map[i]) == PAGE_USED)
			continue;
		fault(check, area, "a page of it is free");
		break;
	}
}

static void check_tree(struct check *check, const struct vm_area *area)
{
	const struct vm_area *left, *right;

	if (!area)
		return;
	left = area->left;
	right = area->right;
	check_tree(check, left);
	if ((char *)area->vm.addr != check->end + area->gap)
		fault(check, area, "the gap before it is wrong");
	if (area->max_gap != MAX(area->gap, MAX(max_gap(left), max_gap(right))))
		fault(check, area, "the largest gap below it is wrong");
	if ((left && left->priority > area->priority) ||
	    (right && right->priority > area->priority))
		fault(check, area, "the tree is no heap");
	check_pages(check, area);
	if (area->state == VM_AREA_LIVE) {
		check->nr_live++;
		check->live_pages += pages_of(area);
	}
	check->end = (char *)area->vm.addr + area->vm.size;
	check->nr++;
	check_tree(check, right);
}

/* The tree in order, and gaps and areas make up the whole range. */
unsigned int vm_areas_validate(void)
{
	struct check check = { .end = range.base };

	vm_areas_lock();
	check_tree(&check, range.root);
	if (range.root && (check.end != range.base + range.size ||
			   check.nr != range.nr_areas + 1))
		fault(&check, &range.end, "areas and gaps do not add up");
	if (check.nr_live != range.nr_live ||
	    check.live_pages != range.live_pages)
		fault(&check, &range.end, "areas are counted wrong");
	vm_areas_unlock();
	return check.faults;
}
