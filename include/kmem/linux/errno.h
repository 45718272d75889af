/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/errno.h - errors, those that never leave a kernel included
 */
#include_next <linux/errno.h>

#ifndef KMEM_LINUX_ERRNO_H
#define KMEM_LINUX_ERRNO_H

#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ENOIOCTLCMD 515
#define ERESTART_RESTARTBLOCK 516
#define EPROBE_DEFER 517
#define EOPENSTALE 518
#define ENOPARAM 519
#define EBADHANDLE 521
#define ENOTSYNC 522
#define EBADCOOKIE 523
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif
#define ETOOSMALL 525
#define ESERVERFAULT 526
#define EBADTYPE 527
#define EJUKEBOX 528
#define EIOCBQUEUED 529
#define ERECALLCONFLICT 530
#define ENOGRACE 531

#endif /* KMEM_LINUX_ERRNO_H */
