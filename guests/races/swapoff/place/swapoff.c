// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/swap.h>

#include "place-swapoff.h"

static int meant = -1;

int areas_meant(void)
{
	return meant;
}

int call_swapoff(void)
{
	if (swapoff(swap_device))
		return errno;
	meant = 0;
	return 0;
}

int call_swapoff_swapon(void)
{
	int error = call_swapoff();

	if (error)
		return error;
	if (swapon(swap_device, 0))
		return errno;
	meant = 1;
	return 0;
}
