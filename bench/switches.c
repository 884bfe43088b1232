/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switches [COUNT]: two threads on one CPU pass a byte to and fro through two pipes, so that each
 * read is a context switch. Says what one took: "one: NS ns".
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int there[2], back[2];
static unsigned long count = 200000;

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void pass(int from, int to)
{
	char byte;

	if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
		give_up("pipe");
}

static void *answer(void *unused)
{
	for (unsigned long i = 0; i < count; i++)
		pass(there[0], back[1]);
	return unused;
}

static double now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
	pthread_t other;
	cpu_set_t one;
	double begin;

	if (argc > 1)
		count = strtoul(argv[1], NULL, 10);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) || pipe(there) || pipe(back) ||
	    pthread_create(&other, NULL, answer, NULL))
		give_up("switches");
	begin = now_ns();
	if (write(there[1], "", 1) != 1)
		give_up("pipe");
	for (unsigned long i = 1; i < count; i++)
		pass(back[0], there[1]);
	pthread_join(other, NULL);
	printf("one: %.1f ns\n", (now_ns() - begin) / (2.0 * (double)count));
	return 0;
}
