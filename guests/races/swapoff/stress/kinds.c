// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "stress.h"

static const struct kind kinds[] = {
	{ "anon", MEMORY_ANON, false, race_touch },  { "shmem", MEMORY_SHMEM, false, race_touch },
	{ "fork", MEMORY_ANON, true, race_fork },    { "mincore", MEMORY_BOTH, false, race_mincore },
	{ "smaps", MEMORY_BOTH, false, race_smaps }, { "willneed", MEMORY_BOTH, false, race_willneed },
	{ "unmap", MEMORY_BOTH, true, race_unmap },
};

const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

const char *kind_names(void)
{
	return "anon|shmem|fork|mincore|smaps|willneed|unmap";
}
