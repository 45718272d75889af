/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_io_access.c - reading and writing devices and ports
 *
 * The emulated device is a FIFO as of a serial port, with four registers of 4
 * bytes: data at 0 (a write appends its bytes, a read takes as many), the
 * number of bytes in the FIFO at 4, a scratch register at 8, and at 12 one
 * that allocates: reading it gives the number of objects it holds, writing it
 * sets how many those are. Behind them, at 16, there is memory.
 */
#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/linux/io.h>

#include "fixture.h"
#include "runner.h"

#define DEV 0xfe000000ul
#define FIFO_PHYS 0xfd001100ul /* in the middle of a page */
#define FIFO_SIZE 256
#define FIFO_DEPTH 64
#define PORT 0x3f8ul
#define PAGE KMEM_PAGE_SIZE

#define DATA 0
#define LEVEL 4
#define SCRATCH 8
#define HOLD 12
#define MEMORY 16

struct fifo {
	struct kmem_iomem *region;
	unsigned char bytes[FIFO_DEPTH];
	unsigned int level;
	uint32_t scratch;
	void *object[16];
	unsigned int held;
	unsigned char memory[FIFO_SIZE - MEMORY];

	/* what was asked last, and how often */
	uint64_t offset;
	unsigned int width;
	uint64_t value;
	unsigned int reads, writes;
};

static uint64_t fifo_pop(struct fifo *fifo, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width && fifo->level; i++) {
		value |= (uint64_t)fifo->bytes[0] << (8 * i);
		memmove(fifo->bytes, fifo->bytes + 1, --fifo->level);
	}
	return value;
}

static uint64_t fifo_read(void *arg, uint64_t offset, unsigned int width)
{
	struct fifo *fifo = arg;
	uint64_t value = 0;

	fifo->offset = offset;
	fifo->width = width;
	fifo->reads++;
	switch (offset) {
	case DATA:
		return fifo_pop(fifo, width);
	case LEVEL:
		return fifo->level;
	case SCRATCH:
		return fifo->scratch;
	case HOLD:
		return fifo->held;
	}
	if (offset >= MEMORY)
		memcpy(&value, &fifo->memory[offset - MEMORY], width);
	return le64toh(value);
}

/* With the library, on whose account the callback runs. */
static void hold(struct fifo *fifo, unsigned int nr)
{
	while (fifo->held > nr)
		kfree(fifo->object[--fifo->held]);
	while (fifo->held < nr)
		fifo->object[fifo->held++] = kmalloc(100, GFP_KERNEL);
}

static void fifo_write(void *arg, uint64_t offset, unsigned int width,
		       uint64_t value)
{
	struct fifo *fifo = arg;
	uint64_t bytes = htole64(value);

	fifo->offset = offset;
	fifo->width = width;
	fifo->value = value;
	fifo->writes++;
	if (offset == DATA)
		for (unsigned int i = 0; i < width; i++)
			fifo->bytes[fifo->level++ % FIFO_DEPTH] =
				(unsigned char)(value >> (8 * i));
	else if (offset == SCRATCH)
		fifo->scratch = (uint32_t)value;
	else if (offset == HOLD)
		hold(fifo, (unsigned int)value % 16);
	else if (offset >= MEMORY)
		memcpy(&fifo->memory[offset - MEMORY], &bytes, width);
}

static const struct kmem_iomem_ops fifo_ops = { fifo_read, fifo_write };

static struct fifo fifo;
static char __iomem *regs;

static void add_fifo(enum kmem_iomem_space space, uint64_t at, size_t size)
{
	const struct kmem_iomem_spec spec = {
		.name = "fifo",
		.space = space,
		.phys = at,
		.size = size,
		.ops = &fifo_ops,
		.arg = &fifo,
	};

	memset(&fifo, 0, sizeof(fifo));
	ck_assert_int_eq(kmem_iomem_register(&spec, &fifo.region), 0);
}

static void fifo_up(void)
{
	kmem_up();
	add_fifo(KMEM_IOMEM_MEMORY, FIFO_PHYS, FIFO_SIZE);
	regs = ioremap(FIFO_PHYS, FIFO_SIZE);
	ck_assert_ptr_nonnull(regs);
}

