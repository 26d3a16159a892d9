// SPDX-License-Identifier: GPL-2.0-only
/*
 * NAME-place HELD CONTENDER [--shell NAME=COMMAND]... [ARGUMENT of the race]...
 *
 * Prepares the race, prints one line of JSON that says where everything is, and waits for the harness. It never ends
 * by itself. With the one argument `list` it prints the names of its operations.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "place.h"

#define MAX_SHELLS 8

const struct operation *held_operation, *contender_operation;

static struct shell *held_shell, *contender_shell;
static const char *shell_commands[MAX_SHELLS];
static unsigned int shells;

static void list_operations(void)
{
	for (const struct operation *each = race.operations; each && each->name; each++)
		puts(each->name);
}

static const struct operation *find_operation(const char *name)
{
	for (const struct operation *each = race.operations; each && each->name; each++) {
		if (!strcmp(each->name, name))
			return each;
	}
	return NULL;
}

/* The command of a shell operation; NULL when there is none of that name. */
static const char *find_shell(const char *name)
{
	size_t length = strlen(name);

	for (unsigned int at = 0; at < shells; at++) {
		if (!strncmp(shell_commands[at], name, length) && shell_commands[at][length] == '=')
			return shell_commands[at] + length + 1;
	}
	return NULL;
}

static void choose(const char *name, unsigned int cpu, const struct operation **operation, struct shell **shell)
{
	const char *command = find_shell(name);

	*operation = find_operation(name);
	if (*operation)
		return;
	if (!command)
		fail("this program has no operation %s", name);
	*shell = start_shell(command, cpu);
}

static int run(const struct operation *operation, struct shell *shell)
{
	return operation ? operation->run() : run_shell(shell);
}

int run_held(void)
{
	return run(held_operation, held_shell);
}

int run_contender(void)
{
	return run(contender_operation, contender_shell);
}

void add_wrong(unsigned int which, uint64_t count)
{
	control->wrong[which] += count;
}

static int take_shells(int argc, char **argv)
{
	int at = 0;

	for (; at + 1 < argc && !strcmp(argv[at], "--shell"); at += 2) {
		if (shells == MAX_SHELLS)
			fail("too many shell commands: at most %d", MAX_SHELLS);
		shell_commands[shells++] = argv[at + 1];
	}
	return at;
}

static void prepare(const struct operation *operation)
{
	if (operation && operation->prepare)
		operation->prepare();
}

int main(int argc, char **argv)
{
	int used;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		list_operations();
		return 0;
	}
	if (argc < 3)
		fail("usage: %s HELD CONTENDER [--shell NAME=COMMAND]... [ARGUMENT]...", argv[0]);
	used = 3 + take_shells(argc - 3, argv + 3);
	pin(0);
	make_control();
	choose(argv[1], 1, &held_operation, &held_shell);
	choose(argv[2], 0, &contender_operation, &contender_shell);
	if (race.begin)
		race.begin();
	start_threads();
	/* All but what the race makes, or the first fault that is seen is for the program's own data. */
	if (mlockall(MCL_CURRENT))
		fail("mlockall: %m");
	if (race.set_up)
		race.set_up(argc - used, argv + used);
	prepare(held_operation);
	if (contender_operation != held_operation)
		prepare(contender_operation);
	write_text("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	raise_kernel_threads();
	print_ready();
	for (;;)
		pause();
}
