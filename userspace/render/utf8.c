/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* What the first byte says about its character: its length, and the range of its second byte. */
static size_t lead(uint8_t first, uint8_t *low, uint8_t *high)
{
	*low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first >= 0x01 && first <= 0x7f)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

size_t utf8_length(const char *text)
{
	const uint8_t *bytes = (const uint8_t *)text;
	uint8_t low, high;
	size_t length = lead(bytes[0], &low, &high);

	for (size_t i = 1; i < length; i++) {
		if (bytes[i] < low || bytes[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

char *utf8_clean(const char *text)
{
	char *clean = malloc(strlen(text) * strlen(REPLACEMENT) + 1);
	char *end = clean;

	if (!clean)
		return NULL;
	while (*text) {
		size_t length = utf8_length(text);

		if (length) {
			end = mempcpy(end, text, length);
			text += length;
		} else {
			end = mempcpy(end, REPLACEMENT, strlen(REPLACEMENT));
			text++;
		}
	}
	*end = '\0';
	return clean;
}
