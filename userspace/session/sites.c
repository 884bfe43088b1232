/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/sites.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "session/arguments.h"

#define NOTE_OWNER   "stapsdt"
#define NOTE_TYPE    3
#define NOTE_SECTION ".note.stapsdt"
#define BASE_SECTION ".stapsdt.base"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#endif

/* The start of a note's descriptor; three strings follow: provider, name, arguments. */
struct note {
	uint64_t site;
	uint64_t base;	    /* address of .stapsdt.base when it was linked */
	uint64_t semaphore; /* 0: none */
};

struct reader {
	Elf *elf;
	size_t names; /* index of the section with the sections' names */
	size_t segments;
	unsigned details;
	GElf_Shdr base; /* of .stapsdt.base; sh_size 0: none */
	struct site *sites;
	size_t count, room;
};

/* The offset in the file of what is loaded at an address. */
static bool address_to_offset(struct reader *reader, uint64_t address, uint64_t *ret_offset)
{
	for (size_t i = 0; i < reader->segments; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(reader->elf, i, &segment) || segment.p_type != PT_LOAD)
			continue;
		if (address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz) {
			*ret_offset = address - segment.p_vaddr + segment.p_offset;
			return true;
		}
	}
	return false;
}

static Elf_Scn *find_section(struct reader *reader, const char *name, GElf_Shdr *ret_header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(reader->elf, section))) {
		const char *found;

		if (!gelf_getshdr(section, ret_header))
			continue;
		found = elf_strptr(reader->elf, reader->names, ret_header->sh_name);
		if (found && !strcmp(found, name))
			return section;
	}
	memset(ret_header, 0, sizeof(*ret_header));
	return NULL;
}

/* The string at *at, which must end before `end`; *at moves behind it. */
static const char *take_string(const char **at, const char *end)
{
	const char *string = *at, *zero = memchr(string, 0, end - string);

	if (!zero)
		return NULL;
	*at = zero + 1;
	return string;
}

/* -1: no memory. */
static int add_site(struct reader *reader, const struct site *site)
{
	if (reader->count == reader->room) {
		size_t room = reader->room ? 2 * reader->room : 16;
		struct site *more = reallocarray(reader->sites, room, sizeof(*more));

		if (!more)
			return -1;
		reader->sites = more;
		reader->room = room;
	}
	reader->sites[reader->count++] = *site;
	return 0;
}

/* The site of a note. -1: no memory. A note that is not ours or makes no sense is passed over. */
static int add_note(struct reader *reader, const char *at, const char *end)
{
	const struct runtime_probe *probe;
	const char *provider, *name, *arguments;
	struct site site = { 0 };
	struct note note;

	if ((size_t)(end - at) < sizeof(note))
		return 0;
	memcpy(&note, at, sizeof(note));
	at += sizeof(note);
	provider = take_string(&at, end);
	name = provider ? take_string(&at, end) : NULL;
	arguments = name ? take_string(&at, end) : NULL;
	if (!arguments)
		return 0;
	site.runtime = runtime_by_probe(provider, name, &probe);
	if (!site.runtime || !runtime_wants(site.runtime, probe->event, reader->details))
		return 0;
	site.event = probe->event;
	arguments_parse(arguments, &site.layout);
	if (reader->base.sh_size) { /* prelink moves addresses, but not those in notes */
		note.site += reader->base.sh_addr - note.base;
		if (note.semaphore)
			note.semaphore += reader->base.sh_addr - note.base;
	}
	if (!address_to_offset(reader, note.site, &site.offset) ||
	    (note.semaphore && !address_to_offset(reader, note.semaphore, &site.semaphore)))
		return 0;
	return add_site(reader, &site);
}

