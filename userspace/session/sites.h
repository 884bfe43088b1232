/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The probe sites of the runtimes we know, in one ELF file: version 3 notes of
 * SystemTap's (.note.stapsdt).
 */
#ifndef GCSCOPE_SESSION_SITES_H
#define GCSCOPE_SESSION_SITES_H

#include <stdint.h>

#include "session/runtimes.h"

struct site {
	const struct runtime *runtime;
	uint16_t event;
	uint64_t offset;    /* of the instruction, in the file */
	uint64_t semaphore; /* its offset in the file; 0: none */
	struct gcscope_layout layout;
};

/*
 * The sites in the file behind fd, an array that the caller frees, without those of
 * details (enum detail) that are not wanted; ordered by runtime and then by event,
 * highest first and the one that opens last: attached in this order, an end is
 * listened to before its begin is, and no end comes without one.
 * Returns 0, with no sites for what is no ELF file of this machine or has no
 * such notes; or -1 with errno.
 */
int sites_read(int fd, unsigned details, struct site **ret_sites, size_t *ret_count);

#endif
