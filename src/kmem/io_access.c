/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_access.c - reading and writing mapped devices and ports
 *
 * An address is one of three things, and the number tells which: a port (see
 * ioport_map()), a place in ioremap.c's trap window, whose device is looked up,
 * or memory, which is loaded and stored as it is. The first is only asked of
 * the functions that the kernel has for both, ioread8() and the like; readb()
 * and the like take an address below 0x40000 for an address, and it faults.
 *
 * Memory is accessed in one piece of the wanted width where it is aligned to
 * it. Devices are little endian, so that values are swapped on a machine that
 * is not.
 *
 * Order. A processor keeps accesses to device memory in order; ours is plain
 * memory, where a load may overtake a store. So all of them are sequentially
 * consistent, and writes to other memory come before, reads of it behind, by
 * fences that the _relaxed functions do without. An access to an emulated
 * device is over when the function returns.
 *
 * Where it differs from the kernel: an unmapped address of an emulated device
 * is reported and reads as all ones (there: an oops); 64 bits of a port are two
 * accesses.
 */
#include <endian.h>
#include <string.h>

#include "internal.h"

#define PIO_OFFSET 0x10000ul
#define PIO_MASK 0xfffful
#define PIO_RESERVED 0x40000ul

#define ALL_ONES (~0ull)

static unsigned int bad_accesses;

void io_access_reset(void)
{
	counter_set(bad_accesses, 0);
}

/* ---- memory -------------------------------------------------------------- */

static bool is_aligned(const volatile void *addr, unsigned int width)
{
	return !((uintptr_t)addr & (width - 1));
}

static uint64_t load(const volatile void *addr, unsigned int width)
{
	uint64_t bytes = 0;

	if (!is_aligned(addr, width)) {
		for (unsigned int i = 0; i < width; i++)
			((unsigned char *)&bytes)[i] =
				((const volatile unsigned char *)addr)[i];
		return le64toh(bytes);
	}
	switch (width) {
	case 1:
		return __atomic_load_n((const volatile uint8_t *)addr,
				       __ATOMIC_SEQ_CST);
	case 2:
		return le16toh(__atomic_load_n((const volatile uint16_t *)addr,
					       __ATOMIC_SEQ_CST));
	case 4:
		return le32toh(__atomic_load_n((const volatile uint32_t *)addr,
					       __ATOMIC_SEQ_CST));
	default:
		return le64toh(__atomic_load_n((const volatile uint64_t *)addr,
					       __ATOMIC_SEQ_CST));
	}
}

static void store(volatile void *addr, unsigned int width, uint64_t value)
{
	uint64_t bytes = htole64(value);

	if (!is_aligned(addr, width)) {
		for (unsigned int i = 0; i < width; i++)
			((volatile unsigned char *)addr)[i] =
				((unsigned char *)&bytes)[i];
		return;
	}
	switch (width) {
	case 1:
		__atomic_store_n((volatile uint8_t *)addr, (uint8_t)value,
				 __ATOMIC_SEQ_CST);
		break;
	case 2:
		__atomic_store_n((volatile uint16_t *)addr,
				 htole16((uint16_t)value), __ATOMIC_SEQ_CST);
		break;
	case 4:
		__atomic_store_n((volatile uint32_t *)addr,
				 htole32((uint32_t)value), __ATOMIC_SEQ_CST);
		break;
	default:
		__atomic_store_n((volatile uint64_t *)addr, bytes,
				 __ATOMIC_SEQ_CST);
	}
}

static bool phys_of(const volatile void *addr, uint64_t *ret_phys)
{
	if (iomap_phys(addr, ret_phys))
		return true;
	kmem_report("access to unmapped device memory at %p", (void *)addr);
	return false;
}

static uint64_t mmio_read(const volatile void *addr, unsigned int width)
{
	uint64_t value = ALL_ONES, phys;

	if (likely(!iomap_traps(addr)))
		return load(addr, width);
	if (phys_of(addr, &phys))
		iomem_access(KMEM_IOMEM_MEMORY, phys, width, false, &value);
	return value;
}

static void mmio_write(volatile void *addr, unsigned int width, uint64_t value)
{
	uint64_t phys;

	if (likely(!iomap_traps(addr)))
		store(addr, width, value);
	else if (phys_of(addr, &phys))
		iomem_access(KMEM_IOMEM_MEMORY, phys, width, true, &value);
}

/* ---- ports --------------------------------------------------------------- */

