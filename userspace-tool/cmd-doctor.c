// SPDX-License-Identifier: GPL-2.0
/* rrpath doctor: how long I/O would stand still, why, and what is wrong. */
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "columns.h"
#include "doctor.h"
#include "map.h"
#include "record.h"
#include "timers.h"
#include "util.h"

struct options {
	bool fix;
	bool json;
	bool verbose;
};

static const char *const troubles[RRPATH_NR_TROUBLES] = {
	[RRPATH_LINK_LOSS] = "link loss",
	[RRPATH_LUN_HANG] = "hung LUN",
	[RRPATH_TARGET_REBOOT] = "target reboot",
};

static const char *const keys[RRPATH_NR_TROUBLES] = {
	[RRPATH_LINK_LOSS] = "link_loss",
	[RRPATH_LUN_HANG] = "lun_hang",
	[RRPATH_TARGET_REBOOT] = "target_reboot",
};

/* "1.3 s", "2 min", "never ends", "-"; "!" behind what ends in an error of the map. */
static void outlook_text(const struct rrpath_outlook *o, char *to, size_t size)
{
	const char *mark = o->no_other && o->ms >= 0 ? "!" : "";

	if (o->ms == RRPATH_UNKNOWN)
		snprintf(to, size, "-");
	else if (o->ms == RRPATH_NEVER)
		snprintf(to, size, "never ends");
	else if (o->ms < 10000 && o->ms % 1000)
		snprintf(to, size, "%ld.%ld s%s", o->ms / 1000, o->ms % 1000 / 100, mark);
	else
		snprintf(to, size, "%ld s%s", (o->ms + 500) / 1000, mark);
}

static void set(struct libscols_line *line, size_t column, const char *text)
{
	scols_line_set_data(line, column, text && *text ? text : "-");
}

static void print_paths(const struct rrpath_doctor *d)
{
	static const char *const headings[] = {
		"PATH", "TRANSPORT", "PORTAL", "NIC", "LINK-LOSS", "HUNG-LUN", "REBOOT",
	};
	struct libscols_table *table = scols_new_table();
	char text[160];
	size_t i, k;

	for (i = 0; i < RRPATH_ARRAY_SIZE(headings); i++)
		scols_table_new_column(table, headings[i], 0, i > 3 ? SCOLS_FL_RIGHT : 0);
	for (i = 0; i < d->nr_paths; i++) {
		const struct rrpath_doctor_path *path = &d->path[i];
		struct libscols_line *line = scols_table_new_line(table, NULL);

		set(line, 0, path->path->dev.name);
		set(line, 1, rrpath_transport_name(path->t.type));
		rrpath_transport_portal(&path->t, text, sizeof(text));
		set(line, 2, text);
		set(line, 3, path->t.nic);
		for (k = 0; k < RRPATH_NR_TROUBLES; k++) {
			outlook_text(&path->outlook[k], text, sizeof(text));
			set(line, 4 + k, text);
		}
	}
	scols_print_table(table);
	scols_unref_table(table);
}

static void print_sums(const struct rrpath_doctor_path *path)
{
	char text[32], part[32];
	size_t i, k;

	for (i = 0; i < RRPATH_NR_TROUBLES; i++) {
		const struct rrpath_outlook *o = &path->outlook[i];

		if (o->ms == RRPATH_UNKNOWN)
			continue;
		outlook_text(o, text, sizeof(text));
		printf("  %s, %s: %s\n", path->path->dev.name, troubles[i], text);
		for (k = 0; k < o->nr_steps; k++) {
			struct rrpath_outlook one = { .ms = o->step[k].ms };

			outlook_text(&one, part, sizeof(part));
			printf("    %10s  %s\n", part, rrpath_safe(o->step[k].what));
		}
	}
}

static void print_value(long value)
{
	if (value == RRPATH_TIMER_OFF)
		printf("off");
	else
		printf("%ld", value);
}

