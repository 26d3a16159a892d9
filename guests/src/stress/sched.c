// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs where. The controller has CPU 0; racers share the others; each of those CPUs has a holder. With one CPU
 * all are together and there is no holder: the controller preempts the racers by itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "stress.h"

void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		count_error(CALL_SCHED, errno);
}

void make_fifo(int priority)
{
	struct sched_param parameters = { .sched_priority = priority };

	if (sched_setscheduler(0, SCHED_FIFO, &parameters))
		count_error(CALL_SCHED, errno);
}

unsigned int racer_cpu(unsigned int index)
{
	return options.cpus > 1 ? 1 + index % (options.cpus - 1) : 0;
}

unsigned int holder_count(void)
{
	unsigned int cpus = options.cpus - 1;

	if (cpus > options.threads)
		cpus = options.threads;
	return cpus < MAX_HOLDERS ? cpus : MAX_HOLDERS;
}