static uint64_t port_read(unsigned long port, unsigned int width)
{
	uint64_t value = ALL_ONES;

	if (width == 8)
		return (uint32_t)port_read(port, 4) | port_read(port + 4, 4)
							      << 32;
	iomem_access(KMEM_IOMEM_PORTS, port, width, false, &value);
	return value;
}

static void port_write(unsigned long port, unsigned int width, uint64_t value)
{
	if (width == 8) {
		port_write(port, 4, value);
		port_write(port + 4, 4, value >> 32);
		return;
	}
	iomem_access(KMEM_IOMEM_PORTS, port, width, true, &value);
}

/* A few say what is wrong; more would drown it. */
static void bad_access(uintptr_t port, const char *who)
{
	if (__atomic_fetch_add(&bad_accesses, 1, __ATOMIC_RELAXED) < 10)
		kmem_report("Bad IO access at port %#lx (%s)",
			    (unsigned long)port, who);
}

/* ---- either -------------------------------------------------------------- */

static uint64_t io_read(const volatile void *addr, unsigned int width,
			const char *who)
{
	uintptr_t cookie = (uintptr_t)addr;

	if (likely(cookie >= PIO_RESERVED))
		return mmio_read(addr, width);
	if (cookie > PIO_OFFSET)
		return port_read(cookie & PIO_MASK, width);
	bad_access(cookie, who);
	return ALL_ONES;
}

static void io_write(volatile void *addr, unsigned int width, uint64_t value,
		     const char *who)
{
	uintptr_t cookie = (uintptr_t)addr;

	if (likely(cookie >= PIO_RESERVED))
		mmio_write(addr, width, value);
	else if (cookie > PIO_OFFSET)
		port_write(cookie & PIO_MASK, width, value);
	else
		bad_access(cookie, who);
}

/* ---- the functions, one line each ---------------------------------------- */

/* Pairs with the release in WRITE of whoever made the device look so. */
#define READ(name, type, fence)                                                \
	type name(const volatile void *addr)                                   \
	{                                                                      \
		type value = (type)mmio_read(addr, sizeof(type));              \
                                                                               \
		fence;                                                         \
		return value;                                                  \
	}

/* What was written to memory before is there when the device is told so. */
#define WRITE(name, type, fence)                                               \
	void name(type value, volatile void *addr)                             \
	{                                                                      \
		fence;                                                         \
		mmio_write(addr, sizeof(type), value);                         \
	}

#define AFTER_READ __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define BEFORE_WRITE __atomic_thread_fence(__ATOMIC_RELEASE)
#define NO_FENCE (void)0

READ(readb, uint8_t, AFTER_READ)
READ(readw, uint16_t, AFTER_READ)
READ(readl, uint32_t, AFTER_READ)
READ(readq, uint64_t, AFTER_READ)
READ(readb_relaxed, uint8_t, NO_FENCE)
READ(readw_relaxed, uint16_t, NO_FENCE)
READ(readl_relaxed, uint32_t, NO_FENCE)
READ(readq_relaxed, uint64_t, NO_FENCE)
WRITE(writeb, uint8_t, BEFORE_WRITE)
WRITE(writew, uint16_t, BEFORE_WRITE)
WRITE(writel, uint32_t, BEFORE_WRITE)
WRITE(writeq, uint64_t, BEFORE_WRITE)
WRITE(writeb_relaxed, uint8_t, NO_FENCE)
WRITE(writew_relaxed, uint16_t, NO_FENCE)
WRITE(writel_relaxed, uint32_t, NO_FENCE)
WRITE(writeq_relaxed, uint64_t, NO_FENCE)

#define SAME(value) (value)

