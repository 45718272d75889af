/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module_file.c - the file of a module: a copy of it, and what it says of itself
 *
 * The file is copied into a memory file, which is loaded in its place: as in
 * the kernel, what becomes of the file later means nothing to the module. It is
 * also what lets a mended module be loaded beside one of the same path that
 * could not be unmapped, which the dynamic linker would find again.
 *
 * Loading a shared object runs its constructors. So that only modules get that
 * far, the file is looked into before: <linux/module.h> leaves strings in its
 * section .modinfo, of which `vermagic` says for which library it was compiled.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules.h"

#define FILE_MAX ((off_t)256 << 20)

#if __ELF_NATIVE_CLASS == 64
#define NATIVE_CLASS ELFCLASS64
#else
#define NATIVE_CLASS ELFCLASS32
#endif

/* ---- ELF ----------------------------------------------------------------- */

/* Offsets come from the file: none is trusted. */
static const void *elf_at(const struct module_file *file, uint64_t offset,
			  uint64_t size)
{
	if (offset > file->size || size > file->size - offset ||
	    offset % sizeof(ElfW(Addr)))
		return NULL;
	return file->data + offset;
}

static const ElfW(Shdr) * elf_section(const struct module_file *file, size_t i)
{
	const ElfW(Ehdr) *header = (const void *)file->data;

	if (i >= header->e_shnum || header->e_shentsize != sizeof(ElfW(Shdr)))
		return NULL;
	return elf_at(file, header->e_shoff + i * sizeof(ElfW(Shdr)),
		      sizeof(ElfW(Shdr)));
}

/* A string of a table, whose end is in the table, too. */
static const char *elf_string(const struct module_file *file,
			      const ElfW(Shdr) * table, uint64_t offset)
{
	const char *text;

	if (!table || table->sh_offset > file->size ||
	    table->sh_size > file->size - table->sh_offset ||
	    offset >= table->sh_size)
		return NULL;
	text = file->data + table->sh_offset + offset;
	return memchr(text, '\0', table->sh_size - offset) ? text : NULL;
}

static const ElfW(Shdr) *
	elf_find(const struct module_file *file, const char *name)
{
	const ElfW(Ehdr) *header = (const void *)file->data;
	const ElfW(Shdr) *names = elf_section(file, header->e_shstrndx);
	size_t i;

	for (i = 0; i < header->e_shnum; i++) {
		const ElfW(Shdr) *section = elf_section(file, i);
		const char *its;

		its = section ? elf_string(file, names, section->sh_name)
			      : NULL;
		if (its && !strcmp(its, name))
			return section;
	}
	return NULL;
}

/* What machine and which kind of file, by comparison with our own. */
static int elf_check(const struct module_file *file, const struct why *why)
{
	const ElfW(Ehdr) *header = (const void *)file->data;
	extern const ElfW(Ehdr) __ehdr_start
		__attribute__((__visibility__("hidden")));

	if (file->size < sizeof(*header) ||
	    memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return why_fail(why, -ENOEXEC, "not an ELF file");
	if (header->e_ident[EI_CLASS] != NATIVE_CLASS ||
	    header->e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] ||
	    header->e_machine != __ehdr_start.e_machine)
		return why_fail(why, -ENOEXEC, "made for another machine");
	if (header->e_type == ET_REL)
		return why_fail(why, -ENOEXEC,
				"an object file; kmodc links a module");
	if (header->e_type != ET_DYN)
		return why_fail(why, -ENOEXEC, "not a shared object");
	return 0;
}

/* What is mapped must be there: beyond the end of a file is a SIGBUS. */
static int elf_check_segments(const struct module_file *file,
			      const struct why *why)
{
	const ElfW(Ehdr) *header = (const void *)file->data;
	const ElfW(Phdr) * segments;
	size_t i;

	segments = elf_at(file, header->e_phoff,
			  header->e_phnum * sizeof(*segments));
	if (!segments || header->e_phentsize != sizeof(*segments))
		return why_fail(why, -ENOEXEC, "it is damaged");
	for (i = 0; i < header->e_phnum; i++) {
		const ElfW(Phdr) *segment = &segments[i];

		if (segment->p_offset > file->size ||
		    segment->p_filesz > file->size - segment->p_offset)
			return why_fail(why, -ENOEXEC,
					"it is damaged: it ends too early");
	}
	return 0;
}

void module_file_range(const struct module_file *file, uintptr_t *ret_from,
		       uintptr_t *ret_to)
{
	const ElfW(Ehdr) *header = (const void *)file->data;
	const ElfW(Phdr) *segment =
		(const void *)(file->data + header->e_phoff);
	uintptr_t from = UINTPTR_MAX, to = 0;
	size_t i;

	for (i = 0; i < header->e_phnum; i++, segment++) {
		if (segment->p_type != PT_LOAD)
			continue;
		if (segment->p_vaddr < from)
			from = segment->p_vaddr;
		if (segment->p_vaddr + segment->p_memsz > to)
			to = segment->p_vaddr + segment->p_memsz;
	}
	*ret_from = from < to ? from : to;
	*ret_to = to;
}

