/* closed ADDRESS PORT SECONDS
 *
 * Waits until a place that the pod may not reach can no longer be reached: its network policies stand then. Networks
 * put them in force some time after the pod has begun (Kubernetes, "Network Policies", on the life cycle of pods).
 * Exit code 0: it is closed; 1: it still answers after SECONDS; 125: wrong arguments.
 *
 * A network that drops packets says nothing; one that has not answered a SYN within ANSWER_MS is closed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 250
#define PAUSE_MS 20

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static long long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static long number(const char *text, long most)
{
	char *end;
	errno = 0;
	long value = strtol(text, &end, 10);
	return errno || *end || end == text || value < 1 || value > most ? -1 : value;
}

static socklen_t parse(const char *text, long port, union address *to)
{
	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET, text, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons((unsigned short)port);
		return sizeof to->v4;
	}
	if (inet_pton(AF_INET6, text, &to->v6.sin6_addr) == 1) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons((unsigned short)port);
		return sizeof to->v6;
	}
	return 0;
}

static int answers(const union address *to, socklen_t size)
{
	int s = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return 0; /* no such protocol here: nobody gets there by it */
	int open = connect(s, &to->any, size) == 0;
	if (!open && errno == EINPROGRESS) {
		struct pollfd ready = {.fd = s, .events = POLLOUT};
		int error = 1;
		socklen_t length = sizeof error;
		open = poll(&ready, 1, ANSWER_MS) == 1 && !getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length) && !error;
	}
	close(s);
	return open;
}

int main(int argc, char **argv)
{
	union address to;
	socklen_t size = 0;
	long port = argc == 4 ? number(argv[2], 65535) : -1, seconds = argc == 4 ? number(argv[3], 86400) : -1;
	if (port > 0 && seconds > 0)
		size = parse(argv[1], port, &to);
	if (!size) {
		fprintf(stderr, "usage: closed ADDRESS PORT SECONDS\n");
		return 125;
	}
	long long end = now_ms() + seconds * 1000LL;
	while (answers(&to, size)) {
		if (now_ms() >= end)
			return 1;
		usleep(PAUSE_MS * 1000);
	}
	return 0;
}
