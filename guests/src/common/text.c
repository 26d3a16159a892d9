// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

int try_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) < 0)
		result = -1;
	close(fd);
	return result;
}

void write_text(const char *path, const char *text)
{
	if (try_write_text(path, text))
		fail("cannot write %s: %m", path);
}

void read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, line, size - 1);

	if (length < 0)
		fail("cannot read %s: %m", path);
	close(fd);
	line[length] = 0;
	line[strcspn(line, "\n")] = 0;
}