static void fifo_down(void)
{
	iounmap(regs);
	ck_assert_int_eq(kmem_iomem_unregister(fifo.region), 0);
	kmem_down();
}

static void port_up(void)
{
	kmem_up();
	add_fifo(KMEM_IOMEM_PORTS, PORT, FIFO_SIZE);
	regs = ioport_map(PORT, FIFO_SIZE);
	ck_assert_uint_eq((uintptr_t)regs, PORT + 0x10000);
}

static void port_down(void)
{
	ioport_unmap(regs);
	ck_assert_int_eq(kmem_iomem_unregister(fifo.region), 0);
	kmem_down();
}

/* ---- an emulated device -------------------------------------------------- */

START_TEST(test_a_device_sees_address_width_and_value)
{
	writeb(0x12, regs + SCRATCH);
	ck_assert_uint_eq(fifo.offset, SCRATCH);
	ck_assert_uint_eq(fifo.width, 1);
	ck_assert_uint_eq(fifo.value, 0x12);
	writew(0x1234, regs + SCRATCH);
	ck_assert_uint_eq(fifo.width, 2);
	ck_assert_uint_eq(fifo.value, 0x1234);
	writel(0x12345678, regs + SCRATCH);
	ck_assert_uint_eq(fifo.width, 4);
	ck_assert_uint_eq(fifo.value, 0x12345678);
	ck_assert_uint_eq(readl(regs + SCRATCH), 0x12345678);
	/* What does not fit the width is not the reader's to see. */
	ck_assert_uint_eq(readw(regs + SCRATCH), 0x5678);
	ck_assert_uint_eq(fifo.width, 2);
	ck_assert_uint_eq(readb(regs + SCRATCH), 0x78);
	writeq(0x1122334455667788, regs + MEMORY);
	ck_assert_uint_eq(fifo.width, 8);
	ck_assert_uint_eq(fifo.value, 0x1122334455667788);
	ck_assert_uint_eq(readq(regs + MEMORY), 0x1122334455667788);
	ck_assert_uint_eq(fifo.reads, 4);
	ck_assert_uint_eq(fifo.writes, 4);
}
END_TEST

START_TEST(test_relaxed_accesses_reach_the_device)
{
	writeb_relaxed(0x11, regs + MEMORY);
	writew_relaxed(0x2222, regs + MEMORY + 2);
	writel_relaxed(0x33333333, regs + MEMORY + 4);
	writeq_relaxed(0x4444444444444444, regs + MEMORY + 8);
	ck_assert_uint_eq(readb_relaxed(regs + MEMORY), 0x11);
	ck_assert_uint_eq(readw_relaxed(regs + MEMORY + 2), 0x2222);
	ck_assert_uint_eq(readl_relaxed(regs + MEMORY + 4), 0x33333333);
	ck_assert_uint_eq(readq_relaxed(regs + MEMORY + 8), 0x4444444444444444);
	ck_assert_uint_eq(fifo.reads, 4);
	ck_assert_uint_eq(fifo.writes, 4);
}
END_TEST

START_TEST(test_a_fifo_is_filled_and_emptied)
{
	static const char out[] = "sixteen bytes !!";
	char in[16];

	iowrite32_rep(regs + DATA, out, 4);
	ck_assert_uint_eq(ioread32(regs + LEVEL), 16);
	ck_assert_uint_eq(ioread8(regs + DATA), 's');
	ioread8_rep(regs + DATA, in, 3);
	ck_assert_int_eq(memcmp(in, "ixt", 3), 0);
	ioread16_rep(regs + DATA, in, 2);
	ck_assert_int_eq(memcmp(in, "een ", 4), 0);
	ioread64_rep(regs + DATA, in, 1);
	ck_assert_int_eq(memcmp(in, "bytes !!", 8), 0);
	ck_assert_uint_eq(ioread32(regs + LEVEL), 0);
	iowrite8_rep(regs + DATA, out, 2);
	iowrite16_rep(regs + DATA, out + 2, 1);
	iowrite64_rep(regs + DATA, out + 4, 1);
	ck_assert_uint_eq(ioread32(regs + LEVEL), 12);
	/* Nothing is nothing. */
	fifo.reads = 0;
	ioread32_rep(regs + DATA, in, 0);
	ck_assert_uint_eq(fifo.reads, 0);
	memset(in, 0, sizeof(in));
	ioread32_rep(regs + DATA, in + 1, 3);
	ck_assert_int_eq(memcmp(in + 1, out, 12), 0);
}
END_TEST

