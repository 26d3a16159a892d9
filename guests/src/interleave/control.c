// SPDX-License-Identifier: GPL-2.0-only
/* The page that the harness reads and writes, and the marks at which it stops threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "interleave.h"

#define X86_RET 0xc3

struct control *control;

void fail(const char *what)
{
	printf("{\"t\":\"fail\",\"message\":\"%s: %s\"}\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

void make_control(void)
{
	unsigned char *marks = mmap((void *)MARKS_ADDRESS, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	control = mmap((void *)CONTROL_ADDRESS, PAGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (marks == MAP_FAILED || control == MAP_FAILED)
		fail("cannot map the control page");
	for (unsigned int which = 0; which < MARK_COUNT; which++)
		marks[which * MARK_BYTES] = X86_RET;
	control->magic = CONTROL_MAGIC;
}

/* A call of a function that returns at once. */
void mark(enum mark which)
{
	((void (*)(void))(MARKS_ADDRESS + which * MARK_BYTES))();
}

static uint32_t *futex_of(_Atomic uint64_t *word)
{
	/* Little-endian: the lower half comes first. */
	return (uint32_t *)word;
}

/* Sleeps until a word has a value. */
void wait_until(_Atomic uint64_t *word, uint64_t value)
{
	for (uint64_t seen = *word; seen != value; seen = *word)
		syscall(SYS_futex, futex_of(word), FUTEX_WAIT, (uint32_t)seen, NULL, NULL, 0);
}

void wake(_Atomic uint64_t *word, uint64_t value)
{
	*word = value;
	syscall(SYS_futex, futex_of(word), FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
