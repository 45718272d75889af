/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/compiler.h - attributes, and accesses that the compiler must not change
 */
#ifndef KMEM_LINUX_COMPILER_H
#define KMEM_LINUX_COMPILER_H

#include <sys/cdefs.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef __attribute_const__
#define __attribute_const__ __attribute__((__const__))
#endif
#define noinline __attribute__((__noinline__))
#define __packed __attribute__((__packed__))
#define __aligned(x) __attribute__((__aligned__(x)))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __must_check __attribute__((__warn_unused_result__))
#define __noreturn __attribute__((__noreturn__))
#define __cold __attribute__((__cold__))
#define __pure __attribute__((__pure__))
#define __weak __attribute__((__weak__))
#define __alias(symbol) __attribute__((__alias__(#symbol)))
#define __section(name) __attribute__((__section__(name)))
#define __printf(format, first)                                                \
	__attribute__((__format__(__printf__, format, first)))
#define __malloc __attribute__((__malloc__))
#define fallthrough __attribute__((__fallthrough__))

/* What a checker knows about pointers is nothing to a compiler. */
#ifndef __user
#define __user
#endif
#ifndef __kernel
#define __kernel
#endif
#ifndef __iomem
#define __iomem
#endif
#ifndef __force
#define __force
#endif
#ifndef __percpu
#define __percpu
#endif
#ifndef __rcu
#define __rcu
#endif
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __counted_by(member)

#define __stringify_1(...) #__VA_ARGS__
#define __stringify(...) __stringify_1(__VA_ARGS__)

/* A name that no other expansion of the macro in question has. */
#define KMEM_PASTE_1(a, b) a##b
#define KMEM_PASTE(a, b) KMEM_PASTE_1(a, b)
#define __UNIQUE_ID(prefix) KMEM_PASTE(__UNIQUE_ID_##prefix, __COUNTER__)

#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))
#define barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* One access of at most a word: neither repeated nor torn nor left out. */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), (value), __ATOMIC_RELAXED)
#define data_race(expression) (expression)

#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define mb() smp_mb()
#define rmb() smp_rmb()
#define wmb() smp_wmb()
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, value)                                            \
	__atomic_store_n((p), (value), __ATOMIC_RELEASE)
#define smp_store_mb(x, value) __atomic_store_n(&(x), (value), __ATOMIC_SEQ_CST)

#endif /* KMEM_LINUX_COMPILER_H */
