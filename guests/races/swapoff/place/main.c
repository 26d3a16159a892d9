// SPDX-License-Identifier: GPL-2.0-only
/* swapoff-place HELD CONTENDER DEVICE */
#define _GNU_SOURCE
#include <sys/swap.h>

#include "place-swapoff.h"

const char *swap_device;
unsigned char *pages;

unsigned char *target(void)
{
	return pages + TARGET_PAGE * PAGE_BYTES;
}

void fill(unsigned char *from, unsigned int count, unsigned int owner)
{
	for (unsigned int page = 0; page < count; page++)
		pattern_fill_page(from + page * PAGE_BYTES, owner, page, PATTERN_TAG);
}

unsigned int count_bad(const unsigned char *from, unsigned int count, unsigned int owner)
{
	unsigned int bad = 0;

	for (unsigned int page = 0; page < count; page++)
		bad += !pattern_good(from + page * PAGE_BYTES, owner, page, PATTERN_TAG);
	return bad;
}

static bool has_flag(unsigned int flag)
{
	return ((held_operation ? held_operation->flags : 0) | (contender_operation ? contender_operation->flags : 0)) &
	       flag;
}

static void begin(void)
{
	if (join_memory_cgroup(GROUP))
		fail("cannot make the memory cgroup " GROUP ": %m");
	start_child();
}

static void set_up(int argc, char **argv)
{
	if (argc != 1)
		fail("the race needs one argument, the swap device");
	swap_device = argv[0];
	pages = make_pages(PAGES, has_flag(ON_TMPFS));
	fill(pages, PAGES, PARENT_OWNER);
	make_swap(swap_device);
	if (swapon(swap_device, 0))
		fail("swapon %s: %m", swap_device);
	push_out(pages, PAGES, GROUP);
	child_push_out();
}

static bool page_zero(unsigned int page)
{
	for (unsigned int at = 0; at < PAGE_BYTES; at++) {
		if (pages[page * PAGE_BYTES + at])
			return false;
	}
	return true;
}

static unsigned int count_bad_pages(void)
{
	bool dropped = has_flag(DROPS_TARGET);
	unsigned int bad = count_bad(pages, PAGES, PARENT_OWNER);

	if (!dropped)
		return bad;
	/* Given back, the target is no longer the pattern's. */
	bad -= !pattern_good(target(), PARENT_OWNER, TARGET_PAGE, PATTERN_TAG);
	return bad + !page_zero(TARGET_PAGE);
}

enum { WRONG_PAGES, WRONG_CHILD_PAGES, WRONG_AREAS, WRONG_USED };

static const char *const wrongs[] = {
	[WRONG_PAGES] = "wrong pages",
	[WRONG_CHILD_PAGES] = "wrong pages of another process",
	[WRONG_AREAS] = "swap areas too many or too few",
	[WRONG_USED] = "KiB of swap in use",
	NULL,
};

static void check(void)
{
	int meant;

	add_wrong(WRONG_PAGES, count_bad_pages());
	add_wrong(WRONG_CHILD_PAGES, child_check());
	meant = areas_meant();
	if (meant < 0)
		return;
	add_wrong(WRONG_AREAS, swap_areas() > (unsigned int)meant ? swap_areas() - meant : meant - swap_areas());
	add_wrong(WRONG_USED, swap_used_kib());
}

static const void *faulting_address(void)
{
	return target();
}

const struct race race = {
	.operations = operations,
	.wrongs = wrongs,
	.begin = begin,
	.set_up = set_up,
	.check = check,
	.target = faulting_address,
};
