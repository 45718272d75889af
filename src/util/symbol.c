/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbol.c - addresses of code by name, as far as the dynamic linker knows
 */
#include <dlfcn.h>
#include <link.h>

#include "util/symbol.h"
#include "util/text.h"

size_t symbol_format(char *buf, size_t size, const void *address)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (!dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) ||
	    !info.dli_sname || !symbol)
		return text_format(buf, size, "%p", address);
	return text_format(buf, size, "%s+0x%lx/0x%lx", info.dli_sname,
			   (unsigned long)((const char *)address -
					   (const char *)info.dli_saddr),
			   (unsigned long)symbol->st_size);
}
