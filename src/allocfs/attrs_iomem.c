/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_iomem.c - iomem/NAME: device regions; and proc/iomem
 *
 * A region that is made here begins as one page of memory at a free address.
 * Nothing is allocated in it: its files say where it is and what it is, and
 * `data` is what it holds. A program that has the mount maps it by ioremap().
 *
 * The bytes are copied by the library with pread(2) and pwrite(2), so that a
 * file that is a region and became shorter is an error here and not a signal.
 * A region whose accesses go to callbacks has no bytes to show: merely looking
 * at a device may change it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/parse.h"
#include "util/text.h"

#include "view.h"

/* ---- attributes ---------------------------------------------------------- */

static int phys_show(struct call *call, struct strbuf *sb)
{
	struct kmem_iomem_info info;

	kmem_iomem_info(call->iomem, &info);
	strbuf_addf(sb, "0x%llx\n", (unsigned long long)info.phys);
	return 0;
}

/* What is wrong with a range or a file, as far as it can be told from here. */
static const char *reason(int err, bool file)
{
	switch (err) {
	case -EBUSY:
		return "it is mapped or in use, or another region has one of "
		       "the addresses";
	case -EINVAL:
		return file ? "no regular file of that size, or one of a FUSE "
			      "filesystem"
			    : "not whole pages outside RAM";
	case -ENOSPC:
		return "no free addresses";
	default:
		return "";
	}
}

static int say_why(struct call *call, int err, bool file)
{
	return err ? call_fail(call, err, "%s", reason(err, file)) : 0;
}

static int parse_phys(struct call *call, const char *text, uint64_t *ret_phys)
{
	int err = parse_hex(text, UINT64_MAX, ret_phys);

	if (err == -EINVAL)
		return store_number(call, text, UINT64_MAX, ret_phys);
	if (err)
		return call_fail(call, err, "an address too large: %s", text);
	return 0;
}

static int phys_store(struct call *call, char *text, size_t len)
{
	uint64_t phys;
	int err;

	(void)len;
	err = parse_phys(call, text, &phys);
	/* It would mean "anywhere" to the library. */
	if (!err && phys == KMEM_IOMEM_ANYWHERE)
		err = call_fail(call, -EINVAL, "not whole pages outside RAM");
	if (err || call->check)
		return err;
	return say_why(call, kmem_iomem_move(call->iomem, phys), false);
}
static ATTR_RW(phys, "its first physical address; a new one while not mapped",
	       .save = save_shown, .flags = ATTR_OWNED);

static int size_show(struct call *call, struct strbuf *sb)
{
	struct kmem_iomem_info info;

	kmem_iomem_info(call->iomem, &info);
	return show_number(sb, info.size);
}

static int size_store(struct call *call, char *text, size_t len)
{
	struct kmem_iomem_info info;
	uint64_t size;
	int err;

	(void)len;
	err = store_number(call, text, INT64_MAX, &size);
	if (err || call->check)
		return err;
	kmem_iomem_info(call->iomem, &info);
	return say_why(call, kmem_iomem_resize(call->iomem, size), *info.file);
}
static ATTR_RW(size, "its bytes, whole pages; another size empties it",
	       .save = save_shown, .flags = ATTR_OWNED);

static int file_show(struct call *call, struct strbuf *sb)
{
	struct kmem_iomem_info info;

	kmem_iomem_info(call->iomem, &info);
	if (info.emulated)
		strbuf_adds(sb, "callbacks");
	else
		strbuf_adds(sb, *info.file ? info.file : "none");
	strbuf_addc(sb, '\n');
	return 0;
}

static int file_job(const struct allocfs_modules *modules, uint64_t kmem,
		    const char *path, char *why, size_t size)
{
	int err = kmem_iomem_set_file(kmem, path);

	(void)modules;
	if (err)
		text_copy(why, size, reason(err, true));
	return err;
}

/*
 * The server opens it with its own rights: who is neither its user nor root
 * could reach files that are not his. The path may lead into this very mount,
 * which has to answer then: no request thread may wait for it.
 */
