/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/platform.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *platform_reserve(size_t bytes, size_t alignment)
{
	uintptr_t start, aligned;
	size_t total = bytes + alignment;
	void *map;

	if (total < bytes)
		return NULL;
	map = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	start = (uintptr_t)map;
	aligned = (start + alignment - 1) & ~(alignment - 1);
	if (aligned > start)
		munmap(map, aligned - start);
	if (start + total > aligned + bytes)
		munmap((void *)(aligned + bytes), start + total - (aligned + bytes));
	return (void *)aligned;
}

bool platform_commit(void *address, size_t bytes)
{
	return mprotect(address, bytes, PROT_READ | PROT_WRITE) == 0;
}

void platform_prefer_large_pages(void *address, size_t bytes)
{
	madvise(address, bytes, MADV_HUGEPAGE); /* a hint: without them all is as before */
}

void platform_release(void *address, size_t bytes)
{
	/* Locked memory (mlockall) is not given back. */
	if (madvise(address, bytes, MADV_DONTNEED) != 0)
		memset(address, 0, bytes);
}

void platform_unreserve(void *address, size_t bytes)
{
	if (address)
		munmap(address, bytes);
}

size_t platform_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t platform_memory_bytes(void)
{
	return (size_t)sysconf(_SC_PHYS_PAGES) * platform_page_size();
}

uint64_t platform_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The system calls themselves: a raw clone leaves whatever the C library caches stale. */
uint32_t platform_pid(void)
{
	return (uint32_t)syscall(SYS_getpid);
}

uint32_t platform_tid(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

/* Where the C library found the stack of the initial thread, which then had nothing on it. */
extern void *__libc_stack_end;

int platform_stack_top(uintptr_t *ret_top)
{
	pthread_attr_t attributes;
	void *low = NULL;
	size_t bytes = 0;
	int error = pthread_getattr_np(pthread_self(), &attributes);

	/* It fails for the initial thread where there is no /proc, which it reads for that. */
	if (error == ENOENT && __libc_stack_end) {
		*ret_top = (uintptr_t)__libc_stack_end;
		return 0;
	}
	if (error)
		return -error;
	pthread_attr_getstack(&attributes, &low, &bytes);
	pthread_attr_destroy(&attributes);
	*ret_top = (uintptr_t)low + bytes;
	return 0;
}

void platform_wait(const uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / 1000000000U),
		.tv_nsec = (long)(deadline_ns % 1000000000U),
	};

	/* FUTEX_WAIT_BITSET takes an absolute time on the monotonic clock. */
	syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline_ns ? &until : NULL,
		NULL, FUTEX_BITSET_MATCH_ANY);
}

void platform_wake(const uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

bool platform_is_special_file(const char *name)
{
	struct stat status;

	if (stat(name, &status) == 0)
		return !S_ISREG(status.st_mode);
	return lstat(name, &status) == 0;
}

static sigset_t file_limit(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	return set;
}

void platform_survive_file_limit(void)
{
	sigset_t set = file_limit();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void platform_heed_file_limit(void)
{
	const struct timespec now = { 0 };
	sigset_t set = file_limit();

	while (sigtimedwait(&set, NULL, &now) > 0)
		;
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
