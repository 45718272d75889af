/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gfp.h - what an allocation may do to get its memory
 *
 * Names and meanings are the kernel's; the values are those of Linux 6.18 on
 * x86-64, so that a mask printed here reads like one printed there.
 * KMEM_GFP_FLAGS and KMEM_GFP_COMBINATIONS list them for parsers and printers,
 * of which kmem_gfp_print() and kmem_gfp_parse() are the library's.
 *
 * Bits that the kernel has in some configurations only (__GFP_SKIP_ZERO,
 * __GFP_SKIP_KASAN, __GFP_NOLOCKDEP, __GFP_NO_OBJ_EXT) are 0, as in a kernel
 * without them.
 */
#ifndef KMEM_GFP_H
#define KMEM_GFP_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef unsigned int gfp_t;

/* Macros, not enumerators: kernel code tests them with #ifdef. */
#define __GFP_DMA 0x1u
#define __GFP_HIGHMEM 0x2u
#define __GFP_DMA32 0x4u
#define __GFP_MOVABLE 0x8u
#define __GFP_RECLAIMABLE 0x10u
#define __GFP_HIGH 0x20u
#define __GFP_IO 0x40u
#define __GFP_FS 0x80u
#define __GFP_ZERO 0x100u
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE 0x1000u
#define __GFP_NOWARN 0x2000u
#define __GFP_RETRY_MAYFAIL 0x4000u
#define __GFP_NOFAIL 0x8000u
#define __GFP_NORETRY 0x10000u
#define __GFP_MEMALLOC 0x20000u
#define __GFP_COMP 0x40000u
#define __GFP_NOMEMALLOC 0x80000u
#define __GFP_HARDWALL 0x100000u
#define __GFP_THISNODE 0x200000u
#define __GFP_ACCOUNT 0x400000u
#define __GFP_ZEROTAGS 0x800000u
#define __GFP_SKIP_ZERO 0u
#define __GFP_SKIP_KASAN 0u
#define __GFP_NOLOCKDEP 0u
#define __GFP_NO_OBJ_EXT 0u

/* X(name): the single bits, for parsers and printers. */
#define KMEM_GFP_FLAGS(X)                                                      \
	X(__GFP_DMA)                                                           \
	X(__GFP_HIGHMEM)                                                       \
	X(__GFP_DMA32)                                                         \
	X(__GFP_MOVABLE)                                                       \
	X(__GFP_RECLAIMABLE)                                                   \
	X(__GFP_HIGH)                                                          \
	X(__GFP_IO)                                                            \
	X(__GFP_FS)                                                            \
	X(__GFP_ZERO)                                                          \
	X(__GFP_DIRECT_RECLAIM)                                                \
	X(__GFP_KSWAPD_RECLAIM)                                                \
	X(__GFP_WRITE)                                                         \
	X(__GFP_NOWARN)                                                        \
	X(__GFP_RETRY_MAYFAIL)                                                 \
	X(__GFP_NOFAIL)                                                        \
	X(__GFP_NORETRY)                                                       \
	X(__GFP_MEMALLOC)                                                      \
	X(__GFP_COMP)                                                          \
	X(__GFP_NOMEMALLOC)                                                    \
	X(__GFP_HARDWALL)                                                      \
	X(__GFP_THISNODE)                                                      \
	X(__GFP_ACCOUNT)                                                       \
	X(__GFP_ZEROTAGS)

#define __GFP_BITS_SHIFT 24
#define __GFP_BITS_MASK ((gfp_t)((1u << __GFP_BITS_SHIFT) - 1))
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

/* The combinations that callers use. */
#define GFP_ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO (__GFP_RECLAIM)
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_TRANSHUGE_LIGHT                                                    \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC |               \
	  __GFP_NOWARN) &                                                      \
	 ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

/*
 * X(name): the combinations by name, for parsers and printers: each before
 * those that it contains.
 */
#define KMEM_GFP_COMBINATIONS(X)                                               \
	X(GFP_TRANSHUGE)                                                       \
	X(GFP_TRANSHUGE_LIGHT)                                                 \
	X(GFP_HIGHUSER_MOVABLE)                                                \
	X(GFP_HIGHUSER)                                                        \
	X(GFP_USER)                                                            \
	X(GFP_KERNEL_ACCOUNT)                                                  \
	X(GFP_KERNEL)                                                          \
	X(GFP_NOFS)                                                            \
	X(GFP_NOIO)                                                            \
	X(GFP_ATOMIC)                                                          \
	X(GFP_NOWAIT)                                                          \
	X(GFP_DMA)                                                             \
	X(GFP_DMA32)                                                           \
	X(__GFP_RECLAIM)

/**
 * gfpflags_allow_blocking() - may this request sleep or reclaim by itself?
 * @gfp: the mask
 */
static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return (gfp & __GFP_DIRECT_RECLAIM) != 0;
}

/**
 * enum migratetype - what pages are grouped by, so that few blocks mix
 * @MIGRATE_UNMOVABLE: in use until their user frees them
 * @MIGRATE_MOVABLE: __GFP_MOVABLE: could be moved; here they never are
 * @MIGRATE_RECLAIMABLE: __GFP_RECLAIMABLE: slabs that shrinking empties
 * @MIGRATE_PCPTYPES: how many of the types threads keep lists of
 * @MIGRATE_HIGHATOMIC: kept for atomic requests of order 1 and above
 * @MIGRATE_TYPES: how many there are
 */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_TYPES
};

#define GFP_MOVABLE_MASK (__GFP_RECLAIMABLE | __GFP_MOVABLE)

/**
 * gfp_migratetype() - the group that pages of a request belong to
 * @gfp: the mask; not with __GFP_MOVABLE and __GFP_RECLAIMABLE together, which
 *       no allocation accepts
 */
static inline enum migratetype gfp_migratetype(gfp_t gfp)
{
	return (enum migratetype)((gfp & GFP_MOVABLE_MASK) >> 3);
}

/**
 * gfpflags_allow_spinning() - may this request take locks that others hold?
 * @gfp: the mask
 */
static inline bool gfpflags_allow_spinning(gfp_t gfp)
{
	return (gfp & __GFP_RECLAIM) != 0;
}

/**
 * kmem_gfp_print() - a mask by names, as the kernel's %pGg
 * @buf: KMEM_GFP_TEXT bytes are enough for any mask
 * @size: of @buf, at least 1; what does not fit is cut off
 * @gfp: the mask
 *
 * The largest combination that is contained in @gfp, then the bits that are
 * left, joined by '|', bits without a name in hexadecimal: GFP_KERNEL|__GFP_ZERO.
 * No bits at all are "0x0", so that kmem_gfp_parse() reads whatever is printed.
 *
 * Return: the length of the text, less than @size.
 */
size_t kmem_gfp_print(char *buf, size_t size, gfp_t gfp);

#define KMEM_GFP_TEXT 448

/**
 * kmem_gfp_parse() - a mask from names
 * @text: names and numbers in hexadecimal, joined by '|', without blanks
 * @ret_gfp: the mask; untouched on failure
 *
 * Return: 0; -EINVAL for a word that is no name, and for bits that no mask has;
 * -ERANGE for a number beyond 32 bits.
 */
int kmem_gfp_parse(const char *text, gfp_t *ret_gfp);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_GFP_H */