static void print_timers(const struct rrpath_doctor *d, const struct rrpath_doctor_path *path)
{
	char file[PATH_MAX];
	long value;
	int id;

	printf("  %s, timers:\n", path->path->dev.name);
	for (id = 0; id < RRPATH_NR_TIMERS; id++) {
		if (!path->t.timer[id].known)
			continue;
		rrpath_timer_file(&path->t, (enum rrpath_timer_id)id, file, sizeof(file));
		printf("    %-16s ", rrpath_timer_name((enum rrpath_timer_id)id));
		print_value(path->t.timer[id].value);
		if (rrpath_doctor_advises(d, path, (enum rrpath_timer_id)id, &value)) {
			printf(", should be ");
			print_value(value);
		}
		printf("\n      %s\n", file);
	}
}

static void print_map(const struct rrpath_doctor *d, bool verbose)
{
	bool mark = false;
	size_t i, k;

	printf("%s: I/O that is in flight stands still for up to\n", rrpath_safe(d->map->name));
	print_paths(d);
	for (i = 0; i < d->nr_paths; i++)
		for (k = 0; k < RRPATH_NR_TROUBLES; k++)
			mark |= d->path[i].outlook[k].no_other && d->path[i].outlook[k].ms >= 0;
	if (mark)
		printf("! and fails then: no other path is left%s.\n",
		       d->nr_paths > 1 ? ", or none to another target" : "");
	for (i = 0; verbose && i < d->nr_paths; i++) {
		print_sums(&d->path[i]);
		print_timers(d, &d->path[i]);
	}
	for (i = 0; i < d->nr_findings; i++)
		printf("* %s\n    %s\n", rrpath_safe(d->finding[i].text),
		       rrpath_safe(d->finding[i].remedy));
	if (!d->nr_findings)
		printf("Nothing is wrong.\n");
}

/* ---- JSON */

static void json_string(const char *text)
{
	rrpath_print_json_string(text && *text ? text : NULL);
}

static void json_key(const char *key, const char *text, const char *end)
{
	printf("\"%s\": ", key);
	json_string(text);
	printf("%s", end);
}

/* Milliseconds; what never ends and what is not known is told apart by the key behind. */
static void json_ms(long ms)
{
	if (ms < 0)
		printf("null");
	else
		printf("%ld", ms);
}

static void json_outlooks(const struct rrpath_doctor_path *path)
{
	size_t i, k;

	for (i = 0; i < RRPATH_NR_TROUBLES; i++) {
		const struct rrpath_outlook *o = &path->outlook[i];

		printf("            \"%s_ms\": ", keys[i]);
		json_ms(o->ms);
		printf(", \"%s_ends\": \"%s\",\n", keys[i],
		       o->ms == RRPATH_UNKNOWN ? "unknown" : o->ms == RRPATH_NEVER ? "never" :
		       o->no_other ? "error" : "other-path");
		printf("            \"%s_sum\": [", keys[i]);
		for (k = 0; k < o->nr_steps; k++) {
			printf("%s{ \"ms\": ", k ? ", " : "");
			json_ms(o->step[k].ms);
			printf(", ");
			json_key("what", o->step[k].what, " }");
		}
		printf("],\n");
	}
}

static void json_value(const char *key, long value)
{
	if (value == RRPATH_TIMER_OFF)
		printf("\"%s\": \"off\"", key);
	else
		printf("\"%s\": %ld", key, value);
}

static void json_timers(const struct rrpath_doctor *d, const struct rrpath_doctor_path *path)
{
	const char *comma = "";
	char file[PATH_MAX];
	long value;
	int id;

	printf("            \"timers\": [");
	for (id = 0; id < RRPATH_NR_TIMERS; id++) {
		if (!path->t.timer[id].known)
			continue;
		rrpath_timer_file(&path->t, (enum rrpath_timer_id)id, file, sizeof(file));
		printf("%s\n               { ", comma);
		json_key("name", rrpath_timer_name((enum rrpath_timer_id)id), ", ");
		json_value("value", path->t.timer[id].value);
		printf(", ");
		if (rrpath_doctor_advises(d, path, (enum rrpath_timer_id)id, &value))
			json_value("should_be", value);
		else
			json_value("should_be", path->t.timer[id].value);
		printf(", ");
		json_key("file", file, " }");
		comma = ",";
	}
	printf("%s]\n", *comma ? "\n            " : "");
}

