// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two operations of a race, brought to where a debugger can place them (docs/races.md).
 *
 * CPU 1 has the thread whose operation is held ("held") and a real-time thread that can take that CPU from it
 * ("holder"). CPU 0 has everything else: the thread that does the other operation meanwhile ("contender"), helpers of
 * the race, the shell. Nothing here sleeps once all is ready: threads spin on words of the control page, which the
 * harness writes through QEMU's gdbstub, and report where they are by calling marks, addresses at which the harness has
 * breakpoints.
 */
#ifndef PLACE_H
#define PLACE_H

#include "common.h"

/* Operations of a race's own; further ones may be shell commands, which the harness passes (--shell NAME=COMMAND). */
struct operation {
	const char *name;
	/* For the race's own use. */
	unsigned int flags;
	/* Once the race is set up, when this operation is one of the two; may be absent. */
	void (*prepare)(void);
	/* Returns 0, or errno for a value that it should not have returned. */
	int (*run)(void);
};

/* Most kinds of wrong contents that a race can count. */
#define MAX_WRONGS 8

struct race {
	/* Ends with one without a name; NULL where all are shell commands. */
	const struct operation *operations;
	/*
	 * What is counted by add_wrong(), as a report names it: "wrong pages"; ends with NULL. NULL for a race without.
	 */
	const char *const *wrongs;
	/* All are optional. Before the program's memory is locked: helper processes, memory cgroups. */
	void (*begin)(void);
	/* After that: what is raced for is made here. */
	void (*set_up)(int argc, char **argv);
	/* When both operations have ended: counts what is wrong. */
	void (*check)(void);
	/* The address whose page fault is the one that is placed, for operations that begin with a fault. */
	const void *(*target)(void);
};

/* Defined by the program. */
extern const struct race race;

/* The two operations of this run; NULL for a shell command. */
extern const struct operation *held_operation, *contender_operation;

/* place.c: for check() */
void add_wrong(unsigned int which, uint64_t count);

/*
 * The control page: one 64-bit word each. Their names are printed when all is ready, and the harness finds them by
 * name (harness/interleave/control.ts): this list is the only one that has an order.
 */
#define CONTROL_WORDS(WORD)                                                             \
	WORD(magic)                                                                     \
	/* Written by the harness. */                                                   \
	WORD(go_held)                                                                   \
	WORD(go)                                                                        \
	WORD(mode)                                                                      \
	/* Longest time that the holder keeps its CPU when nobody releases it. */       \
	WORD(hold_bound_ns)                                                             \
	/* Written here, read by the harness. */                                        \
	WORD(hold_state)                                                                \
	WORD(contender_state)                                                           \
	/* What the operations returned: 0 or errno, or a shell's exit status. */       \
	WORD(contender_errno)                                                           \
	WORD(held_state)                                                                \
	WORD(held_errno)                                                                \
	WORD(minor_faults)                                                              \
	WORD(major_faults)                                                              \
	WORD(done)                                                                      \
	/* Number of self-tests that have come to their end. */                         \
	WORD(selftest)                                                                  \
	/* Set by the contender or by the harness: the holder is to release its CPU. */ \
	WORD(hold_release)                                                              \
	/* Between the threads. */                                                      \
	WORD(hold_go)                                                                   \
	/* Between a race's own processes. */                                           \
	WORD(helper_order)                                                              \
	WORD(helper_state)                                                              \
	WORD(helper_result)

struct control {
#define CONTROL_FIELD(name) _Atomic uint64_t name;
	CONTROL_WORDS(CONTROL_FIELD)
	_Atomic uint64_t wrong[MAX_WRONGS];
};

#define MARKS(MARK)          \
	MARK(spin)           \
	MARK(woken)          \
	MARK(hold_begin)     \
	MARK(hold_bound)     \
	MARK(contender_done) \
	MARK(held_done)      \
	MARK(done)           \
	MARK(selftest_done)

enum mark {
#define MARK_ENUM(name) MARK_##name,
	MARKS(MARK_ENUM) MARK_COUNT
};

enum mode { MODE_STALL, MODE_PREEMPT, MODE_SELFTEST };
enum progress { PROGRESS_NONE, PROGRESS_BEGUN, PROGRESS_ENDED };
enum hold_state { HOLD_NONE, HOLD_BEGUN, HOLD_RELEASED, HOLD_BOUND };

extern struct control *control;

/* control.c */
void make_control(void);
void mark(enum mark which);
void print_ready(void);
void wait_until(_Atomic uint64_t *word, uint64_t value);
void wake(_Atomic uint64_t *word, uint64_t value);

/* kernel-threads.c */
void raise_kernel_threads(void);

/* place.c */
int run_held(void);
int run_contender(void);

/* shell.c */
struct shell;
struct shell *start_shell(const char *command, unsigned int cpu);
int run_shell(struct shell *shell);

/* threads.c */
void start_threads(void);

/* selftest.c */
void selftest(void);

#endif
