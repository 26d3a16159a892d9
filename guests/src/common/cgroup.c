// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common.h"

#define CGROUPS "/sys/fs/cgroup"

/*
 * Makes the group and moves the caller there: what is charged elsewhere cannot be reclaimed here. 0, or -1 and errno.
 */
int join_memory_cgroup(const char *folder)
{
	char procs[128];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", folder);
	if (try_write_text(CGROUPS "/cgroup.subtree_control", "+memory"))
		return -1;
	if (mkdir(folder, 0755) && errno != EEXIST)
		return -1;
	return try_write_text(procs, "0");
}
