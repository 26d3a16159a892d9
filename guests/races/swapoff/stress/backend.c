// SPDX-License-Identifier: GPL-2.0-only
/* Makes the swap area that --backend asks for, as far as that can be done inside the guest. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "stress.h"

/* The value of `key=` in what follows the backend's first part; NULL when it is not there. Consumes `list`. */
static const char *value_of(char *list, const char *key)
{
	size_t length = strlen(key);

	for (char *item = list, *next; item; item = next) {
		next = strchr(item, ':');
		if (next)
			next++;
		if (!strncmp(item, key, length) && item[length] == '=') {
			item[length + 1 + strcspn(item + length + 1, ":")] = 0;
			return item + length + 1;
		}
	}
	return NULL;
}

/* Whether swap counts as rotational decides which read-ahead a fault uses: by cluster or by virtual address. */
static void set_rotational(const char *device, const char *value)
{
	char path[256];
	const char *name = strrchr(device, '/');

	snprintf(path, sizeof(path), "/sys/block/%s/queue/rotational", name ? name + 1 : device);
	write_text(path, value);
}

static void prepare_block(char *device, char *settings)
{
	const char *rotational = settings ? value_of(settings, "rotational") : NULL;

	if (rotational)
		set_rotational(device, rotational);
	make_swap(device);
	options.swap = device;
}

/* Written, not truncated to size: a swap file must not have holes. */
static void write_zeros(const char *path, uint64_t bytes)
{
	static const char zeros[PAGE_BYTES];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		fail("cannot create %s: %m", path);
	for (uint64_t done = 0; done < bytes; done += PAGE_BYTES) {
		if (write(fd, zeros, sizeof(zeros)) != sizeof(zeros))
			fail("cannot fill %s: %m", path);
	}
	if (fsync(fd))
		fail("cannot fill %s: %m", path);
	close(fd);
}

static void mount_parent_of(const char *path, const char *device)
{
	char *folder = strdup(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		*slash = 0;
	/* EBUSY: it is mounted there already. */
	if (mount(device, folder, "ext4", MS_NOATIME, NULL) && errno != EBUSY)
		fail("cannot mount %s: %m", device);
	free(folder);
}

static void prepare_file(char *path, char *settings)
{
	char *copy = settings ? strdup(settings) : NULL;
	const char *device = copy ? value_of(copy, "device") : NULL;
	const char *kib = settings ? value_of(settings, "kib") : NULL;
	uint64_t bytes = kib ? strtoull(kib, NULL, 10) * 1024 : 0;

	mount_parent_of(path, device ? device : "/dev/vda");
	write_zeros(path, bytes);
	make_swap(path);
	options.swap = path;
}

static void prepare_zram(const char *kib)
{
	char size[32];

	/* A kernel without this compressor keeps its own default. */
	if (!access("/sys/block/zram0/comp_algorithm", W_OK)) {
		int fd = open("/sys/block/zram0/comp_algorithm", O_WRONLY);

		if (write(fd, "lzo-rle", 7) < 0)
			errno = 0;
		close(fd);
	}
	write_text("/sys/block/zram0/reset", "1");
	snprintf(size, sizeof(size), "%sK", kib);
	write_text("/sys/block/zram0/disksize", size);
	make_swap("/dev/zram0");
	options.swap = "/dev/zram0";
}

void prepare_backend(void)
{
	char *kind = strdup(options.backend);
	char *first = strchr(kind, ':');
	char *settings = NULL;

	if (first) {
		*first++ = 0;
		settings = strchr(first, ':');
		if (settings)
			*settings++ = 0;
	}
	if (!strcmp(kind, "blk") && first) {
		prepare_block(first, settings);
	} else if (!strcmp(kind, "file") && first) {
		prepare_file(first, settings);
	} else if (!strcmp(kind, "zram") && first) {
		prepare_zram(first);
	} else if (strcmp(kind, "none") || !options.swap) {
		fail("unknown backend %s", options.backend);
	}
}
