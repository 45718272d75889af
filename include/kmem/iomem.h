/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iomem.h - device memory: regions at physical addresses, and access to them
 *
 * A device region is a range of "physical" addresses outside RAM that answers
 * because the program registered it: with memory, with a file, or with two
 * callbacks that emulate a device. Code written for the kernel maps it with
 * ioremap() and reads and writes it with readl(), iowrite16() and the like.
 *
 * An address where nothing is registered is a device that is not there: it can
 * be mapped, as in the kernel, reads as all ones and swallows what is written.
 *
 * Pointers marked __iomem are for these functions. One into memory or a file
 * can also be used as it is; one to an emulated or absent device faults
 * (SIGSEGV), which finds code that forgot readl().
 */
#ifndef KMEM_IOMEM_H
#define KMEM_IOMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/kmem.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#ifndef __iomem
#define __iomem
#endif

typedef unsigned long long phys_addr_t; /* as the kernel prints it */
typedef phys_addr_t resource_size_t;

/* ---- device regions ------------------------------------------------------ */

/* Regions that may be registered at a time. */
#define KMEM_IOMEM_MAX 1024

/* kmem_iomem_spec.phys: at the lowest address that is free. */
#define KMEM_IOMEM_ANYWHERE UINT64_MAX

struct kmem_iomem;

/**
 * enum kmem_iomem_space - which addresses
 * @KMEM_IOMEM_MEMORY: physical addresses, below 2^52
 * @KMEM_IOMEM_PORTS: I/O ports 0 to 0xffff, see ioport_map()
 */
enum kmem_iomem_space {
	KMEM_IOMEM_MEMORY,
	KMEM_IOMEM_PORTS,
};

/**
 * struct kmem_iomem_ops - an emulated device
 * @read: the value of @width bytes (1, 2, 4 or 8) at @offset; bits above them
 *	are dropped. NULL: reads as all ones
 * @write: takes such a value. NULL: dropped
 *
 * @offset is counted from the beginning of the region and need not be aligned;
 * the access lies wholly in the region. Values are numbers: a register of 0x1234
 * is 0x1234, whatever the order of bytes.
 *
 * Called on the thread that accesses, with no lock held: a callback may use the
 * whole library, other devices included. Several threads may be in it at once.
 */
struct kmem_iomem_ops {
	uint64_t (*read)(void *arg, uint64_t offset, unsigned int width);
	void (*write)(void *arg, uint64_t offset, unsigned int width,
		      uint64_t value);
};

/**
 * struct kmem_iomem_spec - a region to be
 * @name: 1 to 127 bytes; shown in proc/iomem and in the mount. Two may have the
 *	same
 * @owner: whose it is said to be; NULL: the program's, or the module's that
 *	kmem_set_owner() named
 * @space: see above
 * @phys: first address, or KMEM_IOMEM_ANYWHERE
 * @size: bytes. Of memory and of files whole pages, and @phys at a page; an
 *	emulated device may have any size at any address
 * @file: path of the file that is the region, from its beginning; it must be
 *	there, at least @size bytes long, and not on a FUSE filesystem. NULL:
 *	memory, all zero
 * @ops: an emulated device instead; copied. Ports have to be one
 * @arg: handed to @ops
 */
struct kmem_iomem_spec {
	const char *name;
	const char *owner;
	enum kmem_iomem_space space;
	phys_addr_t phys;
	size_t size;
	const char *file;
	const struct kmem_iomem_ops *ops;
	void *arg;
};

/**
 * kmem_iomem_register() - add a device region
 *
 * Context: may sleep (opens and maps files).
 * Return: 0 and *@ret_region; -EINVAL (name, size 0, past the last address,
 * not aligned, in RAM, ports without @ops, @file with @ops, a file that is no
 * regular file or too short); -EBUSY when another region has one of the
 * addresses; -ENOSPC (no free range, or KMEM_IOMEM_MAX); -ENOMEM; or the error
 * of open(2).
 */
int kmem_iomem_register(const struct kmem_iomem_spec *spec,
			struct kmem_iomem **ret_region);

