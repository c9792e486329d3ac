// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The same measurement by tracing hooks, for nodes where the cgroup hooks are not to be had. It cannot read the bytes of requests, so
 * what a connection speaks shows at its first answer, and TLS is not measured; kubelet probes cannot be told from traffic by their bytes.
 * One handler per event, several entries; the agent loads the one that works.
 */
#include "kernel_types.bpf.h"
#include <linux/ptrace.h>
#include <bpf/bpf_tracing.h>

#include "admission.bpf.h"
#include "exchange.bpf.h"
#include "socket_addresses.bpf.h"
#include "traced_payload.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
};

/*
 * State of each accepted connection of interest, by its socket's address (tracing programs have no socket storage before 5.11). Inserted
 * when a connection is accepted, deleted when its socket closes, which the kernel reports for every socket.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct traced_connection);
} connections SEC(".maps");

static __always_inline struct traced_connection *traced_connection(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&connections, &key);
}

static __always_inline void accepted(const struct sock *sk)
{
	struct traced_connection fresh = {};
	struct connection *connection = &fresh.row.connection;
	struct address remote = {};
	__u64 key = (__u64)sk;

	socket_addresses(sk, &connection->endpoint.address, &remote);
	connection->endpoint.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (!admit(connection, &remote, bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))))
		return;
	fresh.accepted_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&connections, &key, &fresh, BPF_ANY))
		count_health(HEALTH_NO_STATE);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_changed, const struct sock *sk, int from, int to)
{
	struct traced_connection *traced;
	__u64 key = (__u64)sk;

	if (from == TCP_SYN_RECV && to == TCP_ESTABLISHED) {
		accepted(sk);
		return 0;
	}
	if (to != TCP_FIN_WAIT1 && to != TCP_LAST_ACK && to != TCP_CLOSE)
		return 0;
	traced = traced_connection(sk);
	if (!traced)
		return 0;
	/* The client sent FIN before, or its RST, or nothing any more, has closed the socket with an error. */
	if (from == TCP_CLOSE_WAIT || BPF_CORE_READ(sk, sk_err))
		traced->row.connection.turn |= TURN_CLIENT_ENDED;
	if (traced->row.connection.opened_ns)
		count_unanswered(&traced->row.connection, bpf_ktime_get_ns());
	if (to == TCP_CLOSE)
		bpf_map_delete_elem(&connections, &key);
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(segment_received, struct sock *sk, const struct sk_buff *skb)
{
	struct traced_connection *traced = traced_connection(sk);
	struct connection *connection;

	if (!traced)
		return 0;
	connection = &traced->row.connection;
	if (connection->opened_ns || !brings_payload(sk, skb))
		return 0;
	if (connection->protocol == PROTOCOL_OPAQUE)
		open_exchange(connection);
	else
		connection->opened_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int message_sent(struct sock *sk, const struct msghdr *message)
{
	struct traced_connection *traced = traced_connection(sk);
	struct connection *connection;
	struct opening opening = {};

	if (!traced)
		return 0;
	connection = &traced->row.connection;
	/* Deferred accept: the first request came with the handshake, which tcp_probe does not see. */
	if (connection->protocol == PROTOCOL_NEW && !connection->opened_ns && BPF_CORE_READ((struct tcp_sock *)sk, bytes_received))
		connection->opened_ns = traced->accepted_ns;
	if (!connection->opened_ns) {
		unasked_answer(connection, &opening);
		return 0;
	}
	read_message(message, &opening);
	answer_bytes(connection, &opening, bpf_ktime_get_ns());
	connection->srtt_us = BPF_CORE_READ((struct tcp_sock *)sk, srtt_us) >> 3;
	return 0;
}

SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(message_sent_tracepoint, struct sock *sk, const struct msghdr *message)
{
	return message_sent(sk, message);
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(message_sent_fentry, struct sock *sk, const struct msghdr *message)
{
	return message_sent(sk, message);
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(message_sent_kprobe, struct sock *sk, const struct msghdr *message)
{
	return message_sent(sk, message);
}