static int file_store(struct call *call, char *text, size_t len)
{
	uint64_t kmem = call->place.source->kmem;

	(void)len;
	if (!strcmp(text, "none"))
		return call->check
			       ? 0
			       : say_why(call, kmem_iomem_set_file(kmem, NULL),
					 false);
	if (*text != '/')
		return call_fail(call, -EINVAL, "no path from the root: '%s'",
				 text);
	if (call->uid != 0 && call->uid != geteuid())
		return call_fail(call, -EPERM,
				 "only root and who mounted may name a file");
	return call->check ? 0 : job_start_or_note(call, file_job, text);
}
static ATTR_RW(file, "the file that it is, or none: memory", .save = save_shown,
	       .flags = ATTR_OWNED | ATTR_FRESH);

static int mapped_show(struct call *call, struct strbuf *sb)
{
	struct kmem_iomem_info info;

	kmem_iomem_info(call->iomem, &info);
	return show_number(sb, info.mappings);
}
static ATTR_RO(mapped, "mappings that have some of its bytes");

/* ---- data ---------------------------------------------------------------- */

static int data_size(struct call *call, uint64_t *ret_size)
{
	struct kmem_iomem_info info;

	kmem_iomem_info(call->iomem, &info);
	*ret_size = info.emulated ? 0 : info.size;
	return 0;
}

static int data_open(struct call *call)
{
	struct kmem_iomem_info info;
	int err = call_hold(call);

	if (err)
		return err;
	kmem_iomem_info(call->iomem, &info);
	if (info.emulated)
		return call_fail(call, -EPERM,
				 "its accesses go to the program's callbacks");
	return 0;
}

