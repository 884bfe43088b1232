/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dependency graph of a Debian package index: read, built in the heap, and
 * asked questions while packages in it are replaced by new objects. Replacing
 * changes no answer: what is printed is the same at any rate of churn.
 */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"
#include "common/random.h"
#include "depgraph/graph.h"
#include "depgraph/index.h"
#include "depgraph/query.h"

#define LISTS  "/var/lib/apt/lists/*Packages"
#define STATUS "/var/lib/dpkg/status"

enum { VISITS, CHURN, SEED, SETTINGS };

static const struct argument settings_table[SETTINGS] = {
	[VISITS] = { "visits", "ask until so many packages were visited", 0, UINT64_C(1) << 48,
		     4000000 },
	[CHURN] = { "churn", "replace so many packages per 1000 visits", 0, 1000000, 20 },
	[SEED] = { "seed", "of the choice of packages", 0, UINT64_MAX, 1 },
};

/* The most remarkable answer of its kind. */
struct record {
	uint64_t size;
	struct package *package;
};

/* Lives on the stack, where the collector sees its references. */
struct answers {
	uint64_t questions, needed, links, dependents, checksum;
	struct record largest_closure, most_dependents;
	struct visit *longest_chain;
};

_Noreturn static void help(void)
{
	printf("Usage: %s [OPTION...] [FILE...]\n"
	       "Builds the dependency graph of package indexes and asks it questions under churn.\n"
	       "Without a FILE: " LISTS ", else " STATUS ".\n",
	       program_invocation_short_name);
	for (size_t i = 0; i < SETTINGS; i++)
		printf("  --%s N\t%s (default %" PRIu64 ")\n", settings_table[i].name,
		       settings_table[i].prose, settings_table[i].preset);
	exit(0);
}

/* Fill settings; what is left from argv[optind] on are files. */
static void parse_options(int argc, char *argv[], uint64_t settings[SETTINGS])
{
	struct option options[SETTINGS + 2] = { [SETTINGS] = { .name = "help", .val = SETTINGS } };
	int setting;

	for (int i = 0; i < SETTINGS; i++) {
		settings[i] = settings_table[i].preset;
		options[i] = (struct option){ settings_table[i].name, required_argument, NULL, i };
	}
	while ((setting = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (setting == SETTINGS)
			help();
		if (setting < 0 || setting > SETTINGS) /* getopt_long has said why */
			exit(2);
		settings[setting] = argument_value(&settings_table[setting], optarg);
	}
}

/* Read the files that were named, else those of this machine. False if some part was bad. */
static bool read_indexes(struct memory *memory, char *files[], struct vector *stanzas)
{
	glob_t found = { 0 };
	bool good = true;

	if (!*files) {
		if (glob(LISTS, 0, NULL, &found))
			glob(STATUS, GLOB_NOCHECK, NULL, &found);
		files = found.gl_pathv;
	}
	for (; *files; files++)
		good &= index_read(memory, *files, stanzas);
	globfree(&found);
	return good;
}

static void build(struct graph *graph, const struct vector *stanzas)
{
	for (uint64_t i = 0; i < stanzas->count; i++)
		graph_insert(graph, stanzas->items[i]);
}

static void print_graph(struct graph *graph)
{
	struct components components = query_components(graph);

	printf("packages %" PRIu64 "\nnames %" PRIu64 "\nunsatisfied dependencies %" PRIu64
	       "\ncycles %" PRIu64 "\nlargest cycle %" PRIu64 "\n",
	       graph->packages->count, graph->names, query_unsatisfied(graph), components.cycles,
	       components.largest);
}

static struct package *random_package(const struct graph *graph, struct random *random)
{
	return graph_package(graph, random_below(random, graph->packages->count));
}

/* How many packages a search has reached beside its start; adds them to the checksum. */
static uint64_t reached(struct answers *answers, const struct vector *visits)
{
	for (uint64_t i = 0; i < visits->count; i++) {
		const struct visit *visit = visits->items[i];

		answers->checksum += visit->package->name->hash * (visit->distance + 1);
	}
	return visits->count - 1;
}

static void keep_largest(struct record *record, uint64_t size, struct package *package)
{
	if (!record->package || size > record->size)
		*record = (struct record){ size, package };
}

/* A closure; a chain from its start to somewhere in it; and all that depend on another package. */
static void ask(struct graph *graph, struct random *random, struct answers *answers)
{
	struct package *package = random_package(graph, random);
	struct vector *closure = query_reach(graph, package, STEP_NEEDS);
	struct visit *goal = closure->items[random_below(random, closure->count)], *chain;
	uint64_t size = reached(answers, closure);

	answers->needed += size;
	keep_largest(&answers->largest_closure, size, package);

	chain = query_chain(graph, package, goal->package);
	answers->links += chain->distance;
	if (!answers->longest_chain || chain->distance > answers->longest_chain->distance)
		answers->longest_chain = chain;

	package = random_package(graph, random);
	size = reached(answers, query_reach(graph, package, STEP_DEPENDENTS));
	answers->dependents += size;
	keep_largest(&answers->most_dependents, size, package);
	answers->questions += 3;
}

static void churn(struct graph *graph, const uint64_t settings[SETTINGS], struct answers *answers)
{
	struct random asked = { settings[SEED] }, replaced = { ~settings[SEED] };
	uint64_t before = graph->visits;

	while (graph->visits - before < settings[VISITS]) {
		ask(graph, &asked, answers);
		while (graph->replaced * 1000 < (graph->visits - before) * settings[CHURN])
			graph_replace(graph, random_below(&replaced, graph->packages->count));
	}
}

static void print_chain(const struct visit *end)
{
	if (end->from) {
		print_chain(end->from);
		printf(" -> ");
	}
	printf("%s", end->package->name->text);
}

static void print_answers(const struct answers *answers)
{
	printf("questions %" PRIu64 "\npackages needed %" PRIu64 "\nlinks of chains %" PRIu64
	       "\npackages that depend %" PRIu64 "\nchecksum %016" PRIx64 "\n",
	       answers->questions, answers->needed, answers->links, answers->dependents,
	       answers->checksum);
	if (!answers->questions)
		return;
	printf("largest closure %" PRIu64 " of %s\nmost dependents %" PRIu64 " of %s\n",
	       answers->largest_closure.size, answers->largest_closure.package->name->text,
	       answers->most_dependents.size, answers->most_dependents.package->name->text);
	printf("longest shortest chain %" PRIu64 ": ", answers->longest_chain->distance);
	print_chain(answers->longest_chain);
	putchar('\n');
}

int main(int argc, char *argv[])
{
	struct answers answers = { 0 };
	uint64_t settings[SETTINGS];
	struct vector *stanzas;
	struct memory memory;
	struct graph graph;
	double start;
	bool good;

	parse_options(argc, argv, settings);
	memory_open(&memory);
	start = seconds();
	stanzas = vector_new(&memory);
	good = read_indexes(&memory, argv + optind, stanzas);
	report_seconds("parsing", seconds() - start);
	if (!stanzas->count)
		return 1;

	start = seconds();
	graph_open(&graph, &memory);
	build(&graph, stanzas);
	print_graph(&graph);
	report_seconds("building", seconds() - start);

	start = seconds();
	churn(&graph, settings, &answers);
	print_answers(&answers);
	report_seconds("churning", seconds() - start);
	fprintf(stderr, "%s: %" PRIu64 " packages replaced\n", program_invocation_short_name,
		graph.replaced);
	graph_close(&graph);
	memory_close(&memory);
	return good ? 0 : 1;
}
