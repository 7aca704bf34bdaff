/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_CPUMASK_H
#define HOST_CPUMASK_H

#include <linux/smp.h>

#define nr_cpu_ids host_nr_cpus
#define cpu_possible(cpu) ((cpu) < host_nr_cpus)

#endif
