/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gives rows of the live connections out and takes them back. */
#ifndef AVIATOR_FREE_ROWS_BPF_H
#define AVIATOR_FREE_ROWS_BPF_H

#include "live_connections.bpf.h"

/*
 * Numbers of the rows that are free; the agent sets the size and fills it. First in, first out: a segment that arrives while its socket
 * is being closed on another CPU may write to its row late, and finds that nobody has it yet.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u16);
} free_rows SEC(".maps");

/* Enters a new connection. Without a free row it is measured all the same; only a walk shows what it has in flight. */
static __always_inline void take_row(struct connection *connection, __u32 srtt_us)
{
	struct connection_row *row;
	__u16 number = 0;

	if (bpf_map_pop_elem(&free_rows, &number)) {
		count_health(HEALTH_NO_ROW);
		return;
	}
	connection->row = number;
	row = row_of(connection);
	if (!row)
		return;
	row->connection.opened_ns = 0;
	row->connection.endpoint = connection->endpoint;
	row->srtt_us = srtt_us;
	row->connection.row = number; /* last: from here on the agent counts it */
}

/* The connection is over. Its socket may live on, so it forgets the row. */
static __always_inline void return_row(struct connection *connection)
{
	struct connection_row *row = row_of(connection);
	__u16 number = connection->row;

	if (!row)
		return;
	connection->row = 0;
	row->connection.row = 0;
	row->connection.opened_ns = 0;
	bpf_map_push_elem(&free_rows, &number, 0);
}

#endif
