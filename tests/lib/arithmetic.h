/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * arithmetic.h - what the formulas of layouts are made of
 *
 * Written apart from the library's own, which they are compared with.
 */
#ifndef TESTS_ARITHMETIC_H
#define TESTS_ARITHMETIC_H

static inline unsigned int up(unsigned int n, unsigned int to)
{
	return (n + to - 1) / to * to;
}

static inline unsigned int order_of(unsigned int bytes)
{
	unsigned int order = 0;

	while ((4096u << order) < bytes)
		order++;
	return order;
}

/* Number of the highest bit, from 1; 0 for 0. */
static inline unsigned int highest_bit(unsigned int n)
{
	unsigned int bit = 0;

	for (; n; n /= 2)
		bit++;
	return bit;
}

#endif
