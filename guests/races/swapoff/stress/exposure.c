// SPDX-License-Identifier: GPL-2.0-only
/*
 * What counts as exposure.
 *
 * A swapoff is exposed when an operation of another thread was in flight between its entry and its return. For the
 * kinds that fault pages in, the operation is a swap-in: a touch that took a fault on a page that had been populated.
 * A touch that reads first can take no other fault (unuse maps pages by itself), so any of its faults counts. A touch
 * that writes first may also meet copy-on-write, and one of tmpfs may find the page back in the page cache: of those,
 * and of kinds that fork or drop pages, only major faults count. For mincore, smaps, willneed, fork and unmap the call
 * itself is an operation as well.
 *
 * An operation judges the overlap by itself when it ends. The swapoff's times are published before the call and after
 * it; what is missed in the moment between is exposure not claimed.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "stress.h"

void note_overlap(struct slot *self, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t begun = atomic_load(&shared->swapoff_begin_ns);
	uint64_t ended = atomic_load(&shared->swapoff_end_ns);

	if (begun && begun <= to_ns && (!ended || from_ns <= ended))
		atomic_store_explicit(&self->overlapped, true, memory_order_relaxed);
}

/* Forgets faults so far; needed when the slot changes its thread, too. */
void reset_faults(struct slot *self)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	self->minor_seen = usage.ru_minflt;
	self->major_seen = usage.ru_majflt;
}

void note_touch(struct slot *self, unsigned int page, bool write_first, uint64_t from_ns, uint64_t to_ns)
{
	long minor = self->minor_seen, major = self->major_seen;
	bool swapped_in;

	reset_faults(self);
	swapped_in = self->major_seen > major;
	if (!write_first && !is_shmem(page) && !options.kind->other_faults)
		swapped_in |= self->minor_seen > minor;
	if (!swapped_in)
		return;
	atomic_fetch_add_explicit(&self->swap_ins, 1, memory_order_relaxed);
	note_overlap(self, from_ns, to_ns);
}
