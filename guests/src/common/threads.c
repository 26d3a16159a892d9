// SPDX-License-Identifier: GPL-2.0-only
/* The three threads of the race. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <unistd.h>

#include "place.h"

#define STACK_BYTES	(64 * 1024)
#define HOLDER_PRIORITY 10
/* Longest wait for a hold that the kernel defers; the contender then goes on without it. */
#define HOLD_LATE_NS 50000000ull
/*
 * A time alone is soon over on a busy host, where the vCPUs hardly ran; that number of spins must have been made
 * as well.
 * They take about a hundredth of a second on a host that has nothing else to do.
 */
#define HOLD_SPINS 2000000ull
/* Looking at the clock costs as much as many spins. */
#define SPINS_A_LOOK 1024

static void stay(void) __attribute__((noreturn));
static void stay(void)
{
	for (;;)
		pause();
}

static void *held_main(void *unused)
{
	struct rusage before, after;

	(void)unused;
	pin(1);
	while (!control->go_held)
		__builtin_ia32_pause();
	getrusage(RUSAGE_THREAD, &before);
	control->held_state = PROGRESS_BEGUN;
	control->held_errno = run_held();
	getrusage(RUSAGE_THREAD, &after);
	control->minor_faults = after.ru_minflt - before.ru_minflt;
	control->major_faults = after.ru_majflt - before.ru_majflt;
	control->held_state = PROGRESS_ENDED;
	mark(MARK_held_done);
	stay();
}

/* Spins until a word is no longer `value`, or both a time and a number of spins have passed. */
static void spin_while(_Atomic uint64_t *word, uint64_t value, uint64_t bound_ns)
{
	uint64_t begun = now_ns();

	for (uint64_t spins = 0; *word == value; spins++) {
		if (spins >= HOLD_SPINS && spins % SPINS_A_LOOK == 0 && now_ns() - begun >= bound_ns)
			return;
	}
}

/* Takes the CPU of the held thread, wherever that is, and keeps it until it is released or a bounded time has passed. */
static void hold(void)
{
	control->hold_state = HOLD_BEGUN;
	mark(MARK_hold_begin);
	spin_while(&control->hold_release, 0, control->hold_bound_ns);
	if (control->hold_release) {
		control->hold_state = HOLD_RELEASED;
		return;
	}
	control->hold_state = HOLD_BOUND;
	mark(MARK_hold_bound);
}

static void *holder_main(void *unused)
{
	(void)unused;
	pin(1);
	make_fifo(0, HOLDER_PRIORITY);
	for (;;) {
		wait_until(&control->hold_go, 1);
		control->hold_go = 0;
		hold();
	}
	return NULL;
}

static void begin_hold(void)
{
	control->hold_release = 0;
	control->hold_state = HOLD_NONE;
	wake(&control->hold_go, 1);
	mark(MARK_woken);
	spin_while(&control->hold_state, HOLD_NONE, HOLD_LATE_NS);
}

static void contend(void)
{
	control->contender_state = PROGRESS_BEGUN;
	control->contender_errno = run_contender();
	control->contender_state = PROGRESS_ENDED;
	mark(MARK_contender_done);
	control->hold_release = 1;
}

static void check(void)
{
	while (control->held_state != PROGRESS_ENDED)
		__builtin_ia32_pause();
	if (race.check)
		race.check();
	control->done = 1;
	mark(MARK_done);
}

static void *contender_main(void *unused)
{
	(void)unused;
	for (;;) {
		while (!control->go)
			mark(MARK_spin);
		control->go = 0;
		if (control->mode != MODE_STALL)
			begin_hold();
		if (control->mode == MODE_SELFTEST) {
			selftest();
			control->hold_release = 1;
			mark(MARK_selftest_done);
			continue;
		}
		contend();
		check();
	}
	return NULL;
}

void start_threads(void)
{
	/* Small: all of it is locked. */
	start_thread(held_main, NULL, STACK_BYTES);
	start_thread(holder_main, NULL, STACK_BYTES);
	start_thread(contender_main, NULL, STACK_BYTES);
}
