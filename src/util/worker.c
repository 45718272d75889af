/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker.c - threads that take no signals; the mask is inherited, so it is set
 * around the creation and no signal can slip in between
 */
#include <signal.h>

#include "util/worker.h"

int worker_start(pthread_t *ret_thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(ret_thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}
