/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * highmem.c - pages outside the linear map
 *
 * HighMem is the upper end of the memory, from kmem.linear on. Its range of the
 * linear map is inaccessible, so that code which forgets to map a page stops
 * there and then. Mapping one means to map its part of the arena's file a
 * second time, at one of two places:
 *
 *	kmap()             a range as large as HighMem, where each page has one
 *	                   address that is its own; counted, for all threads
 *	kmap_local_page()  a stack of KMAP_LOCAL_MAX places of the thread's, each
 *	                   followed by a page that stays inaccessible
 *
 * What is unmapped is inaccessible at once: a system call each way, for what
 * is here to be learnt from and not to be fast.
 *
 * Debug builds put pages of low memory on the threads' stacks as well, though
 * there is nothing to map, so that wrong order shows on any machine.
 *
 * Where it differs from the kernel: kmap() never waits for a place, and there
 * is one per page. Misuse is reported and refused.
 */
#include <errno.h>
#include <string.h>

#include <kmem/highmem.h>

#include "internal.h"

#ifdef KMEM_DEBUG
#define TRACK_LOW true
#else
#define TRACK_LOW false
#endif

/* Where kmap() maps: one place for each page of HighMem. */
static struct {
	char *base;
	size_t size;
	uint32_t *count; /* written under the lock, read without */
	pthread_mutex_t lock; /* LOCK_KMAP */
} kmaps = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned long first_high(void)
{
	return kmem.linear >> KMEM_PAGE_SHIFT;
}

bool PageHighMem(const struct page *page)
{
	return page_is_high(page);
}

static size_t file_offset(const struct page *page)
{
	return __page_to_pfn(page) << KMEM_PAGE_SHIFT;
}

/* ---- set-up ---- */

/* Zones ascend, so HighMem begins with the first that is one. */
static size_t linear_bytes(void)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		if (kmem.zone[i].type == ZONE_HIGHMEM)
			return kmem.zone[i].start_pfn << KMEM_PAGE_SHIFT;
	return kmem.memory;
}

int highmem_init(void)
{
	kmem.linear = linear_bytes();
	kmaps.size = kmem.memory - kmem.linear;
	if (!kmaps.size)
		return 0;
	kmaps.base = os_range_reserve(kmaps.size);
	kmaps.count = os_reserve((kmaps.size >> KMEM_PAGE_SHIFT) *
				 sizeof(*kmaps.count));
	if (!kmaps.base || !kmaps.count)
		return -ENOMEM;
	return os_range_cut(kmem.base + kmem.linear, kmaps.size);
}

/* With the list of threads held. */
static void forget_stacks(void)
{
	struct thread *t;

	for_each_thread(t) {
		if (t->kmap.area)
			os_release(t->kmap.area, KMAP_AREA);
		memset(&t->kmap, 0, sizeof(t->kmap));
	}
}

/* Serves half a set-up as well. */
static void forget_kmaps(void)
{
	size_t counts = (kmaps.size >> KMEM_PAGE_SHIFT) * sizeof(*kmaps.count);

	if (kmaps.base)
		os_release(kmaps.base, kmaps.size);
	if (kmaps.count)
		os_release(kmaps.count, counts);
	kmaps.base = NULL;
	kmaps.count = NULL;
	kmaps.size = 0;
}

void highmem_exit(void)
{
	lock(&thread_list_lock, LOCK_THREADS);
	forget_stacks();
	unlock(&thread_list_lock);
	forget_kmaps();
}

/*
 * What is mapped is the parent's file, which an orphan must not touch. The list
 * of threads is let go after this.
 */
void highmem_fork(enum fork_step step)
{
	fork_mutex(&kmaps.lock, step);
	if (step == FORK_ORPHAN) {
		forget_stacks();
		forget_kmaps();
	}
}

/* ---- for all threads ---- */

static unsigned long kmap_index(const struct page *page)
{
	return __page_to_pfn(page) - first_high();
}

static void *kmap_place(const struct page *page)
{
	return kmaps.base + (kmap_index(page) << KMEM_PAGE_SHIFT);
}

/* What page_address() says of a page of HighMem. */
void *kmap_address(const struct page *page)
{
	return counter_read(kmaps.count[kmap_index(page)]) ? kmap_place(page)
							   : NULL;
}

static bool map_high(void *where, const struct page *page)
{
	int err = os_range_map(where, KMEM_PAGE_SIZE, kmem.arena.fd,
			       file_offset(page), 0);

	if (err)
		kmem_report("kmap: pfn %lu: error %d (too many mappings?)",
			    __page_to_pfn(page), err);
	return !err;
}

void *kmap(struct page *page)
{
	void *place;
	uint32_t *count;

	if (!page_is_high(page))
		return __page_address(page);
	place = kmap_place(page);
	count = &kmaps.count[kmap_index(page)];
	lock(&kmaps.lock, LOCK_KMAP);
	if (*count || map_high(place, page))
		counter_add(*count, 1);
	else
		place = NULL;
	unlock(&kmaps.lock);
	return place;
}

