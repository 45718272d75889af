/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module.h - what a module and the program that loads it agree upon
 *
 * A module is a shared object whose sources include <linux/module.h>. That
 * header puts strings such as "license=GPL" into the section .modinfo, where
 * modinfo(8) finds them, too, and defines one object, __this_module, by which
 * the loader finds the rest.
 */
#ifndef KMEM_MODULE_H
#define KMEM_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As the kernel's: with the NUL. */
#define MODULE_NAME_LEN 56

/* Changes when a module would have to be compiled anew. */
#define KMEM_MODULE_VERMAGIC "libkmem-0"

/**
 * enum kmem_param_type - the type behind a parameter, by the kernel's names
 */
enum kmem_param_type {
	KMEM_PARAM_byte,
	KMEM_PARAM_short,
	KMEM_PARAM_ushort,
	KMEM_PARAM_int,
	KMEM_PARAM_uint,
	KMEM_PARAM_long,
	KMEM_PARAM_ulong,
	KMEM_PARAM_ullong,
	KMEM_PARAM_hexint,
	KMEM_PARAM_charp,
	KMEM_PARAM_bool,
	KMEM_PARAM_invbool,
	KMEM_PARAM_string, /* a buffer of the module's */
};

/**
 * struct kernel_param - a parameter
 * @name: as it is given at insertion
 * @type: of @value
 * @perm: mode of its file in the kernel; 0: it is not shown
 * @value: the variable, or the first element
 * @room: elements of @value, 1 unless it is an array; bytes of a string
 * @size: bytes of an element
 * @nr: of an array, where the number of given elements goes; may be NULL
 */
struct kernel_param {
	const char *name;
	enum kmem_param_type type;
	unsigned short perm;
	void *value;
	unsigned int room;
	unsigned int size;
	unsigned int *nr;
};

/**
 * struct module - a module, as itself and its loader see it
 * @name: KBUILD_MODNAME
 * @init: NULL: nothing to do
 * @exit: NULL: it can never be removed, unless it has no @init either
 * @params: the first of its parameters
 * @params_end: behind the last of them
 * @refs: users by try_module_get(); -1: it is going
 */
struct module {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
	const struct kernel_param *const *params;
	const struct kernel_param *const *params_end;
	int refs;
};

#ifdef __cplusplus
}
#endif

#endif /* KMEM_MODULE_H */
