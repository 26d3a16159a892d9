// SPDX-License-Identifier: GPL-2.0-only
/* Who measures wake-ups. cyclictest does it in a process of its own. */
#include "latency.h"

void start_instrument(void)
{
	switch (options.instrument) {
	case INSTRUMENT_SAMPLER:
		start_samplers();
		break;
	case INSTRUMENT_CYCLICTEST:
		break;
	case INSTRUMENT_TIMERLAT:
		start_timerlat();
		break;
	}
}

void stop_instrument(void)
{
	switch (options.instrument) {
	case INSTRUMENT_SAMPLER:
		stop_samplers();
		break;
	case INSTRUMENT_CYCLICTEST:
		break;
	case INSTRUMENT_TIMERLAT:
		stop_timerlat();
		break;
	}
}
