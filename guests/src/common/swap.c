// SPDX-License-Identifier: GPL-2.0-only
/* What mkswap writes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* First page of a swap area (union swap_header of include/linux/swap.h, version 1). */
struct swap_header {
	char boot_bits[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_pages;
	char rest[PAGE_BYTES - 1024 - 3 * sizeof(uint32_t) - 10];
	char magic[10];
} __attribute__((packed));

/* Bytes of an open device or file; 0 when that cannot be read. */
uint64_t size_of_area(int fd)
{
	struct stat status;
	uint64_t bytes = 0;

	if (fstat(fd, &status))
		return 0;
	if (S_ISREG(status.st_mode))
		return status.st_size;
	return ioctl(fd, BLKGETSIZE64, &bytes) ? 0 : bytes;
}

/* Makes an area of an open device or file; false, with errno, when it cannot be written. */
bool write_swap_area(int fd, uint64_t bytes)
{
	struct swap_header header = { .version = 1, .last_page = bytes / PAGE_BYTES - 1 };

	memcpy(header.magic, "SWAPSPACE2", sizeof(header.magic));
	return pwrite(fd, &header, sizeof(header), 0) == sizeof(header) && !fsync(fd);
}

/* Of all of a device or file. */
void make_swap(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint64_t bytes = fd < 0 ? 0 : size_of_area(fd);

	if (!bytes || !write_swap_area(fd, bytes))
		fail("cannot make a swap area of %s: %m", path);
	close(fd);
}
