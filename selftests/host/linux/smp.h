/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_SMP_H
#define HOST_SMP_H

#define HOST_NR_CPUS 512

/* Set by the tests. */
extern unsigned int host_cpu, host_nr_cpus;

#define smp_processor_id() host_cpu

#endif
