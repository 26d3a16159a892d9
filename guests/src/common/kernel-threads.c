// SPDX-License-Identifier: GPL-2.0-only
/* What a held CPU must still do for grace periods, softirqs and work queues goes above the holder. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "place.h"

#define KERNEL_THREAD_PRIORITY 20

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
		fail("cannot read /proc: %m");
	for (struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
		if (isdigit((unsigned char)entry->d_name[0]))
			raise_if_needed(entry->d_name);
	}
	closedir(proc);
}
