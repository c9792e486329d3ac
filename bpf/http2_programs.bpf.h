/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs that segments of HTTP/2 connections are handed to. Each reads some items and calls itself for the rest: a loop over all
 * that a segment may hold would be too long for the verifier. More than that makes the connection opaque, and so does what a server
 * sends against the rules; a client's segments are read again from the next one on that begins with a call.
 */
#ifndef AVIATOR_HTTP2_PROGRAMS_BPF_H
#define AVIATOR_HTTP2_PROGRAMS_BPF_H

#include "exchange.bpf.h"
#include "http2_answers.bpf.h"
#include "http2_begin.bpf.h"
#include "http2_requests.bpf.h"

/* Items a program: a chain of 33 reads 1,056 frames of a client's segment, and 2,112 frames and parts of header fields of a server's. */
#define HTTP2_REQUEST_ITEMS 32
#define HTTP2_MISSING_ITEMS 16 /* without a chain */
#define HTTP2_ANSWER_ITEMS 64

/* Calls that a program ends before it calls itself. */
#define HTTP2_SWEEP_CALLS 64

/* "kube-probe/" in Huffman's code: how the kubelet's gRPC probes name themselves. */
#define KUBELET_AGENT_CODED 0x58190fbb5a656cebULL
#define KUBELET_AGENT_PLAIN EIGHT('e', '-', 'p', 'r', 'o', 'b', 'e', '/')

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
	http2->hole_end = 0;
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
	if (http2->unread_requests || http2->hole_end) {
		tcp = skb->sk ? bpf_tcp_sock(skb->sk) : 0;
		if (!tcp)
			return 1;
		received = tcp->rcv_nxt;
		if (http2->unread_requests) {
			if (received != segment.seq || !find_requests(skb, &segment, connection, http2))
				return 1;
		} else if (segment.seq == http2->missing.next) {
			bpf_tail_call(skb, &http2_ingress, HTTP2_MISSING);
		} else if ((__s32)(received - http2->hole_end) >= 0) {
			return requests_lost(skb, http2); /* what was missing came in a way that cannot be followed */
		}
	}
	last = http2->last_stream;
	http2->now = 0;
	for (i = 0; i < HTTP2_REQUEST_ITEMS; i++) {
		http2->in.step = read_request_item(skb, &segment, connection, http2, &http2->in);
		if (FORGET(http2->in.step) != STEP_NEXT)
			break;
	}
	step = FORGET(http2->in.step);
	if (step == STEP_NEXT)
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
	if (step == STEP_DONE) {
		if (connection->flags & SOCKET_FROM_NODE && last != http2->last_stream && is_kubelets(skb, connection, &segment)) {
			http2_clear(connection);
			end_calls_in(skb, http2, HTTP2_NOWHERE);
		}
		return 1;
	}
	if (step == STEP_GAP && open_hole(skb, &segment, http2))
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
	if (step != STEP_NEXT && http2->in.stage >= HTTP2_FRAME)
		return requests_lost(skb, http2); /* it did begin as HTTP/2 */
	http2_clear(connection);
	end_calls_in(skb, http2, HTTP2_UNMEASURED);
	return 1;
}

/* The segment that was missing, or its first part. */
SEC("cgroup_skb/ingress")
int http2_missing(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct http2_connection *http2 = http2_of(skb);
	struct http2_reader *reader;
	struct segment segment;
	int i;

	if (!connection || !http2 || !http2->hole_end || !read_segment(skb, &segment))
		return 1;
	reader = &http2->missing;
	if (segment.length > http2->hole_end - segment.seq)
		segment.length = http2->hole_end - segment.seq; /* what is behind has been read */
	for (i = 0; i < HTTP2_MISSING_ITEMS; i++) {
		reader->step = read_request_item(skb, &segment, connection, http2, reader);
		if (FORGET(reader->step) != STEP_NEXT)
			break;
	}
	if (FORGET(reader->step) != STEP_DONE || !closes_hole(http2))
		return requests_lost(skb, http2);
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
