// SPDX-License-Identifier: GPL-2.0-only
/* The swapped pages of this process and of a second one, and what is done to them while swapoff() runs. */
#ifndef PLACE_SWAPOFF_H
#define PLACE_SWAPOFF_H

#include "pages.h"
#include "place.h"

#define GROUP "/sys/fs/cgroup/place"
/* Whose pattern is in the test pages, and in those of the second process. */
#define PARENT_OWNER 1
#define CHILD_OWNER  2
#define PATTERN_TAG  0xa5
#define PAGES	     16u
/* Not the first of its read-ahead window, so that neighbours are read as well, before it and after it. */
#define TARGET_PAGE 5u

/*
 * Flags of an operation: test pages in shared memory, a file of tmpfs; the target is given back, and reads as zeroes.
 */
#define ON_TMPFS     1u
#define DROPS_TARGET 2u

extern const char *swap_device;
extern unsigned char *pages;

/* main.c */
unsigned char *target(void);
void fill(unsigned char *from, unsigned int count, unsigned int owner);
unsigned int count_bad(const unsigned char *from, unsigned int count, unsigned int owner);

/* child.c */
void start_child(void);
void child_push_out(void);
unsigned int child_check(void);

/* operations.c */
extern const struct operation operations[];

/* swapoff.c */
int call_swapoff(void);
int call_swapoff_swapon(void);
/* Areas that there must be after what the calls returned; -1 when none was called with success. */
int areas_meant(void);

#endif
