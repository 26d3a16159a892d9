// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the workload on this machine, in place of what it asks the kernel for: no page ever goes to swap, and no
 * thread is real-time. FAKE_SWAPOFF_MS is how long swapoff() takes, FAKE_SWAPOFF_ERRNO how it fails.
 * FAKE_SWAPPED says who is to believe that all pages are on swap: nobody, the controller, or everybody.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static int number(const char *name)
{
	const char *text = getenv(name);

	return text ? atoi(text) : 0;
}

int swapon(const char *path, int flags)
{
	(void)path;
	(void)flags;
	return 0;
}

int swapoff(const char *path)
{
	(void)path;
	usleep(number("FAKE_SWAPOFF_MS") * 1000);
	errno = number("FAKE_SWAPOFF_ERRNO");
	return errno ? -1 : 0;
}

int madvise(void *address, size_t bytes, int advice)
{
	return advice == MADV_PAGEOUT ? 0 : syscall(SYS_madvise, address, bytes, advice);
}

int sysinfo(struct sysinfo *info)
{
	memset(info, 0, sizeof(*info));
	info->totalswap = info->mem_unit = 1024;
	return 0;
}

static bool lied_to(void)
{
	const char *who = getenv("FAKE_SWAPPED");

	if (!who)
		return false;
	return !strcmp(who, "everybody") || (!strcmp(who, "controller") && gettid() == getpid());
}

/* Only /proc/self/pagemap is read so. */
ssize_t pread(int fd, void *buffer, size_t bytes, off_t at)
{
	ssize_t got = syscall(SYS_pread64, fd, buffer, bytes, at);
	uint64_t *entries = buffer;

	for (ssize_t i = 0; lied_to() && i < got / (ssize_t)sizeof(*entries); i++)
		entries[i] = 1ull << 62;
	return got;
}

int join_memory_cgroup(const char *folder)
{
	(void)folder;
	return -1;
}

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *parameters)
{
	(void)pid;
	(void)policy;
	(void)parameters;
	return 0;
}
