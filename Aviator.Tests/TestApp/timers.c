#include "testapp.h"

#include <stdlib.h>

static struct connection **heap;
static size_t count, room;

static void place(size_t at, struct connection *connection)
{
	heap[at] = connection;
	connection->timer = at + 1;
}

static void rise(size_t at, struct connection *connection)
{
	while (at > 0 && heap[(at - 1) / 2]->due > connection->due) {
		place(at, heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(at, connection);
}

static void sink(size_t at, struct connection *connection)
{
	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && heap[child + 1]->due < heap[child]->due)
			child++;
		if (heap[child]->due >= connection->due)
			break;
		place(at, heap[child]);
	}
	place(at, connection);
}

void timer_set(struct connection *connection)
{
	timer_clear(connection);
	if (count == room) {
		room = room ? 2 * room : 256;
		heap = realloc(heap, room * sizeof(*heap));
		if (!heap)
			abort();
	}
	rise(count++, connection);
}

void timer_clear(struct connection *connection)
{
	size_t at = connection->timer - 1;
	struct connection *moved;

	if (!connection->timer)
		return;
	connection->timer = 0;
	moved = heap[--count];
	if (moved == connection)
		return;
	if (at > 0 && heap[(at - 1) / 2]->due > moved->due)
		rise(at, moved);
	else
		sink(at, moved);
}

struct connection *timer_next(void)
{
	return count ? heap[0] : 0;
}
