// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own tracer of wake-ups in place of the samplers: it records when the timer's interrupt came and when the
 * thread ran. The trace also has when a CPU entered and left its stopper thread, and when swapoff waited for readers.
 * Times are those of CLOCK_MONOTONIC. The trace is kept as the kernel prints it; harness/probe/latency/boot/timerlat.ts
 * reads it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latency.h"

#define TRACING "/sys/kernel/tracing"
/* Of the ring buffer, with its own overhead: a wake-up is two records. */
#define BYTES_A_WAKE_UP 160u
#define STOPPERS	"prev_comm ~ \"migration/*\" || next_comm ~ \"migration/*\""

#define PROBES	     TRACING "/kprobe_events"
#define WAITS_TRACED "waits are traced"

/* Functions by which swapoff waits for readers, in different kernels. */
static const char *const waits[] = { "synchronize_rcu", "synchronize_sched", "stop_machine" };
#define WAITS (sizeof(waits) / sizeof(waits[0]))

static void write_number(const char *path, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	write_text(path, text);
}

void start_timerlat(void)
{
	uint64_t wake_ups = options.seconds * NSEC_PER_SEC / NSEC_PER_USEC / options.interval_us;

	if (mount("tracefs", TRACING, "tracefs", 0, NULL) && errno != EBUSY)
		fail("cannot mount tracefs on " TRACING " (timerlat needs CONFIG_TIMERLAT_TRACER): %m");
	write_text(TRACING "/trace_clock", "mono");
	write_number(TRACING "/buffer_size_kb", wake_ups * BYTES_A_WAKE_UP / 1024 + 64);
	if (access(TRACING "/osnoise/timerlat_period_us", W_OK))
		fail("cannot use the tracer timerlat, which needs CONFIG_TIMERLAT_TRACER: %m");
	write_number(TRACING "/osnoise/timerlat_period_us", options.interval_us);
	write_text(TRACING "/events/sched/sched_switch/filter", STOPPERS);
	write_text(TRACING "/events/sched/sched_switch/enable", "1");
	/* Begins, and empties the buffer. */
	write_text(TRACING "/current_tracer", "timerlat");
}

/* Adds a probe; a kernel without that function has none. */
static bool probe(const char *definition)
{
	int fd = open(PROBES, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool added = fd >= 0 && write(fd, definition, strlen(definition)) > 0;

	if (fd >= 0)
		close(fd);
	return added;
}

static void enable_probe(const char *when, const char *function)
{
	char path[160], filter[40];

	snprintf(path, sizeof(path), TRACING "/events/swaprace/wait_%s_%s/filter", when, function);
	snprintf(filter, sizeof(filter), "common_pid == %ld", (long)gettid());
	write_text(path, filter);
	snprintf(path, sizeof(path), TRACING "/events/swaprace/wait_%s_%s/enable", when, function);
	write_text(path, "1");
}

/* Of this thread. A kernel without such probes (CONFIG_KPROBE_EVENTS) reports none. */
void trace_waits(void)
{
	char definition[160];
	size_t set = 0;

	if (access(PROBES, W_OK))
		return;
	for (size_t i = 0; i < WAITS; i++) {
		snprintf(definition, sizeof(definition), "p:swaprace/wait_begins_%s %s", waits[i], waits[i]);
		if (!probe(definition))
			continue;
		snprintf(definition, sizeof(definition), "r:swaprace/wait_ends_%s %s", waits[i], waits[i]);
		if (!probe(definition))
			fail("cannot probe the return of %s: %m", waits[i]);
		enable_probe("begins", waits[i]);
		enable_probe("ends", waits[i]);
		set++;
	}
	/* Without probes nothing is reported. */
	if (set > 0)
		write_text(TRACING "/trace_marker", WAITS_TRACED);
}

/* The trace stays in the ring buffer. */
void stop_timerlat(void)
{
	write_text(TRACING "/tracing_on", "0");
	write_text(TRACING "/events/sched/sched_switch/enable", "0");
	if (access(TRACING "/events/swaprace/enable", W_OK) == 0)
		write_text(TRACING "/events/swaprace/enable", "0");
}

/* Before the tracer is removed, which would empty the buffer. */
void write_trace(void)
{
	static char block[64 * 1024];
	int from = open(TRACING "/trace", O_RDONLY | O_CLOEXEC);
	int to = open(options.trace, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t count = -1;

	if (from < 0 || to < 0)
		fail("cannot copy the trace to %s: %m", options.trace);
	while ((count = read(from, block, sizeof(block))) > 0)
		if (write(to, block, count) != count)
			fail("cannot write %s: %m", options.trace);
	if (count < 0)
		fail("cannot read " TRACING "/trace: %m");
	close(from);
	close(to);
	write_text(TRACING "/current_tracer", "nop");
}
