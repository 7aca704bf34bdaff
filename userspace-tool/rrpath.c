// SPDX-License-Identifier: GPL-2.0
/* rrpath: multipath maps of the rrpath target. This file is the table of its subcommands. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "columns.h"
#include "dm.h"
#include "map.h"
#include "util.h"

#ifndef RRPATH_VERSION
#define RRPATH_VERSION	"1.0.0"
#endif

#define FORMAT_HELP \
	"  -J, --json            JSON, with every column\n" \
	"  -r, --raw             one blank between columns, - for no value\n" \
	"  -n, --noheadings      no headings\n" \
	"  -b, --bytes           sizes in bytes\n" \
	"  -o, --output COLUMN,...\n"

static const struct rrpath_cmd commands[] = {
	{
		.name = "discover", .args = "", .run = rrpath_cmd_discover,
		.summary = "LUNs that are seen by several disks, who has them",
		.scopes = RRPATH_SCOPE_LUN | RRPATH_SCOPE_DISK,
		.help =
		"  -a, --all             also those with one disk\n"
		FORMAT_HELP,
	}, {
		.name = "create", .args = "NAME DEV...", .run = rrpath_cmd_create,
		.summary = "make a map of one LUN's disks",
		.help =
		"  -p, --policy POLICY   failover (default), round-robin or queue-length\n"
		"  -P, --priority N,...  of every DEV, or one for all; 0..65535, larger is better\n"
		"  -w, --weight N,...    of every DEV, or one for all; 1..256\n"
		"  -q, --queue-if-no-path\n"
		"                        hold I/O while no path is usable\n"
		"  -t, --no-path-timeout MS\n"
		"                        fail it after MS; 0: never\n"
		"      --failback X      immediate, manual, or MS\n"
		"      --probe-interval MS\n"
		"                        how often a failed path is tested; 0: not at all\n"
		"      --rr-min-io N     bios per turn of round-robin\n"
		"      --stall-timeout MS\n"
		"                        leave a path out that completes nothing for MS; 0: never\n"
		"      --hold-down-max MS\n"
		"                        longest time that a flapping path must answer first\n"
		"      --merge-kib N     how large a request grows on one path; 0: neighbours take turns\n"
		"      --transient       do not make it again at the next boot\n"
		"      --no-tune         leave the timers of the disks' transport as they are\n"
		"  -f, --force           make it although the disks differ, or another map has them\n",
	}, {
		.name = "remove", .args = "NAME", .run = rrpath_cmd_remove,
		.summary = "remove a map",
		.help =
		"  -f, --force           fail all I/O that the map holds, then remove it\n"
		"  -d, --deferred        if it is in use, remove it when the last user is gone\n"
		"  -k, --keep-record     at the next boot, or by 'rrpath assemble', it comes back\n",
	}, {
		.name = "assemble", .args = "[NAME]", .run = rrpath_cmd_assemble,
		.summary = "make maps from their record, add disks that came back",
		.help =
		"  -i, --incremental DEV what is to be done about this disk only\n"
		"  -r, --rescan H:C:T:L  read the paths over this SCSI target again, judge them\n"
		"  -q, --query DEV       print what udev's rules want to know about it\n"
		"  -b, --background      return at once, report to the kernel log\n",
	}, {
		.name = "list", .args = "", .run = rrpath_cmd_list,
		.summary = "one line per map",
		.scopes = RRPATH_SCOPE_MAP, .help = FORMAT_HELP,
	}, {
		.name = "show", .args = "[NAME]", .run = rrpath_cmd_show,
		.summary = "maps, their groups and paths",
		.scopes = RRPATH_SCOPE_MAP | RRPATH_SCOPE_PATH, .help = FORMAT_HELP,
	}, {
		.name = "policy", .args = "NAME [POLICY]", .run = rrpath_cmd_policy,
		.summary = "show or change the policy, live", .help = "",
	}, {
		.name = "fail", .args = "NAME DEV", .run = rrpath_cmd_fail,
		.summary = "take a path out of use until it is reinstated", .help = "",
	}, {
		.name = "reinstate", .args = "NAME DEV", .run = rrpath_cmd_reinstate,
		.summary = "put a path back into use", .help = "",
	}, {
		.name = "add", .args = "NAME DEV", .run = rrpath_cmd_add,
		.summary = "add a path to a map in use",
		.help =
		"  -P, --priority N      0..65535, larger is better; default 1\n"
		"  -w, --weight N        1..256; default 1\n"
		"  -f, --force           add it although the disks differ, or another map has it\n",
	}, {
		.name = "drop", .args = "NAME DEV", .run = rrpath_cmd_drop,
		.summary = "take a path out of a map in use",
		.help =
		"  -f, --force           also the last usable path\n",
	}, {
		.name = "resize", .args = "NAME", .run = rrpath_cmd_resize,
		.summary = "make a map in use as large as its disks are now",
		.help =
		"  -t, --timeout S       wait so long for the disks to agree; default 10\n"
		"  -f, --force           also if it shrinks\n",
	}, {
		.name = "set", .args = "NAME OPTION [DEV] VALUE", .run = rrpath_cmd_set,
		.summary = "change an option, live",
		.help =
		"  queue_if_no_path yes|no         hold I/O while no path is usable\n"
		"  fail_if_no_path                 the same as queue_if_no_path no\n"
		"  no_path_timeout_ms MS           fail held I/O after MS; 0: never\n"
		"  failback immediate|manual|MS    when to return to a better path\n"
		"  probe_interval_ms MS            how often a failed path is tested; 0: not at all\n"
		"  rr_min_io N                     bios per turn of round-robin\n"
		"  stall_timeout_ms MS             leave a path out that completes nothing; 0: never\n"
		"  hold_down_max_ms MS             longest time that a flapping path must answer first\n"
		"  merge_kib N                     how large a request grows on one path; 0: take turns\n"
		"  priority DEV N                  0..65535, larger is better\n"
		"  weight DEV N                    1..256\n",
	}, {
		.name = "stat", .args = "[NAME]", .run = rrpath_cmd_stat,
		.summary = "counters per path, and rates",
		.scopes = RRPATH_SCOPE_MAP | RRPATH_SCOPE_PATH | RRPATH_SCOPE_RATE,
		.help =
		"  -i, --interval S      print rates every S seconds\n"
		"  -c, --count N         so many times\n"
		"      --reset           zero the counters of NAME\n"
		FORMAT_HELP,
	}, {
		.name = "monitor", .args = "[NAME]", .run = rrpath_cmd_monitor,
		.summary = "what happens to maps and paths, as it happens",
		.help =
		"  -J, --json            a JSON object per line\n",
	}, {
		.name = "wait", .args = "NAME", .run = rrpath_cmd_wait,
		.summary = "wait for a map and its paths",
		.help =
		"  -p, --paths N         for so many usable paths; default: all that the map has\n"
		"  -t, --timeout S       no longer than S seconds\n",
	}, {
		.name = "doctor", .args = "[NAME]", .run = rrpath_cmd_doctor,
		.summary = "how long I/O would stand still, why, and what is wrong",
		.help =
		"  -f, --fix             shorten the timers of the paths' transport\n"
		"  -J, --json            JSON\n"
		"  -v, --verbose         every timer with its file, and the sums\n",
	}, {
		.name = "unstick", .args = "[--once NAME DEV]", .run = rrpath_cmd_unstick,
		.summary = "close dead iSCSI connections",
		.help =
		"      --once            look at one path now, not at all when they stall\n",
	},
};

static const struct rrpath_cmd *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_usage(FILE *out)
{
	size_t i;

	fprintf(out, "Usage: rrpath COMMAND [OPTION]... [ARGUMENT]...\n\n");
	for (i = 0; i < RRPATH_ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %-24s  %s\n", commands[i].name, commands[i].args,
			commands[i].summary);
	fprintf(out,
		"\nDEV is sda, /dev/sda, /dev/disk/by-..., or major:minor.\n"
		"'rrpath COMMAND --help' says more, rrpath(8) everything.\n");
}

static int print_help(const struct rrpath_cmd *cmd)
{
	bool options = strchr(cmd->help, '-') && *cmd->help && cmd->run != rrpath_cmd_set;

	printf("Usage: rrpath %s%s%s%s\n\n", cmd->name, options ? " [OPTION]..." : "",
	       *cmd->args ? " " : "", cmd->args);
	printf("%s\n", cmd->summary);
	if (*cmd->help)
		printf("\n%s", cmd->help);
	if (cmd->scopes)
		rrpath_columns_help(stdout, cmd->scopes);
	return RRPATH_DONE;
}

static int unknown_command(const char *name)
{
	rrpath_error("there is no command %s", rrpath_quote(name));
	fprintf(stderr, "Try 'rrpath --help'.\n");
	return RRPATH_USAGE;
}

static int help_command(int argc, char **argv)
{
	const struct rrpath_cmd *cmd;

	if (argc < 2) {
		print_usage(stdout);
		return RRPATH_DONE;
	}
	cmd = find_command(argv[1]);
	return cmd ? print_help(cmd) : unknown_command(argv[1]);
}

static bool wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int run_command(int argc, char **argv)
{
	const struct rrpath_cmd *cmd;
	int ret;

	if (argc < 2) {
		rrpath_error("no command");
		fprintf(stderr, "Try 'rrpath --help'.\n");
		return RRPATH_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help_command(argc - 1, argv + 1);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("rrpath %s\n", RRPATH_VERSION);
		return RRPATH_DONE;
	}
	cmd = find_command(argv[1]);
	if (!cmd)
		return unknown_command(argv[1]);
	if (wants_help(argc - 1, argv + 1))
		return print_help(cmd);
	/* 0, not 1: also resets what glibc keeps between two calls. */
	optind = 0;
	ret = cmd->run(argc - 1, argv + 1);
	rrpath_unlock();
	rrpath_dm_exit();
	return ret;
}

int main(int argc, char **argv)
{
	int ret;

	/* For the lines of a tree; numbers stay as they are in C, for JSON. */
	setlocale(LC_CTYPE, "");
	ret = run_command(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "rrpath: cannot write the output\n");
		return RRPATH_FAILED;
	}
	return ret;
}
