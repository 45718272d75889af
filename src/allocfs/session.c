/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.c - the mount: its threads, its beginning and its end
 *
 * Requests are read by a few threads of our own. None ever waits while it
 * serves one, so a few are enough, and one would do. libfuse's own loop is not
 * used because it can only be ended by a signal, which a library must not
 * count on; our threads are cancelled while they wait for a request, and only
 * there.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

#include "view.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define MAX_THREADS 64
#define DEFAULT_THREADS 4

struct allocfs {
	struct view view;
};

const char *allocfs_version(void)
{
	return PACKAGE_VERSION;
}

/* ---- messages ------------------------------------------------------------ */

/* The library never prints; who mounts decides what becomes of its messages. */
void view_log(struct view *view, const char *format, ...)
{
	char text[512];
	va_list args;

	if (!view->options.log)
		return;
	va_start(args, format);
	text_vformat(text, sizeof(text), format, args);
	va_end(args);
	view->options.log(view->options.arg, text);
}

/* libfuse has one log per process and tells it no session. */
static struct view *log_view;

static void libfuse_log(enum fuse_log_level level, const char *format,
			va_list args)
{
	struct view *view = __atomic_load_n(&log_view, __ATOMIC_ACQUIRE);
	char text[512];
	size_t len;

	if (!view || (level == FUSE_LOG_DEBUG && !view->options.debug))
		return;
	len = text_vformat(text, sizeof(text), format, args);
	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len)
		view_log(view, "%s", text);
}

/* ---- threads ------------------------------------------------------------- */

/* A cancelled thread still has its buffer, which libfuse allocated. */
static void free_buf(void *arg)
{
	free(((struct fuse_buf *)arg)->mem);
}

/*
 * A request that was read is served to its end: cancelling is possible only
 * while none is. ENODEV, the end of the mount, is 0 here.
 */
static void serve(struct view *view, struct fuse_buf *buf)
{
	while (!fuse_session_exited(view->session)) {
		int n;

		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		n = fuse_session_receive_buf(view->session, buf);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		fuse_session_process_buf(view->session, buf);
	}
}

static void *serve_main(void *arg)
{
	struct fuse_buf buf = { 0 };
	struct view *view = arg;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_cleanup_push(free_buf, &buf);
	serve(view, &buf);
	pthread_cleanup_pop(1);
	/* Unmounted by somebody: the others will see it, too. */
	if (!atomic_exchange(&view->ended, true) &&
	    !atomic_load(&view->ending) && view->options.ended)
		view->options.ended(view->options.arg);
	return NULL;
}

/* Our threads are nobody's idea of where to handle a signal. */
static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGSEGV);
	sigdelset(&set, SIGBUS);
	sigdelset(&set, SIGFPE);
	sigdelset(&set, SIGILL);
	sigdelset(&set, SIGABRT);
	sigdelset(&set, SIGTRAP);
	pthread_sigmask(SIG_BLOCK, &set, old);
}

/* More threads than CPUs only pass requests around: none ever waits. */
static int start_threads(struct view *view)
{
	unsigned int nr = view->options.threads;
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	int err = 0;

	if (!nr)
		nr = online < 1 ? 1 : (unsigned int)online;
	if (!view->options.threads && nr > DEFAULT_THREADS)
		nr = DEFAULT_THREADS;
	if (nr > MAX_THREADS)
		nr = MAX_THREADS;
	view->threads = calloc(nr, sizeof(*view->threads));
	if (!view->threads)
		return -ENOMEM;
	for (; !err && view->nr_threads < nr; view->nr_threads += !err)
		err = -pthread_create(&view->threads[view->nr_threads], NULL,
				      serve_main, view);
	return err;
}

static void stop_threads(struct view *view)
{
	unsigned int i;

	fuse_session_exit(view->session);
	for (i = 0; i < view->nr_threads; i++)
		pthread_cancel(view->threads[i]);
	for (i = 0; i < view->nr_threads; i++)
		pthread_join(view->threads[i], NULL);
	view->nr_threads = 0;
	free(view->threads);
}

