// SPDX-License-Identifier: GPL-2.0-only
/* The controller: swapon, fill, push out, let the racers go, swapoff, wait, check; again. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/swap.h>

#include "stress.h"

/* This many failures without one success mean that the area cannot be used at all. */
#define HOPELESS 50

/* How long the controller waits for a racer to be on its CPU, and how many of its steps it wants to see. */
#define MEET_MS	   50
#define MEET_STEPS 8

static bool area_on;

static bool ensure_swapon(struct slot *self)
{
	static unsigned int failures;

	if (area_on)
		return true;
	begin(self, OP_SWAPON);
	if (swapon(options.swap, 0) == 0) {
		area_on = true;
		failures = 0;
	} else {
		count_error(CALL_SWAPON, errno);
		if (++failures == HOPELESS)
			fail("swapon %s failed %u times: %s", options.swap, failures, strerror(errno));
		pause_ms(1);
	}
	finish(self);
	return area_on;
}

/* Returns whether anything is on swap now; else there is nothing to race for. */
static bool prepare_pages(struct slot *self)
{
	begin(self, OP_FILL);
	atomic_fetch_add(&shared->generation, 1);
	pattern_fill();
	begin(self, OP_PAGEOUT);
	evict(self);
	finish(self);
	return on_swap(0, region.pages);
}

/* Sets when the holders take their CPUs; a time that has passed means at once. */
static void arm_hold(struct slot *self, uint64_t swapoff_at)
{
	uint64_t spread = (uint64_t)options.hold_before_us + options.hold_after_us;
	uint64_t offset = random_below(&self->random, spread * NSEC_PER_USEC + 1);

	if (random_below(&self->random, 100) >= options.hold_percent)
		return;
	atomic_store(&shared->hold_at_ns, swapoff_at - options.hold_before_us * NSEC_PER_USEC + offset);
	atomic_fetch_add(&shared->hold, 1);
	futex_wake(&shared->hold);
}

static void release_racers(void)
{
	uint64_t give_up = now_ns() + MEET_MS * NSEC_PER_MSEC;
	uint32_t cycle, here;

	atomic_store(&shared->swapoff_begin_ns, 0);
	atomic_store(&shared->swapoff_end_ns, 0);
	for (unsigned int i = 0; i < shared->slot_count; i++) {
		atomic_store(&shared->slots[i].overlapped, false);
		atomic_store(&shared->slots[i].exposed, false);
	}
	atomic_store(&shared->racers_busy, options.threads);
	cycle = atomic_fetch_add(&shared->cycle, 1) + 1;
	futex_wake(&shared->cycle);
	here = atomic_load(&shared->racers_here);
	/* With one CPU they cannot run both. */
	while (options.cpus > 1 && atomic_load(&shared->racers_here) - here < MEET_STEPS && now_ns() < give_up)
		__builtin_ia32_pause();
	atomic_store_explicit(&shared->gate, cycle, memory_order_release);
}

static bool race_swapoff(struct slot *self)
{
	uint64_t at = now_ns() + random_below(&self->random, options.lead_us * NSEC_PER_USEC + 1);
	int result, error;

	arm_hold(self, at);
	spin_until(at);
	begin(self, OP_SWAPOFF);
	atomic_fetch_add(&shared->begun, 1);
	atomic_store(&shared->swapoff_begin_ns, now_ns());
	result = swapoff(options.swap);
	error = errno;
	atomic_store(&shared->swapoff_end_ns, finish(self));
	if (result == 0) {
		area_on = false;
		return true;
	}
	atomic_fetch_sub(&shared->begun, 1);
	count_error(CALL_SWAPOFF, error);
	return false;
}

static void wait_racers(void)
{
	uint32_t busy;

	while ((busy = atomic_load(&shared->racers_busy)))
		futex_wait(&shared->racers_busy, busy);
}

static void judge_swapoff(void)
{
	bool overlapped = false, exposed = false;

	for (unsigned int i = 0; i < shared->slot_count; i++) {
		overlapped |= atomic_load(&shared->slots[i].overlapped);
		exposed |= atomic_load(&shared->slots[i].exposed);
	}
	atomic_fetch_add(&shared->swapoffs, 1);
	atomic_fetch_add(&shared->overlapped_swapoffs, overlapped);
	atomic_fetch_add(&shared->exposed_swapoffs, exposed);
}

static void run_cycle(struct slot *self)
{
	bool off;

	if (!ensure_swapon(self) || !prepare_pages(self))
		return;
	release_racers();
	off = race_swapoff(self);
	wait_racers();
	begin(self, OP_CHECK);
	atomic_fetch_add(&self->corrupt_pages, pattern_check(self));
	finish(self);
	if (off)
		judge_swapoff();
}

void controller_run(struct slot *self)
{
	pin(self->cpu);
	atomic_store(&self->tid, gettid_now());
	while (!atomic_load(&shared->stop))
		run_cycle(self);
	begin(self, OP_SWAPOFF);
	if (area_on)
		swapoff(options.swap);
	finish(self);
	atomic_store(&shared->quit, true);
	atomic_fetch_add(&shared->cycle, 1);
	futex_wake(&shared->cycle);
	atomic_fetch_add(&shared->hold, 1);
	futex_wake(&shared->hold);
}
