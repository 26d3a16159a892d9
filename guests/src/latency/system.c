// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "latency.h"

#define STACK_BYTES (64 * 1024)

/* Ends the program: the reason is its last line. */
void fail(const char *what, const char *detail)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "{\"t\":\"fail\",\"message\":\"%s %s: %s\"}\n", what, detail,
			      errno ? strerror(errno) : "not possible");

	if (write(STDOUT_FILENO, line, length) < 0)
		_exit(2);
	_exit(1);
}

void *locked(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED || mlock(memory, bytes))
		fail("lock", "memory");
	return memory;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

void sleep_until(uint64_t when_ns)
{
	struct timespec when = { when_ns / NSEC_PER_SEC, when_ns % NSEC_PER_SEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("pin", "a thread");
}

void make_fifo(int priority)
{
	struct sched_param parameters = { .sched_priority = priority };

	if (sched_setscheduler(0, SCHED_FIFO, &parameters))
		fail("make real-time", "a thread");
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail("write", path);
	close(fd);
}

/* The first line, without its end. */
void read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, line, size - 1);

	if (length < 0)
		fail("read", path);
	close(fd);
	line[length] = 0;
	line[strcspn(line, "\n")] = 0;
}

/* Small: all of it is locked. */
pthread_t start_thread(void *(*run)(void *), uintptr_t argument)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	errno = pthread_create(&thread, &attributes, run, (void *)argument);
	if (errno)
		fail("start", "a thread");
	return thread;
}

void begin(const char *what)
{
	atomic_store(&operation, what);
	atomic_store(&progress_ns, now_ns());
}

/* xorshift64*; 0 <= result < limit. Only the controller asks. */
uint64_t random_below(uint64_t limit)
{
	static uint64_t state;

	if (!state)
		state = options.seed * 0x9e3779b97f4a7c15ull + 1;
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dull >> 16) % limit;
}
