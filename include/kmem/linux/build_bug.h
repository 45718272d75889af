/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/build_bug.h - conditions that the compiler checks
 */
#ifndef KMEM_LINUX_BUILD_BUG_H
#define KMEM_LINUX_BUILD_BUG_H

#ifndef static_assert
#define static_assert _Static_assert
#endif

#define BUILD_BUG_ON_MSG(condition, message)                                   \
	do {                                                                   \
		_Static_assert(!(condition), message);                         \
	} while (0)
#define BUILD_BUG_ON(condition)                                                \
	BUILD_BUG_ON_MSG(condition, "BUILD_BUG_ON: " #condition)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n)                                         \
	BUILD_BUG_ON((n) == 0 || ((n) & ((n)-1)) != 0)
/* An expression: 0, or it does not compile. */
#define BUILD_BUG_ON_ZERO(condition)                                           \
	((int)sizeof(struct { int : (-!!(condition)); }))

#endif /* KMEM_LINUX_BUILD_BUG_H */
