/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cache that forgets the least recently used: a hash table of chains and a
 * list from the newest to the oldest entry. Its entries are old, live long and
 * are changed all the time: nearly every operation stores references into old
 * objects at random, many of them to objects just made.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "common/arguments.h"
#include "common/heap.h"
#include "common/program.h"
#include "common/random.h"

struct value {
	uint64_t key, version;
};

struct entry {
	struct entry *chain; /* the next in its bucket */
	struct entry *newer, *older;
	struct value *value;
	uint64_t key;
};

struct cache {
	struct entry **buckets; /* an array object of 1 << bits elements */
	struct entry *newest, *oldest;
	uint64_t used, capacity;
	uint32_t bits;
};

struct results {
	uint64_t hits, misses, evictions, checksum;
};

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *value_type, *entry_type, *buckets_type, *cache_type;

static void register_types(void)
{
	static const uint32_t entry_pointers[] = {
		offsetof(struct entry, chain),
		offsetof(struct entry, newer),
		offsetof(struct entry, older),
		offsetof(struct entry, value),
	};
	static const uint32_t cache_pointers[] = {
		offsetof(struct cache, buckets),
		offsetof(struct cache, newest),
		offsetof(struct cache, oldest),
	};
	static const uint32_t bucket_pointers[] = { 0 };

	value_type = type_register(heap, &(struct gcs_type_info){
						 .name = "value",
						 .size = sizeof(struct value),
					 });
	entry_type = type_register(heap, &(struct gcs_type_info){
						 .name = "entry",
						 .size = sizeof(struct entry),
						 .pointers = entry_pointers,
						 .pointer_count = 4,
					 });
	buckets_type = type_register(heap, &(struct gcs_type_info){
						   .name = "buckets",
						   .element_size = sizeof(struct entry *),
						   .element_pointers = bucket_pointers,
						   .element_pointer_count = 1,
					   });
	cache_type = type_register(heap, &(struct gcs_type_info){
						 .name = "cache",
						 .size = sizeof(struct cache),
						 .pointers = cache_pointers,
						 .pointer_count = 3,
					 });
}

/* What an allocation has returned, unless that is NULL. */
static void *allocated(void *object)
{
	if (!object)
		out_of_memory(heap);
	return object;
}

static struct cache *cache_new(uint64_t capacity)
{
	struct cache *cache = allocated(gcs_alloc(mutator, cache_type));

	cache->capacity = capacity;
	while (UINT64_C(1) << cache->bits < capacity)
		cache->bits++;
	gcs_store(mutator, cache, SLOT(cache->buckets),
		  allocated(gcs_alloc_array(mutator, buckets_type, UINT64_C(1) << cache->bits)));
	return cache;
}

static struct value *value_new(uint64_t key, uint64_t version)
{
	struct value *value = allocated(gcs_alloc(mutator, value_type));

	value->key = key;
	value->version = version;
	return value;
}

static struct entry **bucket_of(const struct cache *cache, uint64_t key)
{
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);

	return &cache->buckets[cache->bits ? hash >> (64 - cache->bits) : 0];
}

static struct entry *find(const struct cache *cache, uint64_t key)
{
	struct entry *entry = *bucket_of(cache, key);

	while (entry && entry->key != key)
		entry = entry->chain;
	return entry;
}

static void chain_remove(struct cache *cache, struct entry *entry)
{
	struct entry **bucket = bucket_of(cache, entry->key), *before = *bucket;

	if (before == entry) {
		gcs_store(mutator, cache->buckets, SLOT(*bucket), entry->chain);
		return;
	}
	while (before->chain != entry)
		before = before->chain;
	gcs_store(mutator, before, SLOT(before->chain), entry->chain);
}

