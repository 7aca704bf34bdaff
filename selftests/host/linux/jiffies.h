/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_JIFFIES_H
#define HOST_JIFFIES_H

#define HZ 250

/* Set by the tests. */
extern unsigned long jiffies;

static inline unsigned int host_div_round_up(unsigned int n, unsigned int d)
{
	return (n + d - 1) / d;
}

#define DIV_ROUND_UP host_div_round_up

#endif
