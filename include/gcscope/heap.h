/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heaps: create, destroy, collect, read, verify.
 *
 * Functions that can fail return 0 or a negative errno, leave their output
 * parameters (ret_*) alone on failure, and keep one sentence about it for
 * gcs_error_message. No function may be called from a signal handler.
 */
#ifndef GCSCOPE_HEAP_H
#define GCSCOPE_HEAP_H

#include "abi.h"
#include "options.def"
#include "stats.h"

GCS_EXTERN_BEGIN

struct gcs_heap;

/* 0 in a field means the default. GCSCOPE_OPTIONS in the environment wins. */
struct gcs_options {
#define GCS_OPTION_FIELD(name, type, lowest, highest, preset, prose) uint64_t name;
	GCS_OPTION_TABLE(GCS_OPTION_FIELD)
#undef GCS_OPTION_FIELD
};

/* The sentence about this thread's last failure; valid until its next one. Never NULL. */
GCS_API const char *gcs_error_message(void);

/*
 * Create a heap. options may be NULL. -EINVAL: an option (the sentence names
 * it) or a program built for another GCS_ABI_VERSION; -ENOMEM: no memory or address space.
 * A process may have many heaps; a reference from one into another is an error.
 */
GCS_API int gcs_heap_create_abi(struct gcs_heap **ret_heap, const struct gcs_options *options,
				uint32_t abi_version, size_t options_size);

static inline int gcs_heap_create(struct gcs_heap **ret_heap, const struct gcs_options *options)
{
	return gcs_heap_create_abi(ret_heap, options, GCS_ABI_VERSION | GCS_ABI_COUNTS_STORES,
				   sizeof(struct gcs_options));
}

/* Free a heap and all in it. -EBUSY, and nothing happens, while mutators are attached. */
GCS_API int gcs_heap_destroy(struct gcs_heap *heap);

/* A copy of the counters as of the last safepoint of all mutators. */
GCS_API void gcs_stats_read(struct gcs_heap *heap, struct gcscope_stats *ret_stats);

/*
 * Check the whole heap, with its mutators stopped: every reachable object is
 * well-formed, in an allocated cell, of a registered type, and refers to such
 * objects only. -EUCLEAN with a sentence that names object, type and field.
 * Any thread may call it; mutator is the caller's own of this heap, or NULL. -ENOMEM.
 */
GCS_API int gcs_verify(struct gcs_heap *heap, struct gcs_mutator *mutator);

GCS_EXTERN_END

#endif
