// SPDX-License-Identifier: GPL-2.0-only
/*
 * What counts as exposure.
 *
 * A swapoff is exposed when it returned while an operation of another thread was in flight that had found something on
 * swap: only that can still use what swapoff took away. An operation is a touch that took a fault on a page that had
 * been populated, or a call (mincore, smaps, willneed, fork, unmap) on pages of which one was on swap when it began. A
 * touch of anonymous memory that reads first can take no other fault (unuse maps pages by itself), so any of its faults
 * counts; one that writes first may also meet copy-on-write, and only a major fault counts. A touch of tmpfs may find
 * the page back in the page cache: a minor fault counts while the area holds anything, since one that swapoff overtook
 * ends as a minor fault. Of kinds that fork or drop pages only major faults count.
 *
 * An operation judges itself when it ends, by clocks that are read right before it and right after it. The swapoff's
 * times are published before the call and after it; what is missed in the moment between is exposure not claimed. A
 * thread that is preempted between the end of its operation and its clock is taken for one in flight.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/resource.h>

#include "stress.h"

static void note_operation(struct slot *self, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t begun = atomic_load(&shared->swapoff_begin_ns);
	uint64_t ended = atomic_load(&shared->swapoff_end_ns);

	atomic_fetch_add_explicit(&self->operations, 1, memory_order_relaxed);
	if (!begun || to_ns < begun || (ended && ended < from_ns))
		return;
	atomic_store_explicit(&self->overlapped, true, memory_order_relaxed);
	if (ended && ended <= to_ns)
		atomic_store_explicit(&self->exposed, true, memory_order_relaxed);
}

/* Forgets faults so far; needed when the slot changes its thread, too. */
void reset_faults(struct slot *self)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	self->minor_seen = usage.ru_minflt;
	self->major_seen = usage.ru_majflt;
}

/* `minor_counts`: a minor fault can only have been for a page on swap. */
void note_touch(struct slot *self, bool minor_counts, uint64_t from_ns, uint64_t to_ns)
{
	long minor = self->minor_seen, major = self->major_seen;

	reset_faults(self);
	if (self->major_seen > major || (minor_counts && self->minor_seen > minor))
		note_operation(self, from_ns, to_ns);
}

/* A call that works on `count` pages from `first` on comes next. */
void begin_call(struct slot *self, enum operation operation, unsigned int first, unsigned int count)
{
	self->on_swap = on_swap(first, count);
	begin(self, operation);
	self->call_ns = now_ns();
}

/* The call has returned; errno is still its own. */
void end_call(struct slot *self, enum call call, bool failed)
{
	int error = errno;
	uint64_t to_ns = finish(self);

	if (failed)
		count_error(call, error);
	if (self->on_swap)
		note_operation(self, self->call_ns, to_ns);
}
