// SPDX-License-Identifier: GPL-2.0-only
/* synthetic-events-place HELD CONTENDER FILE */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "place.h"

/* Deletes an event that does not exist: the command is kept, and nothing else happens. */
#define COMMAND "!swaprace_none"

static int file;

static int write_command(void)
{
	if (write(file, COMMAND, strlen(COMMAND)) == (ssize_t)strlen(COMMAND))
		return 0;
	return errno == ENOENT ? 0 : errno;
}

static void set_up(int argc, char **argv)
{
	int error;

	if (argc != 1)
		fail("the race needs one argument, the file synthetic_events");
	file = open(argv[0], O_WRONLY | O_APPEND | O_CLOEXEC);
	if (file < 0)
		fail("cannot open %s (CONFIG_SYNTH_EVENTS): %m", argv[0]);
	/* There must be a command before that both writers free. */
	error = write_command();
	if (error)
		fail("cannot write %s: %s", argv[0], strerror(error));
}

static const struct operation operations[] = { { .name = "write", .run = write_command }, { 0 } };

const struct race race = { .operations = operations, .set_up = set_up };
