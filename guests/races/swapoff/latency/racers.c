// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <semaphore.h>

#include "latency.h"

static sem_t go[MAX_RACERS], done;

/* Away from the controller's CPU where there is another. */
static unsigned int cpu_of(uintptr_t index)
{
	return cpus > 1 ? 1 + index % (cpus - 1) : 0;
}

static void *racer_main(void *argument)
{
	uintptr_t index = (uintptr_t)argument;

	pin(cpu_of(index));
	for (;;) {
		sem_wait(&go[index]);
		fault_in(index * options.pages / options.threads);
		sem_post(&done);
	}
	return NULL;
}

void start_racers(void)
{
	sem_init(&done, 0, 0);
	for (uintptr_t index = 0; index < options.threads; index++) {
		sem_init(&go[index], 0, 0);
		start(racer_main, index);
	}
}

void release_racers(void)
{
	for (uint64_t index = 0; index < options.threads; index++)
		sem_post(&go[index]);
}

void wait_racers(void)
{
	begin("swap-in");
	for (uint64_t index = 0; index < options.threads; index++)
		sem_wait(&done);
}
