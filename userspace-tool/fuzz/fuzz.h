/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers share. Each has one LLVMFuzzerTestOneInput() and tests one parser. */
#ifndef RRPATH_FUZZ_H
#define RRPATH_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold of every input. */
#define must(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* The input as a string, with not a byte behind it. To be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

/*
 * The part of the input up to the next NUL, or to its end, as a string; what is left is
 * then @data and @size. To be freed.
 */
char *fuzz_part(const uint8_t **data, size_t *size);

#endif
