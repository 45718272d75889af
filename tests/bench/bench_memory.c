/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_memory.c - how much memory objects take, and how much of it comes back
 *
 * Resident bytes per requested byte, of a million objects: all in use, all
 * freed, and what is left when the allocator was asked to give back what is
 * free. Then the same of objects of a page each of which a tenth is left, chosen
 * at random. Each in a process of its own.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "peers.h"

#define MILLION 1000000ul
/* Objects of the second part, and how many of them stay. */
#define SURVIVORS_OF 200000ul
#define ONE_OF 10
#define SURVIVOR_SIZE 4096ul

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const size_t sizes[] = { 16, 64, 256, 1024, 4096 };

static size_t available_memory(void)
{
	return (size_t)sysconf(_SC_AVPHYS_PAGES) *
	       (size_t)sysconf(_SC_PAGESIZE);
}

static void init_or_die(void)
{
	int error = kmem_init(NULL);

	if (error) {
		fprintf(stderr, "bench_memory: kmem_init: error %d\n", -error);
		exit(EXIT_FAILURE);
	}
}

/* ---- memory -------------------------------------------------------------- */

/**
 * struct usage - resident bytes per requested byte
 * @full: all in use
 * @freed: all freed, or all but one of ONE_OF
 * @trimmed: and the allocator asked to give back what is free
 */
struct usage {
	double full;
	double freed;
	double trimmed;
};

/**
 * struct load - what is allocated
 * @size: of an object
 * @nr: objects
 * @survivors: one of ONE_OF stays
 */
struct load {
	size_t size;
	size_t nr;
	bool survivors;
};

static double resident_per_byte(long before, const struct load *load)
{
	return (double)(bench_resident_kib() - before) * 1024 /
	       (double)(load->nr * load->size);
}

/* The same objects for every peer: about one of ONE_OF, without a pattern. */
static bool survives(const struct load *load, size_t i)
{
	return load->survivors && (i * 0x9e3779b97f4a7c15u >> 32) % ONE_OF == 0;
}

