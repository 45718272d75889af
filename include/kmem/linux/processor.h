/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/processor.h - what a loop does that waits for another CPU
 */
#ifndef KMEM_LINUX_PROCESSOR_H
#define KMEM_LINUX_PROCESSOR_H

#include <sched.h>

/* The other one may have none: it gets this one. */
static inline void cpu_relax(void)
{
	sched_yield();
}

#endif /* KMEM_LINUX_PROCESSOR_H */
