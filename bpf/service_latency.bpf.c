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
	    is_kubelet_probe(skb, payload, length)) {
		connection->flags |= SOCKET_NODE_PROBE;
		connection->protocol = PROTOCOL_OPAQUE;
		open_exchange(connection);
		return 0;
	}
	if (!begins && connection->protocol == PROTOCOL_TLS_HELLO && !(connection->flags & SOCKET_CONFIRMED)) {
		connection->flags |= SOCKET_CONFIRMED;
		read_hello(skb, connection, payload, length);
	}
	return begins;
}

/* The server's first bytes may have told it since this segment came, on another CPU. */
static __always_inline int may_be_http2(const struct connection *connection)
{
	__u8 protocol = FORGET(connection->protocol);

	return (protocol == PROTOCOL_NEW || protocol == PROTOCOL_HTTP2) && !(connection->flags & SOCKET_ADOPTED);
}

/* True: HTTP/2 begins in this segment. */
static __always_inline int payload_in(struct __sk_buff *skb, struct connection *connection, const struct segment *segment,
                                      const struct bpf_tcp_sock *tcp)
{
	struct opening opening = {};
	__u32 seen = tcp->rcv_nxt - segment->seq;
	int begins;

	if (connection->opened_ns) {
		/* Behind a gap it counts as well: the server answers what is whole, and what closes the gap comes later. */
		if (connection->turn & TURN_BODY && (__s32)(segment->length - seen) > 0)
			connection->last_ns = bpf_ktime_get_ns();
		return 0;
	}
	/* A duplicate opens nothing, nor does what the server cannot read yet because a segment before it is missing. */
	if ((__s32)seen < 0 || seen >= segment->length)
		return 0;
	if (connection->protocol == PROTOCOL_TLS_HELLO && connection->held_have) {
		read_hello(skb, connection, segment->payload + seen, segment->length - seen);
		return 0;
	}
	/* The rest of an upload that was answered early cannot be told by its bytes; but its client had not seen the answer yet. */
	if (connection->protocol == PROTOCOL_TLS && segment->ack != tcp->snd_nxt)
		return 0;
	if (!read_opening(skb, segment, seen, &opening))
		return 0;
	if (may_be_http2(connection) && is_http2_preface(&opening))
		return http2_begin(skb, connection, segment->seq + seen, tcp->snd_nxt, 0);
	begins = begins_request(connection, &opening);
	if (!confirm_client(skb, connection, segment->payload + seen, opening.length, begins))
		return 0;
	if (connection->turn & TURN_SERVER_ENDED)
		count_crossed(connection);
	else
		connection->opened_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("cgroup_skb/ingress")
int segment_in(struct __sk_buff *skb)
{
	struct connection *connection = connection_of(skb);
	struct bpf_tcp_sock *tcp;
	struct segment segment;

	if (!connection || !read_segment(skb, &segment))
		return 1;
	if (connection->protocol == PROTOCOL_HTTP2) {
		if (segment.ends)
			connection->turn |= TURN_CLIENT_ENDED;
		http2_leave_row_of_another(connection);
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
		return 1;
	}
	if (!segment.length && !segment.ends)
		return 1;
	tcp = skb->sk ? bpf_tcp_sock(skb->sk) : 0;
	if (!tcp)
		return 1;
	if (segment.length && payload_in(skb, connection, &segment, tcp))
		bpf_tail_call(skb, &http2_ingress, HTTP2_READ);
	if (segment.ends && (__s32)(segment.seq + segment.length - tcp->rcv_nxt) >= 0)
		connection->turn |= TURN_CLIENT_ENDED;
	return 1;
}

/* TCP stamps each segment with its departure, on the clock of bpf_ktime_get_ns: reading the stamp is cheaper than the clock. */
static __always_inline __u64 departure(struct __sk_buff *skb)
{
	__u64 stamp = skb->tstamp;

	return stamp ? stamp : bpf_ktime_get_ns();
}

#define RECORDS_A_SEGMENT 4

/* TLS: an answer may stand behind tickets, or behind "100 Continue". */
static __always_inline void records_out(struct __sk_buff *skb, struct connection *connection, const struct segment *segment)
{
	__u32 at = 0, length, i;
	__u8 b[TLS_HEADER];

	for (i = 0; i < RECORDS_A_SEGMENT; i++) {
		if (at + TLS_HEADER > segment->length || bpf_skb_load_bytes(skb, segment->payload + at, b, TLS_HEADER))
			return;
		if (b[0] < TLS_CHANGE_CIPHER_SPEC || b[0] > TLS_APPLICATION_DATA || b[1] != 3)
			return;
		length = b[3] << 8 | b[4];
		if (b[0] == TLS_APPLICATION_DATA && length >= TLS_SHORTEST_ANSWER) {
			if (connection->protocol == PROTOCOL_TLS_FIRST)
				first_record(connection, length, departure(skb));
			else
				count_answer(connection, departure(skb), 0);
			if (connection->protocol == PROTOCOL_TLS) {
				answer_begins(connection, departure(skb));
				return;
			}
		}
		at += TLS_HEADER + length;
	}
}

#define ANSWERS_A_SEGMENT 4

/*
 * The answer may begin further on in its segment: behind interim answers ("100 Continue", "103 Early Hints"), which do not end a request,
 * or behind the tail of what was sent before. Where the segment is too long to be searched the request is given up, or it would seem to
 * wait for as long as its client is idle.
 */
static __always_inline void answer_further_on(struct __sk_buff *skb, struct connection *connection, const struct segment *segment,
                                              enum answer answer)
{
	struct opening opening = {};
	__u32 from = answer == ANSWER_INTERIM ? 8 : 0, next, i;

	for (i = 0; i < ANSWERS_A_SEGMENT; i++) {
		if (from >= segment->length)
			return;
		next = find_eight(skb, segment->payload + from, segment->length - from, ANSWER_BEGIN, EITHER_VERSION);
		if (!next && segment->length - from > SEARCH_BYTES) {
			count_unmeasured(connection);
			connection->opened_ns = 0;
		}
		if (!next || !read_opening(skb, segment, from + next - 8, &opening))
			return;
		answer = answer_bytes(connection, &opening, departure(skb));
		if (answer != ANSWER_INTERIM && answer != ANSWER_NONE)
			return;
		from += next;
	}
}

#define LAST_CHUNK 5 /* bytes of "0\r\n\r\n", which end an answer in chunks (RFC 9112 7.1) */

static __always_inline int ends_chunks(struct __sk_buff *skb, const struct segment *segment)
{
	__u8 b[LAST_CHUNK];

	if (segment->length < LAST_CHUNK || bpf_skb_load_bytes(skb, segment->payload + segment->length - LAST_CHUNK, b, LAST_CHUNK))
		return 0;
	return FOUR(b[0], b[1], b[2], b[3]) == FOUR('0', '\r', '\n', '\r') && b[4] == '\n';
}

/*
 * The server's bytes behind those with which an answer began. A body's length is not read, so that only the end of one in chunks shows by
 * itself; that another is over, the agent tells by its silence.
 */
static __always_inline void answer_goes_on(struct __sk_buff *skb, struct connection *connection, const struct segment *segment)
{
	if (connection->protocol != PROTOCOL_HTTP1 && connection->protocol != PROTOCOL_TLS)
		return;
	if (connection->protocol == PROTOCOL_HTTP1 && ends_chunks(skb, segment))
		connection->last_ns = 0;
	else
		connection->last_ns = departure(skb);
}

/* The first bytes of what may be an answer. */
static __always_inline void answer_out(struct __sk_buff *skb, struct connection *connection, const struct segment *segment, __u32 received)
{
	struct opening opening = {};
	enum answer answer;
	__u32 status, next, stream;

	if (connection->protocol == PROTOCOL_TLS_FIRST || (connection->protocol == PROTOCOL_TLS && connection->opened_ns)) {
		records_out(skb, connection, segment);
		return;
	}
	if (!read_opening(skb, segment, 0, &opening))
		return;
	if (!connection->opened_ns) {
		if (connection->protocol == PROTOCOL_NEW) {
			stream = connection->flags & SOCKET_ADOPTED ? http2_answered(&opening) : 0;
			if (stream || (!(connection->flags & SOCKET_ADOPTED) && is_http2_settings(&opening))) {
				http2_begin(skb, connection, received, segment->seq, stream);
				return;
			}
		}
		unasked_answer(connection, &opening);
		answer_goes_on(skb, connection, segment);
		return;
	}
	if (!connection->held_have && http1_answer(&opening, &status) == ANSWER_UPGRADE) {
		next = find_eight(skb, segment->payload, segment->length, HTTP2_ACCEPTED, 0);
		if (next && http2_upgrade(skb, connection, received, segment->seq + next))
			return;
	}
	answer = answer_bytes(connection, &opening, departure(skb));
	if (answer == ANSWER_INTERIM || (answer == ANSWER_NONE && connection->protocol == PROTOCOL_HTTP1))
		answer_further_on(skb, connection, segment, answer);
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
	if (connection->protocol == PROTOCOL_HTTP2) {
		http2_leave_row_of_another(connection);
		bpf_tail_call(skb, &http2_egress, HTTP2_READ);
	} else if (segment.ends) {
		end_turn(connection);
		connection->turn |= TURN_SERVER_ENDED;
	}
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
		if (connection->protocol == PROTOCOL_HTTP2) {
			http2_leave_row_of_another(connection);
			http2_closed(connection, sk);
		} else {
			end_turn(connection);
		}
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