/**
 * kmem_iomem_unregister() - remove it
 * @region: NULL is a no-op
 *
 * What its memory held is lost; a file stays as it is.
 * Return: 0; -EBUSY while part of it is mapped or being accessed (so a callback
 * cannot remove its own device).
 */
int kmem_iomem_unregister(struct kmem_iomem *region);

/* ---- mapping ------------------------------------------------------------- */

/**
 * ioremap() - map device memory
 * @phys: physical address, at any byte
 * @size: bytes
 *
 * Whole pages are mapped and the offset in the first one is kept. Where memory
 * or a file is registered for each of these pages, the pointer leads to them
 * and what is written there is at once what all other mappings show; otherwise
 * (an emulated device, nothing, a mixture) the functions below find out with
 * each access what is at its address then.
 *
 * Context: may sleep (maps memory).
 * Return: NULL for size 0 and for a range that wraps around; with a report for
 * an address of 2^52 and above, for RAM, for a range that is mapped with a
 * cache mode that this one cannot be had beside, and without room.
 */
void __iomem *ioremap(phys_addr_t phys, size_t size)
	__attribute__((warn_unused_result));

/*
 * The same with another cache mode. All of them are the same memory here; only
 * conflicts are as on x86: nothing but ioremap_cache() and memremap(WB) beside
 * a cached mapping of the same bytes, no ioremap_wt() beside an ioremap_wc().
 */
void __iomem *ioremap_wc(phys_addr_t phys, size_t size)
	__attribute__((warn_unused_result));
void __iomem *ioremap_wt(phys_addr_t phys, size_t size)
	__attribute__((warn_unused_result));
void __iomem *ioremap_uc(phys_addr_t phys, size_t size)
	__attribute__((warn_unused_result));
void __iomem *ioremap_cache(phys_addr_t phys, size_t size)
	__attribute__((warn_unused_result));
/* Not posted: no write here is ever on its way. */
void __iomem *ioremap_np(phys_addr_t phys, size_t size)
	__attribute__((warn_unused_result));

/**
 * iounmap() - undo one ioremap()
 * @addr: what it returned, or another address in its first page; NULL is a
 *	no-op. Anything else, and a mapping that is gone, is reported and ignored
 */
void iounmap(volatile void __iomem *addr);

/* Flags of memremap(), with the kernel's values. */
enum {
	MEMREMAP_WB = 1 << 0,
	MEMREMAP_WT = 1 << 1,
	MEMREMAP_WC = 1 << 2,
};

/**
 * memremap() - map memory without side effects, to be used through plain
 * pointers
 * @flags: the mode that is wanted; of several the first that can be had
 *
 * Also of RAM, with MEMREMAP_WB: its address in the linear map then.
 * Return: NULL without a flag, and with a report where ioremap() has one, for
 * other modes of RAM, for a range that is RAM in part, and for addresses that
 * are not memory or a file: a pointer to them would be of no use.
 */
void *memremap(phys_addr_t phys, size_t size, unsigned long flags)
	__attribute__((warn_unused_result));

/**
 * memunmap() - undo it; an address in RAM is left alone
 */
void memunmap(void *addr);

/* ---- access to mapped memory --------------------------------------------- */

/**
 * readb(), readw(), readl(), readq() - read 1, 2, 4, 8 bytes, little endian
 * writeb() ... - write them
 * @addr: from ioremap()
 *
 * Each is one access, ordered with those before and behind it on its thread;
 * the _relaxed ones only with those to the same device. An access to an
 * emulated device that reaches across its end reads as all ones and writes
 * nothing. An address of a mapping of such a device that is gone is reported.
 */
uint8_t readb(const volatile void __iomem *addr);
uint16_t readw(const volatile void __iomem *addr);
uint32_t readl(const volatile void __iomem *addr);
uint64_t readq(const volatile void __iomem *addr);
void writeb(uint8_t value, volatile void __iomem *addr);
void writew(uint16_t value, volatile void __iomem *addr);
void writel(uint32_t value, volatile void __iomem *addr);
void writeq(uint64_t value, volatile void __iomem *addr);

