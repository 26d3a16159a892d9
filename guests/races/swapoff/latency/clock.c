// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's clock source. Every change of it is a stop_machine(): timekeeping_notify(), kernel/time/timekeeping.c.
 */
#define _GNU_SOURCE
#include <string.h>

#include "latency.h"

#define CLOCKS "/sys/devices/system/clocksource/clocksource0"
/* Registered until the TSC has been measured against another clock, which takes a second of the boot. */
#define PROVISIONAL "tsc-early"
#define SETTLE_NS   (60 * NSEC_PER_SEC)
#define LOOK_NS	    (50 * 1000 * NSEC_PER_USEC)
/* To another clock and back. */
#define ROUND_TRIPS 2

/* The clock source of the whole run. */
static char settled[64];

static void current_clock(char *name, size_t size)
{
	read_line(CLOCKS "/current_clocksource", name, size);
}

/* Waits until the kernel has its final clock source. */
const char *settle_clock(void)
{
	uint64_t begun = now_ns();

	for (;;) {
		current_clock(settled, sizeof(settled));
		if (strcmp(settled, PROVISIONAL))
			return settled;
		if (now_ns() - begun > SETTLE_NS)
			fail("the kernel stays with the clock source %s", PROVISIONAL);
		sleep_until(now_ns() + LOOK_NS);
	}
}

/* A clock source that changed stopped the machine, which no variant did, and makes times before and after it differ. */
void check_clock(void)
{
	char now[64];

	current_clock(now, sizeof(now));
	if (!strcmp(now, settled))
		return;
	fail("the clock source changed from %s to %s", settled, now);
}

/* A part of the positive control. */
void stop_the_machine(void)
{
	char available[256];

	begin("stop");
	read_line(CLOCKS "/available_clocksource", available, sizeof(available));
	for (char *name = strtok(available, " "); name; name = strtok(NULL, " ")) {
		if (!strcmp(name, settled))
			continue;
		for (int trip = 0; trip < ROUND_TRIPS; trip++) {
			write_text(CLOCKS "/current_clocksource", name);
			write_text(CLOCKS "/current_clocksource", settled);
		}
		return;
	}
	fail("there is no clock source other than %s", settled);
}
