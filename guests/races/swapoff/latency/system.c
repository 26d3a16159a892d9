// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <sys/mman.h>

#include "latency.h"

void *locked(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED || mlock(memory, bytes))
		fail("cannot lock memory: %m");
	return memory;
}

/* Small: all of it is locked. */
pthread_t start(void *(*run)(void *), uintptr_t argument)
{
	return start_thread(run, (void *)argument, STACK_BYTES);
}

void begin(const char *what)
{
	atomic_store(&operation, what);
	atomic_store(&progress_ns, now_ns());
}
