/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RQDRV_H
#define RQDRV_H

#include <linux/completion.h>
#include <linux/types.h>

int rqdrv_submit(sector_t sector, gfp_t gfp, struct completion *done);
int rqdrv_drain(unsigned int ms);
void rqdrv_break(bool broken);
char *rqdrv_report(void);

#endif
