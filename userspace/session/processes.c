/* SPDX-License-Identifier: BSD-2-Clause */
#include "session/processes.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/state.h"

static struct process *find(const struct processes *processes, uint64_t number)
{
	size_t low = 0, high = processes->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (processes->entries[middle].about.process < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < processes->count && processes->entries[low].about.process == number)
		return &processes->entries[low];
	return NULL;
}

/* Room for a number that is not there. Numbers come nearly in order. */
static struct process *insert(struct processes *processes, uint64_t number)
{
	size_t at = processes->count;

	if (processes->count == processes->room) {
		size_t room = processes->room ? 2 * processes->room : 16;
		struct process *more = reallocarray(processes->entries, room, sizeof(*more));

		if (!more)
			return NULL;
		processes->entries = more;
		processes->room = room;
	}
	while (at && processes->entries[at - 1].about.process > number)
		at--;
	memmove(&processes->entries[at + 1], &processes->entries[at],
		(processes->count - at) * sizeof(*processes->entries));
	processes->count++;
	memset(&processes->entries[at], 0, sizeof(processes->entries[at]));
	processes->entries[at].about.process = number;
	return &processes->entries[at];
}

/* What a file under /proc/PID holds, without its last newline; empty when it is not there. */
static void read_file(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t length;
	FILE *file;

	*text = 0;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (!file)
		return;
	length = fread(text, 1, size - 1, file);
	fclose(file);
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = 0;
}

/*
 * Whether the process that has this pid now is the one that started then (ns
 * of the boot clock as /proc has it, in ticks), and its leader lives: what /proc
 * says of one that has ended is not true of its process.
 */
static bool is_same(pid_t pid, uint64_t start_time)
{
	uint64_t ticks, tick_ns = 1000000000ULL / sysconf(_SC_CLK_TCK);
	char text[1024], state, *behind_name;

	read_file(pid, "stat", text, sizeof(text));
	behind_name = strrchr(text, ')');
	return behind_name &&
	       sscanf(behind_name, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
				   "%*d %*d %*d %*d %*d %" SCNu64, &state, &ticks) == 2 &&
	       state != 'Z' && state != 'X' && ticks == start_time / tick_ns;
}

/*
 * The cgroup that tells most: in the unified hierarchy unless the process sits
 * in its root, else in systemd's own, else in the first that is not a root.
 */
static char *read_cgroup(pid_t pid)
{
	char path[64], *line = NULL, *best = NULL;
	int best_rank = 0;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	while (getline(&line, &room, file) > 0) {
		/* hierarchy:controllers:path */
		char *controllers = strchr(line, ':'), *group;
		int rank;

		if (!controllers || !(group = strchr(controllers + 1, ':')))
			continue;
		*group++ = 0;
		group[strcspn(group, "\n")] = 0;
		if (!strcmp(group, "/"))
			rank = 1;
		else if (!strncmp(line, "0:", 2))
			rank = 4;
		else
			rank = strcmp(controllers + 1, "name=systemd") ? 2 : 3;
		if (rank > best_rank) {
			char *copy = strdup(group);

			if (!copy)
				break;
			free(best);
			best = copy;
			best_rank = rank;
		}
	}
	free(line);
	fclose(file);
	return best;
}

/* The entry of a process of which we hear, made at the first time. NULL: no memory. */
static struct process *meet(struct session *session, uint64_t number, pid_t pid)
{
	struct process *process = find(&session->processes, number);

	if (process)
		return process;
	process = insert(&session->processes, number);
	if (!process)
		return NULL;
	process->about.pid = pid;
	return process;
}

static void describe(struct process *process, const struct gcscope_process_record *record)
{
	process->about.ns_pid = record->ns_pid;
	process->about.attached_late |= record->late;
	memcpy(process->about.comm, record->comm, sizeof(record->comm));
}

/* What only /proc tells, while the process runs. */
static void look_up(struct session *session, struct process *process, uint64_t start_time)
{
	char *cgroup = read_cgroup(process->about.pid);

	start_time += (uint64_t)session->boottime_offset;
	if (!process->about.cgroup && is_same(process->about.pid, start_time))
		process->about.cgroup = cgroup;
	else
		free(cgroup);
}

/* The nonzero words of a value. NULL: no memory. */
static struct kept *pack(const struct gcscope_histogram_key *key, const void *value, size_t size)
{
	const uint64_t *words = value;
	unsigned count = 0;
	struct kept *kept;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		count += words[i] != 0;
	kept = malloc(sizeof(*kept) + count * sizeof(kept->words[0]));
	if (!kept)
		return NULL;
	kept->key = *key;
	kept->count = 0;
	for (size_t i = 0; i < size / sizeof(*words); i++) {
		if (!words[i])
			continue;
		kept->words[kept->count].index = i;
		kept->words[kept->count++].word = words[i];
	}
	return kept;
}

void kept_unpack(const struct kept *kept, void *value)
{
	uint64_t *words = value;

	for (unsigned i = 0; i < kept->count; i++)
		words[kept->words[i].index] = kept->words[i].word;
}

