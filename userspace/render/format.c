/* SPDX-License-Identifier: BSD-2-Clause */
#include "render/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A value below 1000 with three digits; one that would round to 1000 is the caller's next unit. */
static void three_digits(struct number_text *out, double value, const char *unit)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(out->text, sizeof(out->text), "%.*f %s", decimals, value, unit);
}

const char *format_duration(struct number_text *out, uint64_t ns, bool utf8)
{
	const char *micro = utf8 ? "µs" : "us";
	double value = (double)ns;

	if (ns < 1000)
		snprintf(out->text, sizeof(out->text), "%" PRIu64 " ns", ns);
	else if (value < 999.5e3)
		three_digits(out, value / 1e3, micro);
	else if (value < 999.5e6)
		three_digits(out, value / 1e6, "ms");
	else if (value < 999.5e9)
		three_digits(out, value / 1e9, "s");
	else {
		struct number_text seconds;

		snprintf(out->text, sizeof(out->text), "%.25s s",
			 format_count(&seconds, ns / 1000000000 + (ns % 1000000000 >= 500000000)));
	}
	return out->text;
}

const char *format_bytes(struct number_text *out, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes / 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		snprintf(out->text, sizeof(out->text), "%" PRIu64 " B", bytes);
		return out->text;
	}
	for (; value >= 1023.5; value /= 1024)
		unit++;
	three_digits(out, value, units[unit]);
	return out->text;
}

const char *format_count(struct number_text *out, uint64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *end = out->text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*end++ = ',';
		*end++ = digits[i];
	}
	*end = '\0';
	return out->text;
}

const char *format_share(struct number_text *out, double share)
{
	double percent = 100 * share;

	snprintf(out->text, sizeof(out->text), "%.*f %%", percent < 0.995 ? 2 : 1, percent);
	return out->text;
}

const char *format_exact(struct number_text *out, double value)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out->text, sizeof(out->text), "%.*g", digits, value);
		if (strtod(out->text, NULL) == value)
			break;
	}
	return out->text;
}
