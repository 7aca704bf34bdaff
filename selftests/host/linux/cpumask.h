/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_CPUMASK_H
#define HOST_CPUMASK_H

#include <linux/smp.h>
#include <linux/types.h>

#define nr_cpu_ids host_nr_cpus
#define cpu_possible host_cpu_possible

static inline bool host_cpu_possible(unsigned int cpu)
{
	return cpu < host_nr_cpus && cpu != host_absent_cpu;
}

#endif
