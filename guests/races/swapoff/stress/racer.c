// SPDX-License-Identifier: GPL-2.0-only
#include "stress.h"

static void finish_cycle(void)
{
	if (atomic_fetch_sub(&shared->racers_busy, 1) == 1)
		futex_wake(&shared->racers_busy);
}

/*
 * Spins until the controller has seen a racer run, so that both start from CPUs that run at this moment: on a busy
 * host, virtual CPUs are often not there at the same time. The first racer on its CPU does this; the others find the
 * gate open when their turn comes.
 */
static void meet_controller(uint32_t cycle)
{
	atomic_fetch_add(&shared->racers_here, 1);
	while (atomic_load_explicit(&shared->gate, memory_order_acquire) != cycle) {
		atomic_fetch_add_explicit(&shared->racers_here, 1, memory_order_relaxed);
		__builtin_ia32_pause();
	}
}

void *racer_main(void *slot)
{
	struct slot *self = slot;
	uint32_t seen = 0;

	pin(self->cpu);
	atomic_store(&self->tid, gettid_now());
	for (;;) {
		uint32_t cycle = atomic_load(&shared->cycle);

		if (cycle == seen) {
			futex_wait(&shared->cycle, seen);
			continue;
		}
		if (atomic_load(&shared->quit))
			return NULL;
		seen = cycle;
		reset_faults(self);
		meet_controller(seen);
		options.kind->race(self);
		finish(self);
		finish_cycle();
	}
}
