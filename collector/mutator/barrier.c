/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "gcscope/barrier.h"
#include "mutator/mutator.h"

static bool is_young(const struct mutator *mutator, const void *value)
{
	return value && space_fate(&mutator->heap->space, value);
}

/*
 * The slot lies in old memory, of which nobody knows yet that it may refer to something
 * young: it matters if it is going to.
 */
static void slow(struct mutator *mutator, void **slot, void *value, const void *caller)
{
	bool dirtied = is_young(mutator, value) && remember_slot(mutator, slot);

	mutator->slow_stores++;
	sample_store(mutator, slot, dirtied, caller);
}

__attribute__((noinline)) void gcs_store_slow(struct gcs_mutator *abi, void *object, void **slot,
					      void *value)
{
	(void)object;
	slow(mutator_of(abi), slot, value, __builtin_return_address(0));
	__atomic_store_n(slot, value, __ATOMIC_RELAXED);
}

void gcs_copy_refs(struct gcs_mutator *abi, void *object, void **target, void *const *source,
		   size_t count)
{
	struct mutator *mutator = mutator_of(abi);
	size_t i;

	(void)object;
	abi->stores += count;
	for (i = 0; i < count; i++)
		if (__atomic_load_n(&abi->cards[(uintptr_t)&target[i] >> GCS_CARD_BITS],
				    __ATOMIC_RELAXED))
			slow(mutator, &target[i], source[i], __builtin_return_address(0));
	memmove(target, source, count * sizeof(*target));
}

__attribute__((noinline)) void gcs_barrier(struct gcs_mutator *abi, void *object, void *place,
					   void *value)
{
	struct mutator *mutator = mutator_of(abi);
	bool dirtied;

	(void)object;
	abi->stores++;
	if (!__atomic_load_n(&abi->cards[(uintptr_t)place >> GCS_CARD_BITS], __ATOMIC_RELAXED))
		return;
	dirtied = is_young(mutator, value) && remember_card(mutator, (uintptr_t)place);
	mutator->slow_stores++;
	sample_store(mutator, place, dirtied, __builtin_return_address(0));
}
