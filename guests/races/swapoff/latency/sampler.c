// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "latency.h"

/* Until all threads run, before the first wake-up is due. */
#define LEAD_NS 50000000ull

static pthread_t samplers[MAX_CPUS];
static uint64_t first_ns;
/* Stop before wake-ups that are due later; 0: continue. */
static _Atomic uint64_t quit_at_ns;

static bool over(uint64_t due_ns)
{
	uint64_t quit_at = atomic_load_explicit(&quit_at_ns, memory_order_relaxed);

	return quit_at && due_ns > quit_at;
}

/* CPUs are staggered within an interval, so that a stop of all CPUs is seen sooner. */
static void *sampler_main(void *argument)
{
	unsigned int cpu = (uintptr_t)argument;
	uint64_t interval_ns = options.interval_us * NSEC_PER_USEC;
	uint64_t next = first_ns + cpu * (interval_ns / cpus);

	pin(cpu);
	make_fifo(0, SAMPLER_PRIORITY);
	while (!over(next)) {
		sleep_until(next);
		/*
		 * Whatever else was due by now has waited as well; to wake for each would only make the thread later.
		 */
		for (uint64_t now = now_ns(); next <= now; next += interval_ns)
			add_event(&wake_ups[cpu], next, now - next);
	}
	return NULL;
}

void start_samplers(void)
{
	size_t room = options.seconds * NSEC_PER_SEC / (options.interval_us * NSEC_PER_USEC) + 1;

	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		make_room(&wake_ups[cpu], room);
	first_ns = now_ns() + LEAD_NS;
	for (uintptr_t cpu = 0; cpu < cpus; cpu++)
		samplers[cpu] = start(sampler_main, cpu);
}

void stop_samplers(void)
{
	atomic_store(&quit_at_ns, now_ns());
	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		pthread_join(samplers[cpu], NULL);
}
