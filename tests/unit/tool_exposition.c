/* SPDX-License-Identifier: BSD-2-Clause */
/* The strict reader: each rule has a text that breaks it and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "exposition.h"

#define COUNTER(name) "# HELP " name " what\n# TYPE " name " counter\n"
#define GAUGE(name)   "# HELP " name " what\n# TYPE " name " gauge\n"

#define A_COUNTER   COUNTER("a_total")
#define A_GAUGE	    GAUGE("a")
#define B_GAUGE	    GAUGE("b")
#define A_HISTOGRAM "# HELP a what\n# TYPE a histogram\n"

static const char *const good[] = {
	"",
	"\n",
	"# a comment\n#\n",
	A_COUNTER "a_total 1\n",
	A_COUNTER "a_total{} 1\n",
	A_COUNTER "  a_total { x = \"1\" , y=\"2\", } 1.5e+06  \n",
	A_COUNTER "a_total{x=\"\\\\ \\\" \\n \xc3\xbc {,}\"} 1\n",
	"# TYPE a gauge\n# HELP a with a \\\\ and a \\n\na -Inf\n",
	A_GAUGE "a{x=\"1\"} NaN\na{x=\"2\"} +Inf\na{y=\"1\"} 1e-06\n",
	A_GAUGE "\n# between\na 1\n" B_GAUGE "b 1\n",
	A_HISTOGRAM "a_bucket{le=\"0.1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 3.5\na_count 2\n",
	A_HISTOGRAM "a_bucket{x=\"1\",le=\"1e-06\"} 0\na_bucket{x=\"1\",le=\"+Inf\"} 0\n"
		    "a_bucket{le=\"1\",x=\"2\"} 7\na_bucket{x=\"2\",le=\"+Inf\"} 7\n"
		    "a_sum{x=\"1\"} 0\na_count{x=\"1\"} 0\na_sum{x=\"2\"} 1\na_count{x=\"2\"} 7\n",
	"# HELP a what\n# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 2\na_count 2\n",
	"# HELP a what\n# TYPE a untyped\na 1\n",
};

static const struct {
	const char *text;
	const char *finding;
} bad[] = {
	{ A_GAUGE "a 1", "line 3: the last line has no newline" },
	{ A_GAUGE "a{x=\"\xff\"} 1\n", "line 3: not UTF-8" },
	{ A_GAUGE "a{x=\"\xed\xa0\x80\"} 1\n", "line 3: not UTF-8" },
	{ "# TYPE a gauge\na 1\n", "line 2: a has no HELP and TYPE above it" },
	{ "# HELP a what\na 1\n", "line 2: a has no HELP and TYPE above it" },
	{ "a 1\n", "line 1: a has no HELP and TYPE above it" },
	{ A_GAUGE "# HELP a what\na 1\n", "line 3: a second HELP for a" },
	{ A_GAUGE "# TYPE a gauge\na 1\n", "line 3: a second TYPE for a" },
	{ "# TYPE a gauge\n# HELP a\na 1\n", "line 2: HELP for a says nothing" },
	{ "# TYPE a gauge\n# HELP a \\t\na 1\n",
	  "line 2: HELP for a has a backslash that escapes nothing" },
	{ "# HELP a what\n# TYPE a number\na 1\n", "line 2: \"number\" is no type" },
	{ "# HELP a what\n# TYPE a\na 1\n", "line 2: \"\" is no type" },
	{ "# HELP a what\n# TYPE a gauge counter\na 1\n", "line 2: \"gauge counter\" is no type" },
	{ COUNTER("a") "a 1\n", "line 2: counter a does not end in _total" },
	{ GAUGE("a_total") "a_total 1\n", "line 2: a_total ends in _total and is no counter" },
	{ A_GAUGE "a 1\n" B_GAUGE "b 1\na{x=\"1\"} 1\n", "line 7: family a is in two places" },
	{ A_GAUGE "# HELP b what\na 1\n# TYPE b gauge\nb 1\n",
	  "line 4: family a is in two places|line 5: family b is in two places" },
	{ "# HELP 1a what\n", "line 1: \"1a\" is no metric name" },
	{ "# HELP a-b what\n", "line 1: \"a-b\" is no metric name" },
	{ GAUGE("a:b") "a:b 1\n", "line 1: a:b has a colon, which is for recording rules" },
	{ GAUGE("go_threads") "go_threads 1\n", "line 1: names in go_ belong to others" },
	{ GAUGE("process_x") "process_x 1\n", "line 1: names in process_ belong to others" },
	{ A_HISTOGRAM GAUGE("a_count"), "line 3: family a_count clashes with the samples of a" },
	{ GAUGE("a_sum") A_HISTOGRAM, "line 4: family a_sum clashes with the samples of a" },
	{ A_GAUGE "a{x=\"1\"} 1\na{x=\"1\"} 2\n", "line 4: a{x=\"1\"} comes twice" },
	{ A_GAUGE "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\n",
	  "line 4: a{x=\"1\",y=\"2\"} comes twice" },
	{ A_GAUGE "a 1\na{x=\"\"} 2\n", "line 4: a{} comes twice" },
	{ A_GAUGE "a 1 1700000000000\n", "line 3: a has a timestamp" },
	{ A_GAUGE "a 1 # {id=\"1\"} 1\n", "line 3: a has an exemplar" },
	{ A_GAUGE "a 1 x\n", "line 3: something stands behind the value of a" },
	{ A_GAUGE "a\n", "line 3: \"\" is no value" },
	{ A_GAUGE "a 1,5\n", "line 3: \"1,5\" is no value" },
	{ A_GAUGE "a 0x10\n", "line 3: \"0x10\" is no value" },
	{ A_GAUGE "a inf\n", "line 3: \"inf\" is no value" },
	{ A_GAUGE "a 1e\n", "line 3: \"1e\" is no value" },
	{ A_COUNTER "a_total -1\n", "line 3: counter a_total cannot have that value" },
	{ A_COUNTER "a_total NaN\n", "line 3: counter a_total cannot have that value" },
	{ A_GAUGE "a{job=\"x\"} 1\n", "line 3: label job is Prometheus' own" },
	{ A_GAUGE "a{instance=\"x\"} 1\n", "line 3: label instance is Prometheus' own" },
	{ A_GAUGE "a{__x=\"x\"} 1\n", "line 3: label __x is Prometheus' own" },
	{ A_GAUGE "a{le=\"1\"} 1\n", "line 3: label le on a, which is no bucket" },
	{ A_GAUGE "a{quantile=\"1\"} 1\n", "line 3: label quantile on a, which is no summary" },
	{ A_GAUGE "a{1x=\"1\"} 1\n", "line 3: \"1x\" is no label name" },
	{ A_GAUGE "a{x:y=\"1\"} 1\n", "line 3: \"x:y\" is no label name" },
	{ A_GAUGE "a{x=\"1\",x=\"2\"} 1\n", "line 3: label x comes twice" },
	{ A_GAUGE "a{x=1} 1\n", "line 3: a label's value is not in quotes" },
	{ A_GAUGE "a{x} 1\n", "line 3: a label has no value" },
	{ A_GAUGE "a{x=\"1} 1\n", "line 3: a label's value has no end" },
	{ A_GAUGE "a{x=\"\\t\"} 1\n",
	  "line 3: a label's value has a backslash that escapes nothing" },
	{ A_GAUGE "a{x=\"1\" y=\"2\"} 1\n", "line 3: labels are not parted by commas" },
	{ A_HISTOGRAM "a 1\n", "line 3: histogram a has a sample of its bare name" },
	{ A_HISTOGRAM "a_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
	  "line 3: a{} has no +Inf bucket" },
	{ A_HISTOGRAM "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
	  "line 3: the +Inf bucket of a{} is not its _count" },
	{ A_HISTOGRAM "a_bucket{le=\"+Inf\"} 1\na_count 1\n", "line 3: a{} has no _sum" },
	{ A_HISTOGRAM "a_bucket{le=\"+Inf\"} 1\na_sum 1\n", "line 3: a{} has no _count" },
	{ A_HISTOGRAM "a_bucket{x=\"1\",le=\"+Inf\"} 1\na_sum{x=\"1\"} 1\na_count{x=\"1\"} 1\n"
		      "a_bucket{x=\"2\",le=\"+Inf\"} 1\na_sum{x=\"2\"} 1\na_count{x=\"2\"} 0\n",
	  "line 6: the +Inf bucket of a{x=\"2\"} is not its _count" },
	{ A_HISTOGRAM "a_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\n"
		      "a_sum 1\na_count 1\n",
	  "line 4: le=\"1\" comes after a bucket that is not below it" },
	{ A_HISTOGRAM "a_bucket{le=\"1\"} 1\na_bucket{le=\"1.0\"} 1\na_bucket{le=\"+Inf\"} 1\n"
		      "a_sum 1\na_count 1\n",
	  "line 4: le=\"1.0\" comes after a bucket that is not below it" },
	{ A_HISTOGRAM "a_bucket{le=\"1\"} 2\na_bucket{le=\"2\"} 1\na_bucket{le=\"+Inf\"} 2\n"
		      "a_sum 1\na_count 2\n",
	  "line 4: the bucket le=\"2\" holds less than the one before it" },
	{ A_HISTOGRAM "a_bucket{le=\"one\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
	  "line 3: a_bucket has no le that is a number" },
	{ A_HISTOGRAM "a_bucket 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
	  "line 3: a_bucket has no le that is a number" },
	{ A_HISTOGRAM "a_bucket{le=\"1\"} 0.5\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
	  "line 3: a_bucket is no count" },
	{ A_HISTOGRAM "a_bucket{le=\"+Inf\"} 1\na_sum{le=\"1\"} 1\na_sum 1\na_count 1\n",
	  "line 4: label le on a_sum, which is no bucket" },
};

/* What the reader prints, with "|" between findings. */
static char *findings(const char *text, size_t length, unsigned *count)
{
	struct capture capture;
	char *printed;

	capture_begin(&capture);
	*count = exposition_check(text, length, capture.stream);
	printed = capture_end(&capture);
	for (size_t i = 0; i < capture.length; i++) {
		if (printed[i] == '\n')
			printed[i] = i + 1 < capture.length ? '|' : '\0';
	}
	return printed;
}

