/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/samples.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/readout.h"

/* The frames of the probe and of the function that emits: the library's at any rate. */
#define LIBRARY_FRAMES 2

/* The stack of a sample, from the program's own call on outwards. */
struct trace {
	uint64_t addresses[GCSCOPE_STACK_DEPTH + 1];
	size_t count;
	const char *root; /* what stands for the frames that are not known; NULL: none */
};

static size_t stack_length(const uint64_t *stack)
{
	size_t length = 0;

	while (length < GCSCOPE_STACK_DEPTH && stack[length])
		length++;
	return length;
}

/*
 * Frames further in are the library's. A frame pointer walk may have passed the caller by:
 * it is known all the same.
 */
static void trace_from_caller(struct trace *trace, const struct samples *samples)
{
	size_t length = stack_length(samples->stack), first = 0;

	trace->addresses[0] = samples->key.caller;
	trace->count = 1;
	trace->root = NULL;
	if (!length)
		trace->root = "[no stack]";
	else if (length == GCSCOPE_STACK_DEPTH)
		trace->root = "[truncated]";
	while (first < length && samples->stack[first] != samples->key.caller)
		first++;
	first = first < length ? first + 1 : LIBRARY_FRAMES;
	for (; first < length; first++)
		trace->addresses[trace->count++] = samples->stack[first];
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

/* An inline function of the library: who calls it is of interest. */
static bool is_library(const struct frame *frame)
{
	return frame->file && (ends_with(frame->file, "gcscope/mutator.h") ||
			       ends_with(frame->file, "gcscope/barrier.h"));
}

/* The innermost frame there that is the program's own, or NULL. */
static const struct frame *frame_of_program(const struct place *place)
{
	for (size_t i = 0; i < place->frame_count; i++)
		if (!is_library(&place->frames[i]))
			return &place->frames[i];
	return NULL;
}

/* A site as it is looked for: strings are borrowed. */
static struct site_report site_at(const struct code *code, const struct trace *trace)
{
	struct site_report site = { .offset = trace->addresses[0] };

	for (size_t i = 0; i < trace->count; i++) {
		const struct frame *frame = NULL;
		const struct module *module;
		const struct place *place;

		if (!code_find(code, trace->addresses[i], &module, &place))
			break;
		frame = frame_of_program(place);
		if (!frame && place->frame_count && i + 1 < trace->count)
			continue; /* inline functions that were not inlined */
		site.module = module->path;
		site.offset = place->address;
		if (frame) {
			site.function = (char *)frame->function;
			site.file = (char *)frame->file;
			site.line = (unsigned)frame->line;
		}
		break;
	}
	return site;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Without a line it is an address that tells sites apart. */
static bool same_site(const struct site_report *a, const struct site_report *b)
{
	bool lines = a->file && a->line;

	return a->sort == b->sort && a->line == b->line && (lines || a->offset == b->offset) &&
	       same_text(a->function, b->function) && same_text(a->file, b->file) &&
	       same_text(a->module, b->module);
}

static int copy_text(char **text)
{
	if (!*text)
		return 0;
	*text = strdup(*text);
	return *text ? 0 : -1;
}

/* The heap's own entry for a site. NULL: no memory. */
static struct site_report *site_of_heap(struct heap_report *heap, const struct site_report *site)
{
	struct site_report *own;
	int failed;

	for (size_t i = 0; i < heap->site_count; i++)
		if (same_site(&heap->sites[i], site))
			return &heap->sites[i];
	own = readout_grow(&heap->sites, &heap->site_count, sizeof(*own));
	if (!own)
		return NULL;
	*own = *site;
	failed = copy_text(&own->module);
	failed |= copy_text(&own->function);
	failed |= copy_text(&own->file);
	return failed ? NULL : own;
}

static int add_site(struct heap_report *heap, const struct code *code,
		    const struct samples *samples, const struct trace *trace)
{
	struct site_report found = site_at(code, trace), *site;

	found.sort = samples->key.sort;
	site = site_of_heap(heap, &found);
	if (!site)
		return -1;
	site->samples += samples->site.samples;
	site->weight += samples->site.weight;
	site->dirtied += samples->site.dirtied;
	return 0;
}

/* A name in a path, in which the path's own separator has no place. */
static void put_name(FILE *out, const char *name)
{
	if (ftell(out))
		putc(';', out);
	for (; *name; name++)
		putc(*name == ';' ? ':' : *name, out);
}

static void put_offset(FILE *out, const struct module *module, const struct place *place)
{
	char name[512];

	snprintf(name, sizeof(name), "%s+0x%" PRIx64, basename(module->path), place->address);
	put_name(out, name);
}

/* The functions of one return address, the outermost first. */
static void put_address(FILE *out, const struct code *code, uint64_t address)
{
	const struct module *module;
	const struct place *place;

	if (!code_find(code, address, &module, &place)) {
		put_name(out, "[unknown]");
		return;
	}
	if (!place->frame_count)
		put_offset(out, module, place);
	for (size_t i = place->frame_count; i-- > 0;) {
		const struct frame *frame = &place->frames[i];

		if (is_library(frame))
			continue;
		if (frame->function)
			put_name(out, frame->function);
		else
			put_offset(out, module, place);
	}
}

/* The functions of a trace from the root on. NULL: no memory; free it. */
static char *path_of(const struct code *code, const struct trace *trace)
{
	char *path = NULL;
	size_t size;
	FILE *out = open_memstream(&path, &size);

	if (!out)
		return NULL;
	if (trace->root)
		put_name(out, trace->root);
	for (size_t i = trace->count; i-- > 0;)
		put_address(out, code, trace->addresses[i]);
	if (!fclose(out))
		return path;
	free(path);
	return NULL;
}

static int add_stack(struct heap_report *heap, const struct code *code,
		     const struct samples *samples, const struct trace *trace)
{
	struct stack_report *stack;
	char *path = path_of(code, trace);

	if (!path)
		return -1;
	stack = readout_grow(&heap->stacks, &heap->stack_count, sizeof(*stack));
	if (!stack) {
		free(path);
		return -1;
	}
	*stack = (struct stack_report){ samples->key.sort, samples->site.weight, path };
	return 0;
}

int samples_add(struct heap_report *heap, const struct code *code, const struct samples *samples)
{
	struct trace trace;

	trace_from_caller(&trace, samples);
	if (add_site(heap, code, samples, &trace))
		return -1;
	return add_stack(heap, code, samples, &trace);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_sites(const void *left, const void *right)
{
	const struct site_report *a = left, *b = right;
	int order = compare_numbers(a->sort, b->sort);

	order = order ? order : compare_numbers(b->dirtied, a->dirtied);
	return order ? order : compare_numbers(b->weight, a->weight);
}

static int compare_paths(const void *left, const void *right)
{
	const struct stack_report *a = left, *b = right;
	int order = compare_numbers(a->sort, b->sort);

	return order ? order : strcmp(a->path, b->path);
}

static int compare_stacks(const void *left, const void *right)
{
	const struct stack_report *a = left, *b = right;
	int order = compare_numbers(a->sort, b->sort);

	return order ? order : compare_numbers(b->weight, a->weight);
}

/* Neighbours of the same path become one. */
static void merge_stacks(struct heap_report *heap)
{
	size_t last = 0;

	for (size_t i = 1; i < heap->stack_count; i++) {
		if (compare_paths(&heap->stacks[last], &heap->stacks[i])) {
			heap->stacks[++last] = heap->stacks[i];
		} else {
			heap->stacks[last].weight += heap->stacks[i].weight;
			free(heap->stacks[i].path);
		}
	}
	heap->stack_count = last + 1;
}

void samples_sort(struct heap_report *heap)
{
	if (!heap->site_count)
		return;
	qsort(heap->sites, heap->site_count, sizeof(*heap->sites), compare_sites);
	qsort(heap->stacks, heap->stack_count, sizeof(*heap->stacks), compare_paths);
	merge_stacks(heap);
	qsort(heap->stacks, heap->stack_count, sizeof(*heap->stacks), compare_stacks);
}
