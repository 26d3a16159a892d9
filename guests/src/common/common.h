// SPDX-License-Identifier: GPL-2.0-only
/* What every program of the guest may use; linked to each as a library (harness/rootfs/compile.ts). */
#ifndef COMMON_H
#define COMMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES    4096ul
#define NSEC_PER_USEC 1000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_SEC  1000000000ull

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/*
 * fail.c: prints a line of JSON with the reason and ends the program; a program may have its own. %m is errno's text.
 */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* json.c: a string in quotation marks, cut where `size` bytes are too few. */
void json_string(char *to, size_t size, const char *text);

/* time.c: CLOCK_MONOTONIC */
uint64_t now_ns(void);
void spin_until(uint64_t when_ns);
void sleep_until(uint64_t when_ns);
void pause_ms(unsigned int ms);

/* random.c */
uint64_t random_next(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t limit);

/* sched.c */
void pin(unsigned int cpu);
/* A task by its id, 0 for the caller. */
void make_fifo(int tid, int priority);
pthread_t start_thread(void *(*run)(void *), void *argument, size_t stack_bytes);
int gettid_now(void);

/* futex.c */
void futex_wait(_Atomic uint32_t *word, uint32_t value);
void futex_wake(_Atomic uint32_t *word);

/* text.c */
void write_text(const char *path, const char *text);
/* Returns 0, or -1 with errno. */
int try_write_text(const char *path, const char *text);
/* The first line, without its end. */
void read_line(const char *path, char *line, size_t size);

/* vmstat.c: pages that were read from swap since the kernel's boot; 0 where it does not count them. */
uint64_t pages_swapped_in(void);
uint64_t pages_swapped_out(void);

/* cgroup.c: a memory cgroup of cgroup2. */
int join_memory_cgroup(const char *folder);

/* swap.c */
uint64_t size_of_area(int fd);
bool write_swap_area(int fd, uint64_t bytes);
void make_swap(const char *path);

/* pattern.c: every line of a page holds one word made of an owner or generation, the page's index and the line's. */
#define LINE_BYTES     64u
#define LINES_PER_PAGE ((unsigned int)(PAGE_BYTES / LINE_BYTES))
uint64_t pattern_word(uint32_t owner, unsigned int page, unsigned int line, uint8_t tag);
void pattern_fill_page(void *page, uint32_t owner, unsigned int index, uint8_t tag);
bool pattern_good(const void *page, uint32_t owner, unsigned int index, uint8_t tag);

#endif