/* Keep an entry of `heaps`, `histograms` or `ledgers`, read into value. False: no memory. */
static bool keep(struct process *process, struct bpf_map *map, const void *key, void *value)
{
	struct kept **more = reallocarray(process->kept, process->kept_count + 1, sizeof(*more));
	struct gcscope_histogram_key kept_key = { 0 };

	if (!more)
		return false;
	process->kept = more;
	if (bpf_map_lookup_elem(bpf_map__fd(map), key, value))
		return false;
	memcpy(&kept_key, key, bpf_map__key_size(map));
	more[process->kept_count] = pack(&kept_key, value, bpf_map__value_size(map));
	if (!more[process->kept_count])
		return false;
	process->kept_count++;
	return true;
}

/*
 * Move all entries of a process out of a map, by way of value; value NULL: drop
 * them. What there is no memory for stays, and is reported from there. Every key
 * of these maps starts with the number of its process.
 */
static void take(struct process *process, struct bpf_map *map, void *value)
{
	int fd = bpf_map__fd(map);
	union {
		uint64_t process;
		struct gcscope_heap_key heap;
		struct gcscope_histogram_key histogram;
		struct gcscope_open_key open;
	} key, next;
	bool more = !bpf_map_get_next_key(fd, NULL, &next);
	/* A key that kernel programs take away meanwhile sends us back to the first. */
	unsigned steps = 2 * bpf_map__max_entries(map);

	while (more && steps--) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (key.process != process->about.process)
			continue;
		if (!value || keep(process, map, &key, value))
			bpf_map_delete_elem(fd, &key);
	}
}

/* A process has ended: take what was counted out of the kernel. */
static void retire(struct session *session, struct process *process)
{
	union {
		struct gcscope_heap_state heap;
		struct gcscope_histogram histogram;
		struct gcscope_ledger ledger;
	} *value = malloc(sizeof(*value));

	process->about.ended = true;
	code_ended(&process->code);
	if (value) {
		take(process, session->bpf->maps.heaps, value);
		take(process, session->bpf->maps.histograms, value);
		take(process, session->bpf->maps.ledgers, value);
	}
	take(process, session->bpf->maps.open, NULL);
	bpf_map_delete_elem(bpf_map__fd(session->bpf->maps.floors), &process->about.process);
	free(value);
}

static void exited(struct session *session, const struct gcscope_process_record *record)
{
	struct process *process;

	if (record->head.type == GCSCOPE_RECORD_EXIT)
		files_detach(&session->files, (pid_t)record->head.tgid);
	if (!record->ns_pid)
		return; /* it never had an event */
	process = meet(session, record->head.process, record->head.tgid);
	if (!process)
		return;
	/* An exec has given it the next one's name already. */
	if (record->head.type != GCSCOPE_RECORD_EXEC || !process->about.comm[0])
		describe(process, record);
	if (record->head.type == GCSCOPE_RECORD_EXEC) {
		process->about.exec = true;
	} else if (WIFSIGNALED(record->code)) {
		process->about.exit_signal = (struct number){ true, WTERMSIG(record->code) };
	} else {
		process->about.exit_code = (struct number){ true, WEXITSTATUS(record->code) };
	}
	retire(session, process);
}

/* The list is full: shorter pauses than its last need not be told. */
static void raise_floor(struct session *session, const struct process *process)
{
	uint64_t floor = process->about.worst[WORST_PAUSES - 1].duration_ns;

	bpf_map_update_elem(bpf_map__fd(session->bpf->maps.floors), &process->about.process, &floor,
			    BPF_ANY);
}

/* Among the longest, keep the list longest first. */
static void paused(struct session *session, const struct gcscope_pause_record *record)
{
	struct process *process = meet(session, record->head.process, record->head.tgid);
	uint64_t duration = record->ended_ns - record->requested_ns;
	struct worst_pause *worst;
	size_t at;

	if (!process)
		return;
	worst = process->about.worst;
	at = process->about.worst_count;
	if (at == WORST_PAUSES && duration <= worst[at - 1].duration_ns)
		return;
	if (at < WORST_PAUSES)
		process->about.worst_count++;
	else
		at--;
	for (; at && worst[at - 1].duration_ns < duration; at--)
		worst[at] = worst[at - 1];
	worst[at] = (struct worst_pause){
		.heap = record->heap,
		.collection = record->collection,
		.kind = record->kind,
		.cause = record->cause,
		.at_seconds = (double)(int64_t)(record->requested_ns - session->begin_ns) / 1e9,
		.duration_ns = duration,
		.time_to_safepoint_ns = { record->stopped_ns != 0,
					  record->stopped_ns - record->requested_ns },
		.latest_mutator = { record->latest_mutator != 0, record->latest_mutator },
		.has_ledger = record->has_ledger,
	};
	memcpy(worst[at].to_safepoint_ns, record->safepoint_ns, sizeof(record->safepoint_ns));
	memcpy(worst[at].stopped_ns, record->stopped_parts_ns, sizeof(record->stopped_parts_ns));
	if (process->about.worst_count == WORST_PAUSES)
		raise_floor(session, process);
}

