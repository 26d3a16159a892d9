// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the pages hold: in every cache line one word made of its owner (anonymous memory or tmpfs), the page's index,
 * the line's, and the cycle's generation.
 * A page that comes back from a wrong slot, from an old cycle or in part is seen.
 */
#include <string.h>

#include "stress.h"

#define OWNER_ANON  0xa0u
#define OWNER_SHMEM 0x50u

uint64_t pattern_line(unsigned int page, unsigned int line)
{
	uint32_t generation = atomic_load_explicit(&shared->generation, memory_order_relaxed);

	return pattern_word(generation, page, line, is_shmem(page) ? OWNER_SHMEM : OWNER_ANON);
}

static volatile uint64_t *line_at(unsigned int page, unsigned int line)
{
	return (volatile uint64_t *)(page_at(page) + line * LINE_BYTES);
}

void pattern_fill(void)
{
	memset((void *)region.dropped, 0, region.pages);
	for (unsigned int page = 0; page < region.pages; page++) {
		for (unsigned int line = 0; line < LINES_PER_PAGE; line++)
			*line_at(page, line) = pattern_line(page, line);
	}
}

static void note_corruption(const struct slot *self, unsigned int page, unsigned int line, uint64_t found)
{
	unsigned int at = atomic_fetch_add(&shared->corruptions_seen, 1);
	struct corruption *corruption = &shared->corruptions[at];

	if (at >= MAX_CORRUPTIONS)
		return;
	corruption->page = page;
	corruption->line = line;
	corruption->operation = atomic_load(&self->operation);
	corruption->expected = pattern_line(page, line);
	corruption->found = found;
	atomic_store(&corruption->whole, true);
}

/* A page that was dropped on purpose may read as zeros. */
bool pattern_line_good(struct slot *self, unsigned int page, unsigned int line)
{
	uint64_t value = *line_at(page, line);

	if (value == pattern_line(page, line) || (value == 0 && region.dropped[page]))
		return true;
	note_corruption(self, page, line, value);
	return false;
}

/* Reads every line. Returns the number of pages with a wrong one. */
unsigned int pattern_check(struct slot *self)
{
	unsigned int corrupt = 0;

	for (unsigned int page = 0; page < region.pages; page++) {
		for (unsigned int line = 0; line < LINES_PER_PAGE; line++) {
			if (pattern_line_good(self, page, line))
				continue;
			corrupt++;
			break;
		}
	}
	return corrupt;
}