static void json_path(const struct rrpath_doctor *d, const struct rrpath_doctor_path *path)
{
	char portal[160];

	rrpath_transport_portal(&path->t, portal, sizeof(portal));
	printf("         {\n            ");
	json_key("path", path->path->dev.name, ", ");
	json_key("dev", path->path->devno, ", ");
	json_key("transport", rrpath_transport_name(path->t.type), ",\n            ");
	json_key("target", path->t.target, ", ");
	json_key("portal", portal, ", ");
	json_key("local", path->t.local, ", ");
	json_key("nic", path->t.nic, ", ");
	json_key("session", path->t.name, ",\n");
	json_outlooks(path);
	json_timers(d, path);
	printf("         }");
}

static void json_map(const struct rrpath_doctor *d)
{
	size_t i;

	printf("\n   {\n      ");
	json_key("name", d->map->name, ", ");
	printf("\"unstick\": %s,\n      \"paths\": [", d->facts.unstick ? "true" : "false");
	for (i = 0; i < d->nr_paths; i++) {
		printf("%s\n", i ? "," : "");
		json_path(d, &d->path[i]);
	}
	printf("%s],\n      \"findings\": [", d->nr_paths ? "\n      " : "");
	for (i = 0; i < d->nr_findings; i++) {
		printf("%s\n         { ", i ? "," : "");
		json_key("id", d->finding[i].id, ", ");
		json_key("text", d->finding[i].text, ", ");
		json_key("remedy", d->finding[i].remedy, " }");
	}
	printf("%s]\n   }", d->nr_findings ? "\n      " : "");
}

/* ---- the command */

/* RRPATH_FAILED if something is wrong. */
static int examine(const struct rrpath_maps *maps, const struct options *options)
{
	struct rrpath_doctor_facts facts;
	int ret = RRPATH_DONE;
	size_t i;

	rrpath_doctor_facts(&facts);
	if (options->json)
		printf("{\n   \"schema\": %d,\n   \"maps\": [", RRPATH_JSON_SCHEMA);
	for (i = 0; i < maps->nr; i++) {
		struct rrpath_doctor doctor;

		rrpath_doctor_examine(&doctor, &maps->map[i], &facts);
		if (doctor.nr_findings)
			ret = RRPATH_FAILED;
		if (i)
			printf("%s", options->json ? "," : "\n");
		if (options->json)
			json_map(&doctor);
		else
			print_map(&doctor, options->verbose);
		rrpath_doctor_free(&doctor);
	}
	if (options->json)
		printf("]\n}\n");
	return ret;
}

static int fix(const struct rrpath_maps *maps, const struct options *options)
{
	struct rrpath_timers_say say = { .out = options->json ? stderr : stdout };
	size_t i;

	for (i = 0; i < maps->nr; i++) {
		rrpath_record_follow(&maps->map[i]);
		rrpath_timers_set(&maps->map[i], &say);
	}
	if (!options->json && say.changes)
		putchar('\n');
	return say.failures ? RRPATH_FAILED : RRPATH_DONE;
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "fix", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'J' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 }
	};
	int opt;

	while ((opt = rrpath_getopt(argc, argv, ":fJv", known)) != -1) {
		switch (opt) {
		case 'f':
			options->fix = true;
			break;
		case 'J':
			options->json = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		default:
			return RRPATH_USAGE;
		}
	}
	return rrpath_need_args(argc, argv, 0, 1, "");
}

int rrpath_cmd_doctor(int argc, char **argv)
{
	struct rrpath_maps maps __rr_cleanup(rrpath_maps_free) = { 0 };
	char word[RRPATH_NAME_LEN], *name = NULL;
	struct options options = { 0 };
	int ret, fixed = RRPATH_DONE;

	ret = parse(argc, argv, &options);
	if (!ret && optind < argc) {
		name = word;
		if (!rrpath_name_of(argv[optind], name))
			ret = RRPATH_USAGE;
	}
	if (!ret)
		ret = rrpath_need_dm();
	if (ret)
		return ret;
	if (options.fix)
		rrpath_lock();
	ret = rrpath_maps_load(name, &maps);
	if (!ret && options.fix)
		fixed = fix(&maps, &options);
	if (!ret)
		ret = examine(&maps, &options);
	return ret ? ret : fixed;
}
