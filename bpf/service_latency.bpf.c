// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Service latency of every accepted connection of an endpoint of interest: first byte of a request in to first byte of its
 * answer out. Counters only; nothing is sent to user space. The cgroup hooks see the bytes, need neither kernel types nor
 * tracing rights, and fire before the segment leaves, so an answer is counted before its client can ask again.
 */
#include "accepting.bpf.h"
#include "exchange.bpf.h"
#include "http2_programs.bpf.h"
#include "payload_search.bpf.h"
#include "tls_hello.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What a request's first bytes leave open is looked up deeper in its segment. False: it is none to measure after all. */
static __always_inline int confirm_client(struct __sk_buff *skb, struct connection *connection, __u32 payload, __u32 length, int begins)
{
	if (begins && connection->flags & SOCKET_FROM_NODE && !(connection->flags & SOCKET_CONFIRMED) &&
	    find_eight(skb, payload, length, KUBELET_AGENT)) {
		connection->flags |= SOCKET_NODE_PROBE;
		connection->protocol = PROTOCOL_OPAQUE;
		open_exchange(connection);
		return 0;
	}
	if (!begins && connection->protocol == PROTOCOL_TLS_HELLO && !(connection->flags & SOCKET_CONFIRMED)) {
		connection->flags |= SOCKET_CONFIRMED;
		if (offers_http2(skb, payload, length))
			connection->protocol = PROTOCOL_OPAQUE;
	}
	return begins;
}

SEC("cgroup_skb/ingress")
int segment_in(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct opening opening = {};
	struct bpf_tcp_sock *tcp;
	struct segment segment;
	__u32 seen;
	int begins;

	if (!connection)
		return 1;
	if (connection->protocol == PROTOCOL_HTTP2) {
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
		return 1;
	}
	if (connection->opened_ns)
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
	if (connection->protocol == PROTOCOL_NEW && !(connection->flags & SOCKET_ADOPTED) && is_http2_preface(&opening)) {
		if (http2_begin(skb, connection, segment.seq + seen, tcp->snd_nxt))
			bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
		return 1;
	}
	begins = begins_request(connection, &opening);
	if (confirm_client(skb, connection, segment.payload + seen, opening.length, begins))
		connection->opened_ns = bpf_ktime_get_ns();
	return 1;
}

/* TCP stamps each segment with its departure, on the clock of bpf_ktime_get_ns: reading the stamp is cheaper than the clock. */
static __always_inline __u64 departure(struct __sk_buff *skb)
{
	__u64 stamp = skb->tstamp;

	return stamp ? stamp : bpf_ktime_get_ns();
}

/* The first bytes of what may be an answer. */
static __always_inline void answer_out(struct __sk_buff *skb, struct connection *connection, const struct segment *segment, __u32 received)
{
	struct opening opening = {};
	__u32 next;

	if (!read_opening(skb, segment, 0, &opening))
		return;
	if (!connection->opened_ns) {
		if (connection->protocol == PROTOCOL_NEW && !(connection->flags & SOCKET_ADOPTED) && is_http2_settings(&opening)) {
			http2_begin(skb, connection, received, segment->seq);
			return;
		}
		unasked_answer(connection, &opening);
		return;
	}
	if (http1_answer(&opening) == ANSWER_UPGRADE) {
		next = find_eight(skb, segment->payload, segment->length, HTTP2_ACCEPTED);
		if (next && http2_upgrade(skb, connection, received, segment->seq + next))
			return;
	}
	if (answer_bytes(connection, &opening, departure(skb)) != ANSWER_INTERIM)
		return;
	/* "100 Continue" does not end the request, but the answer proper may stand right behind it. */
	next = find_eight(skb, segment->payload, segment->length, NEXT_ANSWER);
	if (next >= 7 && read_opening(skb, segment, next - 7, &opening))
		answer_bytes(connection, &opening, departure(skb));
}

SEC("cgroup_skb/egress")
int segment_out(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct bpf_tcp_sock *tcp;
	struct segment segment;

	if (!connection || !read_segment(skb, &segment))
		return 1;
	if (segment.length) {
		/* What was sent before is no answer: the socket's snd_nxt moves only after this hook. */
		tcp = skb->sk ? bpf_tcp_sock(skb->sk) : 0;
		if (tcp && (__s32)(segment.seq + segment.length - tcp->snd_nxt) > 0) {
			if (connection->opened_ns)
				connection->srtt_us = tcp->srtt_us >> 3;
			if (connection->protocol != PROTOCOL_HTTP2)
				answer_out(skb, connection, &segment, tcp->rcv_nxt);
		}
	}
	if (connection->protocol == PROTOCOL_HTTP2)
		bpf_tail_call(skb, &http2_egress, HTTP2_READ);
	else if (segment.ends && connection->opened_ns)
		count_unanswered(connection, bpf_ktime_get_ns());
	return 1;
}

SEC("sockops")
int connection_event(struct bpf_sock_ops *ops)
{
	struct connection *stored, *connection;
	struct bpf_sock *sk;

	if (ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) {
		accepted(ops);
	} else if (ops->op == BPF_SOCK_OPS_STATE_CB && ops->args[1] == BPF_TCP_CLOSE) {
		sk = ops->sk;
		stored = sk ? bpf_sk_storage_get(&connections, sk, 0, 0) : 0;
		if (!stored)
			return 1;
		connection = state_of(stored);
		if (connection->protocol == PROTOCOL_HTTP2)
			http2_closed(connection, sk);
		else if (connection->opened_ns)
			count_unanswered(connection, bpf_ktime_get_ns());
		return_row(stored, connection);
		bpf_sk_storage_delete(&connections, sk);
	}
	return 1;
}

/* For a test: the bucket of a number of nanoseconds. Never attached. */
SEC("raw_tp")
int bucket_check(__u64 *context)
{
	return bucket_of(*context);
}

/* For a test: what the kernel's accounting itself costs. Never attached by the agent. */
SEC("cgroup_skb/ingress")
int nothing(struct __sk_buff *skb)
{
	return 1;
}
