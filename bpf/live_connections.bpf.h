/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live connections where the agent can read them, for what is in flight now. Sockets' own storage can be read by a walk only, which
 * some kernels refuse. So the state of each connection whose end is certain to be seen is in a row of an array, and the storage of its
 * socket holds the row's number; of all others the state is in the storage itself.
 */
#ifndef AVIATOR_LIVE_CONNECTIONS_BPF_H
#define AVIATOR_LIVE_CONNECTIONS_BPF_H

#include "maps.bpf.h"

/* Row 0 is never given out. The agent sets the size and maps the array into its memory. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connection);
} live_connections SEC(".maps");

/*
 * Numbers of the rows that are free; the agent sets the size and fills it. First in, first out: a segment that arrives while its socket
 * is being closed on another CPU may write to its row late, and no other connection has it yet.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u16);
} free_rows SEC(".maps");

/* Where the state is of a connection that a socket's storage stands for. */
static __always_inline struct connection *state_of(struct connection *stored)
{
	__u32 number = stored->row;
	struct connection *row = number ? bpf_map_lookup_elem(&live_connections, &number) : 0;

	return row ? row : stored;
}

/* Moves a new connection's state into a row and returns it. Without a free row it is measured all the same, where it is. */
static __always_inline struct connection *take_row(struct connection *stored)
{
	struct connection *row;
	__u16 number = 0;
	__u32 key;

	if (bpf_map_pop_elem(&free_rows, &number)) {
		count_health(HEALTH_NO_ROW);
		return stored;
	}
	key = number;
	row = bpf_map_lookup_elem(&live_connections, &key);
	if (!row)
		return stored;
	*row = *stored;
	row->row = number; /* from here on the agent counts it */
	stored->row = number;
	return row;
}

/* The connection is over. */
static __always_inline void return_row(const struct connection *stored, struct connection *state)
{
	__u16 number = stored->row;

	if (!number)
		return;
	state->row = 0;
	state->opened_ns = 0;
	state->streams = 0;
	bpf_map_push_elem(&free_rows, &number, 0);
}

#endif
