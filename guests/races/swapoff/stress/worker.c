// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stress.h"

#define STACK_BYTES (256u * 1024)
#define MAX_THREADS (MAX_RACERS + MAX_HOLDERS)

static pthread_t threads[MAX_THREADS];
static unsigned int thread_count;

static void start(void *(*main)(void *), struct slot *slot)
{
	threads[thread_count++] = start_thread(main, slot, STACK_BYTES);
}

static void start_threads(void)
{
	for (unsigned int i = 0; i < options.threads; i++)
		start(racer_main, add_slot(ROLE_RACER, i, racer_cpu(i)));
	for (unsigned int i = 0; i < holder_count(); i++)
		start(holder_main, add_slot(ROLE_HOLDER, i, 1 + i));
}

static void join_threads(void)
{
	for (unsigned int i = 0; i < thread_count; i++)
		pthread_join(threads[i], NULL);
}

/*
 * Locks what there is once the threads have their stacks, without MCL_FUTURE: the test pages come last and are the
 * only ones of this process that can be swapped. Else the first fault inside the window would be for its own stack.
 */
void worker_main(void)
{
	struct slot *controller = add_slot(ROLE_CONTROLLER, 0, 0);

	fail_by_monitor();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	join_cgroup();
	start_threads();
	if (mlockall(MCL_CURRENT))
		fail("mlockall: %s", strerror(errno));
	make_region();
	open_pagemap();
	controller_run(controller);
	join_threads();
	_exit(0);
}
