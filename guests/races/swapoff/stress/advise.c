// SPDX-License-Identifier: GPL-2.0-only
/* Racers that give advice: bring these pages in, throw these away. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include "stress.h"

static void end_call(struct slot *self, uint64_t from_ns, enum call call, int result)
{
	if (result)
		count_error(call, errno);
	note_overlap(self, from_ns, finish(self));
}

/* WILLNEED reads swap entries and starts their swap-in without a fault; every page is touched afterwards. */
void race_willneed(struct slot *self)
{
	for (unsigned int page = 0; page < region.pages;) {
		unsigned int count = 1 + random_below(&self->random, 8);
		uint64_t from;

		if (count > region.pages - page)
			count = region.pages - page;
		begin(self, OP_WILLNEED);
		from = now_ns();
		end_call(self, from, CALL_WILLNEED, madvise(page_at(page), (size_t)count * PAGE_BYTES, MADV_WILLNEED));
		page += count;
	}
	race_touch(self);
}

static int drop_shmem(struct slot *self, unsigned int page)
{
	begin(self, OP_REMOVE);
	return madvise(page_at(page), PAGE_BYTES, MADV_REMOVE);
}

/* A fixed mapping over an old one unmaps that, and leaves no hole in which another mapping could land. */
static int replace_anon(struct slot *self, unsigned int page)
{
	begin(self, OP_UNMAP);
	return mmap(page_at(page), PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED;
}

static int drop_anon(struct slot *self, unsigned int page)
{
	begin(self, OP_DONTNEED);
	return madvise(page_at(page), PAGE_BYTES, MADV_DONTNEED);
}

static void drop_page(struct slot *self, unsigned int page)
{
	uint64_t from = now_ns();

	region.dropped[page] = 1;
	if (is_shmem(page))
		end_call(self, from, CALL_REMOVE, drop_shmem(self, page));
	else if (random_below(&self->random, 4) == 0)
		end_call(self, from, CALL_UNMAP, replace_anon(self, page));
	else
		end_call(self, from, CALL_DONTNEED, drop_anon(self, page));
}

/* Frees swap entries page by page; every fourth page is faulted in instead. One racer in four exits a process. */
void race_unmap(struct slot *self)
{
	unsigned int start = random_below(&self->random, region.pages);

	if (self->index % 4 == 3) {
		race_exit(self);
		return;
	}
	for (unsigned int i = 0; i < region.pages; i++) {
		unsigned int page = (start + i) % region.pages;

		if (random_below(&self->random, 4)) {
			drop_page(self, page);
		} else {
			begin(self, OP_FAULT);
			touch_page(self, page, false);
		}
	}
}
