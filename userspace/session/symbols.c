/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct symbols {
	int fd; /* until it is read, then -1 */
	char *path;
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: not read yet, or it is no ELF file */
	void *places;	     /* those that were asked for, a tree of tsearch(3) */
};

struct symbols *symbols_open(int fd, const char *path)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (symbols)
		symbols->path = strdup(path);
	if (!symbols || !symbols->path) {
		free(symbols);
		close(fd);
		return NULL;
	}
	symbols->fd = fd;
	return symbols;
}

/* Alone of all files, at addresses of its own. */
static void read_file(struct symbols *symbols)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	symbols->dwfl = dwfl_begin(&callbacks);
	if (symbols->dwfl)
		symbols->module = dwfl_report_offline(symbols->dwfl, symbols->path, symbols->path,
						      symbols->fd);
	if (symbols->module)
		dwfl_report_end(symbols->dwfl, NULL, NULL);
	else
		close(symbols->fd);
	symbols->fd = -1;
}

/* The address of what is loaded from an offset. False: nothing is. */
static bool offset_to_address(Dwfl_Module *module, uint64_t offset, GElf_Addr *ret_address,
			      GElf_Addr *ret_bias)
{
	Elf *elf = dwfl_module_getelf(module, ret_bias);
	size_t count;

	if (!elf || elf_getphdrnum(elf, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, i, &segment) || segment.p_type != PT_LOAD ||
		    offset < segment.p_offset || offset - segment.p_offset >= segment.p_filesz)
			continue;
		*ret_address = offset - segment.p_offset + segment.p_vaddr;
		return true;
	}
	return false;
}

/* The compilation unit of an address. Not all compilers write a table of those. */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, ret_bias);

	if (unit)
		return unit;
	while ((unit = dwfl_module_nextcu(module, unit, ret_bias)))
		if (dwarf_haspc(unit, address - *ret_bias) > 0)
			break;
	return unit;
}

static void add_frame(struct place *place, const char *function, const struct frame *where)
{
	place->frames[place->frame_count] = *where;
	place->frames[place->frame_count++].function = function;
}

/* Where a function was inlined. */
static struct frame called_from(Dwarf_Die *unit, Dwarf_Die *inlined)
{
	struct frame frame = { 0 };
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t count;

	if (!dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &number) &&
	    !dwarf_getsrcfiles(unit, &files, &count))
		frame.file = dwarf_filesrc(files, number, NULL, NULL);
	if (!dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number))
		frame.line = (int)number;
	return frame;
}

static struct place *new_place(size_t frames)
{
	return calloc(1, sizeof(struct place) + frames * sizeof(struct frame));
}

/* A frame for each function that was inlined there, and one for the function itself. */
static struct place *functions_at(Dwarf_Die *unit, Dwarf_Die *scopes, int count, struct frame where)
{
	struct place *place = new_place((size_t)count);

	for (int i = 0; place && i < count; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		add_frame(place, dwarf_diename(&scopes[i]), &where);
		if (tag == DW_TAG_subprogram)
			break;
		where = called_from(unit, &scopes[i]);
	}
	return place;
}

/*
 * What encloses an address, innermost first; an array to free. dwarf_getscopes goes on from
 * an inlined function to where it was defined; what is wanted is where it was inlined.
 */
static int enclosing(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **ret_scopes)
{
	Dwarf_Die *scopes = NULL;
	int count = dwarf_getscopes(unit, address, &scopes);

	*ret_scopes = NULL;
	if (count > 0)
		count = dwarf_getscopes_die(&scopes[0], ret_scopes);
	free(scopes);
	return count > 0 ? count : 0;
}

/* From a table of symbols alone, or for code that was not compiled. */
static struct place *symbol_at(Dwfl_Module *module, GElf_Addr address, const struct frame *where)
{
	struct place *place = new_place(1);
	GElf_Off offset;
	GElf_Sym symbol;
	const char *name =
		dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);

	if (place && (name || where->file))
		add_frame(place, name, where);
	return place;
}

static struct frame line_at(Dwarf_Die *unit, Dwarf_Addr address)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);
	struct frame where = { 0 };

	if (!line)
		return where;
	where.file = dwarf_linesrc(line, NULL, NULL);
	dwarf_lineno(line, &where.line);
	return where;
}

/* The place of an instruction, at an address as the module has it. */
static struct place *place_at(Dwfl_Module *module, GElf_Addr address)
{
	struct frame where = { 0 };
	struct place *place = NULL;
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = find_unit(module, address, &bias), *scopes = NULL;
	int count;

	if (unit) {
		where = line_at(unit, address - bias);
		count = enclosing(unit, address - bias, &scopes);
		place = functions_at(unit, scopes, count, where);
		free(scopes);
	}
	if (place && place->frame_count)
		return place;
	free(place);
	return symbol_at(module, address, &where);
}

static struct place *look_up(struct symbols *symbols, uint64_t offset)
{
	GElf_Addr address = offset, bias = 0;
	struct place *place;

	/* The call may be the last instruction of its line, of its function even. */
	if (symbols->module && offset_to_address(symbols->module, offset - 1, &address, &bias))
		place = place_at(symbols->module, address++ + bias);
	else
		place = new_place(0);
	if (place) {
		place->offset = offset;
		place->address = address;
	}
	return place;
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

const struct place *symbols_find(struct symbols *symbols, uint64_t offset)
{
	const struct place key = { .offset = offset };
	struct place **found = tfind(&key, &symbols->places, compare_places), *place;

	if (found)
		return *found;
	if (symbols->fd >= 0)
		read_file(symbols);
	place = look_up(symbols, offset);
	if (place && !tsearch(place, &symbols->places, compare_places)) {
		free(place);
		return NULL;
	}
	return place;
}

void symbols_close(struct symbols *symbols)
{
	if (!symbols)
		return;
	tdestroy(symbols->places, free);
	dwfl_end(symbols->dwfl);
	if (symbols->fd >= 0)
		close(symbols->fd);
	free(symbols->path);
	free(symbols);
}
