/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/moduleparam.h - variables that are set when a module is inserted
 *
 *	static int nr = 6;
 *	module_param(nr, int, 0444);
 *	MODULE_PARM_DESC(nr, "elements of the pool");
 *
 *	echo "/path/mc.so nr=8" > modules/insert
 *
 * Types: byte, short, ushort, int, uint, long, ulong, ullong, hexint, charp,
 * bool, invbool. A parameter with mode 0 is not shown in the mount; none can be
 * changed there afterwards. Callbacks (module_param_cb) are not offered.
 */
#ifndef KMEM_LINUX_MODULEPARAM_H
#define KMEM_LINUX_MODULEPARAM_H

#include <kmem/module.h>

#define __KMEM_PASTE2(a, b) a##b
#define __KMEM_PASTE(a, b) __KMEM_PASTE2(a, b)

/* A string "tag=text" for modinfo(8) and for the loader. */
#define MODULE_INFO(tag, info)                                                 \
	static const char __KMEM_PASTE(__modinfo_, __COUNTER__)[]              \
		__attribute__((__used__, __section__(".modinfo"),              \
			       __aligned__(1))) = #tag "=" info

/* The C type of each, and its name; bool may be a macro for _Bool. */
typedef unsigned char __kmem_param_byte;
typedef short __kmem_param_short;
typedef unsigned short __kmem_param_ushort;
typedef int __kmem_param_int;
typedef unsigned int __kmem_param_uint;
typedef long __kmem_param_long;
typedef unsigned long __kmem_param_ulong;
typedef unsigned long long __kmem_param_ullong;
typedef unsigned int __kmem_param_hexint;
typedef char *__kmem_param_charp;
typedef _Bool __kmem_param_bool;
typedef _Bool __kmem_param__Bool;
typedef _Bool __kmem_param_invbool;
#define KMEM_PARAM__Bool KMEM_PARAM_bool

#define __KMEM_PARAM_TEXT_byte "byte"
#define __KMEM_PARAM_TEXT_short "short"
#define __KMEM_PARAM_TEXT_ushort "ushort"
#define __KMEM_PARAM_TEXT_int "int"
#define __KMEM_PARAM_TEXT_uint "uint"
#define __KMEM_PARAM_TEXT_long "long"
#define __KMEM_PARAM_TEXT_ulong "ulong"
#define __KMEM_PARAM_TEXT_ullong "ullong"
#define __KMEM_PARAM_TEXT_hexint "hexint"
#define __KMEM_PARAM_TEXT_charp "charp"
#define __KMEM_PARAM_TEXT_bool "bool"
#define __KMEM_PARAM_TEXT__Bool "bool"
#define __KMEM_PARAM_TEXT_invbool "invbool"

/*
 * The table holds pointers, which need no padding between them. The function
 * has the compiler compare the types.
 */
#define __KMEM_PARAM(name_, type_, perm_, value_, room_, size_, nr_)           \
	static const struct kernel_param __param_##name_ = {                   \
		#name_, type_, perm_, value_, room_, size_, nr_                \
	};                                                                     \
	static const struct kernel_param *const __param_at_##name_             \
		__attribute__((__used__, __section__("kmem_params"))) =        \
			&__param_##name_

#define __KMEM_PARAM_CHECK(name, type, pointer)                                \
	static inline __kmem_param_##type *__attribute__((__unused__))         \
	__check_##name(void)                                                   \
	{                                                                      \
		return pointer;                                                \
	}

#define module_param(name, type, perm)                                         \
	module_param_named(name, name, type, perm)

#define module_param_named(name, value, type, perm)                            \
	__KMEM_PARAM_CHECK(name, type, &(value))                               \
	MODULE_INFO(parmtype, #name ":" __KMEM_PARAM_TEXT_##type);             \
	__KMEM_PARAM(name, KMEM_PARAM_##type, perm, &(value), 1,               \
		     sizeof(value), NULL)

/* @nump: an unsigned int that gets the number of elements, or NULL */
#define module_param_array(name, type, nump, perm)                             \
	module_param_array_named(name, name, type, nump, perm)

#define module_param_array_named(name, array, type, nump, perm)                \
	__KMEM_PARAM_CHECK(name, type, &(array)[0])                            \
	MODULE_INFO(parmtype, #name ":array of " __KMEM_PARAM_TEXT_##type);    \
	__KMEM_PARAM(name, KMEM_PARAM_##type, perm, &(array)[0],               \
		     sizeof(array) / sizeof((array)[0]), sizeof((array)[0]),   \
		     nump)

/* @string: an array of @len bytes, the NUL among them */
#define module_param_string(name, string, len, perm)                           \
	MODULE_INFO(parmtype, #name ":string");                                \
	__KMEM_PARAM(name, KMEM_PARAM_string, perm, string, len, 1, NULL)

#define MODULE_PARM_DESC(name, desc) MODULE_INFO(parm, #name ":" desc)

#endif /* KMEM_LINUX_MODULEPARAM_H */
