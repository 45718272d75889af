/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * worker.h - threads of a library inside a program that does not know of them
 */
#ifndef UTIL_WORKER_H
#define UTIL_WORKER_H

#include <pthread.h>

/**
 * worker_start() - pthread_create(3) with all signals blocked
 *
 * A signal is the program's: it must reach a thread that the program made.
 * Return: 0 or a negative errno.
 */
int worker_start(pthread_t *ret_thread, void *(*run)(void *arg), void *arg);

#endif /* UTIL_WORKER_H */
