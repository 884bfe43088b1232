/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * delays WAY MILLISECONDS COLLECTIONS: in each collection the thread that collects takes about
 * so long, in this way:
 *
 *	spin	it runs until it has had so much CPU time
 *	sleep	nanosleep
 *	futex	it waits for a futex that nobody wakes
 *	pipe	it reads what another process writes so much later
 *	fault	it touches a page of fresh memory for each microsecond
 *	late	a second mutator sleeps so long outside a blocking bracket before each stop
 *
 * Says how long all that took, by its own clock, and what the kernel has counted for its
 * thread meanwhile: "took NS run_delay NS minor_faults N".
 */
#include <gcscope/gcscope.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct way {
	const char *name;
	void (*take)(void);
};

static struct timespec length;
static uint64_t length_ns;
static const struct way *way;
static struct gcs_heap *heap;
static atomic_int stopping, to_late;

static struct {
	uint64_t ns, run_delay, minor_faults;
} sum;

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void spin(void)
{
	uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + length_ns;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void wait_asleep(void)
{
	nanosleep(&length, NULL);
}

static void wait_for_futex(void)
{
	static uint32_t word;

	syscall(SYS_futex, &word, FUTEX_WAIT, 0, &length, NULL, 0);
}

static int requests[2], answers[2];

/* Another process, which answers each request so much later. */
static void start_answering(void)
{
	char byte;

	if (pipe(requests) || pipe(answers))
		give_up("pipe");
	if (fork())
		return;
	close(requests[1]);
	while (read(requests[0], &byte, 1) == 1) {
		nanosleep(&length, NULL);
		if (write(answers[1], &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static void wait_for_pipe(void)
{
	char byte = 0;

	if (write(requests[1], &byte, 1) != 1 || read(answers[0], &byte, 1) != 1)
		give_up("pipe");
}

static void touch_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = length_ns / 1000;
	char *memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		give_up("mmap");
	madvise(memory, pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		memory[i * page] = 1;
	munmap(memory, pages * page);
}

static const struct way ways[] = {
	{ "spin", spin },	   { "sleep", wait_asleep },  { "futex", wait_for_futex },
	{ "pipe", wait_for_pipe }, { "fault", touch_memory }, { "late", NULL },
};

/* What this thread has waited for a CPU, in ns. */
static uint64_t run_delay(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "re");
	uint64_t delay;

	if (!file || fscanf(file, "%*u %" SCNu64, &delay) != 1)
		give_up("/proc/thread-self/schedstat");
	fclose(file);
	return delay;
}

/* Called once in each collection, for the one object there is. */
static void trace(void *object, struct gcs_tracer *tracer)
{
	struct rusage before, after;
	uint64_t delay, begin;

	(void)object;
	(void)tracer;
	if (!way->take)
		return;
	delay = run_delay();
	getrusage(RUSAGE_THREAD, &before);
	begin = clock_ns(CLOCK_MONOTONIC);
	way->take();
	sum.ns += clock_ns(CLOCK_MONOTONIC) - begin;
	getrusage(RUSAGE_THREAD, &after);
	sum.minor_faults += (uint64_t)(after.ru_minflt - before.ru_minflt);
	sum.run_delay += run_delay() - delay;
}

/* The second mutator: when told so, it sleeps while it should stop. */
static void *come_late(void *unused)
{
	struct gcs_mutator *mutator;

	(void)unused;
	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_PRECISE))
		give_up(gcs_error_message());
	for (;;) {
		int told = atomic_exchange(&to_late, 0);

		if (told < 0)
			break;
		if (told) {
			uint64_t begin = clock_ns(CLOCK_MONOTONIC);

			atomic_store(&stopping, 1);
			wait_asleep();
			sum.ns += clock_ns(CLOCK_MONOTONIC) - begin;
		}
		gcs_safepoint(mutator);
	}
	gcs_mutator_detach(mutator);
	return NULL;
}

static void collect(struct gcs_mutator *mutator)
{
	if (!way->take) {
		atomic_store(&to_late, 1);
		while (!atomic_exchange(&stopping, 0))
			gcs_safepoint(mutator);
	}
	gcs_collect(mutator);
}

static void work(unsigned long collections)
{
	const struct gcs_type_info info = { .name = "slow", .size = 8, .trace = trace };
	struct gcs_mutator *mutator;
	struct gcs_type *type;
	pthread_t late;
	void *object;

	if (gcs_heap_create(&heap, NULL) ||
	    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE) ||
	    gcs_type_register(&type, heap, &info))
		give_up(gcs_error_message());
	object = gcs_alloc(mutator, type);
	if (!way->take && pthread_create(&late, NULL, come_late, NULL))
		give_up("pthread_create");
	while (collections--)
		collect(mutator);
	__asm__ volatile("" : : "r"(object));
	if (!way->take) {
		atomic_store(&to_late, -1);
		gcs_blocking_begin(mutator);
		pthread_join(late, NULL);
		gcs_blocking_end(mutator);
	}
	gcs_mutator_detach(mutator);
	gcs_heap_destroy(heap);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: delays WAY MILLISECONDS COLLECTIONS\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			way = &ways[i];
	if (!way) {
		fprintf(stderr, "delays: no way '%s'\n", argv[1]);
		return 2;
	}
	length_ns = strtoul(argv[2], NULL, 10) * 1000000;
	length = (struct timespec){ .tv_sec = (time_t)(length_ns / 1000000000),
				    .tv_nsec = (long)(length_ns % 1000000000) };
	if (way->take == wait_for_pipe)
		start_answering();
	work(strtoul(argv[3], NULL, 10));
	printf("took %" PRIu64 " run_delay %" PRIu64 " minor_faults %" PRIu64 "\n", sum.ns,
	       sum.run_delay, sum.minor_faults);
	return 0;
}
