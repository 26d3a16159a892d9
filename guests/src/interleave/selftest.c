// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a CPU is held outside of every critical section, the kernel must still be able to do all that a swapoff may
 * wait for; otherwise a hold says nothing about a fix. Each step asks for one of these things from user space.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interleave.h"

#define CLOCKS "/sys/devices/system/clocksource/clocksource0"

/* synchronize_rcu() (kernel/sched/membarrier.c) */
static void grace_period(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		fail("membarrier");
}

/* schedule_on_each_cpu() and its flush (vmstat_refresh() in mm/vmstat.c) */
static void flush_work(void)
{
	write_text("/proc/sys/vm/stat_refresh", "1");
}

static void read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, line, size - 1);

	if (length < 0)
		fail(path);
	close(fd);
	line[length] = 0;
	line[strcspn(line, "\n")] = 0;
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
	for (size_t at = 0; at < sizeof(steps) / sizeof(steps[0]); at++) {
		steps[at]();
		control->selftest = at + 1;
	}
}
