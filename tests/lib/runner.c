/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * runner.c - the main() of every test program
 */
#include <stdlib.h>

#include "runner.h"

#define HANG_SECONDS 90

TCase *suite_add(Suite *s, const char *name, SFun setup, SFun teardown)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, HANG_SECONDS);
	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	SRunner *runner = srunner_create(test_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
