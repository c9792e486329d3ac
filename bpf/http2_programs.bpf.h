/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs that segments of HTTP/2 connections are handed to. Each reads some items and calls itself for the rest: a loop over all that a
 * segment may hold would be too long for the verifier. What cannot be followed makes the connection opaque.
 */
#ifndef AVIATOR_HTTP2_PROGRAMS_BPF_H
#define AVIATOR_HTTP2_PROGRAMS_BPF_H

#include "exchange.bpf.h"
#include "http2_answers.bpf.h"
#include "http2_requests.bpf.h"
#include "live_connections.bpf.h"
#include "payload_search.bpf.h"
#include "socket_state.bpf.h"

/* Items a program: a chain of 33 reads 1,056 frames of a client's segment, and 2,112 frames and parts of header fields of a server's. */
#define HTTP2_REQUEST_ITEMS 32
#define HTTP2_ANSWER_ITEMS 64

/* Calls that a program ends before it calls itself. */
#define HTTP2_SWEEP_CALLS 64

/* The end of a 101 that accepts it. */
#define HTTP2_ACCEPTED EIGHT(' ', 'h', '2', 'c', '\r', '\n', '\r', '\n')

/* "kube-probe/" in Huffman's code: how the kubelet's gRPC probes name themselves. */
#define KUBELET_AGENT_CODED 0x58190fbb5a656cebULL
#define KUBELET_AGENT_PLAIN EIGHT('e', '-', 'p', 'r', 'o', 'b', 'e', '/')

/* Sockets that are not measured pay for this and no more. */
static __always_inline struct connection *connection_of(struct __sk_buff *skb)
{
	struct connection *stored = skb->sk ? bpf_sk_storage_get(&connections, skb->sk, 0, 0) : 0;

	return stored ? state_of(stored) : 0;
}

static __always_inline struct http2_connection *http2_of(struct __sk_buff *skb)
{
	return skb->sk ? bpf_sk_storage_get(&http2_connections, skb->sk, 0, 0) : 0;
}

/*
 * The connection speaks HTTP/2: the client's preface begins at `in`, the server's first frame at `out`. Both sides may find that out at the
 * same moment. False: there is no room for its state.
 */
static __always_inline int http2_begin(struct __sk_buff *skb, struct connection *connection, __u32 in, __u32 out)
{
	struct http2_connection *http2 = skb->sk ? bpf_sk_storage_get(&http2_connections, skb->sk, 0, BPF_SK_STORAGE_GET_F_CREATE) : 0;

	if (!http2) {
		count_health(HEALTH_NO_STATE);
		connection->protocol = PROTOCOL_OPAQUE;
		return 0;
	}
	bpf_spin_lock(&http2->lock);
	if (!http2->started) {
		http2->in.next = in;
		http2->out.next = out;
		http2->out.stage = HTTP2_FRAME;
		http2->streams[0].id = ~0U;
		http2->started = 1;
		connection->turn &= ~TURN_BODY;
		connection->last_ns = 0;
		connection->streams = 0;
	}
	bpf_spin_unlock(&http2->lock);
	connection->opened_ns = 0;
	connection->protocol = PROTOCOL_HTTP2;
	return 1;
}

static __always_inline int is_http2_preface(const struct opening *opening)
{
	const __u64 *parts = (const __u64 *)opening->bytes;

	return opening->have == OPENING_BYTES && parts[0] == EIGHT('P', 'R', 'I', ' ', '*', ' ', 'H', 'T') &&
	       parts[1] == EIGHT('T', 'P', '/', '2', '.', '0', '\r', '\n');
}

/* The server's 101 that accepts "Upgrade: h2c": its call is now the first stream's, and what follows at `out` is HTTP/2 (RFC 7540 3.2). */
static __always_inline int http2_upgrade(struct __sk_buff *skb, struct connection *connection, __u32 in, __u32 out)
{
	__u64 opened = connection->opened_ns;
	struct http2_connection *http2;

	if (!http2_begin(skb, connection, in, out))
		return 0;
	http2 = http2_of(skb);
	if (!http2)
		return 0;
	http2->last_stream = http2->seen_stream = 1;
	http2_open(connection, http2, 1, opened);
	return 1;
}

/* SETTINGS, with which a server may begin before it has heard anything (3.4). */
static __always_inline int is_http2_settings(const struct opening *opening)
{
	const __u8 *b = opening->bytes;

	return opening->have >= HTTP2_HEADER && !b[0] && !b[1] && b[2] % 6 == 0 && b[3] == FRAME_SETTINGS && !b[4] && !b[5] && !b[6] &&
	       !b[7] && !b[8];
}

/* Looked up once, in the segment of the connection's first call. */
static __always_inline int is_kubelets(struct __sk_buff *skb, struct connection *connection, const struct segment *segment)
{
	__u32 length = segment->length < KUBELET_BYTES ? segment->length : KUBELET_BYTES;

	if (connection->flags & SOCKET_CONFIRMED)
		return 0;
	connection->flags |= SOCKET_CONFIRMED;
	if (!find_eight(skb, segment->payload, length, KUBELET_AGENT_CODED, 0) &&
	    !find_eight(skb, segment->payload, length, KUBELET_AGENT_PLAIN, 0))
		return 0;
	connection->flags |= SOCKET_NODE_PROBE;
	open_exchange(connection);
	return 1;
}

