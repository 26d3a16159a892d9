// SPDX-License-Identifier: GPL-2.0-only
#ifndef PAGES_H
#define PAGES_H

#include "common.h"

unsigned char *make_pages(unsigned int count, bool shared);
/* `group` is the folder of the caller's memory cgroup. */
void push_out(unsigned char *from, unsigned int count, const char *group);

/* proc.c: what the kernel says of its swap areas. */
unsigned int swap_areas(void);
uint64_t swap_used_kib(void);

#endif
