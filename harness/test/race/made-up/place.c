// SPDX-License-Identifier: GPL-2.0-only
#include "place.h"

static int value;

static int add(void)
{
	value++;
	return 0;
}

static const char *const wrongs[] = { "lost writes", NULL };

static void check(void)
{
	add_wrong(0, value < 2);
}

static const struct operation operations[] = { { .name = "add", .run = add }, { 0 } };

const struct race race = { .operations = operations, .wrongs = wrongs, .check = check };