static __always_inline void end_calls_in(struct __sk_buff *skb, struct http2_connection *http2, __u8 how)
{
	http2->sweep = how;
	http2->sweep_after = 0;
	bpf_tail_call(skb, &http2_ingress, HTTP2_SWEEP);
}

/* What the client gives up may be among what was not seen, so no call that waits now can be measured. */
static __always_inline int requests_lost(struct __sk_buff *skb, struct http2_connection *http2)
{
	http2->unread_requests = 1;
	http2->hole.open = http2->hole.reading = 0;
	end_calls_in(skb, http2, HTTP2_UNMEASURED);
	return 1;
}

SEC("cgroup_skb/ingress")
int http2_in(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct http2_connection *http2 = http2_of(skb);
	enum http2_step step = STEP_NEXT;
	struct segment segment;
	struct bpf_tcp_sock *tcp;
	__u32 last, received;
	int i;

	if (!connection || !http2 || !read_segment(skb, &segment) || !segment.length)
		return 1;
	if (http2->unread_requests || http2->hole.open) {
		tcp = skb->sk ? bpf_tcp_sock(skb->sk) : 0;
		if (!tcp)
			return 1;
		received = tcp->rcv_nxt;
		if (http2->unread_requests) {
			if (received != segment.seq || !find_requests(skb, &segment, connection, http2))
				return 1;
		} else if (!enter_hole(http2, &segment, received)) {
			return requests_lost(skb, http2);
		}
	}
	last = http2->last_stream;
	http2->now = 0;
	for (i = 0; i < HTTP2_REQUEST_ITEMS; i++) {
		http2->in.step = read_request_item(skb, &segment, connection, http2);
		if (FORGET(http2->in.step) != STEP_NEXT)
			break;
	}
	step = FORGET(http2->in.step);
	if (step == STEP_NEXT)
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
	if (step == STEP_DONE) {
		if (http2->hole.reading && !leave_hole(http2))
			return requests_lost(skb, http2);
		if (connection->flags & SOCKET_FROM_NODE && last != http2->last_stream && is_kubelets(skb, connection, &segment)) {
			http2_clear(connection);
			end_calls_in(skb, http2, HTTP2_NOWHERE);
		}
		return 1;
	}
	if (step == STEP_GAP && open_hole(skb, &segment, http2))
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
	if (step == STEP_GAP && http2->in.stage >= HTTP2_FRAME)
		return requests_lost(skb, http2);
	http2_clear(connection);
	end_calls_in(skb, http2, HTTP2_UNMEASURED);
	return 1;
}

SEC("cgroup_skb/egress")
int http2_out(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct http2_connection *http2 = http2_of(skb);
	enum http2_step step = STEP_DONE;
	struct segment segment;
	__u64 now = skb->tstamp;
	int i;

	if (!connection || !http2 || !read_segment(skb, &segment))
		return 1;
	if (!now)
		now = bpf_ktime_get_ns();
	for (i = 0; i < HTTP2_ANSWER_ITEMS && segment.length; i++) {
		*(__u32 *)&http2->event = 0;
		http2->out.step = read_answer_item(skb, &segment, connection, http2, &http2->event);
		if (FORGET(http2->event.to))
			call_moves(connection, http2, now);
		if (FORGET(http2->out.step) != STEP_NEXT)
			break;
	}
	step = segment.length ? FORGET(http2->out.step) : STEP_DONE;
	if (step == STEP_NEXT) {
		bpf_tail_call(skb, &http2_egress, HTTP2_READ);
		step = STEP_BROKEN;
	}
	if (step == STEP_BROKEN || step == STEP_GAP) {
		http2_clear(connection);
		http2->sweep = HTTP2_UNMEASURED;
		http2->sweep_after = 0;
	} else if (step == STEP_DONE) {
		if (!segment.ends)
			return 1;
		http2->sweep = HTTP2_UNANSWERED;
		http2->sweep_after = 0;
	}
	bpf_tail_call(skb, &http2_egress, HTTP2_SWEEP);
	return 1;
}

static __always_inline int http2_sweep(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct http2_connection *http2 = http2_of(skb);

	return connection && http2 && http2_end_calls(connection, http2, bpf_ktime_get_ns(), HTTP2_SWEEP_CALLS);
}

SEC("cgroup_skb/ingress")
int http2_sweep_in(struct __sk_buff *skb)
{
	if (http2_sweep(skb))
		bpf_tail_call(skb, &http2_ingress, HTTP2_SWEEP);
	return 1;
}

/* After GOAWAY the segment goes on; after its last byte there is nothing more to read. */
SEC("cgroup_skb/egress")
int http2_sweep_out(struct __sk_buff *skb)
{
	struct http2_connection *http2;

	if (http2_sweep(skb))
		bpf_tail_call(skb, &http2_egress, HTTP2_SWEEP);
	http2 = http2_of(skb);
	if (http2 && http2->out.step == STEP_SWEEP)
		bpf_tail_call(skb, &http2_egress, HTTP2_READ);
	return 1;
}

/* The socket is closed: what was under way is over. */
static __always_inline void http2_closed(struct connection *connection, struct bpf_sock *sk)
{
	struct http2_connection *http2 = bpf_sk_storage_get(&http2_connections, sk, 0, 0);

	if (!http2)
		return;
	http2->sweep = HTTP2_UNANSWERED;
	http2->sweep_after = 0;
	http2_end_calls(connection, http2, bpf_ktime_get_ns(), HTTP2_SLOTS);
	http2_clear(connection);
	bpf_sk_storage_delete(&http2_connections, sk);
}

#endif
