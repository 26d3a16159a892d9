// SPDX-License-Identifier: GPL-2.0-only
/* The samples file; harness/probe/latency/boot/samples.ts reads it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "latency.h"

#define MAGIC	    "SWLATN01"
#define MAGIC_BYTES 8

struct record {
	uint32_t kind;
	uint32_t cpu;
	uint64_t at_ns;
	int64_t value_ns;
} __attribute__((packed));

static int file;
static uint64_t written;

void make_room(struct events *events, size_t room)
{
	events->list = locked((room ? room : 1) * sizeof(struct event));
	events->room = room;
}

/* Samples beyond the room are dropped: the harness finds the gap. */
void add_event(struct events *events, uint64_t at_ns, uint64_t value_ns)
{
	if (events->count < events->room)
		events->list[events->count++] = (struct event){ at_ns, (int64_t)value_ns };
}

static void write_all(const void *bytes, size_t count)
{
	const char *from = bytes;

	while (count) {
		ssize_t wrote = write(file, from, count);

		if (wrote <= 0)
			fail("cannot write %s: %m", options.out);
		from += wrote;
		count -= wrote;
	}
}

static void write_record(enum record_kind kind, uint32_t cpu, uint64_t at_ns, int64_t value_ns)
{
	static struct record block[1024];
	static size_t filled;

	block[filled++] = (struct record){ kind, cpu, at_ns, value_ns };
	written++;
	if (filled < sizeof(block) / sizeof(block[0]) && kind != RECORD_END)
		return;
	write_all(block, filled * sizeof(block[0]));
	filled = 0;
}

static void write_events(enum record_kind kind, uint32_t cpu, const struct events *events)
{
	for (size_t at = 0; at < events->count; at++)
		write_record(kind, cpu, events->list[at].at_ns, events->list[at].value_ns);
}

void write_samples(void)
{
	file = open(options.out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		fail("cannot create %s: %m", options.out);
	write_all(MAGIC, MAGIC_BYTES);
	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		write_events(RECORD_WAKE_UP, cpu, &wake_ups[cpu]);
	write_events(RECORD_SWAPOFF, 0, &swapoffs);
	write_events(RECORD_PASS, 0, &passes);
	write_record(RECORD_END, cpus, 0, written);
	close(file);
}
