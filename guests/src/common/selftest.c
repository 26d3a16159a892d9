// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a CPU is held outside of every critical section, the kernel must still be able to do all that the other
 * operation may wait for; otherwise a hold says nothing about a fix. Each step asks for one of these things from user
 * space.
 */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place.h"

#define CLOCKS "/sys/devices/system/clocksource/clocksource0"

/* synchronize_rcu() (kernel/sched/membarrier.c) */
static void grace_period(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		fail("membarrier: %m");
}

/* schedule_on_each_cpu() and its flush (vmstat_refresh() in mm/vmstat.c) */
static void flush_work(void)
{
	write_text("/proc/sys/vm/stat_refresh", "1");
}

/* stop_machine() (timekeeping_notify() in kernel/time/timekeeping.c): to another clock and back */
static void stop_machine(void)
{
	char current[64], available[256];

	read_line(CLOCKS "/current_clocksource", current, sizeof(current));
	read_line(CLOCKS "/available_clocksource", available, sizeof(available));
	for (char *name = strtok(available, " "); name; name = strtok(NULL, " ")) {
		if (!strcmp(name, current))
			continue;
		write_text(CLOCKS "/current_clocksource", name);
		write_text(CLOCKS "/current_clocksource", current);
		return;
	}
}

void selftest(void)
{
	static void (*const steps[])(void) = { grace_period, flush_work, stop_machine };

	control->selftest = 0;
	for (size_t at = 0; at < ARRAY_SIZE(steps); at++) {
		steps[at]();
		control->selftest = at + 1;
	}
}
