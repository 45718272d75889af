/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bug.c - warnings and bugs, in the words of the kernel
 *
 * Where it differs from the kernel: there are no registers and no modules to
 * show, and a bug ends the program.
 */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/bug.h>

/* In pieces, each of them a message: the whole may be longer than one. */
static void say_where(const char *level, const char *what, const char *file,
		      int line, void *caller)
{
	printk("%s%s: CPU: %d PID: %d at %s:%d %pB\n", level, what,
	       sched_getcpu(), (int)gettid(), file, line, caller);
}

void kmem_warn(const char *file, int line, const char *format, ...)
{
	struct va_format vaf = { format, NULL };
	va_list args;

	printk(KERN_WARNING "------------[ cut here ]------------\n");
	if (format) {
		va_start(args, format);
		vaf.va = &args;
		printk(KERN_WARNING "%pV", &vaf);
		va_end(args);
	}
	say_where(KERN_WARNING, "WARNING", file, line,
		  __builtin_return_address(0));
	dump_stack();
	printk(KERN_WARNING "---[ end trace 0000000000000000 ]---\n");
}

void kmem_bug(const char *file, int line)
{
	printk(KERN_CRIT "------------[ cut here ]------------\n");
	printk(KERN_CRIT "kernel BUG at %s:%d!\n", file, line);
	say_where(KERN_CRIT, "BUG", file, line, __builtin_return_address(0));
	dump_stack();
	abort();
}

void panic(const char *format, ...)
{
	struct va_format vaf = { format, NULL };
	va_list args;

	va_start(args, format);
	vaf.va = &args;
	printk(KERN_EMERG "Kernel panic - not syncing: %pV\n", &vaf);
	va_end(args);
	dump_stack();
	abort();
}