static int data_read(struct call *call, off_t offset, size_t size,
		     void **ret_data, size_t *ret_len)
{
	uint64_t end = 0;
	size_t len = 0;
	void *data;
	int err;

	err = call_hold(call);
	if (!err)
		err = data_size(call, &end);
	if (err)
		return err;
	if ((uint64_t)offset < end)
		len = end - (uint64_t)offset < size
			      ? (size_t)(end - (uint64_t)offset)
			      : size;
	data = malloc(len ? len : 1);
	if (!data)
		return -ENOMEM;
	if (len)
		err = kmem_iomem_read(call->iomem, (uint64_t)offset, data, len);
	if (err) {
		free(data);
		return err;
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}

static int data_write(struct call *call, off_t offset, const void *data,
		      size_t size)
{
	int err;

	if (call->flags & O_APPEND)
		return call_fail(call, -EFBIG, "a region cannot grow");
	err = call_hold(call);
	if (!err && size)
		err = kmem_iomem_write(call->iomem, (uint64_t)offset, data,
				       size);
	if (err == -ERANGE)
		return call_fail(call, -EFBIG, "past the region's end");
	if (!err)
		meta_touch(call->view, &call->place);
	return err;
}

static const struct bytes data_bytes = {
	.size = data_size,
	.open = data_open,
	.read = data_read,
	.write = data_write,
};

/* clang-format off */
const struct node iomem_table[] = {
	FILE("phys", phys_attr),
	FILE("size", size_attr),
	FILE("file", file_attr),
	FILE("mapped", mapped_attr),
	FILE("owner", owner_attr),
	BYTES("data", data_bytes),
	NODES_END,
};
/* clang-format on */

/* ---- the kind ------------------------------------------------------------ */

static bool iomem_hold(struct call *call)
{
	call->iomem = kmem_iomem_pin(call->place.source->kmem);
	return call->iomem;
}

static void iomem_release(struct call *call)
{
	kmem_iomem_unpin(call->iomem);
}

static size_t iomem_serials(struct view *view, uint64_t *serials, size_t room)
{
	(void)view;
	return kmem_iomem_serials(serials, room);
}

static void iomem_describe(struct call *call, struct identity *ret_identity)
{
	struct kmem_iomem_info info;

	kmem_iomem_info(call->iomem, &info);
	text_copy(ret_identity->name, sizeof(ret_identity->name), info.name);
	text_copy(ret_identity->owner, sizeof(ret_identity->owner), info.owner);
}

/* It is there at once, if only a page long, and can be moved and resized. */
static int iomem_make(struct call *call, const char *name, uint64_t *ret_kmem)
{
	const struct kmem_iomem_spec spec = {
		.name = name,
		.owner = "mount",
		.phys = KMEM_IOMEM_ANYWHERE,
		.size = KMEM_PAGE_SIZE,
	};
	struct kmem_iomem *region;
	int err = kmem_iomem_register(&spec, &region);

	if (err)
		return say_why(call, err, false);
	*ret_kmem = kmem_iomem_serial(region);
	return 0;
}

static int iomem_remove(struct call *call)
{
	struct kmem_iomem *region = kmem_iomem_pin(call->place.source->kmem);
	int err;

	if (!region)
		return -ENOENT;
	/* Only rmdir removes what the mount made, and one at a time. */
	kmem_iomem_unpin(region);
	err = kmem_iomem_unregister(region);
	if (err)
		return call_fail(call, err, "it is mapped or in use");
	return 0;
}

const struct kind iomem_kind = {
	.id = KIND_IOMEM,
	.table = iomem_table,
	.hold = iomem_hold,
	.release = iomem_release,
	.serials = iomem_serials,
	.describe = iomem_describe,
	.make = iomem_make,
	.remove = iomem_remove,
};

/* ---- proc/iomem ---------------------------------------------------------- */

struct range {
	uint64_t start;
	uint64_t end; /* the last address */
	char name[SOURCE_NAME_MAX + 1];
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Zones that touch are one range: RAM, as the firmware would tell of it. */
static size_t add_ram(struct range *ranges)
{
	struct kmem_zone_info zone;
	size_t nr = 0, i, kept = 0;

	for (i = 0; kmem_zone_info((unsigned int)i, &zone); i++) {
		if (!zone.spanned)
			continue;
		ranges[nr].start = (uint64_t)zone.start_pfn << KMEM_PAGE_SHIFT;
		ranges[nr].end = ranges[nr].start - 1 +
				 ((uint64_t)zone.spanned << KMEM_PAGE_SHIFT);
		text_copy(ranges[nr].name, sizeof(ranges[nr].name),
			  "System RAM");
		nr++;
	}
	qsort(ranges, nr, sizeof(*ranges), by_start);
	for (i = 1; i < nr; i++) {
		if (ranges[i].start == ranges[kept].end + 1)
			ranges[kept].end = ranges[i].end;
		else
			ranges[++kept] = ranges[i];
	}
	return nr ? kept + 1 : 0;
}

/* False for ports, and for one that is gone. */
static bool region_range(struct view *view, uint64_t serial,
			 struct range *range)
{
	struct source *source = source_by_kmem(view, &iomem_kind, serial);
	struct call call = { .view = view, .place.source = source };
	struct kmem_iomem_info info;
	bool there;

	if (!source)
		return false;
	there = !call_hold(&call);
	if (there) {
		kmem_iomem_info(call.iomem, &info);
		there = info.space == KMEM_IOMEM_MEMORY;
	}
	if (there) {
		range->start = info.phys;
		range->end = info.phys + info.size - 1;
		source_name(view, source, range->name, sizeof(range->name));
	}
	call_release(&call);
	source_put(view, source);
	return there;
}

/* Under the names of their directories: a program's may have any bytes. */
static size_t add_regions(struct view *view, struct range *ranges,
			  const uint64_t *serials, size_t nr)
{
	size_t added = 0, i;

	for (i = 0; i < nr; i++)
		if (region_range(view, serials[i], &ranges[added]))
			added++;
	return added;
}

/* Who may read the mount may know its addresses: none are hidden as zeroes. */
static int iomem_map_show(struct call *call, struct strbuf *sb)
{
	size_t nr_regions = SIZE_MAX, nr, i;
	struct range *ranges = NULL;
	uint64_t *serials;

	source_sync(call->view, &iomem_kind);
	serials = source_serials(call->view, &iomem_kind, &nr_regions);
	/* Without a region there is no array either. */
	if (serials || !nr_regions)
		ranges = calloc(kmem_nr_zones() + nr_regions, sizeof(*ranges));
	if (!ranges) {
		free(serials);
		return -ENOMEM;
	}
	nr = add_ram(ranges);
	nr += add_regions(call->view, ranges + nr, serials, nr_regions);
	qsort(ranges, nr, sizeof(*ranges), by_start);
	for (i = 0; i < nr; i++)
		strbuf_addf(sb, "%08llx-%08llx : %s\n",
			    (unsigned long long)ranges[i].start,
			    (unsigned long long)ranges[i].end, ranges[i].name);
	free(ranges);
	free(serials);
	return 0;
}
ATTR_RO(iomem_map, "RAM and device regions by physical address");