#define IOREAD(name, type, convert)                                            \
	type name(const volatile void *addr)                                   \
	{                                                                      \
		type value = (type)io_read(addr, sizeof(type), #name);         \
                                                                               \
		AFTER_READ;                                                    \
		return convert(value);                                         \
	}

#define IOWRITE(name, type, convert)                                           \
	void name(type value, volatile void *addr)                             \
	{                                                                      \
		BEFORE_WRITE;                                                  \
		io_write(addr, sizeof(type), convert(value), #name);           \
	}

IOREAD(ioread8, uint8_t, SAME)
IOREAD(ioread16, uint16_t, SAME)
IOREAD(ioread32, uint32_t, SAME)
IOREAD(ioread64, uint64_t, SAME)
IOREAD(ioread16be, uint16_t, __builtin_bswap16)
IOREAD(ioread32be, uint32_t, __builtin_bswap32)
IOREAD(ioread64be, uint64_t, __builtin_bswap64)
IOWRITE(iowrite8, uint8_t, SAME)
IOWRITE(iowrite16, uint16_t, SAME)
IOWRITE(iowrite32, uint32_t, SAME)
IOWRITE(iowrite64, uint64_t, SAME)
IOWRITE(iowrite16be, uint16_t, __builtin_bswap16)
IOWRITE(iowrite32be, uint32_t, __builtin_bswap32)
IOWRITE(iowrite64be, uint64_t, __builtin_bswap64)

/* In memory the bytes are as the device has them, whatever the machine. */
static void read_rep(const volatile void *addr, void *buf, unsigned long count,
		     unsigned int width, const char *who)
{
	char *to = buf;

	for (; count; count--, to += width) {
		uint64_t bytes = htole64(io_read(addr, width, who));

		memcpy(to, &bytes, width);
	}
	AFTER_READ;
}

static void write_rep(volatile void *addr, const void *buf, unsigned long count,
		      unsigned int width, const char *who)
{
	const char *from = buf;

	BEFORE_WRITE;
	for (; count; count--, from += width) {
		uint64_t bytes = 0;

		memcpy(&bytes, from, width);
		io_write(addr, width, le64toh(bytes), who);
	}
}

#define IOREAD_REP(name, width)                                                \
	void name(const volatile void *addr, void *buf, unsigned long count)   \
	{                                                                      \
		read_rep(addr, buf, count, width, #name);                      \
	}

#define IOWRITE_REP(name, width)                                               \
	void name(volatile void *addr, const void *buf, unsigned long count)   \
	{                                                                      \
		write_rep(addr, buf, count, width, #name);                     \
	}

IOREAD_REP(ioread8_rep, 1)
IOREAD_REP(ioread16_rep, 2)
IOREAD_REP(ioread32_rep, 4)
IOREAD_REP(ioread64_rep, 8)
IOWRITE_REP(iowrite8_rep, 1)
IOWRITE_REP(iowrite16_rep, 2)
IOWRITE_REP(iowrite32_rep, 4)
IOWRITE_REP(iowrite64_rep, 8)

#define IN(name, type)                                                         \
	type name(unsigned long port)                                          \
	{                                                                      \
		return (type)port_read(port, sizeof(type));                    \
	}

#define OUT(name, type)                                                        \
	void name(type value, unsigned long port)                              \
	{                                                                      \
		port_write(port, sizeof(type), value);                         \
	}

IN(inb, uint8_t)
IN(inw, uint16_t)
IN(inl, uint32_t)
OUT(outb, uint8_t)
OUT(outw, uint16_t)
OUT(outl, uint32_t)

void *ioport_map(unsigned long port, unsigned int nr)
{
	(void)nr;
	return port > PIO_MASK ? NULL : (void *)(port + PIO_OFFSET);
}

void ioport_unmap(void *addr)
{
	(void)addr;
}

/* ---- many bytes ---------------------------------------------------------- */

/* The widest access that begins at @addr and goes no further than @count. */
static unsigned int step_at(const volatile void *addr, size_t count)
{
	return is_aligned(addr, 8) && count >= 8 ? 8 : 1;
}

void memcpy_fromio(void *to, const volatile void *from, size_t count)
{
	const volatile char *at = from;
	char *out = to;

	if (!iomap_traps(from)) {
		memcpy(to, (const void *)from, count);
		return;
	}
	while (count) {
		unsigned int step = step_at(at, count);
		uint64_t bytes = htole64(mmio_read(at, step));

		memcpy(out, &bytes, step);
		at += step;
		out += step;
		count -= step;
	}
}

void memcpy_toio(volatile void *to, const void *from, size_t count)
{
	const char *in = from;
	volatile char *at = to;

	if (!iomap_traps(to)) {
		memcpy((void *)to, from, count);
		return;
	}
	while (count) {
		unsigned int step = step_at(at, count);
		uint64_t bytes = 0;

		memcpy(&bytes, in, step);
		mmio_write(at, step, le64toh(bytes));
		at += step;
		in += step;
		count -= step;
	}
}

void memset_io(volatile void *to, int byte, size_t count)
{
	uint64_t bytes = (unsigned char)byte * 0x0101010101010101ull;
	volatile char *at = to;

	if (!iomap_traps(to)) {
		memset((void *)to, byte, count);
		return;
	}
	while (count) {
		unsigned int step = step_at(at, count);

		mmio_write(at, step, bytes);
		at += step;
		count -= step;
	}
}
