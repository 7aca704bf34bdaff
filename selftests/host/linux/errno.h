/* SPDX-License-Identifier: GPL-2.0 */
/* The C library's <errno.h> includes this one too. */
#include <asm/errno.h>
