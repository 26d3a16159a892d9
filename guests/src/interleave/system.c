// SPDX-License-Identifier: GPL-2.0-only
/* Scheduling, and what /proc and /sys tell. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "interleave.h"

/* Above the holder: what a held CPU must still do for grace periods, softirqs and work queues. */
#define KERNEL_THREAD_PRIORITY 20

void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("cannot pin a thread");
}

void make_fifo(int pid, int priority)
{
	struct sched_param parameters = { .sched_priority = priority };

	/* A kernel thread may have ended since it was listed. */
	if (sched_setscheduler(pid, SCHED_FIFO, &parameters) && errno != ESRCH)
		fail("cannot make a thread real-time");
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static bool is_needed(const char *comm)
{
	return !strncmp(comm, "ksoftirqd/", 10) || !strncmp(comm, "kworker/", 8) || !strncmp(comm, "rcu", 3);
}

static void raise_if_needed(const char *pid)
{
	char path[64], comm[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	if (read(fd, comm, sizeof(comm) - 1) > 0 && is_needed(comm))
		make_fifo(atoi(pid), KERNEL_THREAD_PRIORITY);
	close(fd);
}

void raise_kernel_threads(void)
{
	DIR *proc = opendir("/proc");

	if (!proc)
		fail("/proc");
	for (struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
		if (isdigit((unsigned char)entry->d_name[0]))
			raise_if_needed(entry->d_name);
	}
	closedir(proc);
}

/* Documentation/admin-guide/mm/pagemap.rst: bits 0-54 are the frame, bit 63 says that there is one. */
uint64_t physical_address(const void *address)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 ||
	    pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)address / PAGE_BYTES * sizeof(entry))) != sizeof(entry))
		fail("/proc/self/pagemap");
	close(fd);
	errno = 0;
	if (!(entry >> 63))
		fail("a locked page is not present");
	return (entry & ((1ull << 55) - 1)) * PAGE_BYTES + (uintptr_t)address % PAGE_BYTES;
}

/* Lines of /proc/swaps behind its headline. */
unsigned int swap_areas(void)
{
	char text[4096];
	unsigned int lines = 0;
	int fd = open("/proc/swaps", O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (length < 0)
		fail("/proc/swaps");
	close(fd);
	for (ssize_t at = 0; at < length; at++)
		lines += text[at] == '\n';
	return lines - 1;
}

uint64_t swap_used_kib(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		fail("sysinfo");
	return (uint64_t)(info.totalswap - info.freeswap) * info.mem_unit / 1024;
}
