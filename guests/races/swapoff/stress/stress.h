// SPDX-License-Identifier: GPL-2.0-only
/*
 * stress: a swapoff loop raced against threads that use the swap area.
 *
 * Two processes. The monitor (the parent) only reads counters and prints them; it never touches swapped memory and
 * takes no lock of the workers' address space, so a worker that is stuck in the kernel cannot silence it. The worker
 * (the child) holds the memory that is swapped, the controller thread, the racers and the holders. They meet in one
 * locked, shared area.
 *
 * A cycle: the controller calls swapon, writes a pattern, pushes the pages out, lets the racers go, calls swapoff
 * while they race, waits for them, and checks every page. A holder is a real-time thread on a racer's CPU that wakes
 * at a random time around the swapoff's start and keeps the CPU until that swapoff has returned, or a bounded time
 * has passed: whatever the racer was doing in the kernel is then held where it was, if the kernel may be preempted
 * there.
 */
#ifndef STRESS_H
#define STRESS_H

#include "common.h"

#define MAX_RACERS	32u
#define MAX_HOLDERS	16u
#define MAX_PAGES	65536u
#define MAX_ERRNO	134u
#define MAX_CORRUPTIONS 4u

/* What a thread is doing; `operation_name` gives the word that is reported. */
enum operation {
	OP_WAIT,
	OP_SWAPON,
	OP_FILL,
	OP_PAGEOUT,
	OP_SWAPOFF,
	OP_CHECK,
	OP_FAULT,
	OP_FORK,
	OP_CHILD_FAULT,
	OP_MINCORE,
	OP_SMAPS,
	OP_WILLNEED,
	OP_DONTNEED,
	OP_REMOVE,
	OP_UNMAP,
	OP_EXIT,
	OP_HOLD,
	OP_COUNT
};

/* Calls whose failures are counted by errno. */
enum call {
	CALL_SWAPON,
	CALL_SWAPOFF,
	CALL_PAGEOUT,
	CALL_MEMCG,
	CALL_FORK,
	CALL_MINCORE,
	CALL_SMAPS,
	CALL_WILLNEED,
	CALL_DONTNEED,
	CALL_REMOVE,
	CALL_UNMAP,
	CALL_COUNT
};

enum role { ROLE_CONTROLLER, ROLE_RACER, ROLE_HOLDER };

/* One thread as the monitor sees it. Written by its thread alone (or, while that waits, by its forked child). */
struct slot {
	enum role role;
	unsigned int index;
	unsigned int cpu;
	/* State of its random numbers. */
	uint64_t random;
	/* minflt and majflt of the thread when last looked at. */
	long minor_seen, major_seen;
	_Atomic int tid;
	_Atomic int operation;
	/* CLOCK_MONOTONIC when it last began or finished anything. */
	_Atomic uint64_t progress_ns;
	/* Of the call that is being made: what it works on was on swap when it began. */
	bool on_swap;
	uint64_t call_ns;
	/* Those that found something on swap. */
	_Atomic uint64_t operations;
	_Atomic uint64_t corrupt_pages;
	/* One of this cycle was in flight at any time of its swapoff; when that returned. */
	_Atomic bool overlapped;
	_Atomic bool exposed;
} __attribute__((aligned(64)));

/* A word of a page that was not what was written there. */
struct corruption {
	_Atomic bool whole;
	unsigned int page, line;
	int operation;
	uint64_t expected, found;
};

/* How pages are pushed out. */
enum eviction { EVICT_PAGEOUT, EVICT_MEMCG };

/* The area that monitor, worker and forked children share. */
struct shared {
	/* Cycle number; racers wait for it to change. */
	_Atomic uint32_t cycle;
	_Atomic uint32_t racers_busy;
	/* Grows while a racer is running and waits for the gate; cycle for which the gate is open. */
	_Atomic uint32_t racers_here;
	_Atomic uint32_t gate;
	/* Hold number; holders wait for it to change. */
	_Atomic uint32_t hold;
	/* No further cycle is to begin; then: threads are to return. */
	_Atomic bool stop;
	_Atomic bool quit;
	/* Times of this cycle's swapoff call; 0: not yet. */
	_Atomic uint64_t swapoff_begin_ns;
	_Atomic uint64_t swapoff_end_ns;
	/* When holders take their CPU in this cycle; 0: not at all. */
	_Atomic uint64_t hold_at_ns;
	_Atomic uint32_t generation;

	/*
	 * Swapoffs that were called and did not fail, of them those that returned and are judged, of them those that
	 * were overlapped, of them those that were exposed. Counted in this order and read in the other.
	 */
	_Atomic uint64_t begun;
	_Atomic uint64_t swapoffs;
	_Atomic uint64_t overlapped_swapoffs;
	_Atomic uint64_t exposed_swapoffs;
	_Atomic uint32_t errors[CALL_COUNT][MAX_ERRNO];
	/* The first corruptions that were seen; later ones are only counted. */
	_Atomic unsigned int corruptions_seen;
	struct corruption corruptions[MAX_CORRUPTIONS];
	_Atomic bool failed;
	char failure[256];

