// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches the worker from another process and reports. Real-time, above the holders: its beats say that the guest
 * still answers.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress.h"

#define EXIT_FAILED	1
#define EXIT_NOT_JOINED 3

#define MONITOR_PRIORITY 50

enum worker_state { WORKER_RUNS, WORKER_ENDED, WORKER_DIED };

static enum worker_state look_at_worker(int pid, int *status)
{
	int result = waitpid(pid, status, WNOHANG);

	if (result == 0)
		return WORKER_RUNS;
	return result == pid && WIFEXITED(*status) && WEXITSTATUS(*status) == 0 ? WORKER_ENDED : WORKER_DIED;
}

static int report_death(int status)
{
	char message[128];

	if (atomic_load(&shared->failed)) {
		print_failure(shared->failure, 0);
		return EXIT_FAILED;
	}
	if (WIFSIGNALED(status))
		snprintf(message, sizeof(message), "the worker was killed by signal %d", WTERMSIG(status));
	else
		snprintf(message, sizeof(message), "the worker ended early with status %d", WEXITSTATUS(status));
	print_failure(message, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return EXIT_FAILED;
}

/*
 * Beats until the worker has ended. After the full time the worker is asked to stop, and has the join time to do so:
 * long enough that a thread which hangs at the very end is still seen to hang.
 */
int monitor_run(int worker_pid, uint64_t start_ns)
{
	uint64_t stop_at = start_ns + options.seconds * NSEC_PER_SEC;
	uint64_t give_up_at = stop_at + options.join_seconds * NSEC_PER_SEC;
	uint64_t next = start_ns;

	make_fifo(0, MONITOR_PRIORITY);
	for (;;) {
		uint64_t now;
		int status;
		enum worker_state state;

		next += options.beat_ms * NSEC_PER_MSEC;
		sleep_until(next);
		now = now_ns();
		if (now >= stop_at)
			atomic_store(&shared->stop, true);
		state = look_at_worker(worker_pid, &status);
		if (state == WORKER_DIED)
			return report_death(status);
		print_beat(start_ns);
		if (state == WORKER_RUNS && now < give_up_at)
			continue;
		print_end(start_ns, state == WORKER_ENDED);
		if (state == WORKER_ENDED)
			return 0;
		kill(worker_pid, SIGKILL);
		return EXIT_NOT_JOINED;
	}
}
