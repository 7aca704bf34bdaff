/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_OVERFLOW_H
#define HOST_OVERFLOW_H

#include <stddef.h>

#define struct_size(p, member, count) offsetof(__typeof__(*(p)), member[count])

#endif
