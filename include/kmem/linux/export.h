/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/export.h - names that other modules may use
 *
 * Modules that are inserted later find each name of a module that is not
 * static; these are the ones that are meant. Who uses a module keeps it from
 * being removed.
 */
#ifndef KMEM_LINUX_EXPORT_H
#define KMEM_LINUX_EXPORT_H

#define EXPORT_SYMBOL(sym) extern __typeof__(sym) sym

#define EXPORT_SYMBOL_GPL(sym) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS(sym, ns) EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) EXPORT_SYMBOL(sym)

#endif /* KMEM_LINUX_EXPORT_H */