/* ---- beginning ----------------------------------------------------------- */

static int add_arg(struct fuse_args *args, const char *arg)
{
	return fuse_opt_add_arg(args, arg) ? -ENOMEM : 0;
}

/* Is @word one of the comma-separated @options? */
static bool has_option(const char *options, const char *word)
{
	size_t len = strlen(word);

	while (options && *options) {
		size_t n = strcspn(options, ",");

		if (n == len && !strncmp(options, word, len))
			return true;
		options += n + (options[n] == ',');
	}
	return false;
}

/*
 * allow_other without the kernel's checks would let everybody do everything;
 * with them, the modes of the tree mean what they say.
 */
static int build_args(struct view *view, struct fuse_args *args)
{
	const struct allocfs_options *o = &view->options;
	const char *source = o->source ? o->source : "allocfs";
	struct strbuf sb = { 0 };
	int err;

	strbuf_adds(&sb, "-ofsname=");
	/* libfuse splits at commas and takes a backslash away. */
	for (; *source; source++) {
		if (*source == ',' || *source == '\\')
			strbuf_addc(&sb, '\\');
		strbuf_addc(&sb, *source);
	}
	strbuf_adds(&sb, ",subtype=allocfs");
	if (o->fuse_options && *o->fuse_options)
		strbuf_addf(&sb, ",%s", o->fuse_options);
	if (has_option(o->fuse_options, "allow_other") &&
	    !has_option(o->fuse_options, "default_permissions"))
		strbuf_adds(&sb, ",default_permissions");
	err = strbuf_ok(&sb) ? add_arg(args, "allocfs") : -ENOMEM;
	if (!err)
		err = add_arg(args, sb.data);
	if (!err && o->debug)
		err = add_arg(args, "-d");
	strbuf_free(&sb);
	return err;
}

/*
 * libfuse reports failures in its log and leaves errno from the system call
 * that failed, mostly.
 */
static int start_session(struct view *view, const char *mountpoint)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int err;

	err = build_args(view, &args);
	if (!err) {
		errno = 0;
		view->session = fuse_session_new(&args, &view_ops,
						 sizeof(view_ops), view);
		if (!view->session)
			err = -EINVAL;
	}
	fuse_opt_free_args(&args);
	if (err)
		return err;
	errno = 0;
	if (fuse_session_mount(view->session, mountpoint)) {
		err = errno ? -errno : -EPERM;
		fuse_session_destroy(view->session);
		view->session = NULL;
	}
	return err;
}

/* What is always there: an order of pages each, and those that stand alone. */
static int add_fixed(struct view *view)
{
	char name[16];
	unsigned int order;
	int err;

	err = source_add_fixed(view, &kmalloc_kind, 0, "kmalloc");
	if (!err)
		err = source_add_fixed(view, &vmalloc_kind, 0, "vmalloc");
	for (order = 0; !err && order < KMEM_NR_ORDERS; order++) {
		text_format(name, sizeof(name), "order-%u", order);
		err = source_add_fixed(view, &page_kind, order, name);
	}
	return err;
}

/* Only what cannot fail; free_view() may be called from here on. */
static void init_view(struct view *view, const struct allocfs_options *options)
{
	view->options = *options;
	view->uid = options->uid == (uid_t)-1 ? geteuid() : options->uid;
	view->gid = options->gid == (gid_t)-1 ? getegid() : options->gid;
	view->mounted = meta_now();
	pthread_mutex_init(&view->lock, NULL);
	pthread_mutex_init(&view->watch_lock, NULL);
	pthread_mutex_init(&view->meta_lock, NULL);
	pthread_mutex_init(&view->account_lock, NULL);
	pthread_mutex_init(&view->log_lock, NULL);
	pthread_mutex_init(&view->files_lock, NULL);
	list_init(&view->files);
	list_init(&view->jobs);
	list_init(&view->links);
	list_init(&view->accounts);
	source_table_init(&view->table);
}

/*
 * The views that there are, and whether the allocator is theirs to take down,
 * which the last of them does. An end is in the lock as a whole: no other view
 * may take the allocator down meanwhile.
 */
