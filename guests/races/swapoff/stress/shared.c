// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress.h"

struct shared *shared;

static const char *const operation_names[OP_COUNT] = {
	[OP_WAIT] = "wait",	    [OP_SWAPON] = "swapon",   [OP_FILL] = "fill",
	[OP_PAGEOUT] = "pageout",   [OP_SWAPOFF] = "swapoff", [OP_CHECK] = "check",
	[OP_FAULT] = "fault",	    [OP_FORK] = "fork",	      [OP_CHILD_FAULT] = "fault after fork",
	[OP_MINCORE] = "mincore",   [OP_SMAPS] = "smaps",     [OP_WILLNEED] = "willneed",
	[OP_DONTNEED] = "dontneed", [OP_REMOVE] = "remove",   [OP_UNMAP] = "unmap",
	[OP_EXIT] = "exit",	    [OP_HOLD] = "hold",
};

static const char *const call_names[CALL_COUNT] = {
	[CALL_SWAPON] = "swapon",     [CALL_SWAPOFF] = "swapoff",   [CALL_PAGEOUT] = "pageout",
	[CALL_MEMCG] = "memory.high", [CALL_FORK] = "fork",	    [CALL_MINCORE] = "mincore",
	[CALL_SMAPS] = "smaps",	      [CALL_WILLNEED] = "willneed", [CALL_DONTNEED] = "dontneed",
	[CALL_REMOVE] = "remove",     [CALL_UNMAP] = "unmap",
};

const char *operation_name(int operation)
{
	return operation >= 0 && operation < OP_COUNT ? operation_names[operation] : "unknown";
}

const char *call_name(int call)
{
	return call_names[call];
}

const char *errno_name(int number)
{
	const char *name = strerrorname_np(number);

	return name ? name : "unknown";
}

/* Locked and prefaulted: neither reading nor writing it may ever need swap. */
void make_shared(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED || mlock(shared, sizeof(*shared)))
		fail("cannot lock the shared area: %m");
}

struct slot *add_slot(enum role role, unsigned int index, unsigned int cpu)
{
	unsigned int at = atomic_load(&shared->slot_count);
	struct slot *slot = &shared->slots[at];

	slot->role = role;
	slot->index = index;
	slot->cpu = cpu;
	slot->random = options.seed * 0x9e3779b97f4a7c15ull + at + 1;
	atomic_store(&slot->progress_ns, now_ns());
	atomic_store_explicit(&shared->slot_count, at + 1, memory_order_release);
	return slot;
}

void begin(struct slot *self, enum operation operation)
{
	atomic_store_explicit(&self->progress_ns, now_ns(), memory_order_relaxed);
	atomic_store_explicit(&self->operation, operation, memory_order_relaxed);
}

/* Ends what `begin` began. Returns the time. */
uint64_t finish(struct slot *self)
{
	uint64_t now = now_ns();

	atomic_store_explicit(&self->progress_ns, now, memory_order_relaxed);
	atomic_store_explicit(&self->operation, OP_WAIT, memory_order_relaxed);
	return now;
}

void count_error(enum call call, int number)
{
	if (number > 0 && (unsigned int)number < MAX_ERRNO)
		atomic_fetch_add(&shared->errors[call][number], 1);
}

static bool by_monitor;

void fail_by_monitor(void)
{
	by_monitor = true;
}

/* The worker leaves the reason to the monitor, whose lines are the only ones. */
void fail(const char *format, ...)
{
	char message[sizeof(shared->failure)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (by_monitor) {
		memcpy(shared->failure, message, sizeof(message));
		atomic_store(&shared->failed, true);
	} else {
		print_failure(message, 0);
	}
	_exit(1);
}
