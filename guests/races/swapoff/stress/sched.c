// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs where. The controller has CPU 0; racers share the others; each of those CPUs has a holder. With one CPU
 * all are together and there is no holder: the controller preempts the racers by itself.
 */
#include "stress.h"

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
