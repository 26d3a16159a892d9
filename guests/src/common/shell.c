// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operation that is a shell command. The shell is started beforehand and waits for a line, so that what the race
 * sees of it is the command alone, made by one process whose kernel stack is known.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

#define SHELL "/bin/sh"

struct shell {
	int pid;
	/* The end of the pipe that this program writes to. */
	int order;
};

static void become_shell(const char *command, int order, unsigned int cpu) __attribute__((noreturn));
static void become_shell(const char *command, int order, unsigned int cpu)
{
	int quiet = open("/dev/null", O_WRONLY);
	char *script;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(cpu);
	if (asprintf(&script, "read go\n%s\n", command) < 0)
		_exit(127);
	dup2(order, STDIN_FILENO);
	dup2(quiet, STDOUT_FILENO);
	dup2(quiet, STDERR_FILENO);
	execl(SHELL, "sh", "-c", script, NULL);
	_exit(127);
}

struct shell *start_shell(const char *command, unsigned int cpu)
{
	struct shell *shell = malloc(sizeof(*shell));
	int ends[2];

	if (!shell || pipe2(ends, O_CLOEXEC))
		fail("cannot make a pipe: %m");
	shell->order = ends[1];
	shell->pid = fork();
	if (shell->pid < 0)
		fail("cannot start a shell: %m");
	if (!shell->pid)
		become_shell(command, ends[0], cpu);
	close(ends[0]);
	return shell;
}

/* Returns the command's exit status. */
int run_shell(struct shell *shell)
{
	int status;

	if (write(shell->order, "\n", 1) != 1)
		return errno;
	while (waitpid(shell->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
