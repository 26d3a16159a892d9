// SPDX-License-Identifier: GPL-2.0-only
/*
 * latency: how late real-time threads wake while swapoff loops.
 *
 * One SCHED_FIFO thread per CPU ("sampler") wakes at every point of a grid of absolute times, and records how late it
 * was. It skips none: a stop of 20 ms makes 20 points of a grid of 1 ms late, not one. An ordinary thread
 * ("controller") pushes pages out and calls swapoff while other ordinary threads ("racers") fault them in. Samples and
 * swapoffs are timed on one clock, CLOCK_MONOTONIC. After the last swapoff, with the samplers gone, the racer's passes
 * over all pages are timed without any swapoff ("hot passes"). The main thread only watches that the others make
 * progress.
 *
 * All memory but the test pages is locked and present before the first swapoff. Results are written at the very end.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include "common.h"

#define MAX_CPUS    64u
#define MAX_RACERS  16u
#define STACK_BYTES (64 * 1024)
/* Above everything but the kernel's stoppers. */
#define SAMPLER_PRIORITY 99

enum mode { MODE_SWAPOFF, MODE_QUIET, MODE_STOP };
enum instrument { INSTRUMENT_SAMPLER, INSTRUMENT_CYCLICTEST, INSTRUMENT_TIMERLAT };

struct options {
	enum mode mode;
	enum instrument instrument;
	/* A block device or a file of full size. */
	const char *swap;
	const char *out;
	/* Where timerlat's trace is written. */
	const char *trace;
	uint64_t cycles;
	uint64_t period_us;
	uint64_t horizon_us;
	uint64_t interval_us;
	uint64_t pages;
	uint64_t threads;
	uint64_t seconds;
	uint64_t hang_seconds;
	uint64_t hold_us;
	uint64_t hot_passes;
	/* Whether pages are swapped in while swapoff runs, or after it. */
	uint64_t race;
	uint64_t seed;
};

/* A time and a value: a wake-up and its latency, a swapoff or a pass and its duration. */
struct event {
	uint64_t at_ns;
	int64_t value_ns;
};

/* Of one kind, or of one CPU. Only one thread adds, and it is read when that thread has ended. */
struct events {
	struct event *list;
	size_t count;
	size_t room;
};

enum record_kind { RECORD_WAKE_UP = 1, RECORD_SWAPOFF = 2, RECORD_PASS = 3, RECORD_END = 4 };

extern struct options options;
extern unsigned int cpus;
extern struct events wake_ups[MAX_CPUS], swapoffs, passes;
/* The working thread: when it last made progress, and what it is doing. */
extern _Atomic uint64_t progress_ns;
extern _Atomic(const char *) operation;
/*
 * Pages that were swapped out while swapoffs were made; who joins the controller may read it. They need not come back
 * from the area: without a memory cgroup some are still in the swap cache.
 */
extern uint64_t swapped_out;
/* Begin no more swapoffs. */
extern _Atomic bool stop_cycles;

/* options.c */
void parse_options(int argc, char **argv);

/* system.c */
void *locked(size_t bytes);
pthread_t start(void *(*run)(void *), uintptr_t argument);
void begin(const char *what);

/* record.c */
void make_room(struct events *events, size_t room);
void add_event(struct events *events, uint64_t at_ns, uint64_t value_ns);
void write_samples(void);

/* instrument.c */
void start_instrument(void);
void stop_instrument(void);

/* timerlat.c */
void start_timerlat(void);
void trace_waits(void);
void stop_timerlat(void);
void write_trace(void);

/* sampler.c */
void start_samplers(void);
void stop_samplers(void);

/* swap.c */
void make_area(void);
void swap_on(void);
void swap_off(void);
void make_region(void);
void page_out(void);
void fault_in(uint64_t start);

/* racers.c */
void start_racers(void);
void release_racers(void);
void wait_racers(void);

/* hold.c */
void start_holders(void);
void hold_every_cpu(void);

/* clock.c */
const char *settle_clock(void);
void check_clock(void);
void stop_the_machine(void);

/* cycle.c */
void *controller_main(void *unused);

#endif