static void test_good_texts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++) {
		unsigned count;
		char *printed = findings(good[i], strlen(good[i]), &count);

		if (count)
			fail_msg("%s in:\n%s", printed, good[i]);
		free(printed);
	}
}

static void test_bad_texts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		unsigned count;
		char *printed = findings(bad[i].text, strlen(bad[i].text), &count);

		if (strcmp(printed, bad[i].finding))
			fail_msg("\"%s\", not \"%s\", in:\n%s", printed, bad[i].finding,
				 bad[i].text);
		assert_int_equal(count, strchr(bad[i].finding, '|') ? 2 : 1);
		free(printed);
	}
}

static void test_nul_byte(void **state)
{
	static const char text[] = A_GAUGE "a{x=\"\0\"} 1\n";
	unsigned count;
	char *printed = findings(text, sizeof(text) - 1, &count);

	(void)state;
	assert_string_equal(printed, "line 3: a NUL byte");
	free(printed);
}

/* A file cut off anywhere is seen, but where it ends between two families. */
static void test_cut_texts(void **state)
{
	static const char text[] = B_GAUGE
		"b 1\n" A_HISTOGRAM
		"a_bucket{x=\"1\",le=\"1\"} 1\na_bucket{x=\"1\",le=\"+Inf\"} 1\na_sum{x=\"1\"} 3\n"
		"a_count{x=\"1\"} 1\n";
	const char *samples = strstr(text, "a_bucket");
	size_t from = (size_t)(samples - text) + 1;

	(void)state;
	for (size_t length = from; length < sizeof(text) - 1; length++) {
		unsigned count;

		free(findings(text, length, &count));
		if (count == 0)
			fail_msg("nothing found in the first %zu bytes", length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_texts),
		cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_cut_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
