/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/blkdev.h - the types of block devices, for code that hands them on
 *
 * There are no block devices here: the structs are names only.
 */
#ifndef KMEM_LINUX_BLKDEV_H
#define KMEM_LINUX_BLKDEV_H

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct bio;
struct bio_set;
struct bio_vec;
struct block_device;
struct block_device_operations;
struct gendisk;
struct request;
struct request_queue;

#define SECTOR_SHIFT 9
#define SECTOR_SIZE (1 << SECTOR_SHIFT)
#define SECTOR_MASK ((PAGE_SIZE >> SECTOR_SHIFT) - 1)
#define PAGE_SECTORS_SHIFT (PAGE_SHIFT - SECTOR_SHIFT)
#define PAGE_SECTORS (1 << PAGE_SECTORS_SHIFT)

typedef u32 blk_opf_t;
typedef unsigned int blk_mode_t;
typedef unsigned int blk_qc_t;

/* How a request ended. */
typedef u8 blk_status_t;
#define BLK_STS_OK ((blk_status_t)0)
#define BLK_STS_NOTSUPP ((blk_status_t)1)
#define BLK_STS_TIMEOUT ((blk_status_t)2)
#define BLK_STS_NOSPC ((blk_status_t)3)
#define BLK_STS_TRANSPORT ((blk_status_t)4)
#define BLK_STS_TARGET ((blk_status_t)5)
#define BLK_STS_RESV_CONFLICT ((blk_status_t)6)
#define BLK_STS_MEDIUM ((blk_status_t)7)
#define BLK_STS_PROTECTION ((blk_status_t)8)
#define BLK_STS_RESOURCE ((blk_status_t)9)
#define BLK_STS_IOERR ((blk_status_t)10)
#define BLK_STS_AGAIN ((blk_status_t)12)

#endif /* KMEM_LINUX_BLKDEV_H */
