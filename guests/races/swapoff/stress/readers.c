// SPDX-License-Identifier: GPL-2.0-only
/*
 * Racers that look at swap entries without bringing pages in. Every second racer does; the others fault pages in
 * meanwhile, so that entries come and go under the readers' eyes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress.h"

static bool is_reader(const struct slot *self)
{
	return self->index % 2 == 0;
}

/* mincore() looks entries up in the swap cache: under a lock for anonymous memory, under RCU alone for tmpfs. */
void race_mincore(struct slot *self)
{
	unsigned char resident[MAX_PAGES / 64];
	unsigned int most = region.pages < sizeof(resident) ? region.pages : sizeof(resident);

	if (!is_reader(self)) {
		race_touch(self);
		return;
	}
	do {
		unsigned int count = 1 + random_below(&self->random, most);
		unsigned int first = random_below(&self->random, region.pages - count + 1);

		begin_call(self, OP_MINCORE, first, count);
		end_call(self, CALL_MINCORE, mincore(page_at(first), (size_t)count * PAGE_BYTES, resident) < 0);
	} while (!swapoff_over());
}

static int read_through(const char *path)
{
	char buffer[4096];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	do
		got = read(fd, buffer, sizeof(buffer));
	while (got > 0);
	close(fd);
	return got;
}

/* smaps asks for the swap count of every entry. The rollup is the same walk with less text. */
void race_smaps(struct slot *self)
{
	static const char *const files[] = { "/proc/self/smaps", "/proc/self/smaps_rollup" };

	if (!is_reader(self)) {
		race_touch(self);
		return;
	}
	do {
		const char *path = files[random_below(&self->random, 2)];

		begin_call(self, OP_SMAPS, 0, region.pages);
		end_call(self, CALL_SMAPS, read_through(path) < 0);
	} while (!swapoff_over());
}