static int read_notes(struct reader *reader)
{
	size_t next, name, descriptor, at = 0;
	GElf_Shdr header;
	GElf_Nhdr note;
	Elf_Scn *section = find_section(reader, NOTE_SECTION, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;

	if (!data || header.sh_type != SHT_NOTE)
		return 0;
	find_section(reader, BASE_SECTION, &reader->base);
	for (; (next = gelf_getnote(data, at, &note, &name, &descriptor)); at = next) {
		const char *bytes = data->d_buf;

		if (note.n_type != NOTE_TYPE || note.n_namesz != sizeof(NOTE_OWNER) ||
		    memcmp(bytes + name, NOTE_OWNER, sizeof(NOTE_OWNER)))
			continue;
		if (add_note(reader, bytes + descriptor, bytes + descriptor + note.n_descsz))
			return -1;
	}
	return 0;
}

/* Whether a function has its site yet: it is named in both symbol tables. */
static bool has_function(struct reader *reader, const struct runtime *runtime, uint16_t event)
{
	for (size_t i = 0; i < reader->count; i++)
		if (reader->sites[i].runtime == runtime && reader->sites[i].event == event)
			return true;
	return false;
}

static int add_functions(struct reader *reader, const struct runtime *runtime, const char *name,
			 uint64_t address)
{
	struct site site = { .runtime = runtime };

	for (const struct runtime_function *function = runtime->functions; function->symbol;
	     function++) {
		if (strcmp(function->symbol, name) ||
		    has_function(reader, runtime, function->event) ||
		    !address_to_offset(reader, address, &site.offset))
			continue;
		site.event = function->event;
		if (add_site(reader, &site))
			return -1;
	}
	return 0;
}

/* The functions that a runtime wants, from a table of symbols. */
static int read_symbols(struct reader *reader, const struct runtime *runtime, uint32_t type)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(reader->elf, section))) {
		Elf_Data *data;
		GElf_Shdr header;
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &header) || header.sh_type != type)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
			const char *name;

			if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC ||
			    symbol.st_shndx == SHN_UNDEF)
				continue;
			name = elf_strptr(reader->elf, header.sh_link, symbol.st_name);
			if (name && add_functions(reader, runtime, name, symbol.st_value))
				return -1;
		}
	}
	return 0;
}

/* Notes say which runtimes are here; these may want functions besides. */
static int read_sites(struct reader *reader)
{
	size_t notes;

	if (read_notes(reader))
		return -1;
	notes = reader->count;
	for (size_t i = 0; i < notes; i++) {
		const struct runtime *runtime = reader->sites[i].runtime;

		if (!runtime->functions || (i && reader->sites[i - 1].runtime == runtime))
			continue;
		if (read_symbols(reader, runtime, SHT_SYMTAB) ||
		    read_symbols(reader, runtime, SHT_DYNSYM))
			return -1;
	}
	return 0;
}

static int compare_sites(const void *left, const void *right)
{
	const struct site *a = left, *b = right;

	if (a->runtime != b->runtime)
		return a->runtime < b->runtime ? -1 : 1;
	if ((a->event == a->runtime->opens) != (b->event == b->runtime->opens))
		return a->event == a->runtime->opens ? 1 : -1;
	return (int)b->event - (int)a->event;
}

int sites_read(int fd, unsigned details, struct site **ret_sites, size_t *ret_count)
{
	struct reader reader = { .details = details };
	GElf_Ehdr header;
	int failed = 0;

	elf_version(EV_CURRENT);
	reader.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (reader.elf && elf_kind(reader.elf) == ELF_K_ELF && gelf_getehdr(reader.elf, &header) &&
	    header.e_machine == MACHINE && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	    !elf_getshdrstrndx(reader.elf, &reader.names) &&
	    !elf_getphdrnum(reader.elf, &reader.segments))
		failed = read_sites(&reader);
	elf_end(reader.elf);
	if (failed) {
		free(reader.sites);
		errno = ENOMEM;
		return -1;
	}
	if (reader.count)
		qsort(reader.sites, reader.count, sizeof(*reader.sites), compare_sites);
	*ret_sites = reader.sites;
	*ret_count = reader.count;
	return 0;
}
