// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks over the live connections that service_latency.bpf.c keeps, for what is in flight now. An object of its own: it needs kernel types
 * and tracing rights, which measuring itself does without.
 */
#include "socket_state.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* One row per live connection, for what is in flight now; read by the agent. */
SEC("iter/bpf_sk_storage_map")
int connection_walk(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct connection *connection = context->value;
	struct sock *sk = context->sk;
	struct connection_row row = {};
	struct tcp_sock *tcp;

	if (!connection || !sk)
		return 0;
	row.connection = *connection;
	tcp = (void *)bpf_skc_to_tcp_sock(sk);
	if (tcp)
		row.srtt_us = tcp->srtt_us >> 3;
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}
