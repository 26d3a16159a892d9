// SPDX-License-Identifier: GPL-2.0-only
#include "common.h"

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

/* 0 <= result < limit; 0 for a limit of 0. */
uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return limit ? (random_next(state) >> 16) % limit : 0;
}
