// SPDX-License-Identifier: GPL-2.0
/* What the fuzzers share. */
#include <string.h>

#include "fuzz.h"

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

char *fuzz_part(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memchr(*data, 0, *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size;
	char *text = fuzz_text(*data, len);

	*data += len + !!end;
	*size -= len + !!end;
	return text;
}
