/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that sends gcscope's events by hand, and sends them wrong: ends
 * without begins, statistics blocks that are not there or not what they claim.
 * It says what it did, so that a test can tell what must have been counted.
 *
 * wild heaps N: instead, after a line on standard input, one pause in each of N heaps.
 * wild cards: instead, the dirty cards of one heap, and some that cannot be.
 */
#include <gcscope/codes.h>
#include <gcscope/stats.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
	".weak _.stapsdt.base\n"
	".hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n"
	".popsection\n");

/* A function that is one probe site, with its arguments where it got them. */
#define EVENT(name, arguments)                                                 \
	void name(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f); \
	__asm__(".pushsection .text\n"                                         \
		#name ": .globl " #name "\n"                                   \
		"990: nop\n"                                                   \
		"ret\n"                                                        \
		".pushsection .note.stapsdt,\"\",\"note\"\n"                   \
		".balign 4\n"                                                  \
		".4byte 992f-991f, 994f-993f, 3\n"                             \
		"991: .asciz \"stapsdt\"\n"                                    \
		"992: .balign 4\n"                                             \
		"993: .8byte 990b, _.stapsdt.base, 0\n"                        \
		".asciz \"gcscope\"\n"                                         \
		".asciz \"" #name "\"\n"                                       \
		".asciz \"" arguments "\"\n"                                   \
		"994: .balign 4\n"                                             \
		".popsection\n"                                                \
		".popsection\n")

EVENT(heap_created, "8@%rdi 8@%rsi 8@%rdx 8@%rcx");
EVENT(collection_begin, "8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9");
EVENT(collection_end, "8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9");
EVENT(pause_requested, "8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9");
EVENT(pause_ended, "8@%rdi 8@%rsi");
EVENT(cards_scanned, "8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9");

enum { HEAP = 1, MAJOR = GCS_KIND_MAJOR, EXPLICIT = GCS_CAUSE_EXPLICIT };

static struct gcscope_stats stats = {
	.magic = GCSCOPE_STATS_MAGIC,
	.version = GCSCOPE_STATS_VERSION,
	.size = sizeof(stats),
	.plan = GCS_PLAN_MARKSWEEP,
	.heap = HEAP,
};

static uint64_t collections;

/* One collection in a pause of its own, whose two events carry this block. */
static void collect(const void *block)
{
	uint64_t id = ++collections;

	pause_requested(HEAP, id, id, MAJOR, EXPLICIT, 0);
	collection_begin(HEAP, id, MAJOR, EXPLICIT, 0, (uintptr_t)block);
	stats.allocation_bytes += 100;
	collection_end(HEAP, id, MAJOR, EXPLICIT, 0, (uintptr_t)block);
	pause_ended(HEAP, id, 0, 0, 0, 0);
}

static int pause_heaps(uint64_t heaps)
{
	char line[16];

	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (uint64_t heap = 1; heap <= heaps; heap++) {
		pause_requested(heap, 1, 0, MAJOR, EXPLICIT, 0);
		pause_ended(heap, 1, 0, 0, 0, 0);
	}
	return 0;
}

static void scan(uint64_t part, uint64_t parts, const void *counts)
{
	cards_scanned(HEAP, ++collections, 0x10000000, part, parts, (uintptr_t)counts);
}

/* hole: a page that is not there. */
static int tell_cards(void *hole)
{
	static uint32_t counts[65];
	uint32_t *last = (uint32_t *)hole - 2; /* an array that ends where the hole begins */

	last[0] = last[1] = 1000;
	for (uint32_t i = 0; i < 64; i++)
		counts[i] = i;
	/* Of a heap whose counters were never seen: counts nowhere. */
	cards_scanned(HEAP, ++collections, 0x10000000, 4096, 1, (uintptr_t)counts);
	heap_created(HEAP, GCS_PLAN_MARKSWEEP, 0, (uintptr_t)&stats, 0, 0);
	for (unsigned i = 0; i < 10; i++)
		scan(4096, 64, counts);
	scan(8192, 3, counts);
	scan(8192, 2, last);
	scan(8192, 0, NULL);

	/* Five that cannot be: unmapped, partly so, parts of no size, of an odd one, too many. */
	scan(4096, 64, hole);
	scan(4096, 3, last);
	scan(0, 64, counts);
	scan(4097, 64, counts);
	scan(4096, 65, counts);
	return 0;
}

int main(int argc, char **argv)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *hole = pages + 4096;
	struct gcscope_stats other;

	if (mprotect(hole, 4096, PROT_NONE))
		return 1;
	stats.pid = (uint32_t)getpid();
	if (argc == 3)
		return pause_heaps(strtoul(argv[2], NULL, 10));
	if (argc == 2)
		return tell_cards(hole);
	heap_created(HEAP, GCS_PLAN_MARKSWEEP, 0, (uintptr_t)&stats, 0, 0);
	collect(&stats);

	/* Six reads that fail: unmapped, no block, of another version. */
	collect(hole);
	other = stats;
	other.magic = 0;
	collect(&other);
	other = stats;
	other.version++;
	collect(&other);

	/* No failure, but not ours: the block of the parent, after a fork. */
	other = stats;
	other.pid++;
	other.allocation_bytes = 1000000;
	collect(&other);

	/* Three ends without begins, and a begin without its end. */
	pause_requested(HEAP, 10, 0, MAJOR, EXPLICIT, 0);
	pause_ended(HEAP, 10, 0, 0, 0, 0);
	pause_ended(HEAP, 10, 0, 0, 0, 0);
	pause_ended(HEAP, 11, 0, 0, 0, 0);
	collection_end(HEAP, 99, MAJOR, EXPLICIT, 0, (uintptr_t)&stats);
	pause_requested(HEAP, 12, 0, MAJOR, EXPLICIT, 0);

	/* Older than the first begin seen: these began before we came, and count nowhere. */
	collection_begin(HEAP + 1, 1, MAJOR, EXPLICIT, 0, 0);
	collection_end(HEAP + 1, 1, MAJOR, EXPLICIT, 0, (uintptr_t)&stats);
	pause_ended(HEAP + 1, 9, 0, 0, 0, 0);
	pause_requested(HEAP + 1, 10, 0, MAJOR, EXPLICIT, 0);
	collection_end(HEAP + 1, 9, MAJOR, EXPLICIT, 0, (uintptr_t)&stats);
	pause_ended(HEAP + 1, 9, 0, 0, 0, 0);
	pause_ended(HEAP + 1, 10, 0, 0, 0, 0);
	puts("collections 6 bytes 500 unreadable 7 unmatched 3 pauses 7");
	return 0;
}
