// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the held thread does to the target page, and what must be ready for it. The harness has a path for each
 * (harness/interleave/paths.ts).
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

#include "interleave.h"

/*
 * SWAP_MAP_MAX of include/linux/swap.h: as many users of an entry are counted in swap_map itself. One is this process,
 * the others are children.
 */
#define MOST_USERS 62

struct operation {
	const char *name;
	/* Test pages in shared memory, a file of tmpfs. */
	bool tmpfs;
	/* The target page is given back, and reads as zeroes from then on. */
	bool drops_target;
	/* Once the pages are on swap; may be absent. */
	void (*prepare)(void);
	/* Returns 0 or errno. */
	int (*run)(void);
};

/* The same memory at another address, without any page table yet. */
static unsigned char *alias;

static unsigned char *target(void)
{
	return pages + TARGET_PAGE * PAGE_BYTES;
}

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
		fail("cannot map the test pages twice");
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
	unsigned char *behind = target() + PAGE_BYTES;

	if (madvise(pages, TARGET_PAGE * PAGE_BYTES, MADV_DONTFORK) ||
	    madvise(behind, (PAGES - TARGET_PAGE - 1) * PAGE_BYTES, MADV_DONTFORK))
		fail("madvise(MADV_DONTFORK)");
	for (int users = 1; users < MOST_USERS; users++) {
		int pid = fork();

		if (pid < 0)
			fail("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static const struct operation operations[] = {
	{ .name = "fault", .run = touch },
	{ .name = "fault-tmpfs", .tmpfs = true, .run = touch },
	{ .name = "mincore", .run = ask_mincore },
	{ .name = "mincore-tmpfs", .tmpfs = true, .prepare = make_alias, .run = ask_mincore_of_alias },
	{ .name = "willneed", .run = will_need },
	{ .name = "willneed-tmpfs", .tmpfs = true, .run = will_need },
	{ .name = "smaps", .run = read_smaps },
	{ .name = "fork", .run = copy_process },
	{ .name = "fork-shared", .prepare = share_target, .run = copy_process },
	{ .name = "dontneed", .drops_target = true, .run = drop_mapped },
	{ .name = "remove-tmpfs", .tmpfs = true, .drops_target = true, .run = drop_of_file },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static const struct operation *find(const char *name)
{
	for (size_t at = 0; at < OPERATIONS; at++) {
		if (!strcmp(operations[at].name, name))
			return &operations[at];
	}
	return NULL;
}

bool known_operation(const char *name)
{
	return find(name) != NULL;
}

bool operation_on_tmpfs(void)
{
	return find(options.operation)->tmpfs;
}

void prepare_operation(void)
{
	if (find(options.operation)->prepare)
		find(options.operation)->prepare();
}

int run_operation(void)
{
	return find(options.operation)->run();
}

unsigned int count_bad_after_operation(void)
{
	bool dropped = find(options.operation)->drops_target;
	unsigned int bad = 0;

	for (unsigned int page = 0; page < PAGES; page++) {
		if (dropped && page == TARGET_PAGE)
			bad += !page_zero(pages, page);
		else
			bad += !page_good(pages, page, PARENT_OWNER);
	}
	return bad;
}