void kunmap(const struct page *page)
{
	uint32_t *count;
	bool wrong;

	if (!page_is_high(page))
		return;
	count = &kmaps.count[kmap_index(page)];
	lock(&kmaps.lock, LOCK_KMAP);
	wrong = !*count;
	if (!wrong) {
		counter_sub(*count, 1);
		if (!*count)
			os_range_hide(kmap_place(page), KMEM_PAGE_SIZE);
	}
	unlock(&kmaps.lock);
	if (wrong)
		kmem_report("kunmap: pfn %lu is not mapped",
			    __page_to_pfn(page));
}

/* ---- for one thread ---- */

/* Every other page of the area stays inaccessible. */
static char *local_place(const struct kmap_stack *stack, unsigned int i)
{
	return counter_read(stack->area) + i * 2 * KMEM_PAGE_SIZE;
}

static const void *local_address(const struct kmap_stack *stack, unsigned int i)
{
	const struct page *page = counter_read(stack->page[i]);

	return page_is_high(page) ? local_place(stack, i)
				  : __page_address(page);
}

static void push(struct kmap_stack *stack, const struct page *page)
{
	counter_set(stack->page[stack->depth], page);
	counter_set(stack->depth, stack->depth + 1);
}

static void *map_local(struct kmap_stack *stack, const struct page *page)
{
	char *place;

	if (stack->depth == KMAP_LOCAL_MAX) {
		kmem_report("kmap_local_page: %d pages are mapped already",
			    KMAP_LOCAL_MAX);
		return NULL;
	}
	if (!stack->area)
		counter_set(stack->area, os_range_reserve(KMAP_AREA));
	if (!stack->area) {
		kmem_report("kmap_local_page: no addresses");
		return NULL;
	}
	place = local_place(stack, stack->depth);
	if (!map_high(place, page))
		return NULL;
	push(stack, page);
	return place;
}

/* There is nothing to map, and so no reason to fail. */
static void track_low(struct kmap_stack *stack, const struct page *page)
{
	if (stack->depth < KMAP_LOCAL_MAX)
		push(stack, page);
	else
		stack->untracked++;
}

void *kmap_local_page(const struct page *page)
{
	bool high = page_is_high(page);
	struct thread *t;

	if (!high && !TRACK_LOW)
		return __page_address(page);
	t = thread_get();
	if (high && !t)
		kmem_report("kmap_local_page: no memory for the thread");
	if (high)
		return t ? map_local(&t->kmap, page) : NULL;
	if (t)
		track_low(&t->kmap, page);
	return __page_address(page);
}

void *kmap_local_pfn(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);

	if (page)
		return kmap_local_page(page);
	kmem_report("kmap_local_pfn(%lu): no such page", pfn);
	return NULL;
}

/* The place of an address in a stack, or -1. */
static int find_local(const struct kmap_stack *stack, const char *page_start)
{
	for (int i = (int)counter_read(stack->depth) - 1; i >= 0; i--)
		if (local_address(stack, (unsigned int)i) == page_start)
			return i;
	return -1;
}

/* Other threads' stacks may change meanwhile: it is only to say what is wrong. */
static const char *what_is_wrong(const struct thread *self, const char *start)
{
	const char *wrong = "not mapped";
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	for_each_thread(t) {
		if (find_local(&t->kmap, start) < 0)
			continue;
		wrong = t == self ? "not the page that was mapped last"
				  : "mapped by another thread";
		break;
	}
	unlock(&thread_list_lock);
	return wrong;
}

static void pop(struct kmap_stack *stack)
{
	unsigned int top = stack->depth - 1;

	counter_set(stack->depth, top);
	if (page_is_high(stack->page[top]))
		os_range_hide(local_place(stack, top), KMEM_PAGE_SIZE);
}

void kunmap_local(const void *address)
{
	struct thread *t = thread_self;
	bool low = kmem_contains(address);
	const char *start =
		(const char *)((size_t)address & ~(KMEM_PAGE_SIZE - 1));

	if (low && (!TRACK_LOW || !t))
		return;
	if (low && t->kmap.untracked) {
		t->kmap.untracked--;
		return;
	}
	if (t && t->kmap.depth &&
	    local_address(&t->kmap, t->kmap.depth - 1) == start)
		pop(&t->kmap);
	else
		kmem_report("kunmap_local(%p): %s", address,
			    what_is_wrong(t, start));
}

void highmem_thread_exit(struct thread *t)
{
	if (t->kmap.depth)
		kmem_report("kmap_local_page: a thread ended with %u pages "
			    "mapped",
			    t->kmap.depth);
	if (t->kmap.area)
		os_release(t->kmap.area, KMAP_AREA);
}

