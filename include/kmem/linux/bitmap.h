/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/bitmap.h - arrays of bits as a whole
 *
 * Bits of the last word behind the end have no meaning.
 */
#ifndef KMEM_LINUX_BITMAP_H
#define KMEM_LINUX_BITMAP_H

#include <string.h>

#include <linux/bitops.h>
#include <linux/slab.h>

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	memset(map, 0, BITS_TO_LONGS(bits) * sizeof(long));
}

static inline void bitmap_fill(unsigned long *map, unsigned int bits)
{
	memset(map, 0xff, BITS_TO_LONGS(bits) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned int bits)
{
	memcpy(to, from, BITS_TO_LONGS(bits) * sizeof(long));
}

static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nr)
{
	while (nr--)
		__set_bit(start++, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned int start,
				unsigned int nr)
{
	while (nr--)
		__clear_bit(start++, map);
}

static inline unsigned int bitmap_weight(const unsigned long *map,
					 unsigned int bits)
{
	unsigned int weight = 0;
	unsigned long bit;

	for_each_set_bit(bit, map, bits)
		weight++;
	return weight;
}

/* Of the last word, the bits that have a meaning. */
#define BITMAP_LAST_WORD_MASK(bits) (~0ul >> (-(bits) & (BITS_PER_LONG - 1)))

static inline void bitmap_or(unsigned long *to, const unsigned long *a,
			     const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] | b[i];
}

static inline void bitmap_xor(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] ^ b[i];
}

static inline void bitmap_complement(unsigned long *to, const unsigned long *a,
				     unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = ~a[i];
}

/* These two return whether a bit is left. */
static inline bool bitmap_and(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] & b[i];
	return find_first_bit(to, bits) < bits;
}

static inline bool bitmap_andnot(unsigned long *to, const unsigned long *a,
				 const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] & ~b[i];
	return find_first_bit(to, bits) < bits;
}

/* Has @a a bit that @b, exclusive-or'ed with @flip, has as well? */
static inline bool kmem_bitmap_both(const unsigned long *a,
				    const unsigned long *b, unsigned long flip,
				    unsigned int bits)
{
	unsigned int words = bits / BITS_PER_LONG;

	for (unsigned int i = 0; i < words; i++)
		if (a[i] & (b[i] ^ flip))
			return true;
	return bits % BITS_PER_LONG &&
	       a[words] & (b[words] ^ flip) & BITMAP_LAST_WORD_MASK(bits);
}

static inline bool bitmap_intersects(const unsigned long *a,
				     const unsigned long *b, unsigned int bits)
{
	return kmem_bitmap_both(a, b, 0, bits);
}

/* Are all bits of @a in @b? */
static inline bool bitmap_subset(const unsigned long *a, const unsigned long *b,
				 unsigned int bits)
{
	return !kmem_bitmap_both(a, b, ~0ul, bits);
}

static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b,
				unsigned int bits)
{
	return bitmap_subset(a, b, bits) && bitmap_subset(b, a, bits);
}

/**
 * bitmap_find_next_zero_area() - @nr clear bits that follow one another
 * @map: the bits
 * @size: their number
 * @start: where to begin
 * @nr: so many
 * @align_mask: a power of two less one, of which the first is a multiple
 *
 * Return: the first one; above @size - @nr: there are none.
 */
static inline unsigned long bitmap_find_next_zero_area(const unsigned long *map,
						       unsigned long size,
						       unsigned long start,
						       unsigned int nr,
						       unsigned long align_mask)
{
	for (;;) {
		unsigned long first, end, next;

		first = find_next_zero_bit(map, size, start);
		first = (first + align_mask) & ~align_mask;
		end = first + nr;
		if (end > size)
			return end;
		next = find_next_bit(map, end, first);
		if (next >= end)
			return first;
		start = next + 1;
	}
}

static inline bool bitmap_empty(const unsigned long *map, unsigned int bits)
{
	return find_first_bit(map, bits) == bits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned int bits)
{
	return find_first_zero_bit(map, bits) == bits;
}

static inline unsigned long *bitmap_alloc(unsigned int bits, gfp_t gfp)
{
	return (unsigned long *)kmalloc_array(BITS_TO_LONGS(bits), sizeof(long),
					      gfp);
}

static inline unsigned long *bitmap_zalloc(unsigned int bits, gfp_t gfp)
{
	return bitmap_alloc(bits, gfp | __GFP_ZERO);
}

static inline void bitmap_free(const unsigned long *map)
{
	kfree(map);
}

#endif /* KMEM_LINUX_BITMAP_H */
