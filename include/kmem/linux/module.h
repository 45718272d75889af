/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/module.h - a source file that is loaded into a running allocator
 *
 *	static int __init mc_init(void) { ... }
 *	static void __exit mc_exit(void) { ... }
 *	module_init(mc_init);
 *	module_exit(mc_exit);
 *	MODULE_LICENSE("GPL");
 *
 * `kmodc mc.c` makes mc.so of it, and allocfs(8) loads that. Both functions run
 * on a thread of their own in the daemon and may sleep. What init returns, if
 * not 0, is the errno of who inserts; exit has to take back all that there is:
 * caches, pools, and threads, of which nobody else knows. A module without exit
 * stays.
 *
 * In a program of its own such a source can be compiled as well; it calls
 * init_module() and cleanup_module() when it likes.
 */
#if defined(__has_include_next)
#if __has_include_next(<linux/module.h>)
#include_next <linux/module.h>
#endif
#endif

#ifndef KMEM_LINUX_MODULE_H
#define KMEM_LINUX_MODULE_H

/* The first six because modules find them here in the kernel, too. */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/types.h>

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/moduleparam.h>

/* kmodc says it, as the kernel's makefiles do; else the name of the source. */
#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME __BASE_FILE__
#endif

/* Hidden: libc has an init_module(), too. Weak: there may be none. */
#pragma GCC visibility push(hidden)
int init_module(void) __attribute__((__weak__));
void cleanup_module(void) __attribute__((__weak__));
extern const struct kernel_param *const __start_kmem_params[]
	__attribute__((__weak__));
extern const struct kernel_param *const __stop_kmem_params[]
	__attribute__((__weak__));
#pragma GCC visibility pop

/* The last words take the semicolon. */
#define module_init(function)                                                  \
	int init_module(void)                                                  \
	{                                                                      \
		return function();                                             \
	}                                                                      \
	struct module

#define module_exit(function)                                                  \
	void cleanup_module(void)                                              \
	{                                                                      \
		function();                                                    \
	}                                                                      \
	struct module

#define core_initcall(function) module_init(function)
#define postcore_initcall(function) module_init(function)
#define arch_initcall(function) module_init(function)
#define subsys_initcall(function) module_init(function)
#define fs_initcall(function) module_init(function)
#define rootfs_initcall(function) module_init(function)
#define device_initcall(function) module_init(function)
#define late_initcall(function) module_init(function)

#ifdef MODULE

/* The same in each source of a module; the linker keeps one. */
struct module __this_module
	__attribute__((__weak__, __visibility__("default"))) = {
		KBUILD_MODNAME,	     init_module,	 cleanup_module,
		__start_kmem_params, __stop_kmem_params, 0,
	};
#define THIS_MODULE (&__this_module)

MODULE_INFO(name, KBUILD_MODNAME);
MODULE_INFO(vermagic, KMEM_MODULE_VERMAGIC);

#else
#define THIS_MODULE ((struct module *)0)
#endif

#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#define MODULE_AUTHOR(text) MODULE_INFO(author, text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_VERSION(text) MODULE_INFO(version, text)
#define MODULE_ALIAS(text) MODULE_INFO(alias, text)
#define MODULE_SOFTDEP(text) MODULE_INFO(softdep, text)
#define MODULE_FIRMWARE(text) MODULE_INFO(firmware, text)
#define MODULE_IMPORT_NS(ns)
#define MODULE_DEVICE_TABLE(type, name)

/**
 * try_module_get() - keep a module from being removed
 * @module: NULL, what is no module, always succeeds
 *
 * Return: false: it is being removed already.
 */
static inline bool try_module_get(struct module *module)
{
	int refs;

	if (!module)
		return true;
	refs = __atomic_load_n(&module->refs, __ATOMIC_RELAXED);
	do {
		if (refs < 0)
			return false;
	} while (!__atomic_compare_exchange_n(&module->refs, &refs, refs + 1,
					      true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return true;
}

/**
 * __module_get() - the same for who has a reference already
 */
static inline void __module_get(struct module *module)
{
	if (module)
		__atomic_fetch_add(&module->refs, 1, __ATOMIC_RELAXED);
}

/**
 * module_put() - let it be removed again
 */
static inline void module_put(struct module *module)
{
	if (module)
		__atomic_fetch_sub(&module->refs, 1, __ATOMIC_RELEASE);
}

/**
 * module_refcount() - how many keep it; -1: it is going
 */
static inline int module_refcount(struct module *module)
{
	return __atomic_load_n(&module->refs, __ATOMIC_RELAXED);
}

#endif /* KMEM_LINUX_MODULE_H */
