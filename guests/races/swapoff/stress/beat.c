// SPDX-License-Identifier: GPL-2.0-only
/* The lines that the monitor prints; their form is harness/model/trial.ts's WorkloadMessage. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "stress.h"

static char line[32768];
static size_t length;

static void add(const char *format, ...)
{
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
	if (wrote > 0 && length + wrote < sizeof(line))
		length += wrote;
}

/* One write for a line. When nobody reads any more, there is nobody to work for. */
static void send_line(void)
{
	size_t sent = 0;

	add("\n");
	while (sent < length) {
		ssize_t wrote = write(STDOUT_FILENO, line + sent, length - sent);

		if (wrote <= 0)
			_exit(1);
		sent += wrote;
	}
	length = 0;
}

static uint64_t pswpin_at_start, pswpout_at_start;

void beat_baseline(void)
{
	pswpin_at_start = pages_swapped_in();
	pswpout_at_start = pages_swapped_out();
}

static void add_errors(void)
{
	const char *comma = "";

	add("\"errors\":{");
	for (int call = 0; call < CALL_COUNT; call++) {
		for (unsigned int number = 0; number < MAX_ERRNO; number++) {
			unsigned int count = atomic_load(&shared->errors[call][number]);

			if (!count)
				continue;
			add("%s\"%s:%s\":%u", comma, call_name(call), errno_name(number), count);
			comma = ",";
		}
	}
	add("}");
}

static void add_corruptions(void)
{
	const char *comma = "";

	add("\"corruptions\":[");
	for (unsigned int at = 0; at < MAX_CORRUPTIONS; at++) {
		const struct corruption *seen = &shared->corruptions[at];

		if (!atomic_load(&seen->whole))
			continue;
		add("%s{\"page\":%u,\"line\":%u,\"operation\":\"%s\",\"expected\":\"0x%lx\",\"found\":\"0x%lx\"}",
		    comma, seen->page, seen->line, operation_name(seen->operation), seen->expected, seen->found);
		comma = ",";
	}
	add("]");
}

static void add_exposure(uint64_t start_ns)
{
	uint64_t operations = 0, corrupt = 0;
	uint64_t exposed = atomic_load(&shared->exposed_swapoffs);
	uint64_t overlapped = atomic_load(&shared->overlapped_swapoffs);
	uint64_t contenders = atomic_load(&shared->swapoffs);
	uint64_t begun = atomic_load(&shared->begun);

	for (unsigned int i = 0; i < shared->slot_count; i++) {
		operations += atomic_load(&shared->slots[i].operations);
		corrupt += atomic_load(&shared->slots[i].corrupt_pages);
	}
	add("\"exposure\":{\"begun\":%lu,\"contenders\":%lu,\"overlapped\":%lu,\"exposed\":%lu,\"operations\":%lu,",
	    begun, contenders, overlapped, exposed, operations);
	add("\"vmstat\":{\"pswpin\":%lu,\"pswpout\":%lu},", pages_swapped_in() - pswpin_at_start,
	    pages_swapped_out() - pswpout_at_start);
	add_errors();
	add(",\"corruptPages\":%lu,", corrupt);
	add_corruptions();
	add(",\"elapsedMs\":%llu}", (now_ns() - start_ns) / NSEC_PER_MSEC);
}

static const char *const role_names[] = { "swapoff", "racer", "holder" };

/* A thread that waits for its turn is not stalled, however long another makes it wait. */
static void add_thread(const struct slot *slot, const char *comma)
{
	uint64_t now, progress = atomic_load(&slot->progress_ns);
	int operation = atomic_load(&slot->operation);

	now = now_ns();
	add("%s{\"name\":\"%s-%u\",\"tid\":%d,\"operation\":\"%s\",\"stalledMs\":%llu}", comma, role_names[slot->role],
	    slot->index, atomic_load(&slot->tid), operation_name(operation),
	    operation == OP_WAIT || progress > now ? 0ull : (now - progress) / NSEC_PER_MSEC);
}

void print_start(void)
{
	add("{\"t\":\"start\",\"threads\":%u,\"pages\":%u,\"workload\":\"%s\",\"seed\":%lu,\"evict\":\"%s\"}",
	    options.threads, options.pages, options.kind->name, options.seed,
	    options.eviction == EVICT_PAGEOUT ? "pageout" : "memcg");
	send_line();
}

void print_beat(uint64_t start_ns)
{
	add("{\"t\":\"beat\",");
	add_exposure(start_ns);
	add(",\"threads\":[");
	for (unsigned int i = 0; i < shared->slot_count; i++)
		add_thread(&shared->slots[i], i ? "," : "");
	add("]}");
	send_line();
}

void print_end(uint64_t start_ns, bool joined)
{
	add("{\"t\":\"end\",");
	add_exposure(start_ns);
	add(",\"joined\":%s}", joined ? "true" : "false");
	send_line();
}

void print_failure(const char *message, int signal)
{
	char text[1024];

	json_string(text, sizeof(text), message);
	add("{\"t\":\"fail\",\"message\":%s", text);
	if (signal != 0)
		add(",\"signal\":%d", signal);
	add("}");
	send_line();
}