/* ---- .modinfo ------------------------------------------------------------ */

const char *module_file_info(const struct module_file *file, const char *tag,
			     const char *previous)
{
	const char *end = file->info + file->info_size;
	const char *at = previous ? previous : file->info;
	size_t len = strlen(tag);

	/* @previous points behind the "=" of what was found. */
	if (previous)
		at += strlen(at) + 1;
	while (at < end) {
		if (!strncmp(at, tag, len) && at[len] == '=')
			return at + len + 1;
		at += strlen(at) + 1;
	}
	return NULL;
}

static int info_check(struct module_file *file, const struct why *why)
{
	const ElfW(Shdr) *section = elf_find(file, ".modinfo");
	const char *magic = NULL;

	if (section && section->sh_size && section->sh_offset < file->size &&
	    section->sh_size <= file->size - section->sh_offset) {
		file->info = file->data + section->sh_offset;
		file->info_size = section->sh_size;
		/* Strings are then sure to end. */
		if (file->info[file->info_size - 1] == '\0')
			magic = module_file_info(file, "vermagic", NULL);
	}
	if (!magic)
		return why_fail(why, -ENOEXEC,
				"not a module: nothing of <linux/module.h> "
				"is in it");
	if (strcmp(magic, KMEM_MODULE_VERMAGIC) != 0)
		return why_fail(why, -ENOEXEC,
				"version magic '%s' should be '%s'", magic,
				KMEM_MODULE_VERMAGIC);
	return 0;
}

/* ---- names that it wants ------------------------------------------------- */

void module_file_wants(const struct module_file *file,
		       void (*visit)(void *arg, const char *name), void *arg)
{
	const ElfW(Shdr) *table = elf_find(file, ".dynsym");
	const ElfW(Shdr) * names;
	const ElfW(Sym) *symbols = NULL;
	uint64_t i;

	if (table)
		symbols = elf_at(file, table->sh_offset, table->sh_size);
	if (!symbols)
		return;
	names = elf_section(file, table->sh_link);
	for (i = 1; i < table->sh_size / sizeof(*symbols); i++) {
		const char *name;

		if (symbols[i].st_shndx != SHN_UNDEF)
			continue;
		name = elf_string(file, names, symbols[i].st_name);
		if (name && *name)
			visit(arg, name);
	}
}

/* ---- the copy ------------------------------------------------------------ */

/* The size that it has says nothing of what is read: it may grow, or lie. */
static int copy(int from, int to)
{
	char buf[65536];
	off_t size = 0;
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		char *at = buf;

		size += n;
		if (size > FILE_MAX)
			return -EFBIG;
		while (n > 0) {
			ssize_t done = write(to, at, (size_t)n);

			if (done < 0)
				return -errno;
			at += done;
			n -= done;
		}
	}
	return n < 0 ? -errno : 0;
}

static int copy_file(int from, struct module_file *file, const struct why *why)
{
	struct stat st;
	void *data;
	int err = 0;

	if (fstat(from, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return why_fail(why, -EINVAL, "not a regular file");
	if (st.st_size > FILE_MAX)
		return why_fail(why, -EFBIG, "more than %lld MiB",
				(long long)FILE_MAX >> 20);
	file->fd = memfd_create("allocfs-module", MFD_CLOEXEC);
	if (file->fd < 0)
		return why_fail(why, -errno, "no memory for a copy");
	err = copy(from, file->fd);
	if (!err && fstat(file->fd, &st))
		err = -errno;
	if (!err && !st.st_size)
		return why_fail(why, -ENOEXEC, "not an ELF file");
	if (err)
		return why_fail(why, err, "cannot be copied");
	file->size = (size_t)st.st_size;
	data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, file->fd, 0);
	if (data == MAP_FAILED)
		return why_fail(why, -errno, "cannot be looked at");
	file->data = data;
	return 0;
}

int module_file_open(const char *path, struct module_file *ret_file,
		     const struct why *why)
{
	struct module_file file = { .fd = -1 };
	/* A pipe must not keep us. */
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	if (from < 0)
		return why_fail(why, -errno, "%s: %s", path, strerror(errno));
	err = copy_file(from, &file, why);
	close(from);
	if (!err)
		err = elf_check(&file, why);
	if (!err)
		err = info_check(&file, why);
	if (!err)
		err = elf_check_segments(&file, why);
	if (err)
		module_file_close(&file);
	else
		*ret_file = file;
	return err;
}

void module_file_close(struct module_file *file)
{
	if (file->data)
		munmap((void *)file->data, file->size);
	if (file->fd >= 0)
		close(file->fd);
	file->data = NULL;
	file->info = NULL;
	file->fd = -1;
}
