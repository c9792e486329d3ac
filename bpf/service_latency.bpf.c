// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Service latency of every accepted connection of an endpoint of interest: first byte of a request in to first byte of its
 * answer out. Counters only; nothing is sent to user space. Entries for the cgroup hooks: they see the bytes, need neither
 * kernel types nor tracing rights, and fire before the segment leaves.
 */
#include "exchange.bpf.h"
#include "segment.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline struct connection *connection_of(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return 0;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 0;
	return bpf_sk_storage_get(&connections, sk, 0, 0);
}

SEC("cgroup_skb/ingress")
int segment_in(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct opening opening = {};
	struct bpf_tcp_sock *tcp;
	struct segment segment;
	__u32 seen;

	if (!connection || connection->opened_ns)
		return 1;
	if (!read_segment(skb, &segment) || !segment.length)
		return 1;
	tcp = skb->sk ? bpf_tcp_sock(skb->sk) : 0;
	if (!tcp)
		return 1;
	/* A duplicate opens nothing, nor does what the server cannot read yet because a segment before it is missing. */
	seen = tcp->rcv_nxt - segment.seq;
	if ((__s32)seen < 0 || seen >= segment.length || !read_opening(skb, &segment, seen, &opening))
		return 1;
	if (begins_request(connection, &opening))
		connection->opened_ns = bpf_ktime_get_ns();
	return 1;
}

SEC("cgroup_skb/egress")
int segment_out(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct opening opening = {};
	struct bpf_tcp_sock *tcp;
	struct segment segment;

	if (!connection || !read_segment(skb, &segment))
		return 1;
	if (segment.length) {
		tcp = skb->sk ? bpf_tcp_sock(skb->sk) : 0;
		/* Sent before: the socket's snd_nxt moves only after this hook. */
		if (!tcp || (__s32)(segment.seq + segment.length - tcp->snd_nxt) <= 0)
			return 1;
		if (!read_opening(skb, &segment, 0, &opening))
			return 1;
		if (!connection->opened_ns)
			unasked_answer(connection, &opening);
		else
			answer_bytes(connection, &opening, bpf_ktime_get_ns());
	}
	if (segment.ends && connection->opened_ns)
		count_unanswered(connection, bpf_ktime_get_ns());
	return 1;
}

/* The verifier wants each context field read at its own constant offset: the asm keeps the compiler from merging two reads. */
#define READ_ADDRESS(ops, ip4, ip6, address)                                                                                     \
	do {                                                                                                                         \
		__u32 word = (ops)->ip4;                                                                                                 \
		asm volatile("" : "+r"(word));                                                                                           \
		(address)->words[2] = bpf_htonl(0xffff);                                                                                 \
		(address)->words[3] = word;                                                                                              \
		if ((ops)->family == AF_INET6) {                                                                                         \
			(address)->words[0] = (ops)->ip6[0];                                                                                 \
			(address)->words[1] = (ops)->ip6[1];                                                                                 \
			(address)->words[2] = (ops)->ip6[2];                                                                                 \
			(address)->words[3] = (ops)->ip6[3];                                                                                 \
		}                                                                                                                        \
	} while (0)

static __always_inline int same_address(const struct address *a, const struct address *b)
{
	return a->words[3] == b->words[3] && a->words[2] == b->words[2] && a->words[1] == b->words[1] && a->words[0] == b->words[0];
}

/* Is there payload in the segment that established the connection (deferred accept, Fast Open, a lost ACK)? */
static __always_inline int brought_payload(struct bpf_sock_ops *ops)
{
	struct tcphdr *tcp = ops->skb_data;

	if ((void *)(tcp + 1) > ops->skb_data_end)
		return 0;
	return ops->skb_len > tcp->doff * 4;
}

/* SYN_RECV to ESTABLISHED (Fast Open: at the SYN): the one event that tells the accepting side. */
static __always_inline void accepted(struct bpf_sock_ops *ops)
{
	struct connection fresh = {}, *connection;
	struct address remote = {};
	struct bpf_sock *sk;
	__u32 *interesting;
	__u32 port;

	READ_ADDRESS(ops, local_ip4, local_ip6, &fresh.endpoint.address);
	interesting = bpf_map_lookup_elem(&interest, &fresh.endpoint.address);
	if (!interesting)
		return;
	READ_ADDRESS(ops, remote_ip4, remote_ip6, &remote);
	if (!(*interesting & INTEREST_LOOPBACK) && same_address(&remote, &fresh.endpoint.address))
		return;
	count_health(HEALTH_ACCEPTED);
	fresh.endpoint.port = ops->local_port;
	if (!ensure_counters(&fresh.endpoint)) {
		count_health(HEALTH_NO_ENDPOINT);
		return;
	}
	if (bpf_map_lookup_elem(&node_addresses, &remote)) {
		port = bpf_ntohl(ops->remote_port);
		fresh.flags = SOCKET_FROM_NODE;
		if (port >= knobs.probe_port_first && port <= knobs.probe_port_last) {
			fresh.flags |= SOCKET_OWN_PROBE;
			fresh.protocol = PROTOCOL_OPAQUE;
		}
	}
	sk = ops->sk;
	if (!sk)
		return;
	connection = bpf_sk_storage_get(&connections, sk, &fresh, BPF_SK_STORAGE_GET_F_CREATE);
	if (!connection) {
		count_health(HEALTH_NO_STATE);
		return;
	}
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
	if (!brought_payload(ops))
		return;
	if (connection->protocol == PROTOCOL_OPAQUE)
		open_exchange(connection);
	else
		connection->opened_ns = bpf_ktime_get_ns();
}

SEC("sockops")
int connection_event(struct bpf_sock_ops *ops)
{
	struct connection *connection;
	struct bpf_sock *sk;

	if (ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) {
		accepted(ops);
	} else if (ops->op == BPF_SOCK_OPS_STATE_CB && ops->args[1] == BPF_TCP_CLOSE) {
		sk = ops->sk;
		connection = sk ? bpf_sk_storage_get(&connections, sk, 0, 0) : 0;
		if (connection && connection->opened_ns)
			count_unanswered(connection, bpf_ktime_get_ns());
	}
	return 1;
}

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
