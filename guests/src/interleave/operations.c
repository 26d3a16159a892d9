// SPDX-License-Identifier: GPL-2.0-only
/* What the held thread does to the target page. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "interleave.h"

static unsigned char *target(void)
{
	return pages + TARGET_PAGE * PAGE_BYTES;
}

static int operation_fault(void)
{
	(void)*(volatile unsigned char *)target();
	return 0;
}

static int operation_mincore(void)
{
	unsigned char resident;

	return mincore(target(), PAGE_BYTES, &resident) ? errno : 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} operations[] = {
	{ "fault", operation_fault },
	{ "mincore", operation_mincore },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static int (*find(const char *name))(void)
{
	for (size_t at = 0; at < OPERATIONS; at++) {
		if (!strcmp(operations[at].name, name))
			return operations[at].run;
	}
	return NULL;
}

bool known_operation(const char *name)
{
	return find(name) != NULL;
}

int run_operation(void)
{
	return find(options.operation)();
}
