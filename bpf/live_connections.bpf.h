/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live connections as the agent reads them, for what is in flight now. Sockets' own storage can be read by a walk only, which some
 * kernels refuse and which misses connections that no application has accepted. So each connection whose end is certain to be seen has a
 * row in an array, kept beside its state in the socket and given back at its end.
 */
#ifndef AVIATOR_LIVE_CONNECTIONS_BPF_H
#define AVIATOR_LIVE_CONNECTIONS_BPF_H

#include "maps.bpf.h"

/* Row 0 is nobody's. The agent sets the size and maps it into its memory. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connection_row);
} live_connections SEC(".maps");

/* The connection's row; null: it has none. */
static __always_inline struct connection_row *row_of(const struct connection *connection)
{
	__u32 number = connection->row;

	return number ? bpf_map_lookup_elem(&live_connections, &number) : 0;
}

#endif
