// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "pages.h"

/* Lines of /proc/swaps after its headline. */
unsigned int swap_areas(void)
{
	char text[4096];
	unsigned int lines = 0;
	int fd = open("/proc/swaps", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (length < 0)
		fail("cannot read /proc/swaps: %m");
	close(fd);
	for (ssize_t at = 0; at < length; at++)
		lines += text[at] == '\n';
	return lines - 1;
}

uint64_t swap_used_kib(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		fail("sysinfo: %m");
	return (uint64_t)(info.totalswap - info.freeswap) * info.mem_unit / 1024;
}
