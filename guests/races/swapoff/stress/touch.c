// SPDX-License-Identifier: GPL-2.0-only
#include "stress.h"

/* Has this cycle's swapoff returned? Racers whose work has no end of its own ask. */
bool swapoff_over(void)
{
	return atomic_load_explicit(&shared->swapoff_end_ns, memory_order_relaxed) != 0;
}

/*
 * Faults one page in and checks a line of it. Writing first takes the fault for writing; the value written is the
 * one that belongs there.
 */
void touch_page(struct slot *self, unsigned int page, bool write_first)
{
	unsigned int line = random_below(&self->random, LINES_PER_PAGE);
	volatile uint64_t *word = (volatile uint64_t *)(page_at(page) + line * LINE_BYTES);
	bool minor_counts = !options.kind->other_faults && (is_shmem(page) ? area_in_use() : !write_first);
	uint64_t from, to;

	from = now_ns();
	if (write_first)
		word[1] = 0;
	else
		(void)*word;
	to = now_ns();
	atomic_store_explicit(&self->progress_ns, to, memory_order_relaxed);
	note_touch(self, minor_counts, from, to);
	if (!pattern_line_good(self, page, line))
		atomic_fetch_add_explicit(&self->corrupt_pages, 1, memory_order_relaxed);
}

/* Every page once, from a random place, forwards or backwards: threads meet on some pages and not on others. */
void race_touch(struct slot *self)
{
	unsigned int start = random_below(&self->random, region.pages);
	unsigned int step = random_below(&self->random, 2) ? 1 : region.pages - 1;
	bool write_first = random_below(&self->random, 4) == 0;

	begin(self, OP_FAULT);
	for (unsigned int i = 0, page = start; i < region.pages; i++, page = (page + step) % region.pages)
		touch_page(self, page, write_first);
}
