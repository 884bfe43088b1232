/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for addresses: this program looks up its own, in its own file and in copies of it. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "session/mappings.h"
#include "session/symbols.h"
#include "test_random.h"

static char self[PATH_MAX], copy[] = "/tmp/session_symbols.XXXXXX";

__attribute__((noinline)) static uintptr_t here(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

/* Before each function, the line of the call in it. */
enum { PLAIN_LINE = __LINE__ + 3 };
__attribute__((noinline)) static uintptr_t plain(void)
{
	uintptr_t address = here();

	return address + !address;
}

enum { INLINED_LINE = __LINE__ + 3 };
static inline __attribute__((always_inline)) uintptr_t inlined(void)
{
	return here();
}

enum { OUTER_LINE = __LINE__ + 3 };
__attribute__((noinline)) static uintptr_t outer(void)
{
	uintptr_t address = inlined();

	return address + !address;
}

/* Where an address of this program lies in its file. */
static uint64_t offset_of(uintptr_t address)
{
	struct mapping *mappings;
	uint64_t offset = 0;
	size_t count;

	assert_int_equal(mappings_read(getpid(), &mappings, &count), 0);
	for (size_t i = 0; i < count; i++)
		if (address >= mappings[i].start && address < mappings[i].end)
			offset = address - mappings[i].start + mappings[i].offset;
	mappings_free(mappings, count);
	assert_true(offset);
	return offset;
}

static struct symbols *open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct symbols *symbols;

	assert_return_code(fd, 0);
	symbols = symbols_open(fd, path);
	assert_non_null(symbols);
	return symbols;
}

/* This program's file, changed by a command of binutils, as `copy`. */
static void make_copy(const char *command)
{
	char line[2 * PATH_MAX + 100];

	snprintf(line, sizeof(line), "%s %s %s", command, self, copy);
	assert_int_equal(system(line), 0);
}

static void assert_frame(const struct frame *frame, const char *function, int line)
{
	assert_string_equal(frame->function, function);
	assert_non_null(strstr(frame->file, "tests/unit/session_symbols.c"));
	assert_int_equal(frame->line, line);
}

static void check_all(const char *path)
{
	struct symbols *symbols = open_file(path);
	const struct place *place = symbols_find(symbols, offset_of(plain()));

	assert_int_equal(place->frame_count, 1);
	assert_frame(&place->frames[0], "plain", PLAIN_LINE);
	assert_ptr_equal(symbols_find(symbols, offset_of(plain())), place);
	place = symbols_find(symbols, offset_of(outer()));
	assert_int_equal(place->frame_count, 2);
	assert_frame(&place->frames[0], "inlined", INLINED_LINE);
	assert_frame(&place->frames[1], "outer", OUTER_LINE);
	symbols_close(symbols);
}

static void finds_lines_and_inlined_functions(void **state)
{
	(void)state;
	check_all(self);
}

/* clang writes no table of the addresses of compilation units. */
static void finds_them_without_a_table_of_units(void **state)
{
	(void)state;
	make_copy("objcopy --remove-section .debug_aranges");
	check_all(copy);
}

/* addr2line(1) is asked by an address that the file has. */
static void tells_addresses_of_the_file(void **state)
{
	struct symbols *symbols = open_file(self);
	uint64_t address = symbols_find(symbols, offset_of(plain()))->address;
	char command[2 * PATH_MAX], line[PATH_MAX] = "", end[64];
	FILE *tool;

	(void)state;
	snprintf(command, sizeof(command), "addr2line -e %s %#jx", self, (uintmax_t)address - 1);
	tool = popen(command, "r");
	assert_non_null(fgets(line, sizeof(line), tool));
	assert_int_equal(pclose(tool), 0);
	snprintf(end, sizeof(end), "session_symbols.c:%d", PLAIN_LINE);
	assert_non_null(strstr(line, end));
	symbols_close(symbols);
}

static void finds_a_symbol_without_lines(void **state)
{
	const struct place *place;
	struct symbols *symbols;

	(void)state;
	make_copy("objcopy --strip-debug");
	symbols = open_file(copy);
	place = symbols_find(symbols, offset_of(plain()));
	assert_int_equal(place->frame_count, 1);
	assert_string_equal(place->frames[0].function, "plain");
	assert_null(place->frames[0].file);
	assert_int_equal(place->frames[0].line, 0);
	symbols_close(symbols);
}

static void finds_an_address_without_symbols(void **state)
{
	uint64_t offset = offset_of(plain());
	struct symbols *whole = open_file(self), *stripped;
	const struct place *place;

	(void)state;
	make_copy("objcopy --strip-all");
	stripped = open_file(copy);
	place = symbols_find(stripped, offset);
	assert_int_equal(place->frame_count, 0);
	assert_int_equal(place->address, symbols_find(whole, offset)->address);
	symbols_close(stripped);
	symbols_close(whole);
}

static void takes_what_is_no_program(void **state)
{
	struct symbols *symbols = open_file("/etc/passwd");
	const struct place *place = symbols_find(symbols, 5);

	(void)state;
	assert_int_equal(place->frame_count, 0);
	assert_int_equal(place->address, 5);
	symbols_close(symbols);
	/* Closed before it was ever read. */
	symbols_close(open_file(self));
}

/* Behind the headers, or else it is no program any more. */
static void damage(unsigned bytes, bool cut)
{
	int fd = open(copy, O_RDWR | O_CLOEXEC);
	off_t length = lseek(fd, 0, SEEK_END);

	while (bytes--) {
		uint8_t byte = (uint8_t)random_word();
		off_t at = 4096 + (off_t)random_below((uint64_t)length - 4096);

		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	if (cut)
		assert_int_equal(ftruncate(fd, length / 2), 0);
	close(fd);
}

/*
 * Whatever a program brings as its debugging information: it is looked up as root, perhaps. In
 * a process that ends at once, since libdw itself loses a little memory at some damage.
 */
static void survives_damage(void **state)
{
	uint64_t offset = offset_of(outer());

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		int status;
		pid_t child;

		make_copy("cp");
		damage(1U << i % 14, i % 4 == 0);
		child = fork();
		if (!child)
			_exit(symbols_find(open_file(copy), offset) ? 0 : 1);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

static int set_up(void **state)
{
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd = mkstemp(copy);

	(void)state;
	return length < 0 || fd < 0 || close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_lines_and_inlined_functions),
		cmocka_unit_test(finds_them_without_a_table_of_units),
		cmocka_unit_test(tells_addresses_of_the_file),
		cmocka_unit_test(finds_a_symbol_without_lines),
		cmocka_unit_test(finds_an_address_without_symbols),
		cmocka_unit_test(takes_what_is_no_program),
		cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