START_TEST(test_high_byte_first)
{
	iowrite16be(0x1234, regs + MEMORY);
	iowrite32be(0x12345678, regs + MEMORY + 4);
	iowrite64be(0x0102030405060708, regs + MEMORY + 8);
	ck_assert_uint_eq(fifo.memory[0], 0x12);
	ck_assert_uint_eq(fifo.memory[1], 0x34);
	ck_assert_uint_eq(fifo.memory[4], 0x12);
	ck_assert_uint_eq(fifo.memory[8], 0x01);
	ck_assert_uint_eq(fifo.memory[15], 0x08);
	ck_assert_uint_eq(ioread16(regs + MEMORY), 0x3412);
	ck_assert_uint_eq(ioread16be(regs + MEMORY), 0x1234);
	ck_assert_uint_eq(ioread32be(regs + MEMORY + 4), 0x12345678);
	ck_assert_uint_eq(ioread64be(regs + MEMORY + 8), 0x0102030405060708);
}
END_TEST

START_TEST(test_a_callback_may_use_the_library)
{
	const struct kmem_iomem_spec spec = { .name = "other",
					      .phys = DEV,
					      .size = PAGE };
	struct kmem_iomem *other;

	iowrite32(7, regs + HOLD);
	ck_assert_uint_eq(ioread32(regs + HOLD), 7);
	ck_assert_uint_eq(kmem_validate(), 0);
	iowrite32(0, regs + HOLD);
	ck_assert_int_eq(kmem_iomem_register(&spec, &other), 0);
	ck_assert_int_eq(kmem_iomem_unregister(other), 0);
}
END_TEST

START_TEST(test_past_the_end_of_a_device_is_nothing)
{
	fifo.memory[FIFO_SIZE - MEMORY - 1] = 5;
	ck_assert_uint_eq(readb(regs + FIFO_SIZE - 1), 5);
	ck_assert_uint_eq(readw(regs + FIFO_SIZE - 1), 0xffff);
	ck_assert_uint_eq(readl(regs + FIFO_SIZE), 0xffffffff);
	ck_assert_uint_eq(readb(regs - 1), 0xff);
	fifo.writes = 0;
	writew(0, regs + FIFO_SIZE - 1);
	writel(0, regs + FIFO_SIZE);
	ck_assert_uint_eq(fifo.writes, 0);
	ck_assert_uint_eq(readb(regs + FIFO_SIZE - 1), 5);
}
END_TEST

START_TEST(test_blocks_go_by_words)
{
	unsigned char out[40], in[40];

	for (unsigned int i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i + 1);
	/* 3 bytes up to a multiple of 8, 4 words, 5 bytes. */
	memcpy_toio(regs + MEMORY + 5, out, 40);
	ck_assert_uint_eq(fifo.writes, 3 + 4 + 5);
	ck_assert_int_eq(memcmp(fifo.memory + 5, out, 40), 0);
	memcpy_fromio(in, regs + MEMORY + 5, 40);
	ck_assert_uint_eq(fifo.reads, 3 + 4 + 5);
	ck_assert_int_eq(memcmp(in, out, 40), 0);
	memset_io(regs + MEMORY + 6, 0x1a5, 30);
	ck_assert_uint_eq(fifo.memory[5], 1);
	ck_assert(bytes_are(fifo.memory + 6, 30, 0xa5));
	ck_assert_uint_eq(fifo.memory[36], 32);
}
END_TEST

