// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <time.h>
#include <unistd.h>

#include "latency.h"

#define EXIT_STALLED 3

unsigned int cpus;
struct events wake_ups[MAX_CPUS], swapoffs, passes;
_Atomic uint64_t progress_ns;
_Atomic(const char *) operation = "start";
_Atomic bool stop_cycles;

static void print_start(void)
{
	printf("{\"t\":\"start\",\"cpus\":%u,\"clocksource\":\"%s\"}\n", cpus, settle_clock());
	fflush(stdout);
}

/* Does not return when a thread hangs: what blocks it blocks this process. */
static void watch(pthread_t controller, uint64_t begun_ns)
{
	struct timespec until;

	for (;;) {
		uint64_t now = now_ns(), seen = atomic_load(&progress_ns);

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (pthread_timedjoin_np(controller, NULL, &until) == 0)
			return;
		if (now - begun_ns > options.seconds * NSEC_PER_SEC)
			atomic_store(&stop_cycles, true);
		if (now < seen || now - seen < options.hang_seconds * NSEC_PER_SEC)
			continue;
		printf("{\"t\":\"stalled\",\"operation\":\"%s\",\"seconds\":%llu}\n", atomic_load(&operation),
		       (unsigned long long)((now - seen) / NSEC_PER_SEC));
		fflush(stdout);
		_exit(EXIT_STALLED);
	}
}

int main(int argc, char **argv)
{
	uint64_t begun;

	/* After a killed run: an area that is not on is as it should be. */
	if (argc == 3 && !strcmp(argv[1], "--undo"))
		return swapoff(argv[2]) && errno != EINVAL;
	parse_options(argc, argv);
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (cpus > MAX_CPUS)
		fail("cannot sample %u CPUs; at most %u", cpus, MAX_CPUS);
	/* A sampler that is always late must not be stopped for that. */
	write_text("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	make_area();
	print_start();
	begun = now_ns();
	make_room(&swapoffs, options.cycles);
	make_room(&passes, options.hot_passes);
	start_racers();
	start_holders();
	start_instrument();
	if (mlockall(MCL_CURRENT))
		fail("mlockall: %m");
	make_region();
	begin("start");
	watch(start(controller_main, 0), begun);
	check_clock();
	write_samples();
	if (options.instrument == INSTRUMENT_TIMERLAT)
		write_trace();
	printf("{\"t\":\"end\",\"cycles\":%zu,\"passes\":%zu,\"swappedOut\":%llu}\n", swapoffs.count, passes.count,
	       (unsigned long long)swapped_out);
	return 0;
}
