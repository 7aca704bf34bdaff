/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_COMPILER_H
#define HOST_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
#define __percpu
#define noinline __attribute__((__noinline__))
/* Left to the compiler: without optimization a function then has its branches once, for gcov. */
#undef __always_inline
#define __always_inline inline
/* As the kernel's without KCSAN. */
#define data_race(x) (x)
#define __printf(fmt, args) __attribute__((__format__(printf, fmt, args)))

#endif
