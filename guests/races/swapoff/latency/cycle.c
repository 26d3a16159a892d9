// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "latency.h"

/* Until the samplers have settled. */
#define SETTLE_NS 200000000ull

/* Used by the controller only. */
static uint64_t random_state;
/* While cycles were made. */
uint64_t swapped_out;

/* Swaps off, or does what the control does instead. Only the call itself is timed. */
static void act(void)
{
	uint64_t from = now_ns();

	switch (options.mode) {
	case MODE_QUIET:
		add_event(&swapoffs, from, 0);
		return;
	case MODE_STOP:
		hold_every_cpu();
		stop_the_machine();
		break;
	case MODE_SWAPOFF:
		break;
	}
	swap_off();
	add_event(&swapoffs, from, now_ns() - from);
}

/*
 * One swapoff, not before its time: at a random moment between two wake-ups, so that swapoffs are independent of the
 * grid. Returns when the next one is due.
 */
static uint64_t run_cycle(uint64_t due_ns)
{
	uint64_t begun;

	swap_on();
	page_out();
	sleep_until(due_ns + random_below(&random_state, options.interval_us * NSEC_PER_USEC));
	if (options.race)
		release_racers();
	begun = now_ns();
	act();
	if (!options.race)
		release_racers();
	wait_racers();
	return begun + options.period_us * NSEC_PER_USEC;
}

/* What the fix costs a fault without swapoff. */
static void run_hot_passes(void)
{
	swap_on();
	for (uint64_t pass = 0; pass < options.hot_passes; pass++) {
		uint64_t from;

		page_out();
		from = now_ns();
		release_racers();
		wait_racers();
		add_event(&passes, from, now_ns() - from);
	}
}

void *controller_main(void *unused)
{
	uint64_t due;

	(void)unused;
	pin(0);
	random_state = options.seed * 0x9e3779b97f4a7c15ull + 1;
	if (options.instrument == INSTRUMENT_TIMERLAT)
		trace_waits();
	swapped_out = pages_swapped_out();
	due = now_ns() + SETTLE_NS;
	for (uint64_t cycle = 0; cycle < options.cycles && !atomic_load(&stop_cycles); cycle++)
		due = run_cycle(due);
	/* Measure the last horizon to its end. */
	sleep_until(due);
	stop_instrument();
	swapped_out = pages_swapped_out() - swapped_out;
	run_hot_passes();
	swap_off();
	return NULL;
}