/* The number under which a process id is watched now; 0 none. */
static uint64_t number_of(struct session *session, pid_t pid, struct gcscope_process *ret_value)
{
	uint32_t key = pid;

	if (bpf_map_lookup_elem(bpf_map__fd(session->bpf->maps.processes), &key, ret_value))
		return 0;
	return ret_value->process;
}

void processes_code(struct session *session, pid_t pid)
{
	struct gcscope_process value;
	uint64_t number = number_of(session, pid, &value);
	struct process *process = number ? meet(session, number, pid) : NULL;
	struct mapping *mappings;
	size_t count;

	if (!process)
		return;
	if (!process->code.maps)
		process->code.maps = mappings_open(pid);
	if (mappings_read(pid, &mappings, &count) &&
	    (!process->code.maps ||
	     mappings_read_again(process->code.maps, pid, &mappings, &count)))
		return;
	modules_keep(&session->modules, &process->code, mappings, count);
	mappings_free(mappings, count);
}

const struct code *processes_code_of(const struct session *session, uint64_t number)
{
	return &find(&session->processes, number)->code;
}

void processes_follow_code(struct session *session)
{
	uint64_t made = session->bpf->bss->sites_made;

	if (made == session->sites_seen)
		return;
	session->sites_seen = made;
	for (size_t i = 0; i < session->processes.count; i++)
		if (!session->processes.entries[i].about.ended)
			processes_code(session, session->processes.entries[i].about.pid);
}

/* The card map of a heap, made at its first use. NULL: no memory. */
static struct card_map *card_map_of(struct process *process, uint64_t heap)
{
	struct heap_cards **more;

	for (size_t i = 0; i < process->cards_count; i++)
		if (process->cards[i]->heap == heap)
			return &process->cards[i]->map;
	more = reallocarray(process->cards, process->cards_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	process->cards = more;
	more[process->cards_count] = calloc(1, sizeof(**more));
	if (!more[process->cards_count])
		return NULL;
	more[process->cards_count]->heap = heap;
	return &more[process->cards_count++]->map;
}

static void scanned(struct session *session, const struct gcscope_cards_record *record)
{
	struct process *process = meet(session, record->head.process, record->head.tgid);
	struct card_map *map = process ? card_map_of(process, record->heap) : NULL;

	if (map)
		card_map_add(map, record->head.time_ns - session->begin_ns, record->base,
			     record->part, record->counts, record->parts);
}

void processes_record(struct session *session, const struct gcscope_record *record)
{
	struct process *process;

	switch (record->type) {
	case GCSCOPE_RECORD_PROCESS:
		process = meet(session, record->process, record->tgid);
		if (!process)
			break;
		describe(process, (const void *)record);
		look_up(session, process,
			((const struct gcscope_process_record *)record)->start_time);
		if (session->options.details & DETAIL_SITES)
			processes_code(session, (pid_t)record->tgid);
		break;
	case GCSCOPE_RECORD_EXEC:
	case GCSCOPE_RECORD_EXIT:
		exited(session, (const void *)record);
		break;
	case GCSCOPE_RECORD_PAUSE:
		paused(session, (const void *)record);
		break;
	case GCSCOPE_RECORD_CARDS:
		scanned(session, (const void *)record);
		break;
	}
}

void processes_late(struct session *session, pid_t pid)
{
	struct gcscope_process value;
	uint64_t number = number_of(session, pid, &value);
	struct process *process = number ? meet(session, number, pid) : NULL;

	if (process)
		process->about.attached_late = true;
}

void processes_reconcile(struct session *session)
{
	int fd = bpf_map__fd(session->bpf->maps.processes);
	uint32_t key, *previous = NULL;
	struct gcscope_process value;

	for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
		struct process *process;

		if (bpf_map_lookup_elem(fd, &key, &value) || !value.seen)
			continue;
		process = meet(session, value.process, key);
		if (!process || process->about.ns_pid)
			continue;
		process->about.ns_pid = value.ns_pid;
		process->about.attached_late |= value.late;
		read_file(key, "comm", process->about.comm, sizeof(process->about.comm));
		look_up(session, process, value.start_time);
	}
	for (size_t i = 0; i < session->processes.count; i++) {
		struct process *process = &session->processes.entries[i];
		uint64_t number = number_of(session, process->about.pid, &value);

		if (process->about.ended || number == process->about.process)
			continue;
		retire(session, process);
		if (!number)
			files_detach(&session->files, process->about.pid);
	}
}

void processes_free(struct processes *processes)
{
	for (size_t i = 0; i < processes->count; i++) {
		struct process *process = &processes->entries[i];

		for (size_t j = 0; j < process->kept_count; j++)
			free(process->kept[j]);
		free(process->kept);
		for (size_t j = 0; j < process->cards_count; j++)
			free(process->cards[j]);
		free(process->cards);
		code_free(&process->code);
		free(process->about.cgroup);
	}
	free(processes->entries);
	*processes = (struct processes){ 0 };
}
