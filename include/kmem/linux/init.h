/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/init.h - marks of code that runs once
 *
 * Unlike the kernel's they move nothing: what is loaded stays where it is until
 * all of it goes.
 */
#ifndef KMEM_LINUX_INIT_H
#define KMEM_LINUX_INIT_H

#define __init __attribute__((__cold__))
#define __exit __attribute__((__cold__, __unused__))
#define __initdata
#define __initconst
#define __exitdata
#define __exitconst
#define __init_or_module

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#endif /* KMEM_LINUX_INIT_H */