static pthread_mutex_t views_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int nr_views;
static bool made_kmem;

/* Give back what it has of the allocator. */
static void leave_kmem(struct view *view)
{
	bool last;

	pthread_mutex_lock(&views_lock);
	last = !--nr_views;
	source_exit(view, last);
	if (last && made_kmem) {
		kmem_exit();
		made_kmem = false;
	}
	pthread_mutex_unlock(&views_lock);
}

/* Release all but the session; nothing waits any more. */
static void free_view(struct view *view)
{
	op_release_all(view);
	leave_kmem(view);
	meta_free(view->meta);
	free(view->first_tunables);
	error_log_clear(view, 0);
	account_exit(view);
	node_exit(view);
	pthread_mutex_destroy(&view->lock);
	pthread_mutex_destroy(&view->watch_lock);
	pthread_mutex_destroy(&view->meta_lock);
	pthread_mutex_destroy(&view->account_lock);
	pthread_mutex_destroy(&view->log_lock);
	pthread_mutex_destroy(&view->files_lock);
	free(view);
}

/*
 * A program that never allocated has no allocator yet; it is made, and ours.
 * Undone by leave_kmem(), whatever this returns.
 */
static int join_kmem(void)
{
	int err = 0;

	pthread_mutex_lock(&views_lock);
	nr_views++;
	if (!kmem_ready()) {
		err = kmem_init(NULL);
		made_kmem = !err;
	}
	pthread_mutex_unlock(&views_lock);
	return err == -EBUSY ? 0 : err;
}

/* Another mount may have taken it over. */
static void log_release(struct view *view)
{
	__atomic_compare_exchange_n(&log_view, &view, NULL, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* The strings of the options are used here for the last time. */
static int start_mount(struct view *view, const char *mountpoint)
{
	int err;

	__atomic_store_n(&log_view, view, __ATOMIC_RELEASE);
	fuse_set_log_func(libfuse_log);
	err = start_session(view, mountpoint);
	if (err)
		log_release(view);
	view->options.source = NULL;
	view->options.fuse_options = NULL;
	view->options.config = NULL;
	return err;
}

/* With the session mounted: who answers. */
static int start_serving(struct view *view)
{
	sigset_t old;
	int err;

	block_signals(&old);
	err = watch_init(view);
	if (!err) {
		err = start_threads(view);
		if (err) {
			stop_threads(view);
			watch_exit(view);
		}
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

static void end_session(struct view *view)
{
	fuse_session_unmount(view->session);
	fuse_session_destroy(view->session);
	log_release(view);
}

int allocfs_start(const char *mountpoint, const struct allocfs_options *options,
		  struct allocfs **ret_fs)
{
	struct allocfs *fs;
	struct view *view;
	int err;

	err = mountpoint_clear(mountpoint);
	if (err)
		return err;
	fs = calloc(1, sizeof(*fs));
	if (!fs)
		return -ENOMEM;
	view = &fs->view;
	init_view(view, options);
	err = join_kmem();
	if (!err)
		err = node_init(view);
	if (!err)
		source_init(view);
	if (!err)
		err = add_fixed(view);
	if (!err)
		err = sysctl_remember(view);
	if (!err)
		err = config_start(view);
	if (!err)
		err = start_mount(view, mountpoint);
	if (!err) {
		err = start_serving(view);
		if (err)
			end_session(view);
	}
	if (err) {
		free_view(view);
		return err;
	}
	*ret_fs = fs;
	return 0;
}

/* ---- end ----------------------------------------------------------------- */

/*
 * What waits is answered first, while requests are still served: signals of
 * clients are requests, too. What came in meanwhile is answered when nobody
 * reads requests any more. Then the mount goes, and what it had allocated.
 */
void allocfs_stop(struct allocfs *fs)
{
	struct view *view;

	if (!fs)
		return;
	view = &fs->view;
	/* While requests are still served, so that interrupts are, too. */
	watch_drain(view);
	stop_threads(view);
	watch_drain(view);
	job_exit(view);
	watch_exit(view);
	end_session(view);
	free_view(view);
}
