/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmalloc.c - areas with pages of their own
 *
 * An allocation gets its addresses, takes its pages from the page allocator,
 * sorts them, and has them mapped: sorted, neighbours come to lie side by side
 * and are mapped in one piece, and each piece is a system call and one of the
 * mappings that the host allows. So whole blocks are tried first, the largest
 * that is not too large, without any effort for their sake, and split; what is
 * missing comes in single pages. Whatever fails on the way, all that was got
 * goes back.
 *
 * Pages are cleared where they are mapped, not in the linear map, which would
 * have to be touched for it. A small area is made resident by the call that
 * maps it, which costs less than a fault for each page later; a large one only
 * where it is touched.
 *
 * Where it differs from the kernel: the array of an area's pages is in the
 * metadata region, so no area is made for it and no page of the zones. Freeing
 * refuses and reports what is not the start of an area. vmalloc_huge() looks
 * for an aligned address only; what the host maps there is its business. With
 * __GFP_NOFAIL an area that no range could hold is refused, not tried for ever.
 * On an anonymous arena see vmalloc.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* What __vmalloc() lets through. */
#define GFP_VMALLOC_SUPPORTED                                                  \
	(GFP_KERNEL | GFP_ATOMIC | GFP_NOWAIT | GFP_NOFS | GFP_NOIO |          \
	 GFP_USER | GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NORETRY |          \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL)

#define HUGE_BYTES (2ul << 20)

/* An area of at most so many bytes is made resident when it is mapped. */
#define POPULATE_MAX (2ul << 20)

/* How long who must not fail pauses before he tries again. */
#define RETRY_NS (10 * 1000000ull)

struct request {
	size_t size;
	size_t align;
	gfp_t gfp;
	int node;
	unsigned long flags;
	const void *caller;
};

/* ---- complaints ---------------------------------------------------------- */

void vm_complain(gfp_t gfp, size_t size, const char *what)
{
	report_failure(gfp, NULL, "vmalloc error: size %zu, %s", size, what);
}

/* The usual reason is one that an administrator can change. */
void vm_complain_map(gfp_t gfp, size_t size, int err)
{
	if (gfp & __GFP_NOWARN)
		return;
	if (err == -ENOMEM)
		report_failure(gfp, NULL,
			       "vmalloc error: size %zu, failed to map pages: "
			       "more mappings than the host's "
			       "vm.max_map_count=%lu allows, or no memory for "
			       "them",
			       size, os_max_mappings());
	else
		report_failure(gfp, NULL,
			       "vmalloc error: size %zu, failed to map pages: "
			       "error %d",
			       size, -err);
}

/* ---- pages --------------------------------------------------------------- */

/* Who may not sleep cannot insist. */
static bool must_not_fail(const struct request *rq)
{
	return rq->gfp & __GFP_NOFAIL && gfpflags_allow_blocking(rq->gfp);
}

/* Failure is reported once, by us. */
static gfp_t page_gfp(gfp_t gfp)
{
	gfp = (gfp & ~__GFP_ZERO) | __GFP_NOWARN;
	if (!gfpflags_allow_blocking(gfp))
		gfp &= ~__GFP_NOFAIL;
	return gfp & (__GFP_DMA | __GFP_DMA32) ? gfp : gfp | __GFP_HIGHMEM;
}

/* Single pages of the right node are better than a block of another. */
static gfp_t block_gfp(gfp_t gfp)
{
	gfp &= ~(__GFP_RECLAIM | __GFP_HIGH | __GFP_MEMALLOC | __GFP_NOFAIL);
	return gfp | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_THISNODE;
}

static void add_block(struct vm_area *area, struct page *page,
		      unsigned int order)
{
	if (order)
		split_page(page, order);
	for (unsigned int i = 0; i < 1u << order; i++) {
		counter_set(page[i].of_area, true);
		area->map[area->nr_map++] = page + i;
	}
}

/* Blocks are of no use where pages are not mapped. */
static bool take_pages(struct vm_area *area, unsigned int nr, gfp_t gfp,
		       int node)
{
	unsigned int order = kmem.arena.fd < 0 ? 0 : KMEM_MAX_ORDER;

	gfp = page_gfp(gfp);
	while (area->nr_map < nr) {
		struct page *page;

		while (1u << order > nr - area->nr_map)
			order--;
		page = alloc_pages_node(node, order ? block_gfp(gfp) : gfp,
					order);
		if (page)
			add_block(area, page, order);
		else if (order)
			order--;
		else
			return false;
	}
	return true;
}

