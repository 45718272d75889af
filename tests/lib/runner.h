/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * runner.h - the main() of every test program
 *
 * A test program defines test_suite() and nothing else of that kind. How it
 * runs and reports is Check's business (CK_FORK, CK_RUN_CASE, CK_TAP_LOG_…).
 */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <check.h>

Suite *test_suite(void);

/**
 * suite_add() - a new test case of @s with fixtures; either may be NULL
 *
 * Its tests are killed after a minute and a half: a bound for hangs, no
 * statement about speed.
 */
TCase *suite_add(Suite *s, const char *name, SFun setup, SFun teardown);

#endif /* TESTS_RUNNER_H */
