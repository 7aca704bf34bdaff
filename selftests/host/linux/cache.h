/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_CACHE_H
#define HOST_CACHE_H

#define ____cacheline_aligned_in_smp __attribute__((__aligned__(64)))

#endif
