#include "testapp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

static char filler[65536];

static void request_begins(struct connection *connection, int64_t at)
{
	connection->began = at;
	if (connection->control)
		return;
	in_flight++;
	unfinished++;
	connection->owes = true;
}

/* When the kernel took in the bytes of a message, by its own stamp; now where it gave none. The stamp is of the wall clock. */
static int64_t arrival(struct msghdr *message)
{
	struct timespec stamp, wall;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
		clock_gettime(CLOCK_REALTIME, &wall);
		return now() - ((wall.tv_sec - stamp.tv_sec) * 1000000000LL + wall.tv_nsec - stamp.tv_nsec);
	}
	return now();
}

void receive(struct connection *connection)
{
	char parts[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec space = {.iov_base = connection->head + connection->have, .iov_len = MAX_HEAD - connection->have};
	struct msghdr message = {.msg_iov = &space, .msg_iovlen = 1, .msg_control = parts, .msg_controllen = sizeof(parts)};
	ssize_t got = recvmsg(connection->fd, &message, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		hang_up(connection);
		return;
	}
	if (!connection->began)
		request_begins(connection, arrival(&message));
	connection->have += (size_t)got;
}

static void drop_bytes(struct connection *connection, size_t count)
{
	connection->have -= count;
	memmove(connection->head, connection->head + count, connection->have);
}

/* The value of a header field, or null. `head` ends with a null byte after its last line. */
static const char *field(const char *head, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (!strncasecmp(line, name, length) && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return 0;
}

static bool parse(struct connection *connection, const char *head)
{
	const char *value = field(head, "Connection");
	int minor;

	if (sscanf(head, "%*15s %255s HTTP/1.%d", connection->target, &minor) != 2 || field(head, "Transfer-Encoding"))
		return false;
	connection->last = value ? !strncasecmp(value, "close", 5) : minor == 0;
	value = field(head, "Content-Length");
	connection->body = value ? strtoull(value, 0, 10) : 0;
	return true;
}

/* True when a whole request was there and it is decided how to answer it. */
static bool take_request(struct connection *connection)
{
	size_t size;
	char *end;

	if (!connection->headed) {
		if (!connection->have)
			return false;
		if (!connection->began) /* sent before the last answer was there */
			request_begins(connection, now());
		connection->head[connection->have] = 0;
		end = strstr(connection->head, "\r\n\r\n");
		if (!end && connection->have < MAX_HEAD)
			return false;
		if (end)
			end[2] = 0;
		if (!end || !parse(connection, connection->head)) {
			connection->last = true;
			prepare_answer(connection, 400, "text/plain", "bad request\n", 12, 0);
			return true;
		}
		drop_bytes(connection, (size_t)(end + 4 - connection->head));
		connection->headed = true;
	}
	size = connection->have < connection->body ? connection->have : (size_t)connection->body;
	drop_bytes(connection, size);
	connection->body -= size;
	if (connection->body)
		return false;
	connection->headed = false;
	if (connection->control)
		control(connection, connection->target);
	else
		serve(connection, connection->target);
	return true;
}

static const char *reason(int status)
{
	return status < 300 ? "OK" : status < 400 ? "Elsewhere" : status < 500 ? "Bad Request" : "Failed";
}

/* Head, body and `filling` bytes more; Content-Length counts both. */
void prepare_answer(struct connection *connection, int status, const char *type, const char *body, size_t length, uint64_t filling)
{
	char head[512];
	int size;

	if (settings.draining)
		connection->last = true;
	size = snprintf(head, sizeof(head), "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %" PRIu64 "\r\nX-Pod-Name: %s\r\n%s\r\n",
	                status, reason(status), type, length + filling, settings.pod, connection->last ? "Connection: close\r\n" : "");
	connection->answer = malloc((size_t)size + length);
	if (!connection->answer)
		abort();
	memcpy(connection->answer, head, (size_t)size);
	memcpy(connection->answer + size, body, length);
	connection->length = (size_t)size + length;
	connection->sent = 0;
	connection->filling = filling;
	connection->stage = WRITING;
}

static void prepare_due_answer(struct connection *connection)
{
	char body[300];
	int length = connection->bytes ? 0 : snprintf(body, sizeof(body), "%s\n", settings.pod);

	prepare_answer(connection, connection->status, "text/plain", body, (size_t)length, connection->bytes);
}

/* How many bytes the kernel took; 0 when it takes none now. */
static size_t send_some(struct connection *connection, const char *bytes, uint64_t length)
{
	ssize_t sent = send(connection->fd, bytes, length, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		hang_up(connection);
	return sent > 0 ? (size_t)sent : 0;
}

/* True when the whole answer is sent. */
static bool flush_answer(struct connection *connection)
{
	size_t sent;

	if (connection->began) { /* the truth ends here: the first bytes leave within the next call */
		if (!connection->control) {
			sample_add(now() - connection->began);
			in_flight--;
		}
		connection->began = 0;
	}
	while (connection->sent < connection->length) {
		sent = send_some(connection, connection->answer + connection->sent, connection->length - connection->sent);
		if (!sent)
			return false;
		connection->sent += sent;
	}
	while (connection->filling) {
		sent = send_some(connection, filler, connection->filling < sizeof(filler) ? connection->filling : sizeof(filler));
		if (!sent)
			return false;
		connection->filling -= sent;
	}
	free(connection->answer);
	connection->answer = 0;
	if (connection->owes)
		unfinished--;
	connection->owes = false;
	return true;
}

void advance(struct connection *connection)
{
	while (connection->fd >= 0) {
		switch (connection->stage) {
		case READING:
			if (!take_request(connection))
				return;
			break;
		case DELAYED:
			if (connection->due > now()) {
				timer_set(connection);
				return;
			}
			timer_clear(connection);
			prepare_due_answer(connection);
			break;
		case HUNG:
			return;
		case WRITING:
			if (!flush_answer(connection))
				return;
			if (connection->last)
				hang_up(connection);
			connection->stage = READING;
			break;
		}
	}
}
