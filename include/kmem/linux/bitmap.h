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
