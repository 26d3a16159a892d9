// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "stress.h"

int main(int argc, char **argv)
{
	uint64_t start;
	int worker;

	parse_options(argc, argv);
	prepare_backend();
	make_shared();
	print_start();
	beat_baseline();
	start = now_ns();
	worker = fork();
	if (worker == 0)
		worker_main();
	if (worker < 0 || mlockall(MCL_CURRENT | MCL_FUTURE))
		fail("cannot start the worker or lock the monitor's memory: %m");
	return monitor_run(worker, start);
}
