// SPDX-License-Identifier: GPL-2.0-only
/* A second process with pages on the same swap area: what a race does to others is seen in them. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "place-swapoff.h"

#define CHILD_PAGES 4u

enum child_order { ORDER_NONE, ORDER_PUSH_OUT, ORDER_CHECK };

static void child_main(void) __attribute__((noreturn));
static void child_main(void)
{
	unsigned char *own = make_pages(CHILD_PAGES, false);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fill(own, CHILD_PAGES, CHILD_OWNER);
	wake(&control->helper_state, ORDER_NONE + 1);
	wait_until(&control->helper_order, ORDER_PUSH_OUT);
	push_out(own, CHILD_PAGES, GROUP);
	wake(&control->helper_state, ORDER_PUSH_OUT + 1);
	wait_until(&control->helper_order, ORDER_CHECK);
	control->helper_result = count_bad(own, CHILD_PAGES, CHILD_OWNER);
	wake(&control->helper_state, ORDER_CHECK + 1);
	_exit(0);
}

static void order(enum child_order what)
{
	wake(&control->helper_order, what);
	wait_until(&control->helper_state, what + 1);
}

void start_child(void)
{
	int pid = fork();

	if (pid < 0)
		fail("cannot start the second process: %m");
	if (!pid)
		child_main();
	wait_until(&control->helper_state, ORDER_NONE + 1);
}

void child_push_out(void)
{
	order(ORDER_PUSH_OUT);
}

unsigned int child_check(void)
{
	order(ORDER_CHECK);
	return control->helper_result;
}
