/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/bitops.h - bits of words and of arrays of words
 *
 * Those with two underscores are not atomic.
 */
#ifndef KMEM_LINUX_BITOPS_H
#define KMEM_LINUX_BITOPS_H

#include <strings.h> /* ffs() */

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

static inline void set_bit(long nr, volatile unsigned long *map)
{
	__atomic_fetch_or(map + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void clear_bit(long nr, volatile unsigned long *map)
{
	__atomic_fetch_and(map + BIT_WORD(nr), ~BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline void change_bit(long nr, volatile unsigned long *map)
{
	__atomic_fetch_xor(map + BIT_WORD(nr), BIT_MASK(nr), __ATOMIC_RELAXED);
}

static inline bool test_and_set_bit(long nr, volatile unsigned long *map)
{
	return __atomic_fetch_or(map + BIT_WORD(nr), BIT_MASK(nr),
				 __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

static inline bool test_and_clear_bit(long nr, volatile unsigned long *map)
{
	return __atomic_fetch_and(map + BIT_WORD(nr), ~BIT_MASK(nr),
				  __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

static inline bool test_and_change_bit(long nr, volatile unsigned long *map)
{
	return __atomic_fetch_xor(map + BIT_WORD(nr), BIT_MASK(nr),
				  __ATOMIC_SEQ_CST) &
	       BIT_MASK(nr);
}

/* A lock of one bit: taken and let go. */
static inline bool test_and_set_bit_lock(long nr, volatile unsigned long *map)
{
	return __atomic_fetch_or(map + BIT_WORD(nr), BIT_MASK(nr),
				 __ATOMIC_ACQUIRE) &
	       BIT_MASK(nr);
}

static inline void clear_bit_unlock(long nr, volatile unsigned long *map)
{
	__atomic_fetch_and(map + BIT_WORD(nr), ~BIT_MASK(nr), __ATOMIC_RELEASE);
}

static inline bool test_bit(long nr, const volatile unsigned long *map)
{
	return __atomic_load_n(map + BIT_WORD(nr), __ATOMIC_RELAXED) &
	       BIT_MASK(nr);
}

static inline void __set_bit(long nr, volatile unsigned long *map)
{
	map[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(long nr, volatile unsigned long *map)
{
	map[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline void __change_bit(long nr, volatile unsigned long *map)
{
	map[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

static inline bool __test_and_set_bit(long nr, volatile unsigned long *map)
{
	bool was = map[BIT_WORD(nr)] & BIT_MASK(nr);

	__set_bit(nr, map);
	return was;
}

static inline bool __test_and_clear_bit(long nr, volatile unsigned long *map)
{
	bool was = map[BIT_WORD(nr)] & BIT_MASK(nr);

	__clear_bit(nr, map);
	return was;
}

static inline bool __test_and_change_bit(long nr, volatile unsigned long *map)
{
	bool was = map[BIT_WORD(nr)] & BIT_MASK(nr);

	__change_bit(nr, map);
	return was;
}

#define assign_bit(nr, map, value)                                             \
	((value) ? set_bit((nr), (map)) : clear_bit((nr), (map)))
#define __assign_bit(nr, map, value)                                           \
	((value) ? __set_bit((nr), (map)) : __clear_bit((nr), (map)))

/* ---- of one word --------------------------------------------------------- */

/* Numbers from 0, of the lowest and the highest set bit; of 0, undefined. */
static inline unsigned long __ffs(unsigned long word)
{
	return (unsigned long)__builtin_ctzl(word);
}

static inline unsigned long __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - (unsigned long)__builtin_clzl(word);
}

static inline unsigned long ffz(unsigned long word)
{
	return __ffs(~word);
}

/* Numbers from 1, 0 for none; ffs() is the C library's. */
static inline int fls(unsigned int word)
{
	return word ? 32 - __builtin_clz(word) : 0;
}

static inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}

static inline int fls_long(unsigned long word)
{
	return fls64(word);
}

static inline unsigned int hweight8(unsigned int word)
{
	return (unsigned int)__builtin_popcount(word & 0xff);
}

static inline unsigned int hweight16(unsigned int word)
{
	return (unsigned int)__builtin_popcount(word & 0xffff);
}

static inline unsigned int hweight32(unsigned int word)
{
	return (unsigned int)__builtin_popcount(word);
}

static inline unsigned int hweight64(u64 word)
{
	return (unsigned int)__builtin_popcountll(word);
}

static inline unsigned int hweight_long(unsigned long word)
{
	return hweight64(word);
}

static inline u32 rol32(u32 word, unsigned int shift)
{
	return (word << (shift & 31)) | (word >> (-shift & 31));
}

static inline u32 ror32(u32 word, unsigned int shift)
{
	return (word >> (shift & 31)) | (word << (-shift & 31));
}

static inline u64 rol64(u64 word, unsigned int shift)
{
	return (word << (shift & 63)) | (word >> (-shift & 63));
}

static inline u64 ror64(u64 word, unsigned int shift)
{
	return (word >> (shift & 63)) | (word << (-shift & 63));
}

static inline s32 sign_extend32(u32 value, int bit)
{
	return (s32)(value << (31 - bit)) >> (31 - bit);
}

static inline s64 sign_extend64(u64 value, int bit)
{
	return (s64)(value << (63 - bit)) >> (63 - bit);
}

/* ---- of arrays; @size, in bits, when there is none ----------------------- */

/* The first bit from @from on that differs from those of @skip. */
static inline unsigned long kmem_find_bit(const unsigned long *map,
					  unsigned long size,
					  unsigned long from,
					  unsigned long skip)
{
	while (from < size) {
		unsigned long word = READ_ONCE(map[BIT_WORD(from)]) ^ skip;

		word >>= from % BITS_PER_LONG;
		if (word) {
			from += __ffs(word);
			break;
		}
		from += BITS_PER_LONG - from % BITS_PER_LONG;
	}
	return from < size ? from : size;
}

static inline unsigned long
find_next_bit(const unsigned long *map, unsigned long size, unsigned long from)
{
	return kmem_find_bit(map, size, from, 0);
}

static inline unsigned long find_next_zero_bit(const unsigned long *map,
					       unsigned long size,
					       unsigned long from)
{
	return kmem_find_bit(map, size, from, ~0ul);
}

static inline unsigned long find_first_bit(const unsigned long *map,
					   unsigned long size)
{
	return find_next_bit(map, size, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map,
						unsigned long size)
{
	return find_next_zero_bit(map, size, 0);
}

static inline unsigned long find_last_bit(const unsigned long *map,
					  unsigned long size)
{
	for (unsigned long nr = size; nr > 0; nr--)
		if (test_bit((long)nr - 1, map))
			return nr - 1;
	return size;
}

#define for_each_set_bit(bit, map, size)                                       \
	for ((bit) = find_first_bit((map), (size)); (bit) < (size);            \
	     (bit) = find_next_bit((map), (size), (bit) + 1))
#define for_each_set_bit_from(bit, map, size)                                  \
	for ((bit) = find_next_bit((map), (size), (bit)); (bit) < (size);      \
	     (bit) = find_next_bit((map), (size), (bit) + 1))
#define for_each_clear_bit(bit, map, size)                                     \
	for ((bit) = find_first_zero_bit((map), (size)); (bit) < (size);       \
	     (bit) = find_next_zero_bit((map), (size), (bit) + 1))
#define for_each_clear_bit_from(bit, map, size)                                \
	for ((bit) = find_next_zero_bit((map), (size), (bit)); (bit) < (size); \
	     (bit) = find_next_zero_bit((map), (size), (bit) + 1))

#endif /* KMEM_LINUX_BITOPS_H */
