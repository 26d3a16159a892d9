// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stress.h"

/*
 * Eight threads and 64 pages clearly shorten the time to the first oops of an unprotected kernel against four and 32.
 * The shares of reclaim (25 to 75) and of holds (none or 75) made no measurable difference on a busy host: both ways
 * are mixed, since each reaches places that the other does not. A hold lasts as long as swapoff() of an emulated guest
 * takes, tens of milliseconds: what is held beyond its return is what may crash.
 */
struct options options = {
	.threads = 8,
	.pages = 64,
	.seconds = 20,
	.join_seconds = 20,
	.beat_ms = 100,
	.seed = 1,
	.reclaim_percent = 50,
	.lead_us = 100,
	.hold_before_us = 100,
	.hold_after_us = 400,
	.hold_max_us = 50000,
	.hold_percent = 75,
};

static void usage(const char *problem, const char *value)
{
	fprintf(stderr, "stress: %s: %s\n", problem, value);
	fprintf(stderr,
		"usage: stress --kind %s\n"
		"  --backend blk:DEVICE[:rotational=0|1] | file:PATH:kib=N[:device=DEVICE] | zram:KIB | none\n"
		"  [--swap PATH]         the area itself; needed with --backend none\n"
		"  [--evict auto|pageout|memcg]\n"
		"  [--threads N] [--pages N] [--seconds S] [--join-seconds S] [--seed S] [--beat-ms MS]\n"
		"  [--reclaim-percent P] share of the cycles in which pages leave the swap cache, too\n"
		"  [--lead-us US]        most time from the racers' start to the swapoff\n"
		"  [--hold-percent P] [--hold-max-us US] [--hold-before-us US] [--hold-after-us US]\n",
		kind_names());
	exit(2);
}

struct number_option {
	const char *name;
	unsigned int *value;
	unsigned int least, most;
};

static const struct number_option numbers[] = {
	{ "--threads", &options.threads, 1, MAX_RACERS },
	{ "--pages", &options.pages, 2, MAX_PAGES },
	{ "--seconds", &options.seconds, 1, 1000000 },
	{ "--join-seconds", &options.join_seconds, 1, 1000000 },
	{ "--beat-ms", &options.beat_ms, 10, 60000 },
	{ "--reclaim-percent", &options.reclaim_percent, 0, 100 },
	{ "--lead-us", &options.lead_us, 0, 1000000 },
	{ "--hold-before-us", &options.hold_before_us, 0, 1000000 },
	{ "--hold-after-us", &options.hold_after_us, 0, 1000000 },
	{ "--hold-max-us", &options.hold_max_us, 0, 50000 },
	{ "--hold-percent", &options.hold_percent, 0, 100 },
};

static uint64_t parse_number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < least || value > most)
		usage("not a number in range", text);
	return value;
}

static bool take_number(const char *name, const char *text)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(name, numbers[i].name))
			continue;
		*numbers[i].value = parse_number(text, numbers[i].least, numbers[i].most);
		return true;
	}
	return false;
}

static int eviction_choice = -1;

static void take_eviction(const char *text)
{
	if (!strcmp(text, "pageout"))
		eviction_choice = EVICT_PAGEOUT;
	else if (!strcmp(text, "memcg"))
		eviction_choice = EVICT_MEMCG;
	else if (strcmp(text, "auto"))
		usage("unknown eviction", text);
}

static void take_option(const char *name, const char *text)
{
	if (!strcmp(name, "--kind")) {
		options.kind = find_kind(text);
		if (!options.kind)
			usage("unknown kind", text);
	} else if (!strcmp(name, "--backend")) {
		options.backend = text;
	} else if (!strcmp(name, "--swap")) {
		options.swap = text;
	} else if (!strcmp(name, "--seed")) {
		options.seed = parse_number(text, 0, UINT64_MAX);
	} else if (!strcmp(name, "--evict")) {
		take_eviction(text);
	} else if (!take_number(name, text)) {
		usage("unknown option", name);
	}
}

void parse_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			usage("no value for", argv[i]);
		take_option(argv[i], argv[i + 1]);
	}
	if (!options.kind)
		usage("missing option", "--kind");
	if (!options.backend)
		usage("missing option", "--backend");
	options.cpus = sysconf(_SC_NPROCESSORS_ONLN);
	choose_eviction(eviction_choice);
}