/* Last first: who allocates next finds them in the order of addresses. */
static void give_pages(struct page **pages, unsigned int from, unsigned int to)
{
	while (to > from) {
		counter_set(pages[--to]->of_area, false);
		__free_page(pages[to]);
	}
}

static int compare_pages(const void *a, const void *b)
{
	const struct page *x = *(struct page *const *)a;
	const struct page *y = *(struct page *const *)b;

	return x < y ? -1 : x > y;
}

/* They often come in order. */
static void sort_pages(struct vm_area *area)
{
	for (unsigned int i = 1; i < area->nr_map; i++) {
		if (area->map[i - 1] < area->map[i])
			continue;
		qsort(area->map, area->nr_map, sizeof(area->map[0]),
		      compare_pages);
		return;
	}
}

/* ---- allocation ---------------------------------------------------------- */

/*
 * Pages of an area that is nobody's any more, in whatever state of building.
 * What cannot be hidden stays as it is for ever: its pages must not be used
 * while somebody can reach them.
 */
void vm_area_release(struct vm_area *area)
{
	struct page **array = NULL;

	if (!vm_area_hide(area))
		return;
	if (area->vm.flags & (VM_ALLOC | VM_MAP_PUT_PAGES))
		give_pages(area->map, 0, area->nr_map);
	if (area->vm.flags & VM_MAP_PUT_PAGES)
		array = area->vm.pages;
	vm_area_delete(area);
	kvfree(array);
}

static struct vm_area *find_addresses(const struct request *rq, size_t bytes)
{
	struct vm_area *area = NULL;

	if (rq->flags & VM_ALLOW_HUGE_VMAP && bytes >= HUGE_BYTES)
		area = vm_area_new(bytes, MAX(rq->align, HUGE_BYTES), rq->flags,
				   rq->caller);
	return area ? area
		    : vm_area_new(bytes, rq->align, rq->flags, rq->caller);
}

/*
 * For who must not fail: whether to try again, after a pause. What there was
 * none of, addresses, descriptors or mappings, may come back from anybody,
 * mappings even from who knows nothing of us, so there is nobody to wait for.
 */
static bool try_again(const struct request *rq)
{
	uint32_t never = 0;

	if (must_not_fail(rq))
		wait_word(&never, 0, RETRY_NS);
	return must_not_fail(rq);
}

static struct vm_area *get_addresses(const struct request *rq, size_t bytes)
{
	struct vm_area *area = find_addresses(rq, bytes);

	if (!area)
		vm_complain(rq->gfp, rq->size,
			    must_not_fail(rq)
				    ? "vm_struct allocation failed. Retrying."
				    : "vm_struct allocation failed");
	while (!area && try_again(rq))
		area = find_addresses(rq, bytes);
	return area;
}

static bool get_pages(struct vm_area *area, const struct request *rq,
		      unsigned int nr)
{
	bool room = vm_area_make_map(area, nr);

	if (!room)
		vm_complain(rq->gfp, rq->size,
			    "failed to allocated page array");
	while (!room && try_again(rq))
		room = vm_area_make_map(area, nr);
	if (!room)
		return false;
	if (take_pages(area, nr, rq->gfp, rq->node))
		return true;
	vm_complain(rq->gfp, rq->size, "failed to allocate pages");
	return false;
}

/* Who waits for mappings holds none, or two could wait for each other. */
static int map_area(struct vm_area *area, const struct request *rq,
		    enum os_range_flags how)
{
	int err = vm_area_map(area, how);

	if (err)
		vm_complain_map(rq->gfp, rq->size, err);
	while (err == -ENOMEM && vm_area_hide(area) && try_again(rq))
		err = vm_area_map(area, how);
	return err;
}

static bool fill_area(struct vm_area *area, const struct request *rq,
		      unsigned int nr)
{
	enum os_range_flags how = 0;

	if (!get_pages(area, rq, nr))
		return false;
	sort_pages(area);
	if (rq->gfp & __GFP_ZERO ||
	    (size_t)nr << KMEM_PAGE_SHIFT <= POPULATE_MAX)
		how |= OS_RANGE_POPULATE;
	return map_area(area, rq, how) == 0;
}

