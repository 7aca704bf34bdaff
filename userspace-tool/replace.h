/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RRPATH_REPLACE_H
#define RRPATH_REPLACE_H

#include <stdio.h>
#include <sys/types.h>

/*
 * The file @name has the old text or the new one, whatever happens meanwhile; its
 * directory is made, if need be. 0 or a negative errno. One at a time.
 */
int rrpath_replace_file(const char *name, const char *text, mode_t mode);

/*
 * Opens what was so written, to read it. NULL with EPERM in errno if others than root
 * (or who runs this) could have written it.
 */
FILE *rrpath_open_ours(const char *name);

#endif
