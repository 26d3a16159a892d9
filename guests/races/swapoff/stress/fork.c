// SPDX-License-Identifier: GPL-2.0-only
/*
 * Racers that copy the address space. fork() duplicates every swap entry; the child faults its copies in, and what it
 * leaves swapped out is freed by its exit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

/* In the child. Returns to no C library clean-up: it shares its parent's streams. */
static void child_race(struct slot *self, bool touches)
{
	atomic_store(&self->tid, gettid_now());
	if (touches) {
		reset_faults(self);
		race_touch(self);
		atomic_store(&self->operation, OP_CHILD_FAULT);
	}
	_exit(0);
}

static void wait_child(struct slot *self, pid_t child, enum operation operation)
{
	int status;

	begin(self, operation);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	finish(self);
	atomic_store(&self->tid, gettid_now());
	reset_faults(self);
}

static void fork_once(struct slot *self, bool touches)
{
	pid_t child;

	begin_call(self, OP_FORK, 0, region.pages);
	child = fork();
	if (child == 0)
		child_race(self, touches);
	end_call(self, CALL_FORK, child < 0);
	if (child < 0)
		return;
	wait_child(self, child, touches ? OP_CHILD_FAULT : OP_EXIT);
}

/*
 * One racer in four forks, and only twice a cycle: swapoff must bring pages into every child, and forks without end
 * would keep it from ever returning.
 */
void race_fork(struct slot *self)
{
	for (int i = 0; i < 2 && self->index % 4 == 0; i++)
		fork_once(self, true);
	race_touch(self);
}

void race_exit(struct slot *self)
{
	fork_once(self, false);
}
