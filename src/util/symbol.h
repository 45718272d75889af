/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbol.h - addresses of code as the kernel's %pS prints them
 */
#ifndef UTIL_SYMBOL_H
#define UTIL_SYMBOL_H

#include <stddef.h>

/**
 * symbol_format() - "name+0x12/0x40", or the bare address where no name is
 * known (a static function, a stripped program)
 *
 * Return: the length, less than @size.
 */
size_t symbol_format(char *buf, size_t size, const void *address);

#endif /* UTIL_SYMBOL_H */
