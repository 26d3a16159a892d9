// SPDX-License-Identifier: GPL-2.0-only
/* Test pages, on swap and nowhere else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pages.h"

/* Writeback of a page ends some time after it was asked for; only then can the page leave the swap cache. */
#define PUSH_ROUNDS   200
#define PUSH_PAUSE_MS 10
#define MAX_PAGES     1024u

/* Shared memory is a file of tmpfs: page tables do not hold its swap entries. */
unsigned char *make_pages(unsigned int count, bool shared)
{
	int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
	unsigned char *from = mmap(NULL, count * PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (from == MAP_FAILED)
		fail("cannot map the test pages: %m");
	return from;
}

/* mincore() sees a page in the swap cache as well. */
static bool none_resident(unsigned char *from, unsigned int count)
{
	static unsigned char resident[MAX_PAGES];

	if (mincore(from, count * PAGE_BYTES, resident))
		fail("mincore: %m");
	for (unsigned int page = 0; page < count; page++) {
		if (resident[page] & 1)
			return false;
	}
	return true;
}

/* MADV_PAGEOUT unmaps and writes; what it leaves in the swap cache, reclaim takes once it is written. */
void push_out(unsigned char *from, unsigned int count, const char *group)
{
	char reclaim[128];

	snprintf(reclaim, sizeof(reclaim), "%s/memory.reclaim", group);
	for (int round = 0; round < PUSH_ROUNDS; round++) {
		if (madvise(from, count * PAGE_BYTES, MADV_PAGEOUT))
			fail("madvise(MADV_PAGEOUT): %m");
		/* EAGAIN: less was reclaimed than asked for, as it must be. */
		if (try_write_text(reclaim, "4M") && errno != EAGAIN)
			fail("cannot write %s: %m", reclaim);
		if (none_resident(from, count))
			return;
		pause_ms(PUSH_PAUSE_MS);
	}
	fail("the test pages do not leave the swap cache");
}
