// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes the CPU of the racers at a random time near the swapoff, and keeps it until that has returned.
 *
 * The time is bounded, because swapoff may have to wait for the very racer that is held (a locked page, an entry
 * marked as being in the swap cache), and because nothing else runs on this CPU: grace periods, soft interrupts in
 * ksoftirqd. The spin is in user space, where ticks still report a quiescent state.
 */
#include "stress.h"

/* Above everything ordinary, below the kernel's stoppers and migration threads. */
#define HOLDER_PRIORITY 40

static void hold(struct slot *self, uint64_t at_ns)
{
	uint64_t until = at_ns + options.hold_max_us * NSEC_PER_USEC;

	sleep_until(at_ns);
	begin(self, OP_HOLD);
	while (!swapoff_over() && now_ns() < until)
		__builtin_ia32_pause();
	finish(self);
}

void *holder_main(void *slot)
{
	struct slot *self = slot;
	uint32_t seen = 0;

	pin(self->cpu);
	make_fifo(0, HOLDER_PRIORITY);
	atomic_store(&self->tid, gettid_now());
	for (;;) {
		uint32_t number = atomic_load(&shared->hold);

		if (number == seen) {
			futex_wait(&shared->hold, seen);
			continue;
		}
		if (atomic_load(&shared->quit))
			return NULL;
		seen = number;
		hold(self, atomic_load(&shared->hold_at_ns));
	}
}
