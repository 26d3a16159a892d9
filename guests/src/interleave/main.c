// SPDX-License-Identifier: GPL-2.0-only
/*
 * interleave SWAP OPERATION: prepares the race, prints one line of JSON that says where everything is, and waits for
 * the harness. It never ends by itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "interleave.h"

#define STACK_BYTES (64 * 1024)

struct options options;
unsigned char *pages;

static void start(void *(*run)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;

	/* Small: all of it is locked. */
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	errno = pthread_create(&thread, &attributes, run, NULL);
	if (errno)
		fail("cannot start a thread");
}

static void print_ready(void)
{
	printf("{\"t\":\"ready\",\"control\":\"0x%lx\",\"marks\":\"0x%lx\",\"markBytes\":%lu,\"words\":%zu,\"target\":"
	       "\"0x%lx\"}\n",
	       physical_address(control), MARKS_ADDRESS, MARK_BYTES, sizeof(*control) / sizeof(uint64_t),
	       (unsigned long)(pages + TARGET_PAGE * PAGE_BYTES));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 3 || !known_operation(argv[2])) {
		errno = EINVAL;
		fail("usage: interleave SWAP OPERATION");
	}
	options = (struct options){ .swap = argv[1], .operation = argv[2] };
	pin(0);
	join_memory_cgroup();
	make_control();
	start_child();
	start(held_main);
	start(holder_main);
	start(actor_main);
	/* All but the test pages, or the first fault that is seen is for the program's own data. */
	if (mlockall(MCL_CURRENT))
		fail("mlockall");
	pages = make_pages(PAGES, operation_on_tmpfs());
	fill(pages, PAGES, PARENT_OWNER);
	make_swap(options.swap);
	if (swapon(options.swap, 0))
		fail("swapon");
	push_out(pages, PAGES);
	child_push_out();
	prepare_operation();
	write_text("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	raise_kernel_threads();
	print_ready();
	for (;;)
		pause();
}
