// SPDX-License-Identifier: GPL-2.0-only
/* The positive control: every change of the clock source is a stop_machine() (timekeeping_notify() in kernel/time/timekeeping.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "latency.h"

#define CLOCKS "/sys/devices/system/clocksource/clocksource0"
/* To another clock and back. */
#define ROUND_TRIPS 2

void stop_the_machine(void)
{
	char current[64], available[256];

	begin("stop");
	read_line(CLOCKS "/current_clocksource", current, sizeof(current));
	read_line(CLOCKS "/available_clocksource", available, sizeof(available));
	for (char *name = strtok(available, " "); name; name = strtok(NULL, " ")) {
		if (!strcmp(name, current))
			continue;
		for (int trip = 0; trip < ROUND_TRIPS; trip++) {
			write_text(CLOCKS "/current_clocksource", name);
			write_text(CLOCKS "/current_clocksource", current);
		}
		return;
	}
	errno = 0;
	fail("find a second clock source beside", current);
}
