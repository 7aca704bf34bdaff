/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RRT_H
#define RRT_H

#include <stdio.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * One operation: `args` is the rest of the command line, which the operation may cut into words;
 * what it has to say goes to `out` without a newline. Returns 0 or a positive errno.
 */
typedef int (*rrt_fn)(char *args, FILE *out);

struct rrt_op {
	const char *name;
	rrt_fn fn;
	const char *help;
};

extern const struct rrt_op rrt_dm_ops[], rrt_io_ops[], rrt_event_ops[], rrt_bad_ops[];
extern const struct rrt_op rrt_batch_ops[], rrt_fuzz_ops[], rrt_log_ops[], rrt_fail_ops[];
extern const struct rrt_op rrt_torture_ops[], rrt_kcov_ops[];

/* Do the operation of that name; ENOSYS if there is none. */
int rrt_run(const char *name, char *args, FILE *out);

/* Cut the next word off *args; an empty string when there is none. */
char *rrt_word(char **args);
unsigned long long rrt_number(char **args);

/* Read what the kernel log has; to be called by what makes it grow fast. */
void rrt_read_log(void);

/* Is there anything in the kernel log that tells of harm, and nobody has been told? */
int rrt_hurt(void);

/* Device-mapper operations that other files need; all return 0 or a positive errno. */
int rrt_dm_load(const char *name, unsigned long long len, const char *target, const char *params);
int rrt_dm_clear(const char *name);
int rrt_dm_message(const char *name, const char *text);
int rrt_dm_suspend(const char *name);
int rrt_dm_resume(const char *name);
/* The parameters of a map's only target; ENXIO if it has no such table. */
enum rrt_line { RRT_TABLE, RRT_STATUS, RRT_INACTIVE };
int rrt_dm_line(const char *name, enum rrt_line which, char *to, size_t size);
/* Open count of a map, or -1. */
int rrt_dm_open_count(const char *name);

#endif
