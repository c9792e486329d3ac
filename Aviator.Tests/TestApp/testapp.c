#include "testapp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096
#define EVENTS 256
#define END_LIMIT 10000000000 /* ns that requests in flight get to end after SIGTERM, on top of DRAIN_MS */

struct settings settings = {.status = 200, .accepts = true, .ready = true};
uint64_t in_flight, unfinished;

static int poller, service, steering, signals;
static int64_t stop_accepting = INT64_MAX, give_up = INT64_MAX;
static struct connection *gone;

int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "testapp: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* One socket for IPv4 and IPv6, as Go and Java servers have it; IPv4 alone where the machine has no IPv6. */
static int listen_on(int port)
{
	struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
	struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int on = 1, off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool six = fd >= 0;

	if (!six)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, six ? (struct sockaddr *)&any6 : (struct sockaddr *)&any4, six ? sizeof(any6) : sizeof(any4)))
		die("bind");
	if (listen(fd, BACKLOG))
		die("listen");
	return fd;
}

/* The pointers of the listeners and the signals stand for themselves in epoll's data. */
static void watch_special(int *fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

	if (epoll_ctl(poller, EPOLL_CTL_ADD, *fd, &event))
		die("epoll_ctl");
}

/* A listener that epoll does not report is never accepted from. */
void set_accepting(bool accepts)
{
	struct epoll_event event = {.events = accepts ? EPOLLIN : 0, .data.ptr = &service};

	if (service >= 0 && epoll_ctl(poller, EPOLL_CTL_MOD, service, &event))
		die("epoll_ctl");
	settings.accepts = accepts;
}

static void accept_all(int *listener)
{
	for (int fd, on = 1; (fd = accept4(*listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
		struct connection *connection = calloc(1, sizeof(*connection));
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

		if (!connection || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) {
			free(connection);
			close(fd);
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (settings.stamps)
			setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
		connection->fd = fd;
		connection->watched = EPOLLIN;
		connection->control = listener == &steering;
	}
}

void hang_up(struct connection *connection)
{
	if (connection->fd < 0)
		return;
	timer_clear(connection);
	if (connection->began && !connection->control)
		in_flight--;
	if (connection->owes)
		unfinished--;
	connection->began = 0;
	close(connection->fd);
	connection->fd = -1;
	connection->next_gone = gone;
	gone = connection;
}

static void bury(void)
{
	for (struct connection *connection; (connection = gone);) {
		gone = connection->next_gone;
		free(connection->answer);
		free(connection);
	}
}

/* Bytes that arrive while a request waits stay in the kernel. epoll is called only when it would report for nothing or fail
 * to. */
static void watch(struct connection *connection, uint32_t reported)
{
	static const uint32_t wanted_in[] = {[READING] = EPOLLIN, [DELAYED] = 0, [HUNG] = EPOLLRDHUP, [WRITING] = EPOLLOUT};
	uint32_t wanted = wanted_in[connection->stage];
	struct epoll_event event = {.events = wanted, .data.ptr = connection};

	if (connection->fd < 0 || (!(wanted & ~connection->watched) && !(reported & ~wanted)))
		return;
	connection->watched = wanted;
	epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

static void handle(struct connection *connection, uint32_t events)
{
	if (connection->fd < 0)
		return;
	if (events & (EPOLLERR | EPOLLHUP) || (connection->stage == HUNG && events & EPOLLRDHUP)) {
		hang_up(connection);
		return;
	}
	if (connection->stage == READING && events & EPOLLIN) {
		receive(connection);
		events &= ~(uint32_t)EPOLLIN;
	}
	if (connection->stage != DELAYED)
		advance(connection);
	watch(connection, events);
}

/* SIGTERM: unready at once, new connections for DRAIN_MS more (a Service needs a moment to hear of it), then the
 * requests in flight, then the end. */
static void drain(void)
{
	const char *text = getenv("DRAIN_MS");

	if (settings.draining)
		return;
	settings.draining = true;
	stop_accepting = now() + (text ? (int64_t)(strtod(text, 0) * 1e6) : 0);
	give_up = stop_accepting + END_LIMIT;
	printf("draining: %lu requests to finish\n", (unsigned long)unfinished);
}

static void end_of_accepting(void)
{
	accept_all(&service);
	close(service);
	service = -1;
	stop_accepting = INT64_MAX;
}

static int64_t next_wake(void)
{
	struct connection *first = timer_next();
	int64_t wake = settings.draining ? now() + 20000000 : INT64_MAX;

	if (first && first->due < wake)
		wake = first->due;
	return wake;
}

static void wait_and_handle(void)
{
	struct epoll_event events[EVENTS];
	int64_t wake = next_wake(), left = wake - now();
	struct timespec limit = {.tv_sec = left > 0 ? left / 1000000000 : 0, .tv_nsec = left > 0 ? left % 1000000000 : 0};
	int count = epoll_pwait2(poller, events, EVENTS, wake == INT64_MAX ? 0 : &limit, 0);

	if (count < 0 && errno != EINTR)
		die("epoll_pwait2");
	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == &service || what == &steering)
			accept_all(what);
		else if (what == &signals)
			drain();
		else
			handle(what, events[i].events);
	}
	for (struct connection *due; (due = timer_next()) && due->due <= now();) {
		advance(due);
		watch(due, 0);
	}
	if (settings.draining && now() >= stop_accepting)
		end_of_accepting();
	bury();
}

int main(void)
{
	static char host[256];
	const char *delay = getenv("DELAY_MS"), *port = getenv("SERVICE_PORT");
	int service_port = port ? atoi(port) : SERVICE_PORT;
	struct rlimit files;
	sigset_t ends;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	gethostname(host, sizeof(host) - 1);
	settings.pod = getenv("POD_NAME") ? getenv("POD_NAME") : host;
	settings.stamps = getenv("FROM_ARRIVAL") != 0;
	settings.delay = delay ? (int64_t)(strtod(delay, 0) * 1e6) : 0;
	setvbuf(stdout, 0, _IOLBF, 0);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, 0);
	poller = epoll_create1(EPOLL_CLOEXEC);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	service = listen_on(service_port);
	steering = listen_on(CONTROL_PORT);
	watch_special(&signals);
	watch_special(&service);
	watch_special(&steering);
	printf("%s serves on port %d with a delay of %.3f ms, control port %d\n", settings.pod, service_port, (double)settings.delay / 1e6,
	       CONTROL_PORT);
	while (service >= 0 || (unfinished && now() < give_up))
		wait_and_handle();
	printf("ended with %lu requests unfinished\n", (unsigned long)unfinished);
	return 0;
}
