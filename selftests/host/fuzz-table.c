// SPDX-License-Identifier: GPL-2.0
/*
 * The module's grammar of the table line, for libFuzzer: what is accepted is printed, and
 * parsed again the same; what is refused leaves nothing and says why.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "policy.h"
#include "table.h"

/* The policies are linked in, but choose nothing here. */
unsigned long jiffies;
unsigned int host_cpu, host_nr_cpus;
int host_areas, host_no_memory;

#define MAX_WORDS 4096
#define MAX_TEXT 65536

static const struct rrpath_options builtin = RRPATH_BUILTIN_OPTIONS;
static const struct rrpath_options other = {
	.queue_if_no_path = 0, .no_path_timeout_ms = 9, .failback = 5, .probe_interval_ms = 77,
	.rr_min_io = 3, .stall_timeout_ms = 250,
};

/* As device-mapper cuts a line into words. */
static struct rrpath_config *parse(char *text, const struct rrpath_options *defaults)
{
	static char *words[MAX_WORDS];
	struct rrpath_config *config = NULL;
	struct rrpath_fault fault = { 0 };
	unsigned int argc = 0;
	int r, areas = host_areas;
	char *word;

	for (word = strtok(text, " \t\n"); word && argc < MAX_WORDS; word = strtok(NULL, " \t\n"))
		words[argc++] = word;
	r = rrpath_config_parse(argc, words, defaults, &config, &fault);
	must(!r == !!config);
	must(r == 0 || r == -EINVAL);
	must(!r || (fault.what && *fault.what));
	must(host_areas == areas + !r);
	return config;
}

static void holds(const struct rrpath_config *config)
{
	const struct rrpath_option *option;
	unsigned int i;

	must(config->nr_paths >= 1 && config->nr_paths <= RRPATH_MAX_PATHS);
	for (i = 0; i < config->nr_paths; i++) {
		must(*config->path[i].device);
		must(config->path[i].priority <= RRPATH_MAX_PRIORITY);
		must(config->path[i].weight >= 1);
		must(config->path[i].weight <= RRPATH_MAX_WEIGHT);
	}
	for (option = rrpath_option_table; option->name; option++) {
		u32 value = rrpath_option_get(&config->options, option);

		must(value <= option->max || value == RRPATH_FAILBACK_MANUAL);
		must(value >= option->min);
	}
}

static void same(const struct rrpath_config *a, const struct rrpath_config *b)
{
	unsigned int i;

	must(a->policy == b->policy && a->nr_paths == b->nr_paths);
	must(!memcmp(&a->options, &b->options, sizeof(a->options)));
	for (i = 0; i < a->nr_paths; i++) {
		must(!strcmp(a->path[i].device, b->path[i].device));
		must(a->path[i].priority == b->path[i].priority);
		must(a->path[i].weight == b->path[i].weight);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first[MAX_TEXT], out[MAX_TEXT], parsed[MAX_TEXT], again[MAX_TEXT];
	const struct rrpath_options *defaults = &builtin;
	struct rrpath_config *config, *config_again;
	unsigned int len, cut;
	char *exact;

	/* The first byte chooses the module parameters in force. */
	if (!size || size >= MAX_TEXT / 2)
		return 0;
	if (data[0] & 1)
		defaults = &other;
	memcpy(first, data + 1, size - 1);
	first[size - 1] = '\0';
	config = parse(first, defaults);
	if (!config)
		return 0;
	holds(config);
	len = rrpath_config_print(config, defaults, out, sizeof(out));
	must(len == strlen(out));
	/* However little room there is: not a byte beyond it, and a NUL at the end. */
	cut = 1 + data[0] % (len + 1);
	exact = malloc(cut);
	must(exact && rrpath_config_print(config, defaults, exact, cut) == strlen(exact));
	must(!strncmp(exact, out, strlen(exact)));
	free(exact);

	strcpy(parsed, out);
	config_again = parse(parsed, defaults);
	must(config_again);
	same(config, config_again);
	rrpath_config_print(config_again, defaults, again, sizeof(again));
	must(!strcmp(out, again));
	rrpath_config_free(config);
	rrpath_config_free(config_again);
	must(!host_areas);
	return 0;
}
