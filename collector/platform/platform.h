/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole surface to the operating system; nothing else in the collector
 * calls it, but for pthread mutexes and keys. One implementation a system.
 */
#ifndef GCSCOPE_PLATFORM_H
#define GCSCOPE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Address space of this many bytes at this alignment (a power of two), not
 * accessible; NULL: none.
 */
void *platform_reserve(size_t bytes, size_t alignment);

/* Make a page-aligned part of it, never committed before, readable, writable and zero. */
bool platform_commit(void *address, size_t bytes);

/* Ask for large pages, if the system has them, for a part that was just committed. */
void platform_prefer_large_pages(void *address, size_t bytes);

/* Give committed pages back to the system if it takes them; what is read there next is zero. */
void platform_release(void *address, size_t bytes);

/* Give the address space back. */
void platform_unreserve(void *address, size_t bytes);

size_t platform_page_size(void);
size_t platform_memory_bytes(void);

/* Monotonic clock. */
uint64_t platform_now_ns(void);

uint32_t platform_pid(void);
uint32_t platform_tid(void);

/* One past the highest address of the calling thread's stack. Returns 0 or a negative errno. */
int platform_stack_top(uintptr_t *ret_top);

/* Sleep while *word == value, at most until deadline_ns (0: no limit). May return early. */
void platform_wait(const uint32_t *word, uint32_t value, uint64_t deadline_ns);

/* Wake everyone who sleeps on word. */
void platform_wake(const uint32_t *word);

/* Whether a name is that of a device, a pipe, a link to nothing: neither regular nor free. */
bool platform_is_special_file(const char *name);

/*
 * From now on this thread's writes beyond the limit on file sizes fail (EFBIG), where
 * they would end the program; and no more so.
 */
void platform_survive_file_limit(void);
void platform_heed_file_limit(void);

/* Tell the CPU that this is a spinning loop. */
static inline void platform_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
#error "gcscope runs on x86-64 only, so far"
#endif
}

#endif
