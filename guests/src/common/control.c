// SPDX-License-Identifier: GPL-2.0-only
/* The page that the harness reads and writes, and the marks at which it stops threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "place.h"

/* Far from where programs, heaps and stacks are: no other program has code at these addresses. */
#define MARKS_ADDRESS	0x6a0000000000ul
#define CONTROL_ADDRESS 0x6a0000001000ul
#define MARK_BYTES	16ul
/* "swaprace" */
#define CONTROL_MAGIC 0x7377617072616365ul
#define X86_RET	      0xc3

struct control *control;

void make_control(void)
{
	unsigned char *marks = mmap((void *)MARKS_ADDRESS, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	control = mmap((void *)CONTROL_ADDRESS, PAGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (marks == MAP_FAILED || control == MAP_FAILED)
		fail("cannot map the control page: %m");
	for (unsigned int which = 0; which < MARK_COUNT; which++)
		marks[which * MARK_BYTES] = X86_RET;
	control->magic = CONTROL_MAGIC;
}

/* A call of a function that returns at once. */
void mark(enum mark which)
{
	((void (*)(void))(MARKS_ADDRESS + which * MARK_BYTES))();
}

/* Documentation/admin-guide/mm/pagemap.rst: bits 0-54 are the frame, bit 63 says that there is one. */
static uint64_t physical_address(const void *address)
{
	off_t at = (uintptr_t)address / PAGE_BYTES * sizeof(uint64_t);
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
		fail("cannot read /proc/self/pagemap: %m");
	close(fd);
	if (!(entry >> 63))
		fail("the locked control page is not present");
	return (entry & ((1ull << 55) - 1)) * PAGE_BYTES + (uintptr_t)address % PAGE_BYTES;
}

/* The list ends with NULL. */
static void print_names(const char *key, const char *const *names)
{
	printf(",\"%s\":[", key);
	for (size_t at = 0; names && names[at]; at++)
		printf("%s\"%s\"", at ? "," : "", names[at]);
	printf("]");
}

void print_ready(void)
{
#define NAME(name) #name,
	static const char *const words[] = { CONTROL_WORDS(NAME) NULL };
	static const char *const marks[] = { MARKS(NAME) NULL };
	const void *target = race.target ? race.target() : NULL;

	printf("{\"t\":\"ready\",\"control\":\"0x%lx\",\"marksAt\":\"0x%lx\",\"markBytes\":%lu,\"target\":\"0x%lx\"",
	       physical_address(control), MARKS_ADDRESS, MARK_BYTES, (unsigned long)target);
	print_names("words", words);
	print_names("marks", marks);
	/* After the other words, in this order. */
	print_names("wrongs", race.wrongs);
	printf("}\n");
	fflush(stdout);
}

static _Atomic uint32_t *futex_of(_Atomic uint64_t *word)
{
	/* Little-endian: the lower half comes first. */
	return (_Atomic uint32_t *)word;
}

/* Sleeps until a word has a value. */
void wait_until(_Atomic uint64_t *word, uint64_t value)
{
	for (uint64_t seen = *word; seen != value; seen = *word)
		futex_wait(futex_of(word), (uint32_t)seen);
}

void wake(_Atomic uint64_t *word, uint64_t value)
{
	*word = value;
	futex_wake(futex_of(word));
}
