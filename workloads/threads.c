/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many mutators: each keeps a table of short lists that it replaces at random,
 * and sends some of them to its neighbour's mailbox, which all can reach.
 *
 * Now and then the first computes for a known time without a safepoint, so that
 * collections have to wait for it, and the last sleeps in a blocking bracket,
 * so that they need not. What each sends depends on nobody else, so the result
 * is the same however the threads are scheduled.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"
#include "common/random.h"

#define TABLE_LENGTH 4096
#define LIST_MAX     32
#define SEND_EVERY   64 /* iterations */
#define DELAYS	     20 /* how often the late and the sleeping thread are that */

struct item {
	struct item *next;
	uint64_t number;
};

struct worker {
	pthread_t thread;
	uint64_t index, sum, received;
	struct random random;
	struct gcs_mutator *mutator;
	pthread_mutex_t lock; /* of its mailbox */
};

static struct gcs_heap *heap;
static struct gcs_type *item_type, *table_type;

static uint64_t worker_count, iterations, delay_us;
static struct worker *workers;
static struct item **mailboxes; /* a root: an array object of lists, one a worker */
static pthread_barrier_t sending_done;
static bool exhausted; /* some thread's allocation has failed: all end early */

static void register_types(void)
{
	static const uint32_t item_pointers[] = { offsetof(struct item, next) };
	static const uint32_t element_pointers[] = { 0 };

	item_type = type_register(heap, &(struct gcs_type_info){
						.name = "item",
						.size = sizeof(struct item),
						.pointers = item_pointers,
						.pointer_count = 1,
					});
	table_type = type_register(heap, &(struct gcs_type_info){
						 .name = "table",
						 .element_size = sizeof(struct item *),
						 .element_pointers = element_pointers,
						 .element_pointer_count = 1,
					 });
}

/* Locks for which a mutator may have to wait are taken in a blocking bracket. */
static void lock(struct gcs_mutator *mutator, pthread_mutex_t *mutex)
{
	if (!pthread_mutex_trylock(mutex))
		return;
	gcs_blocking_begin(mutator);
	pthread_mutex_lock(mutex);
	gcs_blocking_end(mutator);
}

/* Put a list, whose last item is last, into a worker's mailbox. */
static void send(struct worker *from, struct worker *to, struct item *first, struct item *last)
{
	struct item **mailbox = &mailboxes[to->index];

	lock(from->mutator, &to->lock);
	gcs_store(from->mutator, last, SLOT(last->next), *mailbox);
	gcs_store(from->mutator, mailboxes, SLOT(*mailbox), first);
	pthread_mutex_unlock(&to->lock);
}

static uint64_t sum(const struct item *item)
{
	uint64_t total = 0;

	for (; item; item = item->next)
		total += item->number;
	return total;
}

/* Empty one's own mailbox. */
static void receive(struct worker *worker)
{
	struct item **mailbox = &mailboxes[worker->index], *items;

	lock(worker->mutator, &worker->lock);
	items = *mailbox;
	gcs_store(worker->mutator, mailboxes, SLOT(*mailbox), NULL);
	pthread_mutex_unlock(&worker->lock);
	worker->received += sum(items);
}

/* A list of random numbers, and its last item; NULL: out of memory. */
static struct item *list(struct worker *worker, struct item **ret_last)
{
	uint64_t length = 1 + random_below(&worker->random, LIST_MAX);
	struct item *first = NULL;

	for (uint64_t i = 0; i < length; i++) {
		struct item *item = gcs_alloc(worker->mutator, item_type);

		if (!item)
			return NULL;
		item->number = random_next(&worker->random);
		gcs_init(SLOT(item->next), first);
		if (!first)
			*ret_last = item;
		first = item;
	}
	return first;
}

/* Busy for a known time, with no safepoint in it. */
static void compute(void)
{
	double end = seconds() + (double)delay_us * 1e-6;

	while (seconds() < end)
		;
}

static void sleep_bracketed(struct gcs_mutator *mutator)
{
	struct timespec time = { delay_us / 1000000, delay_us % 1000000 * 1000 };

	gcs_blocking_begin(mutator);
	nanosleep(&time, NULL);
	gcs_blocking_end(mutator);
}

