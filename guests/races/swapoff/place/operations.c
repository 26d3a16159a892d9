// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done to the target page, and what must be ready for it. race.yaml says by which functions of the kernel each
 * of them goes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "place-swapoff.h"

/*
 * SWAP_MAP_MAX of include/linux/swap.h: as many users of an entry are counted in swap_map itself. One is this process,
 * the others are children.
 */
#define MOST_USERS 62

/* A page that was asked for is read some time later. */
#define CACHE_ROUNDS   200
#define CACHE_PAUSE_MS 10

/* The same memory at another address, without any page table yet. */
static unsigned char *alias;

static int touch(void)
{
	(void)*(volatile unsigned char *)target();
	return 0;
}

static int ask_mincore(void)
{
	unsigned char resident;

	return mincore(target(), PAGE_BYTES, &resident) ? errno : 0;
}

static void make_alias(void)
{
	alias = mremap(pages, 0, PAGES * PAGE_BYTES, MREMAP_MAYMOVE);
	if (alias == MAP_FAILED)
		fail("cannot map the test pages twice: %m");
}

/* Where there is no page table mincore() asks the file without any lock. */
static int ask_mincore_of_alias(void)
{
	unsigned char resident;

	return mincore(alias + TARGET_PAGE * PAGE_BYTES, PAGE_BYTES, &resident) ? errno : 0;
}

static int advise(int advice)
{
	return madvise(target(), PAGE_BYTES, advice) ? errno : 0;
}

static int will_need(void)
{
	return advise(MADV_WILLNEED);
}

static bool target_in_memory(void)
{
	unsigned char resident;

	if (mincore(target(), PAGE_BYTES, &resident))
		fail("mincore: %m");
	return resident & 1;
}

/* The target's page is in the swap cache afterwards, and the entry is still where it was. */
static void bring_to_cache(void)
{
	if (will_need())
		fail("madvise(MADV_WILLNEED): %m");
	for (int round = 0; !target_in_memory(); round++) {
		if (round == CACHE_ROUNDS)
			fail("the target page does not come to the swap cache");
		pause_ms(CACHE_PAUSE_MS);
	}
}

static int drop_mapped(void)
{
	return advise(MADV_DONTNEED);
}

static int drop_of_file(void)
{
	return advise(MADV_REMOVE);
}

static int read_smaps(void)
{
	char text[4096];
	ssize_t length;
	int fd = open("/proc/self/smaps", O_RDONLY);

	if (fd < 0)
		return errno;
	do
		length = read(fd, text, sizeof(text));
	while (length > 0);
	close(fd);
	return length < 0 ? errno : 0;
}

/* A child that is no thread of this process's C library, and ends at once. */
static int copy_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		syscall(SYS_exit_group, 0);
	return pid < 0 ? errno : 0;
}

/* Only the target is inherited: swapoff must visit each user. */
static void share_target(void)
{
	unsigned char *after = target() + PAGE_BYTES;

	if (madvise(pages, TARGET_PAGE * PAGE_BYTES, MADV_DONTFORK) ||
	    madvise(after, (PAGES - TARGET_PAGE - 1) * PAGE_BYTES, MADV_DONTFORK))
		fail("madvise(MADV_DONTFORK): %m");
	for (int users = 1; users < MOST_USERS; users++) {
		int pid = fork();

		if (pid < 0)
			fail("fork: %m");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

const struct operation operations[] = {
	{ .name = "fault", .run = touch },
	{ .name = "shmem", .flags = ON_TMPFS, .run = touch },
	{ .name = "look-up", .flags = ON_TMPFS, .prepare = make_alias, .run = ask_mincore_of_alias },
	{ .name = "readahead", .run = will_need },
	{ .name = "readahead-shmem", .flags = ON_TMPFS, .run = will_need },
	{ .name = "mincore", .run = ask_mincore },
	{ .name = "count", .run = read_smaps },
	{ .name = "duplicate", .run = copy_process },
	{ .name = "continuation", .prepare = share_target, .run = copy_process },
	{ .name = "free", .flags = DROPS_TARGET, .run = drop_mapped },
	{ .name = "free-shmem", .flags = ON_TMPFS | DROPS_TARGET, .run = drop_of_file },
	{ .name = "free-shmem-cached",
	  .flags = ON_TMPFS | DROPS_TARGET,
	  .prepare = bring_to_cache,
	  .run = drop_of_file },
	{ .name = "swapoff", .run = call_swapoff },
	{ .name = "swapoff+swapon", .run = call_swapoff_swapon },
	{ 0 },
};
