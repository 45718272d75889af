/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * main.c - allocfs-top(1), of which everything is in top.c; and what it shows
 * when it was built without ncurses
 */
#include "top/top.h"

#ifdef HAVE_NCURSES
int main(int argc, char **argv)
{
	return top_main(argc, argv, screen_run);
}
#else
int main(int argc, char **argv)
{
	return top_main(argc, argv, NULL);
}
#endif
