// SPDX-License-Identifier: GPL-2.0-only
/*
 * swapcache-skip-place HELD CONTENDER DEVICE
 *
 * The swap area has one slot for each test page: when the target is swapped in, the slot that it frees is the only one,
 * and the target goes back there. Every page is filled with one word, so that zram keeps it without compressing it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "pages.h"
#include "place.h"

#define GROUP "/sys/fs/cgroup/place"
/* In the middle of the area. */
#define TARGET_PAGE 10u

static unsigned char *pages;
static unsigned int page_count;
/* What a page holds: its index, and how often it was written. */
static unsigned int target_generation;

static unsigned char *target(void)
{
	return pages + TARGET_PAGE * PAGE_BYTES;
}

static uint64_t word_of(unsigned int page, unsigned int generation)
{
	return (uint64_t)(generation + 1) << 32 | page << 8 | 0xa5;
}

static void fill_page(unsigned int page, unsigned int generation)
{
	volatile uint64_t *words = (volatile uint64_t *)(pages + page * PAGE_BYTES);

	for (size_t at = 0; at < PAGE_BYTES / sizeof(*words); at++)
		words[at] = word_of(page, generation);
}

static bool page_good(unsigned int page, unsigned int generation)
{
	const volatile uint64_t *words = (const volatile uint64_t *)(pages + page * PAGE_BYTES);

	for (size_t at = 0; at < PAGE_BYTES / sizeof(*words); at++) {
		if (words[at] != word_of(page, generation))
			return false;
	}
	return true;
}

static int touch(void)
{
	(void)*(volatile unsigned char *)target();
	return 0;
}

/* Swaps the target in, writes to it, and swaps it out again: to the slot that it came from. */
static int rewrite(void)
{
	target_generation++;
	fill_page(TARGET_PAGE, target_generation);
	return madvise(target(), PAGE_BYTES, MADV_PAGEOUT) ? errno : 0;
}

static void begin(void)
{
	if (join_memory_cgroup(GROUP))
		fail("cannot make the memory cgroup " GROUP ": %m");
}

static unsigned int slots_of(const char *device)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	uint64_t bytes = fd < 0 ? 0 : size_of_area(fd);

	if (bytes / PAGE_BYTES < TARGET_PAGE + 2)
		fail("%s is too small", device);
	close(fd);
	/* The first page of the area is its header. */
	return bytes / PAGE_BYTES - 1;
}

static void set_up(int argc, char **argv)
{
	if (argc != 1)
		fail("the race needs one argument, the swap device");
	page_count = slots_of(argv[0]);
	pages = make_pages(page_count, false);
	for (unsigned int page = 0; page < page_count; page++)
		fill_page(page, 0);
	make_swap(argv[0]);
	if (swapon(argv[0], 0))
		fail("swapon %s: %m", argv[0]);
	push_out(pages, page_count, GROUP);
}

enum { LOST_WRITES, WRONG_PAGES };

static const char *const wrongs[] = { [LOST_WRITES] = "lost writes", [WRONG_PAGES] = "wrong pages", NULL };

/* The target as it was before it was written is a write that was lost; anything else is another bug. */
static void check(void)
{
	for (unsigned int page = 0; page < page_count; page++) {
		if (page_good(page, page == TARGET_PAGE ? target_generation : 0))
			continue;
		add_wrong(page == TARGET_PAGE && page_good(page, target_generation - 1) ? LOST_WRITES : WRONG_PAGES, 1);
	}
}

static const void *faulting_address(void)
{
	return target();
}

static const struct operation operations[] = {
	{ .name = "fault", .run = touch },
	{ .name = "rewrite", .run = rewrite },
	{ 0 },
};

const struct race race = {
	.operations = operations,
	.wrongs = wrongs,
	.begin = begin,
	.set_up = set_up,
	.check = check,
	.target = faulting_address,
};
