// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("cannot pin a thread to CPU %u: %m", cpu);
}

void make_fifo(int tid, int priority)
{
	struct sched_param parameters = { .sched_priority = priority };

	/* A kernel thread may have ended since it was listed. */
	if (sched_setscheduler(tid, SCHED_FIFO, &parameters) && errno != ESRCH)
		fail("cannot make a thread real-time: %m");
}

pthread_t start_thread(void *(*run)(void *), void *argument, size_t stack_bytes)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, stack_bytes);
	error = pthread_create(&thread, &attributes, run, argument);
	if (error)
		fail("cannot start a thread: %s", strerror(error));
	pthread_attr_destroy(&attributes);
	return thread;
}

/* The system call: in a forked child the C library may still have its parent's. */
int gettid_now(void)
{
	return syscall(SYS_gettid);
}
