/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "render/format.h"
#include "render/utf8.h"
#include "test_random.h"

static void test_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} durations[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.00 µs" },
		{ 9994, "9.99 µs" },
		{ 9996, "10.0 µs" },
		{ 99949, "99.9 µs" },
		{ 99951, "100 µs" },
		{ 999499, "999 µs" },
		{ 999500, "1.00 ms" },
		{ 18300000, "18.3 ms" },
		{ 999499999, "999 ms" },
		{ 999500000, "1.00 s" },
		{ 59960000000, "60.0 s" },
		{ 999499999999, "999 s" },
		{ 999500000000, "1,000 s" },
		{ 12345678900000, "12,346 s" },
		{ UINT64_MAX, "18,446,744,074 s" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
		struct number_text text;

		assert_string_equal(format_duration(&text, durations[i].ns, true),
				    durations[i].text);
	}
	assert_string_equal(format_duration(&(struct number_text){ 0 }, 1234, false), "1.23 us");
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.00 KiB" },
		{ 1536, "1.50 KiB" },
		{ 1048000, "1023 KiB" },
		{ 1048575, "1.00 MiB" },
		{ 268435456, "256 MiB" },
		{ 1294467891, "1.21 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct number_text text;

		assert_string_equal(format_bytes(&text, sizes[i].bytes), sizes[i].text);
	}
}

static void test_counts_and_shares(void **state)
{
	struct number_text text;

	(void)state;
	assert_string_equal(format_count(&text, 0), "0");
	assert_string_equal(format_count(&text, 999), "999");
	assert_string_equal(format_count(&text, 1000), "1,000");
	assert_string_equal(format_count(&text, 12345678), "12,345,678");
	assert_string_equal(format_count(&text, UINT64_MAX), "18,446,744,073,709,551,615");
	assert_string_equal(format_share(&text, 0.0004), "0.04 %");
	assert_string_equal(format_share(&text, 0.00994), "0.99 %");
	assert_string_equal(format_share(&text, 0.00996), "1.0 %");
	assert_string_equal(format_share(&text, 0.781), "78.1 %");
	assert_string_equal(format_share(&text, 1), "100.0 %");
}

static void test_exact_numbers_read_back(void **state)
{
	struct number_text text;

	(void)state;
	assert_string_equal(format_exact(&text, 1e-6), "1e-06");
	assert_string_equal(format_exact(&text, 0.001), "0.001");
	assert_string_equal(format_exact(&text, 10), "10");
	assert_string_equal(format_exact(&text, 0.1), "0.1");
	assert_string_equal(format_exact(&text, 9007199254740993.0), "9007199254740992");
	for (unsigned i = 0; i < 100000; i++) {
		double value = (double)random_magnitude() / (double)(1 + random_magnitude());

		assert_true(strtod(format_exact(&text, value), NULL) == value);
	}
}

/* Is it UTF-8, by our reading and by another's? */
static void compare_readings(const char *text, size_t length)
{
	json_t *string = json_stringn(text, length);
	const char *at = text;

	while (*at && utf8_length(at))
		at += utf8_length(at);
	assert_int_equal(*at == '\0', string != NULL);
	json_decref(string);
}

static void test_utf8_at_all_boundaries(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
					 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
					 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff };
	const unsigned count = sizeof(bytes);

	(void)state;
	for (unsigned i = 0; i < count * count * count * count; i++) {
		char text[5] = { (char)bytes[i % count], (char)bytes[i / count % count],
				 (char)bytes[i / count / count % count],
				 (char)bytes[i / count / count / count] };

		compare_readings(text, 4);
		text[1 + i % 3] = '\0'; /* a character cut off by the end */
		compare_readings(text, strlen(text));
	}
}

static void assert_cleaned(const char *text, const char *expected)
{
	char *clean = utf8_clean(text);

	assert_string_equal(clean, expected);
	free(clean);
}

static void test_cleaning(void **state)
{
	(void)state;
	assert_cleaned("", "");
	assert_cleaned("java", "java");
	assert_cleaned("grün", "grün");
	assert_cleaned("ja\xffva", "ja\xef\xbf\xbdva");
	assert_cleaned("gr\xc3", "gr\xef\xbf\xbd");
	assert_cleaned("\xe2\x82"
		       "A",
		       "\xef\xbf\xbd\xef\xbf\xbd"
		       "A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_counts_and_shares),
		cmocka_unit_test(test_exact_numbers_read_back),
		cmocka_unit_test(test_utf8_at_all_boundaries),
		cmocka_unit_test(test_cleaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
