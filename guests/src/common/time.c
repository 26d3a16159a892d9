// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "common.h"

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

void sleep_until(uint64_t when_ns)
{
	struct timespec when = { when_ns / NSEC_PER_SEC, when_ns % NSEC_PER_SEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

void pause_ms(unsigned int ms)
{
	struct timespec wait = { ms / 1000, (ms % 1000) * NSEC_PER_MSEC };

	nanosleep(&wait, NULL);
}
