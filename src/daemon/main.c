/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c - allocfs(8), of which everything is in daemon.c
 */
#include "daemon.h"

int main(int argc, char **argv)
{
	return daemon_main(argc, argv);
}
