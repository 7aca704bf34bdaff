/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RRPATH_REPLACE_H
#define RRPATH_REPLACE_H

#include <sys/types.h>

/*
 * The file @name has the old text or the new one, whatever happens meanwhile; its
 * directory is made, if need be. 0 or a negative errno. One at a time.
 */
int rrpath_replace_file(const char *name, const char *text, mode_t mode);

#endif
