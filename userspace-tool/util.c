// SPDX-License-Identifier: GPL-2.0
/* Words, numbers and messages: what every other file uses. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define QUOTE_MAX	100
#define QUOTE_SLOTS	8
#define SAFE_MAX	512

/* How many bytes of @text are a printable character in UTF-8; 0: it begins with none. */
static size_t character(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = *c < 0xc2 ? 1 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0;
	size_t i;

	if (len == 1)
		return *c >= ' ' && *c < 0x7f;
	for (i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* The second row of control characters; longer than need be, surrogates, too large. */
	if ((c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xe0 && c[1] < 0xa0) ||
	    (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf0 && c[1] < 0x90) ||
	    (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return len;
}

void rrpath_make_safe(char *text)
{
	while (*text) {
		size_t len = character(text);

		if (!len)
			*text = '?';
		text += len ? len : 1;
	}
}

const char *rrpath_safe(const char *text)
{
	static char slot[QUOTE_SLOTS][SAFE_MAX];
	static unsigned int next;
	char *to = slot[next++ % QUOTE_SLOTS];

	rrpath_copy(to, sizeof(slot[0]), text);
	rrpath_make_safe(to);
	return to;
}

void rrpath_print_json_string(const char *text)
{
	char *copy __rr_cleanup(rrpath_freep) = text ? rrpath_dup(text) : NULL;
	const char *c;

	if (!copy) {
		fputs("null", stdout);
		return;
	}
	rrpath_make_safe(copy);
	putchar('"');
	for (c = copy; *c; c++) {
		if (*c == '"' || *c == '\\')
			putchar('\\');
		putchar(*c);
	}
	putchar('"');
}

void rrpath_error(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	rrpath_make_safe(line);
	/* What is on stdout comes first, also when both are the same file. */
	fflush(stdout);
	fprintf(stderr, "rrpath: %s\n", line);
}

const char *rrpath_quote(const char *word)
{
	static char slot[QUOTE_SLOTS][QUOTE_MAX + 8];
	static unsigned int next;
	char *to = slot[next++ % QUOTE_SLOTS];

	if (strlen(word) > QUOTE_MAX)
		snprintf(to, sizeof(slot[0]), "'%.*s...'", QUOTE_MAX, word);
	else
		snprintf(to, sizeof(slot[0]), "'%s'", word);
	return to;
}

int rrpath_parse_u64(const char *word, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long n;
	size_t len = strlen(word);
	char *end;

	if (!len || strspn(word, "0123456789") != len)
		return -EINVAL;
	errno = 0;
	n = strtoull(word, &end, 10);
	if (errno || n < min || n > max)
		return -ERANGE;
	*value = n;
	return 0;
}

int rrpath_parse_devno(const char *word, unsigned int *major, unsigned int *minor)
{
	const char *colon = strchr(word, ':');
	char first[8];
	uint64_t ma, mi;

	if (!colon || (size_t)(colon - word) >= sizeof(first))
		return -EINVAL;
	memcpy(first, word, (size_t)(colon - word));
	first[colon - word] = '\0';
	if (rrpath_parse_u64(first, 0, (1U << 12) - 1, &ma) ||
	    rrpath_parse_u64(colon + 1, 0, (1U << 20) - 1, &mi))
		return -EINVAL;
	*major = (unsigned int)ma;
	*minor = (unsigned int)mi;
	return 0;
}

void rrpath_words_split(struct rrpath_words *w, const char *text)
{
	static const char blanks[] = " \t\n";
	char *save, *word;

	w->copy = rrpath_dup(text);
	w->word = NULL;
	w->nr = 0;
	for (word = strtok_r(w->copy, blanks, &save); word; word = strtok_r(NULL, blanks, &save)) {
		/* Powers of two: the array grows when it is full. */
		if (!(w->nr & (w->nr - 1)))
			w->word = rrpath_grow(w->word, w->nr ? 2 * w->nr : 1, sizeof(*w->word));
		w->word[w->nr++] = word;
	}
}

void rrpath_words_free(struct rrpath_words *w)
{
	free(w->word);
	free(w->copy);
	w->word = NULL;
	w->copy = NULL;
	w->nr = 0;
}

void rrpath_str_add(struct rrpath_str *s, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (s->len + (size_t)len + 1 > s->size) {
		s->size = 2 * (s->len + (size_t)len + 1);
		s->text = rrpath_grow(s->text, s->size, 1);
	}
	va_start(ap, fmt);
	vsnprintf(s->text + s->len, s->size - s->len, fmt, ap);
	va_end(ap);
	s->len += (size_t)len;
}

void rrpath_str_free(struct rrpath_str *s)
{
	free(s->text);
	memset(s, 0, sizeof(*s));
}

const char *rrpath_half_done;

static void *checked(void *memory)
{
	if (!memory) {
		rrpath_error("out of memory%s%s", rrpath_half_done ? ": " : "",
			     rrpath_half_done ? rrpath_half_done : "");
		exit(RRPATH_FAILED);
	}
	return memory;
}

void *rrpath_alloc(size_t nr, size_t size)
{
	return checked(calloc(nr ? nr : 1, size));
}

void *rrpath_grow(void *old, size_t nr, size_t size)
{
	return checked(reallocarray(old, nr, size));
}

char *rrpath_dup(const char *text)
{
	return checked(strdup(text));
}

char *rrpath_vprintf(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	return checked(text);
}

char *rrpath_printf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = rrpath_vprintf(fmt, ap);
	va_end(ap);
	return text;
}

void rrpath_copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

void rrpath_signals_block(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, old);
}

void rrpath_signals_restore(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

void rrpath_freep(void *pointer)
{
	free(*(void **)pointer);
}

void rrpath_fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}
