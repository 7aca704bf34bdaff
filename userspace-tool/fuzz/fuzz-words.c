// SPDX-License-Identifier: GPL-2.0
/* Words, numbers, option values, and what of a text reaches a terminal or a JSON reader. */
#include <string.h>

#include "../table.h"
#include "fuzz.h"

static void numbers(const char *word)
{
	unsigned int major, minor;
	char again[48];
	uint64_t n;

	if (!rrpath_parse_u64(word, 3, UINT64_MAX - 3, &n)) {
		snprintf(again, sizeof(again), "%llu", (unsigned long long)n);
		must(n >= 3 && n <= UINT64_MAX - 3);
		must(!strcmp(again, word + strspn(word, "0")));
	}
	if (!rrpath_parse_devno(word, &major, &minor)) {
		must(major < 1U << 12 && minor < 1U << 20);
		snprintf(again, sizeof(again), "%u:%u", major, minor);
		must(!rrpath_parse_devno(again, &major, &minor));
	}
}

static void options(const char *word)
{
	char value[RRPATH_VALUE_LEN], again[RRPATH_VALUE_LEN];
	int opt = rrpath_opt_find(word);

	must(opt < RRPATH_NR_OPTS);
	for (opt = 0; opt < RRPATH_NR_OPTS; opt++) {
		if (rrpath_opt_parse((enum rrpath_opt)opt, word, value))
			continue;
		must(!rrpath_opt_parse((enum rrpath_opt)opt, value, again));
		must(!strcmp(value, again));
	}
	if (rrpath_policy_is_word(word))
		must(strlen(word) < RRPATH_POLICY_LEN);
}

/* No control character, no byte that is not UTF-8, as a terminal would take it. */
static void is_safe(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	for (; *c; c++) {
		unsigned int more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;

		must(*c >= ' ' && *c != 0x7f && (*c < 0x80 || *c >= 0xc2));
		must(*c != 0xc2 || c[1] >= 0xa0);
		while (more--)
			must((*++c & 0xc0) == 0x80);
	}
}

/* A string in quotes from the first character to the last. */
static void is_json_string(const char *text)
{
	size_t i, len = strlen(text);

	must(len >= 2 && text[0] == '"' && text[len - 1] == '"');
	for (i = 1; i < len - 1; i++) {
		must(text[i] != '"');
		if (text[i] == '\\') {
			i++;
			must(text[i] == '"' || text[i] == '\\');
		}
	}
	must(i == len - 1);
}

static void prints(const char *text)
{
	FILE *terminal = stdout;
	char *out = NULL;
	size_t len = 0;

	is_safe(rrpath_safe(text));
	stdout = open_memstream(&out, &len);
	must(stdout);
	rrpath_print_json_string(text);
	fclose(stdout);
	stdout = terminal;
	must(len == strlen(out));
	is_safe(out);
	is_json_string(out);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rrpath_words words __rr_cleanup(rrpath_words_free) = { 0 };
	char *text __rr_cleanup(rrpath_freep) = fuzz_text(data, size);
	size_t i;

	rrpath_words_split(&words, text);
	for (i = 0; i < words.nr; i++) {
		must(*words.word[i] && !strpbrk(words.word[i], " \t\n"));
		must(strlen(rrpath_quote(words.word[i])) <= 106);
		numbers(words.word[i]);
		options(words.word[i]);
	}
	numbers(text);
	options(text);
	prints(text);
	return 0;
}