static void list_remove(struct cache *cache, struct entry *entry)
{
	if (entry->newer)
		gcs_store(mutator, entry->newer, SLOT(entry->newer->older), entry->older);
	else
		gcs_store(mutator, cache, SLOT(cache->newest), entry->older);
	if (entry->older)
		gcs_store(mutator, entry->older, SLOT(entry->older->newer), entry->newer);
	else
		gcs_store(mutator, cache, SLOT(cache->oldest), entry->newer);
}

/* entry, whose references newer and older are of no account, becomes the newest. */
static void list_push(struct cache *cache, struct entry *entry)
{
	gcs_store(mutator, entry, SLOT(entry->newer), NULL);
	gcs_store(mutator, entry, SLOT(entry->older), cache->newest);
	if (cache->newest)
		gcs_store(mutator, cache->newest, SLOT(cache->newest->newer), entry);
	else
		gcs_store(mutator, cache, SLOT(cache->oldest), entry);
	gcs_store(mutator, cache, SLOT(cache->newest), entry);
}

static void evict_oldest(struct cache *cache)
{
	struct entry *entry = cache->oldest;

	chain_remove(cache, entry);
	list_remove(cache, entry);
	/* Else one word on the stack that looks like a reference keeps all that follow it. */
	gcs_store(mutator, entry, SLOT(entry->newer), NULL);
	cache->used--;
}

static void insert(struct cache *cache, uint64_t key, uint64_t version)
{
	struct value *value = value_new(key, version);
	struct entry *entry = allocated(gcs_alloc(mutator, entry_type));
	struct entry **bucket = bucket_of(cache, key);

	entry->key = key;
	gcs_init(SLOT(entry->value), value);
	gcs_init(SLOT(entry->chain), *bucket);
	gcs_store(mutator, cache->buckets, SLOT(*bucket), entry);
	list_push(cache, entry);
	cache->used++;
}

/* Look a key up; a hit now and then gets a new value, a miss a new entry. */
static void operate(struct cache *cache, uint64_t key, uint64_t version, bool update,
		    struct results *results)
{
	struct entry *entry = find(cache, key);

	if (!entry) {
		results->misses++;
		if (cache->used == cache->capacity) {
			evict_oldest(cache);
			results->evictions++;
		}
		insert(cache, key, version);
		return;
	}
	results->hits++;
	results->checksum += entry->value->key ^ entry->value->version;
	if (update)
		gcs_store(mutator, entry, SLOT(entry->value), value_new(key, version));
	if (entry != cache->newest) {
		list_remove(cache, entry);
		list_push(cache, entry);
	}
}

/* Some keys are hotter than others: the smaller of two numbers below twice the capacity. */
static uint64_t random_key(struct random *random, uint64_t capacity)
{
	uint64_t a = random_below(random, 2 * capacity), b = random_below(random, 2 * capacity);

	return a < b ? a : b;
}

int main(int argc, char *argv[])
{
	static const struct argument arguments[] = {
		{ "entries", "how many the cache holds", 1, UINT64_C(1) << 32, 1000000 },
		{ "operations", "how many look-ups", 0, UINT64_C(1) << 48, 10000000 },
	};
	struct random random = { .state = 1 };
	struct results results = { 0 };
	struct cache *cache;
	uint64_t values[2];
	double start;

	arguments_parse(argc, argv, "Looks keys up in a cache of the most recently used.",
			arguments, 2, values);
	heap = heap_create();
	mutator = mutator_attach(heap);
	register_types();
	start = seconds();

	cache = cache_new(values[0]);
	for (uint64_t i = 0; i < values[1]; i++) {
		uint64_t key = random_key(&random, values[0]);

		operate(cache, key, i, random_below(&random, 4) == 0, &results);
	}
	printf("operations %" PRIu64 "\nhits %" PRIu64 "\nmisses %" PRIu64 "\nevictions %" PRIu64
	       "\nentries %" PRIu64 "\nchecksum %016" PRIx64 "\n",
	       values[1], results.hits, results.misses, results.evictions, cache->used,
	       results.checksum);

	report_seconds("all", seconds() - start);
	heap_close(heap, mutator);
	return 0;
}
