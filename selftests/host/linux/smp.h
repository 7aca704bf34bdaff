/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_SMP_H
#define HOST_SMP_H

#define HOST_NR_CPUS 512

/* Set by the tests. */
extern unsigned int host_cpu, host_nr_cpus;
/* A number that no CPU has. */
__attribute__((__weak__)) unsigned int host_absent_cpu = ~0U;

#define smp_processor_id() host_cpu

/* How often memory of another CPU was looked up, for tests that want to know. */
__attribute__((__weak__)) unsigned long host_others;

static inline unsigned int host_look_at(unsigned int cpu)
{
	host_others += cpu != host_cpu;
	return cpu;
}

#endif
