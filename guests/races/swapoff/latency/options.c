// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "latency.h"

struct options options;

static const char *const modes[] = { [MODE_SWAPOFF] = "contend", [MODE_QUIET] = "quiet", [MODE_STOP] = "stop", NULL };
static const char *const instruments[] = { [INSTRUMENT_SAMPLER] = "sampler",
					   [INSTRUMENT_CYCLICTEST] = "cyclictest",
					   [INSTRUMENT_TIMERLAT] = "timerlat",
					   NULL };

static const struct {
	const char *name;
	uint64_t *value;
	uint64_t least, most;
} numbers[] = {
	{ "--cycles", &options.cycles, 1, 1000000 },
	{ "--period-us", &options.period_us, 1, 60000000 },
	{ "--horizon-us", &options.horizon_us, 1, 60000000 },
	{ "--interval-us", &options.interval_us, 50, 1000000 },
	{ "--pages", &options.pages, 1, 65536 },
	{ "--threads", &options.threads, 1, MAX_RACERS },
	{ "--seconds", &options.seconds, 1, 3600 },
	{ "--hang-seconds", &options.hang_seconds, 1, 3600 },
	{ "--hold-us", &options.hold_us, 0, 1000000 },
	{ "--hot-passes", &options.hot_passes, 0, 100000 },
	{ "--race", &options.race, 0, 1 },
	{ "--seed", &options.seed, 0, UINT64_MAX },
};

static void usage(const char *what, const char *detail)
{
	fail("%s %s", what, detail);
}

static void take_number(const char *name, const char *text)
{
	for (size_t at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
		char *end;

		if (strcmp(name, numbers[at].name))
			continue;
		errno = 0;
		*numbers[at].value = strtoull(text, &end, 10);
		if (errno || end == text || *end || *text == '-' || *numbers[at].value < numbers[at].least ||
		    *numbers[at].value > numbers[at].most)
			usage("a number in range is needed for", name);
		return;
	}
	usage("unknown option", name);
}

static size_t choice(const char *option, const char *const *names, const char *text)
{
	size_t at = 0;

	while (names[at] && strcmp(text, names[at]))
		at++;
	if (!names[at])
		usage("unknown value for", option);
	return at;
}

/* All options are required: the harness knows them all, and a default would be a second place for a value. */
void parse_options(int argc, char **argv)
{
	for (int at = 1; at < argc; at += 2) {
		if (at + 1 == argc)
			usage("no value for", argv[at]);
		if (!strcmp(argv[at], "--mode"))
			options.mode = choice(argv[at], modes, argv[at + 1]);
		else if (!strcmp(argv[at], "--instrument"))
			options.instrument = choice(argv[at], instruments, argv[at + 1]);
		else if (!strcmp(argv[at], "--swap"))
			options.swap = argv[at + 1];
		else if (!strcmp(argv[at], "--out"))
			options.out = argv[at + 1];
		else if (!strcmp(argv[at], "--trace"))
			options.trace = argv[at + 1];
		else
			take_number(argv[at], argv[at + 1]);
	}
	if (!options.swap || !options.out || !options.trace || !options.cycles || !options.threads || !options.pages ||
	    !options.seconds || !options.interval_us || !options.hang_seconds)
		usage("missing option", "");
	if (options.period_us < options.horizon_us)
		usage("--period-us is less than", "--horizon-us");
}