	/* Slots below it are whole. */
	_Atomic unsigned int slot_count;
	struct slot slots[1 + MAX_RACERS + MAX_HOLDERS];
};

struct kind;

struct options {
	const struct kind *kind;
	const char *backend;
	const char *swap;
	enum eviction eviction;
	unsigned int threads;
	unsigned int pages;
	unsigned int seconds;
	unsigned int join_seconds;
	unsigned int beat_ms;
	uint64_t seed;
	unsigned int cpus;
	/* Share of the cycles in which pages are driven from the swap cache, too. */
	unsigned int reclaim_percent;
	/* Most microseconds from the racers' start to the swapoff call, chosen at random for each cycle. */
	unsigned int lead_us;
	/* A hold begins at most this long before and after the swapoff call. */
	unsigned int hold_before_us;
	unsigned int hold_after_us;
	/* Longest time that a holder keeps its CPU. */
	unsigned int hold_max_us;
	/* Share of the cycles that have a hold. */
	unsigned int hold_percent;
};

/* The memory that is swapped: pages below `shmem_from` are anonymous, the others tmpfs. */
struct region {
	unsigned char *base;
	unsigned int pages;
	unsigned int shmem_from;
	int shmem_fd;
	/* By page, shared with children: contents were dropped on purpose in this cycle. */
	_Atomic uint8_t *dropped;
};

enum memory { MEMORY_ANON, MEMORY_SHMEM, MEMORY_BOTH };

/* What races against swapoff. */
struct kind {
	const char *name;
	enum memory memory;
	/* Threads take minor faults that are no swap-in: copies after fork, pages that were dropped. */
	bool other_faults;
	/* One cycle's work of one racer. */
	void (*race)(struct slot *self);
};

extern struct shared *shared;
extern struct options options;
extern struct region region;

/* options.c */
void parse_options(int argc, char **argv);

/* shared.c */
void make_shared(void);
struct slot *add_slot(enum role role, unsigned int index, unsigned int cpu);
const char *operation_name(int operation);
const char *call_name(int call);
const char *errno_name(int number);
void begin(struct slot *self, enum operation operation);
uint64_t finish(struct slot *self);
void count_error(enum call call, int number);
/* From here on fail() leaves its reason to the monitor. */
void fail_by_monitor(void);

/* backend.c */
void prepare_backend(void);

/* region.c */
void make_region(void);
unsigned char *page_at(unsigned int page);
bool is_shmem(unsigned int page);

/* pattern.c */
void pattern_fill(void);
bool pattern_line_good(struct slot *self, unsigned int page, unsigned int line);
unsigned int pattern_check(struct slot *self);
uint64_t pattern_line(unsigned int page, unsigned int line);

/* evict.c */
void choose_eviction(int choice);
void join_cgroup(void);
void evict(struct slot *self);

/* exposure.c */
void reset_faults(struct slot *self);
void note_touch(struct slot *self, bool minor_counts, uint64_t from_ns, uint64_t to_ns);
void begin_call(struct slot *self, enum operation operation, unsigned int first, unsigned int count);
void end_call(struct slot *self, enum call call, bool failed);

/* swapped.c */
void open_pagemap(void);
bool area_in_use(void);
bool on_swap(unsigned int first, unsigned int count);

/* kinds.c */
const struct kind *find_kind(const char *name);
const char *kind_names(void);

/* touch.c */
void race_touch(struct slot *self);
void touch_page(struct slot *self, unsigned int page, bool write_first);
bool swapoff_over(void);

/* readers.c */
void race_mincore(struct slot *self);
void race_smaps(struct slot *self);

/* advise.c */
void race_willneed(struct slot *self);
void race_unmap(struct slot *self);

/* fork.c */
void race_fork(struct slot *self);
void race_exit(struct slot *self);

/* sched.c */
unsigned int racer_cpu(unsigned int index);
unsigned int holder_count(void);

/* racer.c, holder.c, cycle.c: thread functions, `void *` as pthread wants them */
void *racer_main(void *slot);
void *holder_main(void *slot);
void controller_run(struct slot *self);

/* worker.c */
void worker_main(void) __attribute__((noreturn));

/* monitor.c, beat.c */
int monitor_run(int worker_pid, uint64_t start_ns);
void print_start(void);
void print_beat(uint64_t start_ns);
void print_end(uint64_t start_ns, bool joined);
void print_failure(const char *message, int signal);
void beat_baseline(void);

#endif