struct page *kmap_to_page(const void *address)
{
	size_t offset = (size_t)((const char *)address - kmaps.base);
	const char *start =
		(const char *)((size_t)address & ~(KMEM_PAGE_SIZE - 1));
	struct page *page;
	int i;

	if (!kmem.ready || kmem_contains(address))
		return virt_to_page(address);
	if (kmaps.base && offset < kmaps.size) {
		page = kmem.map + first_high() + (offset >> KMEM_PAGE_SHIFT);
		return kmap_address(page) ? page : NULL;
	}
	i = thread_self ? find_local(&thread_self->kmap, start) : -1;
	return i < 0 ? NULL : (struct page *)thread_self->kmap.page[i];
}

/* ---- whole blocks, for the page allocator ---- */

/**
 * block_map() - the memory of a block of any zone, in one piece
 *
 * Return: its address, for block_unmap(); NULL when it cannot be mapped.
 */
void *block_map(const struct page *page, unsigned int order)
{
	size_t bytes = KMEM_PAGE_SIZE << order;
	void *p;

	if (!page_is_high(page))
		return __page_address(page);
	p = os_range_reserve(bytes);
	if (!p)
		return NULL;
	if (os_range_map(p, bytes, kmem.arena.fd, file_offset(page), 0)) {
		os_release(p, bytes);
		return NULL;
	}
	return p;
}

void block_unmap(const struct page *page, unsigned int order, void *p)
{
	if (p && page_is_high(page))
		os_release(p, KMEM_PAGE_SIZE << order);
}

/* HighMem is cleared in its file, which needs no mapping. */
void block_clear(const struct page *page, unsigned int order)
{
	size_t bytes = KMEM_PAGE_SIZE << order;

	if (!page_is_high(page))
		memset(__page_address(page), 0, bytes);
	else if (os_clear_file(kmem.arena.fd, file_offset(page), bytes))
		kmem_report("HighMem: pfn %lu cannot be cleared",
			    __page_to_pfn(page));
}

/* ---- bytes of any page ---- */

static bool in_page(const char *who, size_t offset, size_t len)
{
	if (offset <= KMEM_PAGE_SIZE && len <= KMEM_PAGE_SIZE - offset)
		return true;
	kmem_report("%s: %zu bytes at %zu leave the page", who, len, offset);
	return false;
}

void memcpy_to_page(struct page *page, size_t offset, const void *from,
		    size_t len)
{
	char *p;

	if (!in_page("memcpy_to_page", offset, len))
		return;
	p = kmap_local_page(page);
	if (!p)
		return;
	memcpy(p + offset, from, len);
	kunmap_local(p);
}

void memcpy_from_page(void *to, const struct page *page, size_t offset,
		      size_t len)
{
	const char *p;

	if (!in_page("memcpy_from_page", offset, len))
		return;
	p = kmap_local_page(page);
	if (!p)
		return;
	memcpy(to, p + offset, len);
	kunmap_local(p);
}

void memcpy_page(struct page *to, size_t to_offset, const struct page *from,
		 size_t from_offset, size_t len)
{
	const char *src;
	char *dst;

	if (!in_page("memcpy_page", to_offset, len) ||
	    !in_page("memcpy_page", from_offset, len))
		return;
	src = kmap_local_page(from);
	dst = kmap_local_page(to);
	/* The two may be one page, and low memory then one address. */
	if (src && dst)
		memmove(dst + to_offset, src + from_offset, len);
	if (dst)
		kunmap_local(dst);
	if (src)
		kunmap_local(src);
}

void memset_page(struct page *page, size_t offset, int value, size_t len)
{
	char *p;

	if (!in_page("memset_page", offset, len))
		return;
	p = kmap_local_page(page);
	if (!p)
		return;
	memset(p + offset, value, len);
	kunmap_local(p);
}

void memzero_page(struct page *page, size_t offset, size_t len)
{
	memset_page(page, offset, 0, len);
}

void clear_highpage(struct page *page)
{
	memset_page(page, 0, 0, KMEM_PAGE_SIZE);
}

void copy_highpage(struct page *to, const struct page *from)
{
	memcpy_page(to, 0, from, 0, KMEM_PAGE_SIZE);
}

void zero_user_segment(struct page *page, unsigned int start, unsigned int end)
{
	memset_page(page, start, 0, end >= start ? end - start : SIZE_MAX);
}

/* ---- counts ---- */

unsigned long totalhigh_pages(void)
{
	return kmem_up() ? (kmem.memory - kmem.linear) >> KMEM_PAGE_SHIFT : 0;
}

unsigned long nr_free_highpages(void)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; kmem_up() && i < kmem.nr_zones; i++)
		if (kmem.zone[i].type == ZONE_HIGHMEM)
			pages += counter_read(kmem.zone[i].free_pages);
	return pages;
}