uint8_t readb_relaxed(const volatile void __iomem *addr);
uint16_t readw_relaxed(const volatile void __iomem *addr);
uint32_t readl_relaxed(const volatile void __iomem *addr);
uint64_t readq_relaxed(const volatile void __iomem *addr);
void writeb_relaxed(uint8_t value, volatile void __iomem *addr);
void writew_relaxed(uint16_t value, volatile void __iomem *addr);
void writel_relaxed(uint32_t value, volatile void __iomem *addr);
void writeq_relaxed(uint64_t value, volatile void __iomem *addr);

/**
 * memcpy_fromio(), memcpy_toio(), memset_io() - many bytes
 *
 * Of an emulated device: words of 8 bytes where the device's address is a
 * multiple of 8, and single bytes before and behind them.
 */
void memcpy_fromio(void *to, const volatile void __iomem *from, size_t count);
void memcpy_toio(volatile void __iomem *to, const void *from, size_t count);
void memset_io(volatile void __iomem *to, int byte, size_t count);

/* ---- access to memory or ports ------------------------------------------- */

/**
 * ioport_map() - I/O ports as an address for ioread8() and the like
 * @port: the first
 * @nr: how many
 *
 * Nothing is mapped: the "address" is the port plus 0x10000.
 * Return: NULL for a port above 0xffff.
 */
void __iomem *ioport_map(unsigned long port, unsigned int nr);

/**
 * ioport_unmap() - does nothing
 */
void ioport_unmap(void __iomem *addr);

/**
 * ioread8(), ioread16(), ... - as readb(), ..., of mapped memory or of ports
 * iowrite8(), ...
 * @addr: from ioremap() or ioport_map()
 *
 * Below 0x40000 it is taken for a port; one that is none is reported (the first
 * ten times), reads as all ones, and is not written. So is, without a report, a
 * port that no device is registered at. The be forms are for registers with the
 * highest byte first. 64 bits of a port are two accesses, the low half first.
 */
uint8_t ioread8(const volatile void __iomem *addr);
uint16_t ioread16(const volatile void __iomem *addr);
uint32_t ioread32(const volatile void __iomem *addr);
uint64_t ioread64(const volatile void __iomem *addr);
uint16_t ioread16be(const volatile void __iomem *addr);
uint32_t ioread32be(const volatile void __iomem *addr);
uint64_t ioread64be(const volatile void __iomem *addr);
void iowrite8(uint8_t value, volatile void __iomem *addr);
void iowrite16(uint16_t value, volatile void __iomem *addr);
void iowrite32(uint32_t value, volatile void __iomem *addr);
void iowrite64(uint64_t value, volatile void __iomem *addr);
void iowrite16be(uint16_t value, volatile void __iomem *addr);
void iowrite32be(uint32_t value, volatile void __iomem *addr);
void iowrite64be(uint64_t value, volatile void __iomem *addr);

/**
 * ioread8_rep() ... - @count reads of the same address, as of a FIFO
 * iowrite8_rep() ... - @count writes
 * @buf: that many values, at any alignment; their bytes are in the order of the
 *	device
 */
void ioread8_rep(const volatile void __iomem *addr, void *buf,
		 unsigned long count);
void ioread16_rep(const volatile void __iomem *addr, void *buf,
		  unsigned long count);
void ioread32_rep(const volatile void __iomem *addr, void *buf,
		  unsigned long count);
void ioread64_rep(const volatile void __iomem *addr, void *buf,
		  unsigned long count);
void iowrite8_rep(volatile void __iomem *addr, const void *buf,
		  unsigned long count);
void iowrite16_rep(volatile void __iomem *addr, const void *buf,
		   unsigned long count);
void iowrite32_rep(volatile void __iomem *addr, const void *buf,
		   unsigned long count);
void iowrite64_rep(volatile void __iomem *addr, const void *buf,
		   unsigned long count);

/**
 * inb(), inw(), inl() - read a port; all ones where there is no device
 * outb(), outw(), outl() - write one
 *
 * <sys/io.h> has others of these names, which use the machine's real ports:
 * include one or the other.
 */
uint8_t inb(unsigned long port);
uint16_t inw(unsigned long port);
uint32_t inl(unsigned long port);
void outb(uint8_t value, unsigned long port);
void outw(uint16_t value, unsigned long port);
void outl(uint32_t value, unsigned long port);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_IOMEM_H */
