/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_sysctl.c - proc/sys/vm: what can be tuned while the allocator runs
 *
 * One file for each line of the library's table, which has names and limits;
 * here is how their numbers are written down. Several are separated by a tab,
 * as the kernel does it; a write may give the first ones only.
 *
 * Where it differs from the kernel: a file that is there to be written reads as
 * empty, so that who reads the whole mount meets no error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"
#include "util/text.h"

#include "view.h"

static bool sysctls(unsigned int about, unsigned int i, char *name, size_t size,
		    unsigned int *ret_about)
{
	const struct kmem_sysctl *sysctl = kmem_sysctl(i);

	(void)about;
	if (!sysctl)
		return false;
	text_copy(name, size, sysctl->name);
	*ret_about = i;
	return true;
}

static int sysctl_show(struct call *call, struct strbuf *sb)
{
	const struct kmem_sysctl *sysctl = kmem_sysctl(call->place.about);
	int64_t values[KMEM_SYSCTL_VALUES];
	int err = kmem_sysctl_get(sysctl, values);

	if (err)
		return err == -EACCES ? 0 : err;
	for (unsigned int i = 0; i < sysctl->nr; i++)
		strbuf_addf(sb, "%s%lld", i ? "\t" : "", (long long)values[i]);
	strbuf_addc(sb, '\n');
	return 0;
}

/* All are of the sort that may not be negative: so says every table line. */
static int parse_values(struct call *call, char *text,
			const struct kmem_sysctl *sysctl, int64_t *values,
			unsigned int *ret_nr)
{
	unsigned int nr = 0;
	uint64_t value;
	char *word;
	int err;

	while ((word = parse_word(&text)) != NULL) {
		if (nr == sysctl->nr)
			return call_fail(call, -EINVAL, "more than %u numbers",
					 sysctl->nr);
		err = store_number(call, word, INT64_MAX, &value);
		if (err)
			return err;
		values[nr++] = (int64_t)value;
	}
	if (!nr)
		return call_fail(call, -EINVAL, "no number");
	*ret_nr = nr;
	return 0;
}

/* What only does something when it is written is no part of a layout. */
static int check_keeps(struct call *call, const struct kmem_sysctl *sysctl)
{
	int64_t values[KMEM_SYSCTL_VALUES];

	if (kmem_sysctl_get(sysctl, values) == -EACCES)
		return call_fail(call, -EINVAL, "a command, and no setting");
	return 0;
}

static int sysctl_store(struct call *call, char *text, size_t len)
{
	const struct kmem_sysctl *sysctl = kmem_sysctl(call->place.about);
	int64_t values[KMEM_SYSCTL_VALUES];
	unsigned int nr = 0;
	int err;

	(void)len;
	err = parse_values(call, text, sysctl, values, &nr);
	if (!err && call->check)
		err = check_keeps(call, sysctl);
	if (err || call->check)
		return err;
	err = kmem_sysctl_set(sysctl, values, nr);
	if (err == -EINVAL || err == -ERANGE)
		return call_fail(call, err, "%s is not in %lld..%lld",
				 sysctl->name, (long long)sysctl->min,
				 (long long)sysctl->max);
	return err;
}

static unsigned int nr_sysctls(void)
{
	unsigned int nr = 0;

	while (kmem_sysctl(nr))
		nr++;
	return nr;
}

int sysctl_remember(struct view *view)
{
	unsigned int i, nr = nr_sysctls();

	view->first_tunables = calloc(nr, sizeof(*view->first_tunables));
	if (!view->first_tunables)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		kmem_sysctl_get(kmem_sysctl(i), view->first_tunables[i]);
	return 0;
}

/* Most follow from the memory; what nobody changed will follow again. */
static int sysctl_save(struct call *call, struct strbuf *sb)
{
	const struct kmem_sysctl *sysctl = kmem_sysctl(call->place.about);
	const int64_t *first = call->view->first_tunables[call->place.about];
	int64_t values[KMEM_SYSCTL_VALUES];

	if (kmem_sysctl_get(sysctl, values) ||
	    !memcmp(values, first, sysctl->nr * sizeof(*values)))
		return 0;
	return sysctl_show(call, sb);
}
static ATTR_RW(sysctl, "a tunable of the page allocator", .save = sysctl_save);

const struct node vm_table[] = {
	MANY_FILES(sysctls, sysctl_attr),
	NODES_END,
};

const struct node proc_sys_table[] = {
	DIR("vm", vm_table),
	NODES_END,
};
