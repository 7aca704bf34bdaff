// SPDX-License-Identifier: GPL-2.0
/* A node record as iscsiadm prints it: a value is on the line of its name, or is none. */
#include <string.h>

#include "../open-iscsi.h"
#include "fuzz.h"

/* The first line that is "name = ...", without its end. To be freed. */
static char *line_of(const char *text, const char *name)
{
	char *begin __rr_cleanup(rrpath_freep) = rrpath_printf("%s = ", name);
	size_t len = strlen(begin);

	while (*text) {
		const char *end = strchrnul(text, '\n');

		if ((size_t)(end - text) >= len && !strncmp(text, begin, len))
			return strndup(text + len, (size_t)(end - text) - len);
		text = end + !!*end;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name __rr_cleanup(rrpath_freep) = fuzz_part(&data, &size);
	char *text __rr_cleanup(rrpath_freep) = fuzz_text(data, size);
	char *line __rr_cleanup(rrpath_freep) = NULL;
	char *first __rr_cleanup(rrpath_freep) = NULL;
	long value = 0;
	bool found;

	if (strchr(name, '\n') || !*name)
		return 0;
	found = rrpath_node_find(text, name, &value);
	line = line_of(text, name);
	if (found) {
		char number[32];

		must(line);
		snprintf(number, sizeof(number), "%ld", value);
		/* As it stands there, but for zeroes before it. */
		must(strlen(line) >= strlen(number) || strspn(line, "-0") == strlen(line));
		must(!line[strspn(line, "-0123456789")]);
	}
	first = rrpath_printf("%s = -17\n%s", name, text);
	must(rrpath_node_find(first, name, &value) && value == -17);
	return 0;
}
