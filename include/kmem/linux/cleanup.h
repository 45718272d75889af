/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/cleanup.h - what happens when a variable goes out of scope
 *
 *	char *name __free(kfree) = kstrdup(from, GFP_KERNEL);
 *
 *	guard(mutex)(&table_lock);          until the end of the block
 *	scoped_guard (spinlock, &lock) {    within these braces
 *	}
 */
#ifndef KMEM_LINUX_CLEANUP_H
#define KMEM_LINUX_CLEANUP_H

#include <linux/compiler.h>

/* @free_it uses _T, the value of the variable. */
#define DEFINE_FREE(name, type, free_it)                                       \
	static inline void __free_##name(void *p)                              \
	{                                                                      \
		type _T = *(type *)p;                                          \
                                                                               \
		free_it;                                                       \
	}
#define __free(name) __attribute__((__cleanup__(__free_##name)))

/* The value, which is not freed then. */
#define no_free_ptr(p)                                                         \
	__extension__({                                                        \
		__typeof__(p) kmem_kept = (p);                                 \
                                                                               \
		(p) = NULL;                                                    \
		kmem_kept;                                                     \
	})
#define return_ptr(p) return no_free_ptr(p)

/* @lock_it and @unlock_it use _T, the lock. */
#define DEFINE_GUARD(name, type, lock_it, unlock_it)                           \
	typedef type class_##name##_t;                                         \
	static inline type class_##name##_constructor(type _T)                 \
	{                                                                      \
		lock_it;                                                       \
		return _T;                                                     \
	}                                                                      \
	static inline void class_##name##_destructor(type *p)                  \
	{                                                                      \
		type _T = *p;                                                  \
                                                                               \
		if (_T) {                                                      \
			unlock_it;                                             \
		}                                                              \
	}

#define CLASS(name, var)                                                       \
	class_##name##_t var                                                   \
		__attribute__((__unused__,                                     \
			       __cleanup__(class_##name##_destructor))) =      \
			class_##name##_constructor
#define guard(name) CLASS(name, __UNIQUE_ID(guard))
#define scoped_guard(name, lock) KMEM_SCOPED(name, lock, __UNIQUE_ID(scope))
#define KMEM_SCOPED(name, lock, scope)                                         \
	for (CLASS(name, scope)(lock); scope;                                  \
	     class_##name##_destructor(&scope), scope = NULL)

#endif /* KMEM_LINUX_CLEANUP_H */
