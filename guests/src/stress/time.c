// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

void spin_until(uint64_t when_ns)
{
	while (now_ns() < when_ns)
		__builtin_ia32_pause();
}

void pause_ms(unsigned int ms)
{
	struct timespec wait = { ms / 1000, (ms % 1000) * NSEC_PER_MSEC };

	nanosleep(&wait, NULL);
}

/* xorshift64*: equal seeds give equal choices, and a state of 0 must not be. */
uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state ? *state : 0x9e3779b97f4a7c15ull;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dull;
}

/* 0 ≤ result < limit; 0 for a limit of 0. */
uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return limit ? (random_next(state) >> 16) % limit : 0;
}

/* The system call: in a forked child the C library may still know its parent's. */
int gettid_now(void)
{
	return syscall(SYS_gettid);
}
