/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/atomic.h - counters that several threads change
 *
 * Operations that return something are fully ordered, the others are not
 * ordered at all, as in the kernel.
 */
#ifndef KMEM_LINUX_ATOMIC_H
#define KMEM_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#define ATOMIC_INIT(i)                                                         \
	{                                                                      \
		(i)                                                            \
	}
#define ATOMIC64_INIT(i) ATOMIC_INIT(i)
#define ATOMIC_LONG_INIT(i) ATOMIC_INIT(i)

/* <stdatomic.h> has macros of these names. */
#undef atomic_fetch_add
#undef atomic_fetch_sub
#undef atomic_fetch_and
#undef atomic_fetch_or
#undef atomic_fetch_xor

/* clang-format off */
/* Expands to the operations on one of the two types. */
#define KMEM_ATOMIC_OPS(atomic, type)                                          \
static inline type atomic##_read(const atomic##_t *v)                          \
{                                                                              \
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);                 \
}                                                                              \
static inline type atomic##_read_acquire(const atomic##_t *v)                  \
{                                                                              \
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);                 \
}                                                                              \
static inline void atomic##_set(atomic##_t *v, type i)                         \
{                                                                              \
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);                    \
}                                                                              \
static inline void atomic##_set_release(atomic##_t *v, type i)                 \
{                                                                              \
	__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);                    \
}                                                                              \
KMEM_ATOMIC_OP(atomic, type, add)                                              \
KMEM_ATOMIC_OP(atomic, type, sub)                                              \
KMEM_ATOMIC_OP(atomic, type, and)                                              \
KMEM_ATOMIC_OP(atomic, type, or)                                               \
KMEM_ATOMIC_OP(atomic, type, xor)                                              \
KMEM_ATOMIC_RETURN(atomic, type, add)                                          \
KMEM_ATOMIC_RETURN(atomic, type, sub)                                          \
KMEM_ATOMIC_STEP(atomic, type, inc, add)                                       \
KMEM_ATOMIC_STEP(atomic, type, dec, sub)                                       \
static inline bool atomic##_sub_and_test(type i, atomic##_t *v)                \
{                                                                              \
	return atomic##_sub_return(i, v) == 0;                                 \
}                                                                              \
static inline bool atomic##_add_negative(type i, atomic##_t *v)                \
{                                                                              \
	return atomic##_add_return(i, v) < 0;                                  \
}                                                                              \
static inline type atomic##_xchg(atomic##_t *v, type i)                        \
{                                                                              \
	return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);          \
}                                                                              \
static inline bool atomic##_try_cmpxchg(atomic##_t *v, type *old, type i)      \
{                                                                              \
	return __atomic_compare_exchange_n(&v->counter, old, i, false,         \
					   __ATOMIC_SEQ_CST,                   \
					   __ATOMIC_RELAXED);                  \
}                                                                              \
static inline type atomic##_cmpxchg(atomic##_t *v, type old, type i)           \
{                                                                              \
	atomic##_try_cmpxchg(v, &old, i);                                      \
	return old;                                                            \
}                                                                              \
/* Returns what was there. */                                                  \
static inline type atomic##_fetch_add_unless(atomic##_t *v, type i, type u)    \
{                                                                              \
	type old = atomic##_read(v);                                           \
									       \
	while (old != u && !atomic##_try_cmpxchg(v, &old, old + i))            \
		;                                                              \
	return old;                                                            \
}                                                                              \
static inline bool atomic##_add_unless(atomic##_t *v, type i, type u)          \
{                                                                              \
	return atomic##_fetch_add_unless(v, i, u) != u;                        \
}                                                                              \
static inline bool atomic##_inc_not_zero(atomic##_t *v)                        \
{                                                                              \
	return atomic##_add_unless(v, 1, 0);                                   \
}                                                                              \
/* Returns the new value, or what it would be: below 0 means not done. */      \
static inline type atomic##_dec_if_positive(atomic##_t *v)                     \
{                                                                              \
	type old = atomic##_read(v);                                           \
									       \
	while (old > 0 && !atomic##_try_cmpxchg(v, &old, old - 1))             \
		;                                                              \
	return old - 1;                                                        \
}

#define KMEM_ATOMIC_OP(atomic, type, op)                                       \
static inline void atomic##_##op(type i, atomic##_t *v)                        \
{                                                                              \
	__atomic_fetch_##op(&v->counter, i, __ATOMIC_RELAXED);                 \
}                                                                              \
static inline type atomic##_fetch_##op(type i, atomic##_t *v)                  \
{                                                                              \
	return __atomic_fetch_##op(&v->counter, i, __ATOMIC_SEQ_CST);          \
}

#define KMEM_ATOMIC_RETURN(atomic, type, op)                                   \
static inline type atomic##_##op##_return(type i, atomic##_t *v)               \
{                                                                              \
	return __atomic_##op##_fetch(&v->counter, i, __ATOMIC_SEQ_CST);        \
}                                                                              \
static inline type atomic##_##op##_return_relaxed(type i, atomic##_t *v)       \
{                                                                              \
	return __atomic_##op##_fetch(&v->counter, i, __ATOMIC_RELAXED);        \
}

#define KMEM_ATOMIC_STEP(atomic, type, step, op)                               \
static inline void atomic##_##step(atomic##_t *v)                              \
{                                                                              \
	atomic##_##op(1, v);                                                   \
}                                                                              \
static inline type atomic##_##step##_return(atomic##_t *v)                     \
{                                                                              \
	return atomic##_##op##_return(1, v);                                   \
}                                                                              \
static inline type atomic##_fetch_##step(atomic##_t *v)                        \
{                                                                              \
	return atomic##_fetch_##op(1, v);                                      \
}                                                                              \
static inline bool atomic##_##step##_and_test(atomic##_t *v)                   \
{                                                                              \
	return atomic##_##op##_return(1, v) == 0;                              \
}
/* clang-format on */

typedef struct {
	long counter;
} atomic_long_t;

KMEM_ATOMIC_OPS(atomic, int)
KMEM_ATOMIC_OPS(atomic64, s64)
KMEM_ATOMIC_OPS(atomic_long, long)

#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_atomic() smp_mb()

/* Of plain variables. */
#define xchg(p, value) __atomic_exchange_n((p), (value), __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, value)                                                 \
	__extension__({                                                        \
		__typeof__(*(p)) kmem_old = (old);                             \
                                                                               \
		__atomic_compare_exchange_n((p), &kmem_old, (value), false,    \
					    __ATOMIC_SEQ_CST,                  \
					    __ATOMIC_RELAXED);                 \
		kmem_old;                                                      \
	})
#define try_cmpxchg(p, old, value)                                             \
	__atomic_compare_exchange_n((p), (old), (value), false,                \
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

#endif /* KMEM_LINUX_ATOMIC_H */