static void delay(struct worker *worker)
{
	if (worker->index == 0)
		compute();
	else if (worker->index == worker_count - 1)
		sleep_bracketed(worker->mutator);
}

/* False: out of memory. */
static bool iterate(struct worker *worker, struct item **table, uint64_t iteration)
{
	struct worker *neighbour = &workers[(worker->index + 1) % worker_count];
	uint64_t slot = random_below(&worker->random, TABLE_LENGTH);
	struct item *last = NULL, *items = list(worker, &last);

	if (!items)
		return false;
	worker->sum += sum(table[slot]);
	if (iteration % SEND_EVERY == 0) {
		send(worker, neighbour, items, last);
		receive(worker);
	} else {
		gcs_store(worker->mutator, table, SLOT(table[slot]), items);
	}
	return true;
}

static void iterate_all(struct worker *worker)
{
	struct item **table = gcs_alloc_array(worker->mutator, table_type, TABLE_LENGTH);
	uint64_t delay_every = iterations / DELAYS + 1;

	for (uint64_t i = 0; i < iterations; i++) {
		if (__atomic_load_n(&exhausted, __ATOMIC_RELAXED))
			return;
		if (!table || !iterate(worker, table, i)) {
			__atomic_store_n(&exhausted, true, __ATOMIC_RELAXED);
			return;
		}
		if (i % delay_every == delay_every / 2)
			delay(worker);
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	worker->mutator = mutator_attach(heap);
	iterate_all(worker);
	gcs_blocking_begin(worker->mutator);
	pthread_barrier_wait(&sending_done);
	gcs_blocking_end(worker->mutator);
	receive(worker);
	gcs_mutator_detach(worker->mutator);
	return NULL;
}

static void start_workers(void)
{
	workers = calloc(worker_count, sizeof(*workers));
	if (!workers || pthread_barrier_init(&sending_done, NULL, worker_count))
		fail("no memory for %" PRIu64 " threads", worker_count);
	for (uint64_t i = 0; i < worker_count; i++) {
		workers[i].index = i;
		workers[i].random.state = i << 32;
		pthread_mutex_init(&workers[i].lock, NULL);
	}
	for (uint64_t i = 0; i < worker_count; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("cannot start thread %" PRIu64 " of %" PRIu64, i + 1, worker_count);
}

static void join_workers(struct gcs_mutator *mutator)
{
	gcs_blocking_begin(mutator);
	for (uint64_t i = 0; i < worker_count; i++)
		pthread_join(workers[i].thread, NULL);
	gcs_blocking_end(mutator);
}

static void print_results(void)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < worker_count; i++) {
		printf("thread %" PRIu64 " replaced %016" PRIx64 " received %016" PRIx64 "\n", i,
		       workers[i].sum, workers[i].received);
		total += workers[i].sum + workers[i].received;
	}
	printf("checksum %016" PRIx64 "\n", total);
}

int main(int argc, char *argv[])
{
	static const struct argument arguments[] = {
		{ "threads", "how many mutators", 1, 1024, 4 },
		{ "iterations", "lists that each makes", 1, UINT64_C(1) << 40, 500000 },
		{ "delay", "us for which one computes and one sleeps, 20 times", 0, 10000000,
		  5000 },
	};
	struct gcs_mutator *mutator;
	uint64_t values[3];
	double start;

	arguments_parse(argc, argv, "Replaces and exchanges lists in many threads.", arguments, 3,
			values);
	worker_count = values[0];
	iterations = values[1];
	delay_us = values[2];
	heap = heap_create();
	mutator = mutator_attach(heap);
	register_types();
	start = seconds();

	if (gcs_root_add(heap, SLOT(mailboxes), 1) < 0)
		fail("cannot add a root: %s", gcs_error_message());
	mailboxes = gcs_alloc_array(mutator, table_type, worker_count);
	if (!mailboxes)
		out_of_memory(heap);
	start_workers();
	join_workers(mutator);
	if (exhausted)
		out_of_memory(heap);
	print_results();

	report_seconds("all", seconds() - start);
	gcs_root_remove(heap, SLOT(mailboxes));
	heap_close(heap, mutator);
	free(workers);
	return 0;
}
