// SPDX-License-Identifier: GPL-2.0-only
/* Racers that give advice: bring these pages in, throw these away. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "stress.h"

/* WILLNEED reads swap entries and starts their swap-in without a fault; every page is touched afterwards. */
void race_willneed(struct slot *self)
{
	for (unsigned int page = 0; page < region.pages;) {
		unsigned int count = 1 + random_below(&self->random, 8);

		if (count > region.pages - page)
			count = region.pages - page;
		begin_call(self, OP_WILLNEED, page, count);
		end_call(self, CALL_WILLNEED, madvise(page_at(page), (size_t)count * PAGE_BYTES, MADV_WILLNEED) < 0);
		page += count;
	}
	race_touch(self);
}

static void drop_by_advice(struct slot *self, unsigned int page, enum operation operation, enum call call, int advice)
{
	begin_call(self, operation, page, 1);
	region.dropped[page] = 1;
	end_call(self, call, madvise(page_at(page), PAGE_BYTES, advice) < 0);
}

/* A fixed mapping over an old one unmaps that, and leaves no hole in which another mapping could land. */
static void replace_anon(struct slot *self, unsigned int page)
{
	void *mapped;

	begin_call(self, OP_UNMAP, page, 1);
	region.dropped[page] = 1;
	mapped =
		mmap(page_at(page), PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	end_call(self, CALL_UNMAP, mapped == MAP_FAILED);
}

static void drop_page(struct slot *self, unsigned int page)
{
	if (is_shmem(page))
		drop_by_advice(self, page, OP_REMOVE, CALL_REMOVE, MADV_REMOVE);
	else if (random_below(&self->random, 4) == 0)
		replace_anon(self, page);
	else
		drop_by_advice(self, page, OP_DONTNEED, CALL_DONTNEED, MADV_DONTNEED);
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
