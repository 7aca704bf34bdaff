/* SPDX-License-Identifier: GPL-2.0 */
/* The subcommands. */
#ifndef RRPATH_CMD_H
#define RRPATH_CMD_H

#include <getopt.h>

struct rrpath_cmd {
	const char *name;
	const char *args;	/* for the usage line */
	const char *summary;
	const char *help;	/* options and what else there is to say */
	unsigned int scopes;	/* of the columns it prints, 0: none */
	/* argv[0] is the name. Returns an enum rrpath_exit. */
	int (*run)(int argc, char **argv);
};

int rrpath_cmd_discover(int argc, char **argv);
int rrpath_cmd_create(int argc, char **argv);
int rrpath_cmd_remove(int argc, char **argv);
int rrpath_cmd_list(int argc, char **argv);
int rrpath_cmd_show(int argc, char **argv);
int rrpath_cmd_policy(int argc, char **argv);
int rrpath_cmd_fail(int argc, char **argv);
int rrpath_cmd_reinstate(int argc, char **argv);
int rrpath_cmd_add(int argc, char **argv);
int rrpath_cmd_drop(int argc, char **argv);
int rrpath_cmd_set(int argc, char **argv);
int rrpath_cmd_stat(int argc, char **argv);
int rrpath_cmd_doctor(int argc, char **argv);
int rrpath_cmd_resize(int argc, char **argv);
int rrpath_cmd_assemble(int argc, char **argv);
int rrpath_cmd_monitor(int argc, char **argv);
int rrpath_cmd_unstick(int argc, char **argv);
int rrpath_cmd_wait(int argc, char **argv);

/*
 * getopt_long() that reports in one line. -1 at the end, '?' after a report;
 * @short_options begins with ':'.
 */
int rrpath_getopt(int argc, char **argv, const char *short_options, const struct option *options);

/*
 * RRPATH_DONE if between @min and @max arguments follow the options, else
 * RRPATH_USAGE with a line on stderr that says which is missing, of @names.
 */
int rrpath_need_args(int argc, char **argv, int min, int max, const char *names);

/* The hint behind a usage error. Returns RRPATH_USAGE. */
int rrpath_see_help(const char *cmd);

#endif
