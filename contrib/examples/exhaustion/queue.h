/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * queue.h - the program that is tested: messages wait in a queue
 *
 * Two of them always find memory, so that "shut down" and "out of memory" can
 * be said at any time.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <linux/types.h>

struct queue;

struct queue *queue_create(void);
void queue_destroy(struct queue *q);

/**
 * queue_push() - append a copy of @text, up to 119 bytes of it
 * @urgent: may use the reserve
 *
 * Return: 0; -ENOMEM: the queue is as it was.
 */
int queue_push(struct queue *q, const char *text, bool urgent);

/* The oldest text, for kfree(); NULL: none, or no memory, and it stays. */
char *queue_pop(struct queue *q);
size_t queue_length(const struct queue *q);

#endif /* QUEUE_H */