static void measure_usage(const struct peer *peer, const struct load *load,
			  struct usage *usage)
{
	const size_t array = load->nr * sizeof(void *);
	void **live = mmap(NULL, array, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct source source;
	long before;

	if (live == MAP_FAILED)
		bench_no_memory();
	before = bench_resident_kib();
	if (peer->id <= ID_KMALLOC)
		init_or_die();
	source_open(&source, peer, load->size, load->nr);
	for (size_t i = 0; i < load->nr; i++) {
		char *p = source_alloc(&source, peer->kind);

		live[i] = p;
		for (size_t at = 0; at < load->size; at += 4096)
			p[at] = 1;
		p[load->size - 1] = 1;
	}
	usage->full = resident_per_byte(before, load);
	for (size_t i = 0; i < load->nr; i++) {
		if (!survives(load, i))
			source_free(&source, peer->kind, live[i]);
	}
	usage->freed = resident_per_byte(before, load);
	if (peer->trim)
		peer->trim();
	usage->trimmed = resident_per_byte(before, load);
	munmap(live, array);
}

/* In a process of its own: what others left behind does not count. */
static bool fork_usage(const struct peer *peer, const struct load *load,
		       struct usage *usage)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		measure_usage(peer, load, usage);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* The floors and rte_mempool never give anything back. */
static bool is_measured(const struct peer *peer)
{
	return peer->id < ID_RTE && peer->id != ID_CACHE_INLINE;
}

static void print_usage(const char *what, const struct usage *usage,
			const bool *known, size_t offset)
{
	printf("%-22s", what);
	for (size_t i = 0; i < nr_peers; i++) {
		const char *at = (const char *)&usage[i] + offset;

		if (!is_measured(&peers[i]))
			continue;
		if (known[i])
			printf(" %10.3f", *(const double *)(const void *)at);
		else
			printf(" %10s", "-");
	}
	putchar('\n');
}

static void measure_load(const struct load *load, struct usage *usage)
{
	const bool enough = load->nr * load->size * 3 / 2 <= available_memory();
	const char *freed = load->survivors ? "9 of 10 freed" : "all freed";
	bool known[MAX_PEERS];

	for (size_t i = 0; i < nr_peers; i++)
		known[i] = enough && is_measured(&peers[i]) &&
			   fork_usage(&peers[i], load, &usage[i]);
	printf("  %4zu bytes, ", load->size);
	print_usage("all in use", usage, known, offsetof(struct usage, full));
	printf("%14s", "");
	print_usage(freed, usage, known, offsetof(struct usage, freed));
	printf("%14s", "");
	print_usage("and given back", usage, known,
		    offsetof(struct usage, trimmed));
	/* The first peer is ours. */
	if (!known[0])
		memset(usage, 0, sizeof(*usage));
}

static void print_head(const char *title)
{
	printf("\n%-36s", title);
	for (size_t i = 0; i < nr_peers; i++) {
		if (is_measured(&peers[i]))
			printf(" %10s", peers[i].name);
	}
	putchar('\n');
}

static void measure_memory(void)
{
	const size_t bytes = MAX_PEERS * sizeof(struct usage);
	const struct load survivors = { SURVIVOR_SIZE, SURVIVORS_OF, true };
	struct usage *usage = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double full = 0, trimmed = 0;

	if (usage == MAP_FAILED)
		bench_no_memory();
	print_head("1 million objects, resident per byte");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct load load = { sizes[i], MILLION, false };

		measure_load(&load, usage);
		/* The limit begins with the second size. */
		if (i && usage->full > full)
			full = usage->full;
		if (i && usage->trimmed > trimmed)
			trimmed = usage->trimmed;
	}
	print_head("200 thousand, a tenth of which stays");
	measure_load(&survivors, usage);
	bench_limit_head();
	bench_limit("kmem_cache resident per byte, 64 to 4096", "", full, 1.03,
		    full <= 1.03);
	bench_limit("the same after free-all and shrink", "", trimmed, 0.02,
		    trimmed <= 0.02);
	bench_limit("4 KiB, 10 % survivors, after shrink", "", usage->trimmed,
		    0.12, usage->trimmed <= 0.12);
	munmap(usage, bytes);
}

/* ---- one large cache ----------------------------------------------------- */

static double ms_since(uint64_t start)
{
	return (double)(bench_now_ns() - start) / 1e6;
}

static unsigned long pages_free(void)
{
	struct kmem_memory_info info;

	kmem_memory_info(&info);
	return info.free_pages + info.cached_pages;
}

static void measure_cache_of(size_t size, void **live)
{
	unsigned long before = pages_free(), after;
	struct source source;
	uint64_t start = bench_now_ns();
	double full, freed, shrunk;

	source_open(&source, &peers[0], size, MILLION);
	for (size_t i = 0; i < MILLION; i++)
		live[i] = source_alloc(&source, PEER_CACHE);
	full = ms_since(start);
	start = bench_now_ns();
	for (size_t i = 0; i < MILLION; i++)
		source_free(&source, PEER_CACHE, live[i]);
	freed = ms_since(start);
	start = bench_now_ns();
	kmem_cache_shrink(source.cache);
	shrunk = ms_since(start);
	after = pages_free();
	source_close(&source);
	printf("  %4zu bytes %14.1f %10.1f %10.3f", size, full, freed, shrunk);
	if (after == before)
		printf("   yes\n");
	else
		printf("   no, %ld missing\n", (long)(before - after));
}

static void measure_cache(void)
{
	void **live = calloc(MILLION, sizeof(live[0]));

	if (!live)
		bench_no_memory();
	printf("\n%-12s %14s %10s %10s   %s\n", "1 million, ms", "create, fill",
	       "free", "shrink", "all pages back");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (MILLION * sizes[i] * 3 / 2 <= available_memory())
			measure_cache_of(sizes[i], live);
	}
	free(live);
}

int main(int argc, char **argv)
{
	(void)argc;
	peers_reserve_tls(argv);
	bench_start();
	peers_find(false);
	measure_memory();
	init_or_die();
	measure_cache();
	kmem_exit();
	return 0;
}
