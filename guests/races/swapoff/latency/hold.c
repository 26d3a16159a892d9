// SPDX-License-Identifier: GPL-2.0-only
/* The positive control's known effect: to real-time threads a held CPU is a stopped CPU. */
#define _GNU_SOURCE
#include <semaphore.h>

#include "latency.h"

static sem_t go[MAX_CPUS];
static _Atomic uint64_t until_ns;

static void *holder_main(void *argument)
{
	uintptr_t cpu = (uintptr_t)argument;

	pin(cpu);
	make_fifo(0, SAMPLER_PRIORITY);
	for (;;) {
		sem_wait(&go[cpu]);
		while (now_ns() < atomic_load(&until_ns))
			;
	}
	return NULL;
}

void start_holders(void)
{
	for (uintptr_t cpu = 0; options.mode == MODE_STOP && cpu < cpus; cpu++) {
		sem_init(&go[cpu], 0, 0);
		start(holder_main, cpu);
	}
}

/* The caller is on CPU 0, which is therefore last. */
void hold_every_cpu(void)
{
	begin("hold");
	atomic_store(&until_ns, now_ns() + options.hold_us * NSEC_PER_USEC);
	for (unsigned int cpu = cpus; cpu-- > 0;)
		sem_post(&go[cpu]);
}
