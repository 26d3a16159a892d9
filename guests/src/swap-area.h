// SPDX-License-Identifier: GPL-2.0-only
/* What mkswap writes, for the programs that make swap areas of their own. */
#ifndef SWAP_AREA_H
#define SWAP_AREA_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define SWAP_PAGE_BYTES 4096u

/* First page of a swap area (union swap_header of include/linux/swap.h, version 1). */
struct swap_header {
	char boot_bits[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t bad_pages;
	char rest[SWAP_PAGE_BYTES - 1024 - 3 * sizeof(uint32_t) - 10];
	char magic[10];
} __attribute__((packed));

/* Makes an area of an open device or file of so many bytes; false, with errno, when it cannot be written. */
static inline bool write_swap_area(int fd, uint64_t bytes)
{
	struct swap_header header = { .version = 1, .last_page = bytes / SWAP_PAGE_BYTES - 1 };

	memcpy(header.magic, "SWAPSPACE2", sizeof(header.magic));
	return pwrite(fd, &header, sizeof(header), 0) == sizeof(header) && !fsync(fd);
}

#endif
