// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stress.h"

struct region region;

unsigned char *page_at(unsigned int page)
{
	return region.base + (size_t)page * PAGE_BYTES;
}

bool is_shmem(unsigned int page)
{
	return page >= region.shmem_from;
}

static unsigned int anon_pages(enum memory memory, unsigned int pages)
{
	switch (memory) {
	case MEMORY_ANON:
		return pages;
	case MEMORY_SHMEM:
		return 0;
	case MEMORY_BOTH:
		return pages / 2;
	}
	return pages;
}

static void map_part(unsigned int from, unsigned int to, int flags, int fd)
{
	if (from == to)
		return;
	if (mmap(page_at(from), (size_t)(to - from) * PAGE_BYTES, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		fail("cannot map the pages to be swapped: %s", strerror(errno));
}

/*
 * Both parts lie side by side, so that one call can cover all. Made after everything else was locked: these pages,
 * and no others of the process, can be swapped.
 */
void make_region(void)
{
	size_t bytes = (size_t)options.pages * PAGE_BYTES;

	region.pages = options.pages;
	region.shmem_from = anon_pages(options.kind->memory, options.pages);
	region.base = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region.base == MAP_FAILED)
		fail("cannot reserve %zu bytes: %s", bytes, strerror(errno));
	map_part(0, region.shmem_from, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (region.shmem_from < region.pages) {
		region.shmem_fd = syscall(SYS_memfd_create, "stress", 0);
		if (region.shmem_fd < 0 ||
		    ftruncate(region.shmem_fd, (off_t)(region.pages - region.shmem_from) * PAGE_BYTES))
			fail("cannot make the tmpfs file: %s", strerror(errno));
		map_part(region.shmem_from, region.pages, MAP_SHARED, region.shmem_fd);
	}
	region.dropped =
		mmap(NULL, region.pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if ((void *)region.dropped == MAP_FAILED || mlock((void *)region.dropped, region.pages))
		fail("cannot lock the page marks: %s", strerror(errno));
}
