// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serves SSH over a virtio-serial port: the guest needs no network stack, the host no TCP port.
 *
 * usage: sshport PORT-NAME PROGRAM [ARG...]
 *
 * For each connection that the host makes to the port, PROGRAM is started in inetd style (a stream socket as
 * standard input and output) and bytes are copied both ways. When the host closes its end, the program gets SIGHUP, and
 * the port waits for the next connection. A port has one connection at a time.
 *
 * The port does not separate one connection from the next: a guest that is busy while the host closes and reconnects
 * sees no end, and bytes of one connection would go to the other. So the host begins a connection with a unique line,
 * "swaprace-connect COOKIE" with 16 random characters, in one write. The answer is "swaprace-ready COOKIE"; whatever
 * the host reads before it belongs to an earlier connection. harness/machine/port.ts is the other end.
 *
 * The port's state (POLLHUP) lags its data: a kernel worker sets it, perhaps after the data of the next connection. So
 * an end counts only after it has lasted.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORTS "/sys/class/virtio-ports"

#define CONNECT	  "swaprace-connect "
#define READY	  "swaprace-ready "
#define COOKIE	  16u
#define LOOK_USEC 20000u
/* Between polls without a connection. Long: a measured guest must not be disturbed. */
#define IDLE_LOOK_USEC 50000u
/* Number of polls that an end has to last, and after which a connection in a late state is given up. */
#define ENDED_LOOKS 25
#define LATE_LOOKS  1500

static void die(const char *what)
{
	fprintf(stderr, "sshport: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Opens the device whose sysfs name is `name`; -1 when there is none. */
static int open_port(const char *name)
{
	char path[512], line[256];
	struct dirent *entry;
	int fd = -1;
	DIR *dir = opendir(PORTS);

	if (!dir)
		return -1;
	while (fd < 0 && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), PORTS "/%s/name", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(line, sizeof(line), file)) {
			line[strcspn(line, "\n")] = 0;
			if (!strcmp(line, name)) {
				snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
				fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
			}
		}
		fclose(file);
	}
	closedir(dir);
	return fd;
}

struct pipe_half {
	char data[32768];
	size_t begin, end;
};

static int half_empty(const struct pipe_half *half)
{
	return half->begin == half->end;
}

/* Reads into an empty half. 1: data or nothing yet; 0: end of stream. */
static int fill(struct pipe_half *half, int fd)
{
	ssize_t n = read(fd, half->data, sizeof(half->data));

	if (n > 0) {
		half->begin = 0;
		half->end = n;
		return 1;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int drain(struct pipe_half *half, int fd)
{
	ssize_t n = write(fd, half->data + half->begin, half->end - half->begin);

	if (n >= 0) {
		half->begin += n;
		return 1;
	}
	return errno == EAGAIN || errno == EINTR;
}

/* Whether a connection begins: two writes of the host are never read together. */
static int begins(const struct pipe_half *half)
{
	size_t length = strlen(CONNECT) + COOKIE + 1;

	return half->end - half->begin == length && !memcmp(half->data + half->begin, CONNECT, strlen(CONNECT)) &&
	       half->data[half->begin + length - 1] == '\n';
}

/* Answers with the cookie. 0 when the host has closed again. */
static int answer(int port, const struct pipe_half *hello)
{
	int looks = 0;
	struct pipe_half line = { .end = strlen(READY) + COOKIE + 1 };

	memcpy(line.data, READY, strlen(READY));
	memcpy(line.data + strlen(READY), hello->data + hello->begin + strlen(CONNECT), COOKIE + 1);
	while (!half_empty(&line)) {
		struct pollfd host = { port, POLLOUT, 0 };

		if (poll(&host, 1, -1) < 0 && errno != EINTR)
			die("poll");
		if (host.revents & POLLOUT && !drain(&line, port))
			return 0;
		if (host.revents & POLLOUT)
			continue;
		if (++looks > LATE_LOOKS)
			return 0;
		usleep(LOOK_USEC);
	}
	return 1;
}

/* Copies bytes until either side ends; 1 when another connection has begun, whose first line is `in`. */
static int carry(int port, int peer, struct pipe_half *in)
{
	static struct pipe_half out;
	int ended = 0;

	in->begin = in->end = out.begin = out.end = 0;
	for (;;) {
		struct pollfd fds[2] = {
			{ port, (half_empty(in) ? POLLIN : 0) | (half_empty(&out) ? 0 : POLLOUT), 0 },
			{ peer, (half_empty(&out) ? POLLIN : 0) | (half_empty(in) ? 0 : POLLOUT), 0 },
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents & POLLOUT && !drain(&out, port))
			return 0;
		if (fds[1].revents & POLLOUT && !drain(in, peer))
			return 0;
		if (fds[1].revents & (POLLIN | POLLHUP) && half_empty(&out) && !fill(&out, peer))
			return 0;
		if (fds[0].revents & POLLIN && half_empty(in)) {
			if (!fill(in, port))
				return 0;
			if (begins(in))
				return 1;
		}
		if (!(fds[0].revents & (POLLHUP | POLLERR)) || fds[0].revents & POLLIN) {
			ended = 0;
			continue;
		}
		if (++ended > ENDED_LOOKS)
			return 0;
		usleep(LOOK_USEC);
	}
}

static pid_t start_program(char **argv, int peer)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		setsid();
		dup2(peer, 0);
		dup2(peer, 1);
		execv(argv[0], argv);
		die(argv[0]);
	}
	return pid;
}

/* Waits for the first line of a connection; bytes before it belong to an earlier one. */
static void await_connection(int port, struct pipe_half *in)
{
	for (;;) {
		struct pollfd host = { port, POLLIN, 0 };

		in->begin = in->end = 0;
		/* POLLHUP is set while no host is connected, and poll() cannot wait for its absence. */
		if (poll(&host, 1, -1) < 0 || !(host.revents & POLLIN) || !fill(in, port))
			usleep(IDLE_LOOK_USEC);
		else if (begins(in))
			return;
	}
}

int main(int argc, char **argv)
{
	static struct pipe_half in;
	int port, begun = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: sshport PORT-NAME PROGRAM [ARG...]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	port = open_port(argv[1]);
	if (port < 0)
		die(argv[1]);
	for (;;) {
		int pair[2];
		pid_t pid;

		if (!begun)
			await_connection(port, &in);
		begun = 0;
		if (!answer(port, &in))
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			die("socketpair");
		pid = start_program(argv + 2, pair[1]);
		close(pair[1]);
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
		begun = carry(port, pair[0], &in);
		close(pair[0]);
		kill(-pid, SIGHUP);
		waitpid(pid, NULL, 0);
		/* A program that cannot start must not keep the guest busy. */
		usleep(20000);
	}
}
