// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "latency.h"

/* Above everything but the kernel's stoppers. */
#define PRIORITY 99
/* For all threads to be there before the first wake-up is due. */
#define LEAD_NS 50000000ull

static pthread_t samplers[MAX_CPUS];
static uint64_t first_ns;
static _Atomic bool quit;

/* CPUs take turns within an interval, so that a stop of them all is met sooner. */
static void *sampler_main(void *argument)
{
	unsigned int cpu = (uintptr_t)argument;
	uint64_t interval_ns = options.interval_us * NSEC_PER_USEC;
	uint64_t next = first_ns + cpu * (interval_ns / cpus);

	pin(cpu);
	make_fifo(PRIORITY);
	while (!atomic_load_explicit(&quit, memory_order_relaxed)) {
		sleep_until(next);
		add_event(&wake_ups[cpu], next, now_ns() - next);
		next += interval_ns;
	}
	return NULL;
}

void start_samplers(void)
{
	size_t room = options.seconds * NSEC_PER_SEC / (options.interval_us * NSEC_PER_USEC) + 1;

	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		make_room(&wake_ups[cpu], options.sampler ? room : 0);
	first_ns = now_ns() + LEAD_NS;
	for (uintptr_t cpu = 0; options.sampler && cpu < cpus; cpu++)
		samplers[cpu] = start_thread(sampler_main, cpu);
}

void stop_samplers(void)
{
	atomic_store(&quit, true);
	for (unsigned int cpu = 0; options.sampler && cpu < cpus; cpu++)
		pthread_join(samplers[cpu], NULL);
}
