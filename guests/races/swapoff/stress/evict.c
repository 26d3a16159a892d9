// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pushes the test pages out to swap.
 *
 * MADV_PAGEOUT (5.4) unmaps them and starts their writing; on a disk they stay in the swap cache until something
 * reclaims them, and a fault finds them there. In a share of the cycles they are reclaimed as well, so that faults
 * must read. That, and all of it where there is no MADV_PAGEOUT, is done by the worker's memory cgroup: lowering
 * memory.high reclaims at once. Only the test pages can go, all else is locked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress.h"

#define GROUP "/sys/fs/cgroup/stress"

/* Pages are aged before they go, and pages that are still being written are passed over: one pass may not do. */
#define MEMCG_PASSES 4
/* Between passes: pages on their way to a disk. */
#define WRITING_MS 2

static bool in_cgroup;

static bool have_pageout(void)
{
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool have = page != MAP_FAILED && !madvise(page, PAGE_BYTES, MADV_PAGEOUT);

	munmap(page, PAGE_BYTES);
	return have;
}

/* The worker calls this before it makes the test pages. */
void join_cgroup(void)
{
	in_cgroup = !join_memory_cgroup(GROUP);
	if (!in_cgroup && options.eviction == EVICT_MEMCG)
		fail("cannot make a memory cgroup, and there is no MADV_PAGEOUT");
}

/* Settles how pages are pushed out; -1 lets the kernel decide. */
void choose_eviction(int choice)
{
	options.eviction = choice >= 0 ? (enum eviction)choice : have_pageout() ? EVICT_PAGEOUT : EVICT_MEMCG;
}

static long bytes_charged(void)
{
	char text[32];
	ssize_t got;
	int fd = open(GROUP "/memory.current", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	return atol(text);
}

static void reclaim_down_to(long bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", bytes > 0 ? bytes : 0);
	if (try_write_text(GROUP "/memory.high", text) || try_write_text(GROUP "/memory.high", "max"))
		count_error(CALL_MEMCG, errno);
}

/*
 * Drives the test pages out of the swap cache, until at most half of them are left there. Asks for them and no more:
 * what cannot be reclaimed would be tried again and again.
 */
static void reclaim(void)
{
	long bytes = (long)region.pages * PAGE_BYTES;
	long before = bytes_charged();

	for (int pass = 0; pass < MEMCG_PASSES; pass++) {
		reclaim_down_to(before - bytes);
		if (bytes_charged() <= before - bytes / 2)
			return;
		pause_ms(WRITING_MS);
	}
}

void evict(struct slot *self)
{
	if (options.eviction == EVICT_PAGEOUT && madvise(region.base, (size_t)region.pages * PAGE_BYTES, MADV_PAGEOUT))
		count_error(CALL_PAGEOUT, errno);
	if (!in_cgroup)
		return;
	if (options.eviction == EVICT_MEMCG || random_below(&self->random, 100) < options.reclaim_percent)
		reclaim();
}
