// SPDX-License-Identifier: GPL-2.0-only
/* The swap area and the pages that go there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "latency.h"

static unsigned char *region;
static bool is_on;

void make_area(void)
{
	int fd = open(options.swap, O_RDWR | O_CLOEXEC);
	uint64_t bytes = fd < 0 ? 0 : size_of_area(fd);

	if (bytes / PAGE_BYTES < options.pages + 1)
		fail("%s has no room for %lu pages", options.swap, (unsigned long)options.pages);
	if (!write_swap_area(fd, bytes))
		fail("cannot make a swap area of %s: %m", options.swap);
	close(fd);
}

/* Before all other areas, where there are any: the test pages must go to this one. */
void swap_on(void)
{
	begin("swapon");
	if (!is_on && swapon(options.swap, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		fail("swapon %s: %m", options.swap);
	is_on = true;
}

void swap_off(void)
{
	begin("swapoff");
	if (is_on && swapoff(options.swap))
		fail("swapoff %s: %m", options.swap);
	is_on = false;
}

/* Made after mlockall(): these pages, and no others of the program, can be swapped. */
void make_region(void)
{
	region = mmap(NULL, options.pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region == MAP_FAILED)
		fail("cannot map the test pages: %m");
}

/* Dirty the pages first: a clean page is not written out again. */
void page_out(void)
{
	begin("pageout");
	for (uint64_t page = 0; page < options.pages; page++)
		(*(volatile uint64_t *)(region + page * PAGE_BYTES))++;
	if (madvise(region, options.pages * PAGE_BYTES, MADV_PAGEOUT))
		fail("madvise(MADV_PAGEOUT): %m");
}

/* One pass over all pages. */
void fault_in(uint64_t start)
{
	for (uint64_t page = 0; page < options.pages; page++)
		(void)*(volatile uint64_t *)(region + (start + page) % options.pages * PAGE_BYTES);
}