static bool size_is_possible(const struct request *rq)
{
	size_t bytes;

	if (rq->size == 0) {
		kmem_report("vmalloc: a size of 0");
		return false;
	}
	if (rq->align & (rq->align - 1)) {
		kmem_report("vmalloc: alignment %zu is no power of two",
			    rq->align);
		return false;
	}
	if (rq->size > kmem.nr_pages << KMEM_PAGE_SHIFT) {
		vm_complain(rq->gfp, rq->size, "exceeds total pages");
		return false;
	}
	bytes = ALIGN_UP(rq->size, KMEM_PAGE_SIZE);
	if (!vm_areas_could_hold(bytes, rq->align)) {
		vm_complain(rq->gfp, rq->size, "vm_struct allocation failed");
		return false;
	}
	return true;
}

static void *allocate(const struct request *rq)
{
	struct vm_area *area;
	size_t bytes;

	if (!kmem_up() || !size_is_possible(rq))
		return NULL;
	bytes = ALIGN_UP(rq->size, KMEM_PAGE_SIZE);
	area = get_addresses(rq, bytes);
	if (!area)
		return NULL;
	if (!fill_area(area, rq, (unsigned int)(bytes >> KMEM_PAGE_SHIFT))) {
		vm_area_release(area);
		return NULL;
	}
	area->vm.requested_size = rq->size;
	area->vm.pages = area->map;
	area->vm.nr_pages = area->nr_map;
	/*
	 * Elsewhere it is clear already: pages came so with init_on_alloc, and
	 * anonymous memory is fresh.
	 */
	if (rq->gfp & __GFP_ZERO && !kmem.init_on_alloc && kmem.arena.fd >= 0)
		memset(area->vm.addr, 0, bytes);
	vm_area_open(area);
	return area->vm.addr;
}

#define CALLER __builtin_return_address(0)

void *vmalloc(unsigned long size)
{
	return allocate(&(struct request){ size, 1, GFP_KERNEL, NUMA_NO_NODE,
					   VM_ALLOC, CALLER });
}

void *vzalloc(unsigned long size)
{
	return allocate(&(struct request){ size, 1, GFP_KERNEL | __GFP_ZERO,
					   NUMA_NO_NODE, VM_ALLOC, CALLER });
}

void *vmalloc_node(unsigned long size, int node)
{
	return allocate(&(struct request){ size, 1, GFP_KERNEL, node, VM_ALLOC,
					   CALLER });
}

void *vzalloc_node(unsigned long size, int node)
{
	return allocate(&(struct request){ size, 1, GFP_KERNEL | __GFP_ZERO,
					   node, VM_ALLOC, CALLER });
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp,
		     int node, const void *caller)
{
	return allocate(
		&(struct request){ size, align, gfp, node, VM_ALLOC, caller });
}

static gfp_t fix_gfp(gfp_t gfp)
{
	if (unlikely(gfp & ~GFP_VMALLOC_SUPPORTED))
		gfp = gfp_fix(gfp, ~GFP_VMALLOC_SUPPORTED);
	return gfp;
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return allocate(&(struct request){ size, 1, fix_gfp(gfp), NUMA_NO_NODE,
					   VM_ALLOC, CALLER });
}

void *vmalloc_user(unsigned long size)
{
	return allocate(&(struct request){ size, 1, GFP_KERNEL | __GFP_ZERO,
					   NUMA_NO_NODE, VM_ALLOC | VM_USERMAP,
					   CALLER });
}

void *vmalloc_32(unsigned long size)
{
	return allocate(&(struct request){ size, 1, GFP_DMA32 | GFP_KERNEL,
					   NUMA_NO_NODE, VM_ALLOC, CALLER });
}

void *vmalloc_32_user(unsigned long size)
{
	return allocate(&(struct request){
		size, 1, GFP_DMA32 | GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE,
		VM_ALLOC | VM_USERMAP, CALLER });
}

void *vmalloc_huge(unsigned long size, gfp_t gfp)
{
	return allocate(&(struct request){ size, 1, fix_gfp(gfp), NUMA_NO_NODE,
					   VM_ALLOC | VM_ALLOW_HUGE_VMAP,
					   CALLER });
}

void *vmalloc_huge_node(unsigned long size, gfp_t gfp, int node)
{
	return allocate(&(struct request){ size, 1, fix_gfp(gfp), node,
					   VM_ALLOC | VM_ALLOW_HUGE_VMAP,
					   CALLER });
}

