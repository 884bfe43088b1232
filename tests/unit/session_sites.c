/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe sites from ELF notes: this program has some, written by hand, and reads itself. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gcscope/events.h"
#include "session/sites.h"

static volatile unsigned short semaphore __asm__("test_semaphore")
	__attribute__((section(".probes"), used)) = 0x5e3a;

__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
	".weak _.stapsdt.base\n"
	".hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n"
	".popsection\n");

#define NOTE(provider, name, semaphore, arguments)                             \
	__asm__("990: nop\n"                                                   \
		".pushsection .note.stapsdt,\"\",\"note\"\n"                   \
		".balign 4\n"                                                  \
		".4byte 992f-991f, 994f-993f, 3\n"                             \
		"991: .asciz \"stapsdt\"\n"                                    \
		"992: .balign 4\n"                                             \
		"993: .8byte 990b, _.stapsdt.base, " semaphore "\n"            \
		".asciz \"" provider "\"\n"                                    \
		".asciz \"" name "\"\n"                                        \
		".asciz \"" arguments "\"\n"                                   \
		"994: .balign 4\n"                                             \
		".popsection\n")

/* Kept, though nobody calls it, for the notes. */
__attribute__((used, noinline)) static void sites(void)
{
	NOTE("gcscope", "pause_requested", "test_semaphore", "8@%rdi 8@%rsi");
	NOTE("gcscope", "pause_ended", "0", "8@%rsi 8@%rdi");
	NOTE("gcscope", "pause_ended", "0", "8@%rdi");
	NOTE("gcscope", "allocation_sampled", "0", "");
	NOTE("gcscope", "no_such_event", "0", "");
	NOTE("another", "pause_ended", "0", "");
	NOTE("gcscope", "cards_scanned", "0", "8@%rdi 8@%rsi");
}

static uint8_t byte_at(int fd, uint64_t offset)
{
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	return byte;
}

static void reads_the_notes_that_it_knows(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct site *found;
	size_t count;

	(void)state;
	assert_return_code(sites_read(fd, 0, &found, &count), 0);
	assert_int_equal(count, 3);
	/* Ends before their begins. */
	assert_int_equal(found[0].event, GCS_EVENT_pause_ended);
	assert_int_equal(found[1].event, GCS_EVENT_pause_ended);
	assert_int_equal(found[2].event, GCS_EVENT_pause_requested);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(found[i].runtime->name, "gcscope");
		assert_int_equal(byte_at(fd, found[i].offset), 0x90);
	}
	assert_int_equal(found[0].semaphore, 0);
	assert_int_equal(byte_at(fd, found[2].semaphore), 0x3a);
	assert_int_equal(byte_at(fd, found[2].semaphore + 1), 0x5e);
	assert_int_equal(found[2].layout.arguments[1].place, GCSCOPE_ARGUMENT_REGISTER);
	assert_int_equal(found[2].layout.arguments[2].place, GCSCOPE_ARGUMENT_NONE);
	free(found);
	close(fd);
}

static void reads_details_only_when_wanted(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct site *found;
	size_t count;

	(void)state;
	assert_return_code(sites_read(fd, DETAIL_CARD_MAP, &found, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(found[0].event, GCS_EVENT_cards_scanned);
	free(found);
	assert_return_code(sites_read(fd, DETAIL_SITES, &found, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(found[0].event, GCS_EVENT_allocation_sampled);
	free(found);
	close(fd);
}

static void finds_nothing_in_what_is_no_program(void **state)
{
	static const char *const files[] = { "/proc/self/maps", "/etc/passwd", "/dev/null" };
	struct site *found;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		assert_return_code(sites_read(fd, 0, &found, &count), 0);
		assert_int_equal(count, 0);
		free(found);
		close(fd);
	}
}

/* Any byte of a file may be wrong, and any part of its end missing. */
static void survives_damage(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), copy;
	struct stat status;
	uint8_t *whole, *notes;
	struct site *found;
	size_t count, size;

	(void)state;
	assert_return_code(fstat(fd, &status), errno);
	size = (size_t)status.st_size;
	whole = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(whole, MAP_FAILED);
	notes = memmem(whole, size, "stapsdt\0", 8);
	assert_non_null(notes);
	copy = memfd_create("damaged", MFD_CLOEXEC);
	srandom(1);
	for (int round = 0; round < 3000; round++) {
		/* In turn: the file's header, the section headers, the notes, the end. */
		const size_t places[] = { 0, size - 4096, (size_t)(notes - whole) - 16 };
		const size_t spans[] = { 64, 4096, 512 };
		int part = round % 4;

		assert_int_equal(pwrite(copy, whole, size, 0), size);
		if (part == 3) {
			assert_return_code(ftruncate(copy, random() % (off_t)size), errno);
		} else {
			for (int flips = 1 + round / 4 % 4; flips; flips--) {
				uint8_t byte = (uint8_t)random();

				assert_int_equal(pwrite(copy, &byte, 1,
							(off_t)(places[part] +
								(size_t)random() % spans[part])),
						 1);
			}
		}
		if (!sites_read(copy, 0, &found, &count))
			free(found);
	}
	close(copy);
	munmap(whole, size);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_notes_that_it_knows),
		cmocka_unit_test(reads_details_only_when_wanted),
		cmocka_unit_test(finds_nothing_in_what_is_no_program),
		cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