START_TEST(test_a_device_without_callbacks_is_deaf)
{
	static const struct kmem_iomem_ops none;
	const struct kmem_iomem_spec spec = {
		.name = "deaf", .phys = DEV, .size = 16, .ops = &none
	};
	struct kmem_iomem *region;
	char *p;

	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	p = ioremap(DEV, 16);
	writel(0, p);
	ck_assert_uint_eq(readl(p), 0xffffffff);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

static struct kmem_iomem *suicide;

static uint64_t try_to_go(void *arg, uint64_t offset, unsigned int width)
{
	(void)arg;
	(void)offset;
	(void)width;
	return (uint64_t)-kmem_iomem_unregister(suicide);
}

START_TEST(test_a_callback_cannot_remove_its_device)
{
	static const struct kmem_iomem_ops ops = { .read = try_to_go };
	const struct kmem_iomem_spec spec = { .name = "port",
					      .space = KMEM_IOMEM_PORTS,
					      .phys = 0x80,
					      .size = 1,
					      .ops = &ops };

	ck_assert_int_eq(kmem_iomem_register(&spec, &suicide), 0);
	ck_assert_uint_eq(inb(0x80), EBUSY);
	ck_assert_int_eq(kmem_iomem_unregister(suicide), 0);
	ck_assert_uint_eq(inb(0x80), 0xff);
}
END_TEST

START_TEST(test_an_emulated_device_has_no_bytes_to_copy)
{
	char byte;

	ck_assert_int_eq(kmem_iomem_read(fifo.region, 0, &byte, 1),
			 -EOPNOTSUPP);
	ck_assert_int_eq(kmem_iomem_write(fifo.region, 0, &byte, 1),
			 -EOPNOTSUPP);
	ck_assert_int_eq(kmem_iomem_resize(fifo.region, PAGE), -EINVAL);
	ck_assert_int_eq(kmem_iomem_set_file(kmem_iomem_serial(fifo.region),
					     "/tmp"),
			 -EINVAL);
	ck_assert_uint_eq(fifo.reads + fifo.writes, 0);
}
END_TEST

static void hammer(unsigned int index, void *arg)
{
	unsigned long *wrong = arg;
	uint64_t phys = DEV + index * PAGE;
	char *mine = ioremap(phys, 8);

	for (unsigned int i = 0; i < 2000; i++) {
		writel(i, mine);
		if (readl(mine) != i)
			__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
	}
	iounmap(mine);
}

static uint32_t latch[4];

static uint64_t latch_read(void *arg, uint64_t offset, unsigned int width)
{
	(void)width;
	(void)offset;
	return *(uint32_t *)arg;
}

static void latch_write(void *arg, uint64_t offset, unsigned int width,
			uint64_t value)
{
	(void)width;
	(void)offset;
	*(uint32_t *)arg = (uint32_t)value;
}

START_TEST(test_threads_access_their_devices_at_once)
{
	static const struct kmem_iomem_ops ops = { latch_read, latch_write };
	struct kmem_iomem *region[4];
	unsigned long wrong = 0;

	for (unsigned int i = 0; i < 4; i++) {
		const struct kmem_iomem_spec spec = {
			.name = "latch",
			.phys = DEV + i * PAGE,
			.size = 8,
			.ops = &ops,
			.arg = &latch[i],
		};

		ck_assert_int_eq(kmem_iomem_register(&spec, &region[i]), 0);
	}
	threads_run(4, hammer, &wrong);
	ck_assert_uint_eq(wrong, 0);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_int_eq(kmem_iomem_unregister(region[i]), 0);
}
END_TEST

/* ---- nothing, and what comes and goes ------------------------------------ */

START_TEST(test_an_absent_device_reads_as_all_ones)
{
	char *p = ioremap(DEV, PAGE), buf[4] = { 0 };

	writel(0, p);
	ck_assert_uint_eq(readb(p), 0xff);
	ck_assert_uint_eq(readw(p), 0xffff);
	ck_assert_uint_eq(readl(p), 0xffffffff);
	ck_assert_uint_eq(readq(p), UINT64_MAX);
	ck_assert_uint_eq(ioread32be(p + 8), 0xffffffff);
	memcpy_fromio(buf, p + 3, 4);
	ck_assert(bytes_are(buf, 4, 0xff));
	iounmap(p);
}
END_TEST

START_TEST(test_a_device_comes_under_a_mapping)
{
	const struct kmem_iomem_spec spec = { .name = "late",
					      .phys = DEV,
					      .size = PAGE };
	struct kmem_iomem *region;
	char *p = ioremap(DEV, 2 * PAGE);
	char byte;

	ck_assert_uint_eq(readl(p), 0xffffffff);
	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	ck_assert_uint_eq(readl(p), 0);
	writel(0x12345678, p + 4);
	ck_assert_int_eq(kmem_iomem_read(region, 4, &byte, 1), 0);
	ck_assert_int_eq(byte, 0x78);
	ck_assert_uint_eq(readw(p + 4), 0x5678);
	/* The other page is still nothing, and a word of both as well. */
	ck_assert_uint_eq(readl(p + PAGE), 0xffffffff);
	ck_assert_uint_eq(readl(p + PAGE - 2), 0xffffffff);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_access_to_an_unmapped_device_is_reported)
{
	char *p = ioremap(DEV, PAGE);

	iounmap(p);
	ck_assert_uint_eq(readl(p), 0xffffffff);
	writel(0, p);
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert(reports_mention("access to unmapped device memory"));
}
END_TEST

/* ---- memory -------------------------------------------------------------- */

START_TEST(test_memory_is_little_endian_at_any_alignment)
{
	const struct kmem_iomem_spec spec = { .name = "ram",
					      .phys = DEV,
					      .size = PAGE };
	struct kmem_iomem *region;
	unsigned char *p, out[5] = { 1, 2, 3, 4, 5 };

	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	p = ioremap(DEV, PAGE);
	for (unsigned int at = 0; at < 9; at++) {
		writeq(0x1122334455667788, p + at);
		ck_assert_uint_eq(p[at], 0x88);
		ck_assert_uint_eq(p[at + 7], 0x11);
		ck_assert_uint_eq(readq(p + at), 0x1122334455667788);
		ck_assert_uint_eq(ioread64be(p + at), 0x8877665544332211);
		writel(0xaabbccdd, p + at);
		ck_assert_uint_eq(p[at], 0xdd);
		ck_assert_uint_eq(readl(p + at), 0xaabbccdd);
		iowrite16be(0x0102, p + at);
		ck_assert_uint_eq(p[at], 1);
		ck_assert_uint_eq(readw(p + at), 0x0201);
		writeb(9, p + at);
		ck_assert_uint_eq(ioread8(p + at), 9);
	}
	memset_io(p, 0x17f, 100);
	ck_assert(bytes_are(p, 100, 0x7f));
	memcpy_toio(p + 3, out, 5);
	ck_assert_int_eq(memcmp(p + 3, out, 5), 0);
	memset(out, 0, 5);
	memcpy_fromio(out, p + 3, 5);
	ck_assert_uint_eq(out[4], 5);
	/* The same address each time: the last value stays. */
	iowrite8_rep(p, out, 5);
	ck_assert_uint_eq(p[0], 5);
	ck_assert_uint_eq(p[1], 0x7f);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

#define ROUNDS 20000

/* Two words in lines of their own; and how often the threads have met. */
struct race {
	char *word[2];
	bool relaxed;
	uint32_t seen[2] __attribute__((aligned(64)));
	unsigned int overtaken;
	unsigned int arrived __attribute__((aligned(64)));
};

/* Who sleeps meets nobody: spinning as a rule. Return: to the one who is last. */
static bool race_meet(struct race *race, unsigned int *meeting)
{
	unsigned int all = 2 * ++*meeting;
	bool last = __atomic_add_fetch(&race->arrived, 1, __ATOMIC_SEQ_CST) ==
		    all;

	for (unsigned int n = 0;
	     __atomic_load_n(&race->arrived, __ATOMIC_SEQ_CST) < all; n++)
		if (n > 10000)
			sched_yield();
	return last;
}

/* Each writes its own word, then reads the other's. */
static void race_run(unsigned int me, void *arg)
{
	struct race *race = arg;
	char *mine = race->word[me], *others = race->word[!me];
	bool relaxed = race->relaxed;
	unsigned int meeting = 0;
	uint32_t seen;

	for (uint32_t round = 1; round <= ROUNDS; round++) {
		race_meet(race, &meeting);
		if (relaxed) {
			writel_relaxed(round, mine);
			seen = readl_relaxed(others);
		} else {
			writel(round, mine);
			seen = readl(others);
		}
		race->seen[me] = seen;
		if (race_meet(race, &meeting) && race->seen[0] != round &&
		    race->seen[1] != round)
			race->overtaken++;
	}
}

/* In a device's memory one of them must have been first. */
START_TEST(test_reads_do_not_overtake_writes)
{
	const struct kmem_iomem_spec spec = { .name = "ram",
					      .phys = DEV,
					      .size = PAGE };
	struct race race = { .relaxed = _i };
	struct kmem_iomem *region;
	char *p;

	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	p = ioremap(DEV, PAGE);
	race.word[0] = p;
	race.word[1] = p + 1024;
	threads_run(2, race_run, &race);
	ck_assert_uint_eq(race.overtaken, 0);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

/* ---- ports --------------------------------------------------------------- */

START_TEST(test_ports_are_another_space)
{
	outl(0x12345678, PORT + SCRATCH);
	ck_assert_uint_eq(fifo.width, 4);
	ck_assert_uint_eq(inl(PORT + SCRATCH), 0x12345678);
	ck_assert_uint_eq(inw(PORT + SCRATCH), 0x5678);
	ck_assert_uint_eq(inb(PORT + SCRATCH), 0x78);
	ck_assert_uint_eq(ioread32(regs + SCRATCH), 0x12345678);
	iowrite16(0x4321, regs + SCRATCH);
	ck_assert_uint_eq(fifo.scratch, 0x4321);
	outb(0xaa, PORT + SCRATCH);
	outw(0xbbbb, PORT + SCRATCH);
	ck_assert_uint_eq(fifo.scratch, 0xbbbb);
	/* As of memory, an address of that number has nothing. */
	ck_assert_uint_eq(inb(PORT + FIFO_SIZE), 0xff);
	ck_assert_uint_eq(inw(0xffff), 0xffff);
	ck_assert_uint_eq(inl(0x10000), 0xffffffff);
	outb(1, PORT - 1);
}
END_TEST

START_TEST(test_64_bits_of_ports_are_two_accesses)
{
	iowrite64(0x1122334455667788, regs + MEMORY);
	ck_assert_uint_eq(fifo.writes, 2);
	ck_assert_uint_eq(fifo.width, 4);
	ck_assert_uint_eq(fifo.value, 0x11223344);
	ck_assert_uint_eq(ioread64(regs + MEMORY), 0x1122334455667788);
	ck_assert_uint_eq(fifo.reads, 2);
	ck_assert_uint_eq(ioread64be(regs + MEMORY), 0x8877665544332211);
}
END_TEST

START_TEST(test_ports_have_fifos)
{
	char in[8];

	iowrite8_rep(regs + DATA, "portable", 8);
	ioread16_rep(regs + DATA, in, 4);
	ck_assert_int_eq(memcmp(in, "portable", 8), 0);
	ck_assert_uint_eq(ioread8(regs + LEVEL), 0);
}
END_TEST

START_TEST(test_ioport_map_knows_64k_ports)
{
	ck_assert_ptr_null(ioport_map(0x10000, 1));
	ck_assert_uint_eq((uintptr_t)ioport_map(0xffff, 1), 0x1ffff);
	ck_assert_uint_eq(ioread8(ioport_map(0xffff, 1)), 0xff);
	ck_assert_uint_eq(reports_take(), 0);
}
END_TEST

static uint64_t read_as(int i, const volatile void *p)
{
	switch (i) {
	case 0:
		return ioread8(p);
	case 1:
		return ioread16(p);
	case 2:
		return ioread32(p);
	case 3:
		return ioread64(p);
	case 4:
		return ioread16be(p);
	case 5:
		return ioread32be(p);
	default:
		return ioread64be(p);
	}
}

static const struct {
	const char *name;
	uint64_t ones;
} bad_reads[] = {
	{ "(ioread8)", 0xff },		{ "(ioread16)", 0xffff },
	{ "(ioread32)", 0xffffffff },	{ "(ioread64)", UINT64_MAX },
	{ "(ioread16be)", 0xffff },	{ "(ioread32be)", 0xffffffff },
	{ "(ioread64be)", UINT64_MAX },
};

START_TEST(test_bad_addresses_read_as_all_ones)
{
	ck_assert_uint_eq(read_as(_i, (void *)0x1234), bad_reads[_i].ones);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("Bad IO access at port 0x1234"));
	ck_assert(reports_mention(bad_reads[_i].name));
	/* The kernel's border cases: port 0 is no port. */
	ck_assert_uint_eq(read_as(_i, NULL), bad_reads[_i].ones);
	ck_assert_uint_eq(read_as(_i, (void *)0x10000), bad_reads[_i].ones);
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert_uint_eq(read_as(_i, (void *)0x10001), bad_reads[_i].ones);
	ck_assert_uint_eq(read_as(_i, (void *)0x3ffff), bad_reads[_i].ones);
	ck_assert_uint_eq(reports_take(), 0);
}
END_TEST

START_TEST(test_ten_bad_accesses_are_enough)
{
	char buf[40];

	iowrite8(1, NULL);
	iowrite16(1, NULL);
	iowrite32(1, NULL);
	iowrite64(1, NULL);
	iowrite16be(1, NULL);
	iowrite32be(1, NULL);
	iowrite64be(1, NULL);
	ck_assert_uint_eq(reports_take(), 7);
	ck_assert(reports_mention("(iowrite64be)"));
	ioread32_rep((void *)8, buf, 10);
	ck_assert(bytes_are(buf, 40, 0xff));
	ck_assert(reports_mention("(ioread32_rep)"));
	ck_assert_uint_eq(reports_take(), 3);
	iowrite32_rep((void *)8, buf, 10);
	ck_assert_uint_eq(reports_take(), 0);
	/* Another stack counts anew. */
	kmem_down();
	kmem_up();
	ioread8(NULL);
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("io_access");
	TCase *tc = suite_add(s, "device", fifo_up, fifo_down);

	tcase_add_test(tc, test_a_device_sees_address_width_and_value);
	tcase_add_test(tc, test_relaxed_accesses_reach_the_device);
	tcase_add_test(tc, test_a_fifo_is_filled_and_emptied);
	tcase_add_test(tc, test_high_byte_first);
	tcase_add_test(tc, test_a_callback_may_use_the_library);
	tcase_add_test(tc, test_past_the_end_of_a_device_is_nothing);
	tcase_add_test(tc, test_blocks_go_by_words);
	tcase_add_test(tc, test_a_device_without_callbacks_is_deaf);
	tcase_add_test(tc, test_a_callback_cannot_remove_its_device);
	tcase_add_test(tc, test_an_emulated_device_has_no_bytes_to_copy);
	tcase_add_test(tc, test_threads_access_their_devices_at_once);

	tc = suite_add(s, "memory", kmem_up, kmem_down);
	tcase_add_test(tc, test_an_absent_device_reads_as_all_ones);
	tcase_add_test(tc, test_a_device_comes_under_a_mapping);
	tcase_add_test(tc, test_access_to_an_unmapped_device_is_reported);
	tcase_add_test(tc, test_memory_is_little_endian_at_any_alignment);
	tcase_add_loop_test(tc, test_reads_do_not_overtake_writes, 0, 2);

	tc = suite_add(s, "ports", port_up, port_down);
	tcase_add_test(tc, test_ports_are_another_space);
	tcase_add_test(tc, test_64_bits_of_ports_are_two_accesses);
	tcase_add_test(tc, test_ports_have_fifos);

	tc = suite_add(s, "bad", kmem_up, kmem_down);
	tcase_add_test(tc, test_ioport_map_knows_64k_ports);
	tcase_add_loop_test(tc, test_bad_addresses_read_as_all_ones, 0,
			    sizeof(bad_reads) / sizeof(bad_reads[0]));
	tcase_add_test(tc, test_ten_bad_accesses_are_enough);
	return s;
}
