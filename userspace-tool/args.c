// SPDX-License-Identifier: GPL-2.0
/* Options and arguments, with one line for what is wrong. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "util.h"

static const char *long_name(const struct option *options, int val)
{
	for (; options->name; options++)
		if (options->val == val)
			return options->name;
	return NULL;
}

int rrpath_see_help(const char *cmd)
{
	fprintf(stderr, "Try 'rrpath %s --help'.\n", cmd);
	return RRPATH_USAGE;
}

int rrpath_getopt(int argc, char **argv, const char *short_options, const struct option *options)
{
	int opt;

	opterr = 0;
	opt = getopt_long(argc, argv, short_options, options, NULL);
	if (opt == ':') {
		rrpath_error("option --%s needs a value", long_name(options, optopt));
	} else if (opt == '?') {
		if (!optopt)
			rrpath_error("unknown option %s", rrpath_quote(argv[optind - 1]));
		else if (long_name(options, optopt))
			rrpath_error("option --%s takes no value", long_name(options, optopt));
		else
			rrpath_error("unknown option '-%c'", optopt);
	}
	if (opt != ':' && opt != '?')
		return opt;
	rrpath_see_help(argv[0]);
	return '?';
}

int rrpath_need_args(int argc, char **argv, int min, int max, const char *names)
{
	int nr = argc - optind;

	if (nr >= min && nr <= max)
		return RRPATH_DONE;
	if (nr < min)
		rrpath_error("%s needs %s", argv[0], names);
	else
		rrpath_error("too many arguments, from %s on", rrpath_quote(argv[optind + max]));
	return rrpath_see_help(argv[0]);
}
