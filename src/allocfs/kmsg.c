/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmsg.c - the file kmsg: what kernel-style code prints, as /dev/kmsg has it
 *
 * One record a line, the oldest first:
 *
 *	priority,number,microseconds,-;text
 *
 * The priority is level + 8 * facility: facility 0 is the code itself, 1 who
 * writes to the file. Numbers count from 0; the time is that of the monotonic
 * clock. What is not printable ASCII is written \xNN, so that a record stays a
 * line.
 *
 * Messages belong to the program, not to a mount: it may print before there is
 * one. The newest RING_BYTES are kept.
 *
 * Where it differs from the kernel: a read gives as many records as there is
 * room for, and the end of the file after the last, instead of waiting for the
 * next; continued lines are one record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view.h"

#define RING_BYTES (256u << 10)
#define FACILITY_KERN 0
#define FACILITY_USER 1
#define DEFAULT_LEVEL 4

/**
 * struct record - a message
 */
struct record {
	struct list_head link;
	uint64_t seq;
	uint64_t us;
	unsigned int prio;
	size_t len;
	char text[];
};

static pthread_mutex_t kmsg_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct list_head records;
	size_t bytes;
	uint64_t next_seq;
} ring = { .records = LIST_HEAD_INIT(ring.records) };

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static size_t record_bytes(const struct record *record)
{
	return sizeof(*record) + record->len;
}

/* Under the lock. */
static void __drop_oldest(void)
{
	struct record *oldest =
		list_first_entry(&ring.records, struct record, link);

	ring.bytes -= record_bytes(oldest);
	list_del(&oldest->link);
	free(oldest);
}

/* A message that there is no memory for leaves a gap in the numbers. */
static void kmsg_add(unsigned int prio, const char *text)
{
	size_t len = strlen(text);
	struct record *record = malloc(sizeof(*record) + len);

	pthread_mutex_lock(&kmsg_lock);
	if (record) {
		record->seq = ring.next_seq;
		record->us = now_us();
		record->prio = prio;
		record->len = len;
		memcpy(record->text, text, len);
		list_add_tail(&record->link, &ring.records);
		ring.bytes += record_bytes(record);
	}
	while (ring.bytes > RING_BYTES)
		__drop_oldest();
	ring.next_seq++;
	pthread_mutex_unlock(&kmsg_lock);
}

void allocfs_kmsg(void *arg, int level, const char *text)
{
	(void)arg;
	kmsg_add(FACILITY_KERN << 3 | ((unsigned int)level & 7), text);
}

/* ---- the file ------------------------------------------------------------ */

static void show_text(const struct record *record, struct strbuf *sb)
{
	size_t i;

	for (i = 0; i < record->len; i++) {
		unsigned char c = (unsigned char)record->text[i];

		if (c < ' ' || c >= 0x7f || c == '\\')
			strbuf_addf(sb, "\\x%02x", c);
		else
			strbuf_addc(sb, (char)c);
	}
}

static int kmsg_show(struct call *call, struct strbuf *sb)
{
	const struct record *record;

	(void)call;
	pthread_mutex_lock(&kmsg_lock);
	list_for_each_entry(record, &ring.records, link) {
		strbuf_addf(sb, "%u,%llu,%llu,-;", record->prio,
			    (unsigned long long)record->seq,
			    (unsigned long long)record->us);
		show_text(record, sb);
		strbuf_addc(sb, '\n');
	}
	pthread_mutex_unlock(&kmsg_lock);
	return 0;
}

/*
 * As in the kernel: "<N>" in front is the priority, and who is not the kernel
 * cannot speak as if he were.
 */
static int kmsg_store(struct call *call, char *text, size_t len)
{
	unsigned long prio = DEFAULT_LEVEL;
	char *end;

	(void)call;
	(void)len;
	if (*text == '<' && text[1] >= '0' && text[1] <= '9') {
		unsigned long given = strtoul(text + 1, &end, 10);

		if (*end == '>') {
			prio = given & 0xff;
			text = end + 1;
		}
	}
	if (prio >> 3 == FACILITY_KERN)
		prio |= FACILITY_USER << 3;
	kmsg_add((unsigned int)prio, text);
	return 0;
}
ATTR_RW(kmsg, "what modules print, in the format of /dev/kmsg",
	.flags = ATTR_LONG | ATTR_POLL);
