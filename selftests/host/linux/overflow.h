/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_OVERFLOW_H
#define HOST_OVERFLOW_H

#define struct_size(p, member, count) (sizeof(*(p)) + sizeof(*(p)->member) * (count))

#endif
