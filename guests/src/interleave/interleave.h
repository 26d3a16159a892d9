// SPDX-License-Identifier: GPL-2.0-only
/*
 * interleave: one operation on a swapped page and one swapoff, brought to where a debugger can place them.
 *
 * CPU 1 has the thread whose operation is held ("held") and a real-time thread that can take that CPU from it
 * ("holder"). CPU 0 has everything else: the thread that calls swapoff ("actor"), the second process, the shell.
 * Nothing here sleeps once all is ready: threads spin on words of the control page, which the harness writes through
 * QEMU's gdbstub, and tell where they are by calling marks, addresses at which the harness has breakpoints.
 */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096ul
/* Far from where programs, heaps and stacks are: no other program has code at these addresses. */
#define MARKS_ADDRESS	0x6a0000000000ul
#define CONTROL_ADDRESS 0x6a0000001000ul
#define MARK_BYTES	16ul
#define CONTROL_MAGIC	0x7377617072616365ul

/* Whose pattern is in the test pages, and in those of the second process. */
#define PARENT_OWNER 1
#define CHILD_OWNER  2
#define PAGES	     16u
#define CHILD_PAGES  4u
/* Not the first of its read-ahead window, so that neighbours are read as well, before it and behind it. */
#define TARGET_PAGE 5u

/* The numbers are the harness's, too (harness/interleave/control.ts). */
enum mark {
	MARK_SPIN,
	MARK_WOKEN,
	MARK_HOLD_BEGIN,
	MARK_HOLD_BOUND,
	MARK_SWAPOFF_DONE,
	MARK_HELD_DONE,
	MARK_DONE,
	MARK_SELFTEST_DONE,
	MARK_COUNT
};

enum mode { MODE_STALL, MODE_PREEMPT, MODE_SELFTEST };
enum action { ACTION_SWAPOFF, ACTION_SWAPOFF_SWAPON };
enum progress { PROGRESS_NONE, PROGRESS_BEGUN, PROGRESS_ENDED };
enum hold_state { HOLD_NONE, HOLD_BEGUN, HOLD_RELEASED, HOLD_BOUND };

/* One 64-bit word each, in this order, on a page of its own. */
struct control {
	_Atomic uint64_t magic;
	/* Written by the harness. */
	_Atomic uint64_t go_held;
	_Atomic uint64_t go;
	_Atomic uint64_t mode;
	_Atomic uint64_t action;
	/* Longest time that the holder keeps its CPU when nobody releases it. */
	_Atomic uint64_t hold_bound_ns;
	/* Written here, read by the harness. */
	_Atomic uint64_t hold_state;
	_Atomic uint64_t swapoff_state;
	_Atomic uint64_t swapoff_errno;
	_Atomic uint64_t swapon_errno;
	_Atomic uint64_t held_state;
	/* What the operation returned, if it returns anything: 0 or errno. */
	_Atomic uint64_t held_errno;
	_Atomic uint64_t minor_faults;
	_Atomic uint64_t major_faults;
	_Atomic uint64_t bad_pages;
	_Atomic uint64_t child_bad_pages;
	_Atomic uint64_t swap_areas;
	_Atomic uint64_t done;
	/* Number of self-tests that have come to their end. */
	_Atomic uint64_t selftest;
	/* Set by the actor or by the harness: the holder is to let go. */
	_Atomic uint64_t hold_release;
	/* Swap that the kernel counts as used when all is over. */
	_Atomic uint64_t swap_used_kib;
	/* Between the threads. */
	_Atomic uint64_t hold_go;
	_Atomic uint64_t child_go;
	_Atomic uint64_t child_state;
};

struct options {
	const char *swap;
	const char *operation;
};

extern struct control *control;
extern unsigned char *pages;
extern struct options options;

/* control.c */
void make_control(void);
void mark(enum mark which);
void fail(const char *what) __attribute__((noreturn));
void wait_until(_Atomic uint64_t *word, uint64_t value);
void wake(_Atomic uint64_t *word, uint64_t value);
uint64_t now_ns(void);

/* system.c */
void pin(unsigned int cpu);
void make_fifo(int pid, int priority);
void write_text(const char *path, const char *text);
void raise_kernel_threads(void);
uint64_t physical_address(const void *address);
unsigned int swap_areas(void);
uint64_t swap_used_kib(void);

/* memory.c */
unsigned char *make_pages(unsigned int count, bool shared);
void fill(unsigned char *from, unsigned int count, unsigned int owner);
bool page_good(const unsigned char *from, unsigned int page, unsigned int owner);
bool page_zero(const unsigned char *from, unsigned int page);
unsigned int count_bad(const unsigned char *from, unsigned int count, unsigned int owner);
void join_memory_cgroup(void);
void push_out(unsigned char *from, unsigned int count);
void make_swap(const char *path);

/* child.c */
void start_child(void);
void child_push_out(void);
unsigned int child_check(void);

/* operations.c */
bool known_operation(const char *name);
bool operation_on_tmpfs(void);
void prepare_operation(void);
int run_operation(void);
unsigned int count_bad_after_operation(void);

/* threads.c */
void *held_main(void *unused);
void *holder_main(void *unused);
void *actor_main(void *unused);

/* selftest.c */
void selftest(void);

#endif