void *vmalloc_array(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return allocate(&(struct request){ bytes, 1, GFP_KERNEL, NUMA_NO_NODE,
					   VM_ALLOC, CALLER });
}

void *vcalloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return allocate(&(struct request){ bytes, 1, GFP_KERNEL | __GFP_ZERO,
					   NUMA_NO_NODE, VM_ALLOC, CALLER });
}

/* ---- free ---------------------------------------------------------------- */

static struct vm_area *close_area(const void *p)
{
	struct vm_area *area = NULL;

	if (kmem.ready && is_vmalloc_addr(p))
		area = vm_area_close(p, VM_ALLOC | VM_MAP);
	if (!area)
		kmem_report("Trying to vfree() nonexistent vm area (%p)", p);
	return area;
}

void vfree(const void *p)
{
	struct vm_area *area = p ? close_area(p) : NULL;

	if (area)
		vm_area_release(area);
}

void vfree_atomic(const void *p)
{
	struct vm_area *area = p ? close_area(p) : NULL;

	if (area)
		rcu_defer_area(area);
}

/* ---- another size -------------------------------------------------------- */

/*
 * Pages that are no longer needed go back. A process at its limit of mappings
 * may be refused the cut: then they stay.
 */
static void release_tail(struct vm_area *area, size_t bytes)
{
	size_t tail = area->mapped - bytes;
	unsigned int from = (unsigned int)(bytes >> KMEM_PAGE_SHIFT);
	unsigned int to = area->nr_map;

	if (!tail || os_range_cut((char *)area->vm.addr + bytes, tail))
		return;
	vm_area_shrink(area, bytes);
	give_pages(area->map, from, to);
}

static void resize_in_place(struct vm_area *area, size_t size, gfp_t gfp)
{
	size_t was = area->vm.requested_size;
	char *start = area->vm.addr;

	if (size > was && (gfp & __GFP_ZERO || kmem.init_on_alloc))
		memset(start + was, 0, size - was);
	/* What is cut off must not come back when it grows again. */
	if (size < was && (gfp & __GFP_ZERO || kmem.init_on_free))
		memset(start + size, 0, was - size);
	vm_area_set_request(area, size);
	if (!(area->vm.flags & (VM_USERMAP | VM_ALLOW_HUGE_VMAP)) &&
	    (gfp & (__GFP_IO | __GFP_FS)) == (__GFP_IO | __GFP_FS))
		release_tail(area, ALIGN_UP(size, KMEM_PAGE_SIZE));
}

static void *reallocate(const void *p, struct request *rq)
{
	struct vm_area *area = NULL;
	void *new;

	if (kmem.ready && is_vmalloc_addr(p))
		area = vm_area_find(p, VM_ALLOC);
	if (!area) {
		kmem_report("Trying to vrealloc() nonexistent vm area (%p)", p);
		return NULL;
	}
	if ((size_t)p & (rq->align - 1)) {
		kmem_report("vrealloc(%p): it is not aligned to %zu", p,
			    rq->align);
		return NULL;
	}
	if (rq->size <= (size_t)area->nr_map << KMEM_PAGE_SHIFT) {
		resize_in_place(area, rq->size, rq->gfp);
		return (void *)p;
	}
	rq->flags = area->vm.flags;
	/* What user space is to see shows nothing old. */
	if (rq->flags & VM_USERMAP)
		rq->gfp |= __GFP_ZERO;
	new = allocate(rq);
	if (!new)
		return NULL;
	memcpy(new, p, area->vm.requested_size);
	vfree(p);
	return new;
}

void *vrealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node)
{
	struct request rq = { size, MAX(align, 1ul), fix_gfp(gfp),
			      node, VM_ALLOC,	     CALLER };

	if (size == 0) {
		vfree(p);
		return NULL;
	}
	return p ? reallocate(p, &rq) : allocate(&rq);
}

void *vrealloc(const void *p, size_t size, gfp_t gfp)
{
	struct request rq = { size,	    1,	      fix_gfp(gfp),
			      NUMA_NO_NODE, VM_ALLOC, CALLER };

	if (size == 0) {
		vfree(p);
		return NULL;
	}
	return p ? reallocate(p, &rq) : allocate(&rq);
}
