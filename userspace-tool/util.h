/* SPDX-License-Identifier: GPL-2.0 */
/* Words, numbers and messages: what every other file uses. */
#ifndef RRPATH_UTIL_H
#define RRPATH_UTIL_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum rrpath_exit {
	RRPATH_DONE = 0,
	RRPATH_FAILED = 1,
	RRPATH_USAGE = 2,
};

#define RRPATH_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __rr_cleanup(fn)	__attribute__((cleanup(fn)))
#define __rr_printf(f, a)	__attribute__((__format__(printf, f, a)))

/*
 * What a terminal would act on, and what is no UTF-8, becomes '?': for all that is
 * printed and was not written here, be it from a disk, a target or a command line.
 */
void rrpath_make_safe(char *text);

/* The same as a copy, shortened if it is very long; valid for the next seven calls. */
const char *rrpath_safe(const char *text);

/* On stdout, in its quotes; NULL is null. */
void rrpath_print_json_string(const char *text);

/* One line on stderr, "rrpath: ...", whatever the arguments are: see rrpath_make_safe(). */
void rrpath_error(const char *fmt, ...) __rr_printf(1, 2);

/*
 * Puts @word in quotes and shortens it if it is very long. The answer stays
 * valid for the next seven calls: for use in the arguments of a message.
 */
const char *rrpath_quote(const char *word);

/* Reads decimal digits and nothing else. 0, or -EINVAL (no number), -ERANGE. */
int rrpath_parse_u64(const char *word, uint64_t min, uint64_t max, uint64_t *value);

/* Reads "major:minor" within what a dev_t holds. 0 or -EINVAL. */
int rrpath_parse_devno(const char *word, unsigned int *major, unsigned int *minor);

struct rrpath_words {
	char *copy;
	char **word;
	size_t nr;
};

/* Splits at blanks. */
void rrpath_words_split(struct rrpath_words *w, const char *text);
void rrpath_words_free(struct rrpath_words *w);

/* A string that grows. */
struct rrpath_str {
	char *text;
	size_t len;
	size_t size;
};

void rrpath_str_add(struct rrpath_str *s, const char *fmt, ...) __rr_printf(2, 3);
void rrpath_str_free(struct rrpath_str *s);

/*
 * These end the program when there is no memory, and say then what is to be done about
 * what is half done, if anything is: rrpath_half_done is not NULL.
 */
extern const char *rrpath_half_done;
void *rrpath_alloc(size_t nr, size_t size);
void *rrpath_grow(void *old, size_t nr, size_t size);
char *rrpath_dup(const char *text);
char *rrpath_printf(const char *fmt, ...) __rr_printf(1, 2);
char *rrpath_vprintf(const char *fmt, va_list ap) __rr_printf(1, 0);

/* Copies what fits, always ends with a NUL. */
void rrpath_copy(char *to, size_t size, const char *from);

/*
 * No signal interrupts what is between these two: a half-made change is not left
 * behind. Nothing in there may wait for another program.
 */
void rrpath_signals_block(sigset_t *old);
void rrpath_signals_restore(const sigset_t *old);

/* For __rr_cleanup() on a pointer from malloc(). */
void rrpath_freep(void *pointer);
void rrpath_fclosep(FILE **file);

#endif
