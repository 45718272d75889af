/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sprintf.h - text with the kernel's formats
 *
 * Everything of printf(3), and behind %p what the kernel has there:
 *
 *	%p %px %pK	the address, 16 hexadecimal digits (nothing is hashed)
 *	%pS %ps %pB	a function by name: with offset and length, alone, and
 *			of a return address
 *	%pe		an error pointer: "-ENOMEM"; any other as %p
 *	%pGg		a gfp_t behind a pointer, by names
 *	%*pb %*pbl	a bitmap of so many bits: hexadecimal, or ranges
 *	%*ph		up to 64 bytes; %*phC, %*phD, %*phN: ':', '-', nothing
 *			between them
 *	%pM %pMF %pm	six bytes of a hardware address
 *	%pa		a phys_addr_t behind a pointer
 *	%pV		a struct va_format: another format and its arguments
 *
 * Letters and digits behind %p that mean nothing here are swallowed, as in the
 * kernel. %n writes nothing.
 */
#ifndef KMEM_SPRINTF_H
#define KMEM_SPRINTF_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * struct va_format - what %pV takes
 * @fmt: the format
 * @va: its arguments; they can be used again afterwards
 */
struct va_format {
	const char *fmt;
	va_list *va;
};

/**
 * kmem_snprintf() - snprintf(3) with the kernel's formats
 * @buf: where to; NULL for @size 0
 * @size: bytes there, the terminating one included
 * @format: see above
 *
 * Context: any. Return: the length of the whole text, however much of it fit.
 */
int kmem_snprintf(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int kmem_vsnprintf(char *buf, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/**
 * scnprintf() - the same, but what is returned can be written at
 *
 * Context: any. Return: the length of what @buf holds now; 0 for @size 0.
 */
int scnprintf(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int vscnprintf(char *buf, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_SPRINTF_H */
