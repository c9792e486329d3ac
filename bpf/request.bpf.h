/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The open request of a connection, from its first byte to its end. No other code writes opened_ns. */
#ifndef AVIATOR_REQUEST_BPF_H
#define AVIATOR_REQUEST_BPF_H

#include "counting.bpf.h"
#include "live_connections.bpf.h"

/* A request that can be measured began at `now`. */
static __always_inline void open_request(struct connection *connection, __u64 now)
{
	struct connection_row *row = row_of(connection);

	connection->opened_ns = now;
	if (row)
		row->connection.opened_ns = now;
}

/* The open request is one no longer, for whatever reason. Returns when it began. */
static __always_inline __u64 close_request(struct connection *connection)
{
	struct connection_row *row = row_of(connection);
	__u64 opened = connection->opened_ns;

	connection->opened_ns = 0;
	if (row)
		row->connection.opened_ns = 0;
	return opened;
}

/* The open request was answered at `now`. */
static __always_inline void count_answer(struct connection *connection, __u64 now, int server_error)
{
	__u64 opened = close_request(connection);
	struct endpoint_counters *counters = bpf_map_lookup_elem(&endpoints, &connection->endpoint);

	if (!counters)
		return; /* no longer of interest */
	if (server_error)
		__sync_fetch_and_add(&counters->server_errors, 1);
	add_sample(counters, now > opened ? now - opened : 0);
}

/* The connection ended with its request open. */
static __always_inline void count_unanswered(struct connection *connection, __u64 now)
{
	__u64 opened = close_request(connection);
	struct endpoint_counters *counters = bpf_map_lookup_elem(&endpoints, &connection->endpoint);

	if (!counters)
		return;
	__sync_fetch_and_add(&counters->unanswered, 1);
	add_sample(counters, now > opened ? now - opened : 0);
}

#endif
