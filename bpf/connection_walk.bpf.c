// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks over those live connections of service_latency.bpf.c that have no row in live_connections: taken up while they lived, so their
 * end may go unseen, or there was no row left. An object of its own: it needs kernel types and tracing rights, which measuring itself does
 * without. Either walk does; the agent takes the first that loads.
 */
#include "open_files.bpf.h"
#include "socket_state.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void fill(struct connection_row *row, const struct connection *connection, struct sock *sk)
{
	struct tcp_sock *tcp = (void *)bpf_skc_to_tcp_sock(sk);

	row->connection = *connection;
	if (tcp)
		row->connection.srtt_us = tcp->srtt_us >> 3;
}

/* Over the sockets' storage: each connection once, also one that no application has accepted yet. Some kernels refuse it. */
SEC("iter/bpf_sk_storage_map")
int storage_walk(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct connection *connection = context->value;
	struct sock *sk = context->sk;
	struct connection_row row = {};

	if (!connection || !sk || connection->row)
		return 0;
	fill(&row, connection, sk);
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}

/* Over all open files of the process namespace. */
SEC("iter/task_file")
int file_walk(struct bpf_iter__task_file *context)
{
	struct sock *sk = tcp_of(context);
	struct connection *connection;
	struct connection_row row = {};

	if (!sk)
		return 0;
	connection = bpf_sk_storage_get(&connections, sk, 0, 0);
	if (!connection || connection->row)
		return 0;
	fill(&row, connection, sk);
	row.socket = (__u64)sk;
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}
