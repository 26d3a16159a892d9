// SPDX-License-Identifier: GPL-2.0-only
/* Pages with a known content, on swap and nowhere else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../swap-area.h"
#include "interleave.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define LINE_BYTES 64u
#define CGROUPS	   "/sys/fs/cgroup"
#define GROUP	   CGROUPS "/interleave"
/* Writeback of a page ends some time after it was asked for; only then can the page leave the swap cache. */
#define PUSH_ROUNDS   200
#define PUSH_PAUSE_US 10000

/* Shared memory is a file of tmpfs: page tables do not hold its swap entries. */
unsigned char *make_pages(unsigned int count, bool shared)
{
	int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
	unsigned char *from = mmap(NULL, count * PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (from == MAP_FAILED)
		fail("cannot map the test pages");
	return from;
}

static uint64_t pattern(unsigned int owner, unsigned int page, unsigned int line)
{
	return (uint64_t)owner << 32 | (uint64_t)page << 16 | line << 8 | 0xa5;
}

void fill(unsigned char *from, unsigned int count, unsigned int owner)
{
	for (unsigned int at = 0; at < count * PAGE_BYTES; at += LINE_BYTES)
		*(volatile uint64_t *)(from + at) = pattern(owner, at / PAGE_BYTES, at % PAGE_BYTES / LINE_BYTES);
}

bool page_good(const unsigned char *from, unsigned int page, unsigned int owner)
{
	for (unsigned int line = 0; line < PAGE_BYTES / LINE_BYTES; line++) {
		const volatile uint64_t *word = (const uint64_t *)(from + page * PAGE_BYTES + line * LINE_BYTES);

		if (*word != pattern(owner, page, line))
			return false;
	}
	return true;
}

bool page_zero(const unsigned char *from, unsigned int page)
{
	for (unsigned int at = 0; at < PAGE_BYTES; at++) {
		if (from[page * PAGE_BYTES + at])
			return false;
	}
	return true;
}

unsigned int count_bad(const unsigned char *from, unsigned int count, unsigned int owner)
{
	unsigned int bad = 0;

	for (unsigned int page = 0; page < count; page++)
		bad += !page_good(from, page, owner);
	return bad;
}

void join_memory_cgroup(void)
{
	write_text(CGROUPS "/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		fail(GROUP);
	write_text(GROUP "/cgroup.procs", "0");
}

/* mincore() tells of a page in the swap cache as well. */
static bool none_resident(unsigned char *from, unsigned int count)
{
	unsigned char resident[PAGES];

	if (mincore(from, count * PAGE_BYTES, resident))
		fail("mincore");
	for (unsigned int page = 0; page < count; page++) {
		if (resident[page] & 1)
			return false;
	}
	return true;
}

/* MADV_PAGEOUT unmaps and writes; what it leaves in the swap cache, reclaim takes once it is written. */
void push_out(unsigned char *from, unsigned int count)
{
	for (int round = 0; round < PUSH_ROUNDS; round++) {
		int fd;

		if (madvise(from, count * PAGE_BYTES, MADV_PAGEOUT))
			fail("madvise(MADV_PAGEOUT)");
		fd = open(GROUP "/memory.reclaim", O_WRONLY);
		if (fd < 0)
			fail(GROUP "/memory.reclaim");
		/* EAGAIN: less was reclaimed than asked for, as it must be. */
		if (write(fd, "4M", 2) < 0 && errno != EAGAIN)
			fail(GROUP "/memory.reclaim");
		close(fd);
		if (none_resident(from, count))
			return;
		usleep(PUSH_PAUSE_US);
	}
	errno = EBUSY;
	fail("the test pages do not leave the swap cache");
}

void make_swap(const char *path)
{
	uint64_t bytes = 0;
	int fd = open(path, O_RDWR);

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes))
		fail(path);
	if (!write_swap_area(fd, bytes))
		fail(path);
	close(fd);
}
