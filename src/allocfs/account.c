/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * account.c - what each user holds through the mount
 *
 * Objects and blocked requests are charged to a user before they exist and
 * refunded when they end, so that a quota is never exceeded, not even for a
 * moment. Root is a user like the others: its objects are as many, and whoever
 * wants it to have more mounts with more. Users are few: a list does.
 */
#include <errno.h>
#include <stdlib.h>

#include "view.h"

/* Under account_lock. Kept for ever: a user who left may come back. */
static struct account *account_find(struct view *view, uid_t uid)
{
	struct account *account;

	list_for_each_entry(account, &view->accounts, link)
		if (account->uid == uid)
			return account;
	account = calloc(1, sizeof(*account));
	if (!account)
		return NULL;
	account->uid = uid;
	list_add(&account->link, &view->accounts);
	return account;
}

static uint64_t quota_of(const struct view *view, enum account_what what)
{
	uint64_t quota = what == ACCOUNT_OBJECTS ? view->options.max_objects
						 : view->options.max_waiters;

	return quota ? quota : UINT64_MAX;
}

/* A quota below what somebody holds already is possible, after a chown(2). */
int account_charge(struct view *view, uid_t uid, enum account_what what,
		   uint64_t nr)
{
	uint64_t quota = quota_of(view, what);
	struct account *account;
	int err = -ENOMEM;

	pthread_mutex_lock(&view->account_lock);
	account = account_find(view, uid);
	if (account) {
		err = -EDQUOT;
		if (account->held[what] <= quota &&
		    nr <= quota - account->held[what]) {
			account->held[what] += nr;
			view->total[what] += nr;
			err = 0;
		}
	}
	pthread_mutex_unlock(&view->account_lock);
	return err;
}

/*
 * Why account_charge() refused. What the user holds now is told, which others
 * of his requests may have changed since. Return: @err.
 */
int account_refuse(struct call *call, int err, uid_t uid,
		   enum account_what what, uint64_t nr)
{
	static const char *const name[ACCOUNT_NR] = {
		[ACCOUNT_OBJECTS] = "max_objects",
		[ACCOUNT_WAITERS] = "max_waiters",
	};

	unsigned long long held = account_held(call->view, uid, what);
	unsigned long long most = quota_of(call->view, what);

	if (err != -EDQUOT)
		return call_fail(call, err, "no memory to count for user %u",
				 (unsigned int)uid);
	return call_fail(call, err,
			 "%llu more for user %u, who has %llu, but %s is %llu",
			 (unsigned long long)nr, (unsigned int)uid, held,
			 name[what], most);
}

void account_refund(struct view *view, uid_t uid, enum account_what what,
		    uint64_t nr)
{
	struct account *account;

	pthread_mutex_lock(&view->account_lock);
	account = account_find(view, uid);
	if (account)
		account->held[what] -= nr;
	view->total[what] -= nr;
	pthread_mutex_unlock(&view->account_lock);
}

uint64_t account_held(struct view *view, uid_t uid, enum account_what what)
{
	const struct account *account;
	uint64_t held = 0;

	pthread_mutex_lock(&view->account_lock);
	list_for_each_entry(account, &view->accounts, link)
		if (account->uid == uid)
			held = account->held[what];
	pthread_mutex_unlock(&view->account_lock);
	return held;
}

uint64_t account_total(struct view *view, enum account_what what)
{
	uint64_t total;

	pthread_mutex_lock(&view->account_lock);
	total = view->total[what];
	pthread_mutex_unlock(&view->account_lock);
	return total;
}

void account_exit(struct view *view)
{
	struct account *account, *next;

	list_for_each_entry_safe(account, next, &view->accounts, link)
		free(account);
	list_init(&view->accounts);
}
