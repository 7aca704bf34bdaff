/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of each CPU is an array of structures here, of one for each CPU; the CPU that
 * the code runs on is what the test says.
 */
#ifndef HOST_PERCPU_H
#define HOST_PERCPU_H

#include <linux/smp.h>

#define per_cpu_ptr(ptr, cpu) (&(ptr)[host_look_at(cpu)])
#define raw_cpu_ptr(ptr) per_cpu_ptr(ptr, host_cpu)
#define this_cpu_ptr(ptr) per_cpu_ptr(ptr, host_cpu)

/* Of (pointer->field); every pointer to memory of each CPU is called what is in it. */
#define __this_cpu_read(field) (host_cpu_of_##field)
#define __this_cpu_write(field, value) ((host_cpu_of_##field) = (value))
#define host_cpu_of_cursor this_cpu_ptr(cursor)
#define host_cpu_of_counters this_cpu_ptr(counters)

#endif
