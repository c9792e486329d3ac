/*
 * An HTTP/1.1 client for pods of the tests: asks a Service's address again and again and prints, about once a second, what came of it:
 *   requests=120 failed=0 a=61 b=59
 * failed are those without a whole answer; the others are counted by the pod that answered, which the body names.
 *
 * usage: testclient ADDRESS PORT FAMILY KEEP PERIOD_MS
 *   FAMILY     4, or 6 for a socket of IPv6 that connects to the v4-mapped address, as those of Java and .NET do
 *   KEEP       requests that a connection is used for; 1 opens one for each
 *   PERIOD_MS  pause after each request
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PODS 16
#define NAME 64
#define LIMIT_SECONDS 5

static struct {
	char name[NAME];
	unsigned long answers;
} pods[PODS];
static unsigned long requests, failed;
static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

/* A connected socket, or -1. */
static int connect_to(const char *address, int port, bool mapped)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct timeval limit = {.tv_sec = LIMIT_SECONDS};
	char text[INET6_ADDRSTRLEN];
	int on = 1, fd = socket(mapped ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	snprintf(text, sizeof(text), "::ffff:%s", address);
	inet_pton(AF_INET, address, &four.sin_addr);
	inet_pton(AF_INET6, text, &six.sin6_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (mapped ? !connect(fd, (struct sockaddr *)&six, sizeof(six)) : !connect(fd, (struct sockaddr *)&four, sizeof(four)))
		return fd;
	close(fd);
	return -1;
}

static void count(const char *name)
{
	for (int i = 0; i < PODS; i++) {
		if (!pods[i].name[0])
			snprintf(pods[i].name, NAME, "%s", name);
		if (!strncmp(pods[i].name, name, NAME - 1)) {
			pods[i].answers++;
			return;
		}
	}
}

/* Sends a request and reads its answer to the end; the pod's name is the body. */
static bool ask(int fd, bool last, char *name)
{
	char request[128], answer[4096], *body = 0, *length;
	size_t have = 0;
	int size = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: app\r\n%s\r\n", last ? "Connection: close\r\n" : "");

	if (send(fd, request, (size_t)size, MSG_NOSIGNAL) != size)
		return false;
	for (;;) {
		ssize_t got = recv(fd, answer + have, sizeof(answer) - 1 - have, 0);

		if (got <= 0)
			return false;
		have += (size_t)got;
		answer[have] = 0;
		body = strstr(answer, "\r\n\r\n");
		length = strstr(answer, "Content-Length: ");
		if (body && length && have >= (size_t)(body + 4 - answer) + strtoul(length + 16, 0, 10))
			break;
	}
	body += 4;
	body[strcspn(body, "\n")] = 0;
	snprintf(name, NAME, "%s", body);
	return !strncmp(answer, "HTTP/1.1 200 ", 13);
}

static void print(void)
{
	printf("requests=%lu failed=%lu", requests, failed);
	for (int i = 0; i < PODS && pods[i].name[0]; i++)
		printf(" %s=%lu", pods[i].name, pods[i].answers);
	putchar('\n');
}

int main(int count_of_arguments, char **arguments)
{
	char name[NAME];
	int fd = -1, used = 0, keep;
	struct timespec pause;
	time_t printed = 0;
	long period;

	if (count_of_arguments != 6) {
		fprintf(stderr, "usage: testclient ADDRESS PORT FAMILY KEEP PERIOD_MS\n");
		return 2;
	}
	keep = atoi(arguments[4]);
	period = atol(arguments[5]);
	pause = (struct timespec){.tv_sec = period / 1000, .tv_nsec = period % 1000 * 1000000};
	signal(SIGTERM, end);
	setvbuf(stdout, 0, _IOLBF, 0);
	while (!ended) {
		bool whole;

		if (fd < 0) {
			fd = connect_to(arguments[1], atoi(arguments[2]), arguments[3][0] == '6');
			used = 0;
		}
		used++;
		whole = fd >= 0 && ask(fd, used == keep, name);
		requests++;
		if (whole)
			count(name);
		else
			failed++;
		if (fd >= 0 && (!whole || used == keep)) {
			close(fd);
			fd = -1;
		}
		if (time(0) != printed) {
			print();
			printed = time(0);
		}
		nanosleep(&pause, 0);
	}
	print();
	return 0;
}
