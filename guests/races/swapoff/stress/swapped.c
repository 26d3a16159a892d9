// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether test pages are on swap at this moment, without a look at the swap area or its cache, which would race.
 *
 * /proc/self/pagemap says it of an anonymous page. No page table says it of one of tmpfs: that is on swap at most if it
 * is not mapped and the area holds anything at all.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "pages.h"
#include "stress.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_SWAPPED (1ull << 62)
#define PAGEMAP_PRESENT (1ull << 63)

#define ENTRIES 512u

static int pagemap;

/* The worker calls this; a child that it forks would see its parent's pages. */
void open_pagemap(void)
{
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		fail("cannot open /proc/self/pagemap: %m");
}

/* No longer, once swapoff has brought its last page in. */
bool area_in_use(void)
{
	return swap_used_kib() > 0;
}

static void read_entries(uint64_t *entries, unsigned int first, unsigned int count)
{
	off_t at = (uintptr_t)page_at(first) / PAGE_BYTES * sizeof(*entries);
	ssize_t bytes = count * sizeof(*entries);

	if (pread(pagemap, entries, bytes, at) != bytes)
		fail("cannot read /proc/self/pagemap: %m");
}

static bool may_be_swapped(unsigned int page, uint64_t entry)
{
	return is_shmem(page) ? !(entry & PAGEMAP_PRESENT) && !region.dropped[page] : entry & PAGEMAP_SWAPPED;
}

/* Of `count` pages from `first` on, is any on swap? */
bool on_swap(unsigned int first, unsigned int count)
{
	uint64_t entries[ENTRIES];
	bool of_shmem = false;

	for (unsigned int done = 0; done < count; done += ENTRIES) {
		unsigned int some = count - done < ENTRIES ? count - done : ENTRIES;

		read_entries(entries, first + done, some);
		for (unsigned int i = 0; i < some; i++) {
			unsigned int page = first + done + i;

			if (!may_be_swapped(page, entries[i]))
				continue;
			if (!is_shmem(page))
				return true;
			of_shmem = true;
		}
	}
	return of_shmem && area_in_use();
}
