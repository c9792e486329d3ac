/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a connection turns out to speak HTTP/2: the client's preface, the server's first SETTINGS, or an upgrade. */
#ifndef AVIATOR_HTTP2_BEGIN_BPF_H
#define AVIATOR_HTTP2_BEGIN_BPF_H

#include "http2_fields.bpf.h"
#include "http2_reader.bpf.h"
#include "http2_streams.bpf.h"
#include "live_connections.bpf.h"
#include "socket_state.bpf.h"

/* The end of a 101 that accepts it. */
#define HTTP2_ACCEPTED EIGHT(' ', 'h', '2', 'c', '\r', '\n', '\r', '\n')

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
 * same moment. One that was taken up while it lived has had a call on `stream`, and its next call is to be found; 0: it is new.
 * False: there is no room for its state.
 */
static __always_inline int http2_begin(struct __sk_buff *skb, struct connection *connection, __u32 in, __u32 out, __u32 stream)
{
	struct http2_connection *http2 = skb->sk ? bpf_sk_storage_get(&http2_connections, skb->sk, 0, BPF_SK_STORAGE_GET_F_CREATE) : 0;

	/* Of two that create it on two CPUs at the same moment one gets nothing; it is there all the same. */
	if (!http2)
		http2 = http2_of(skb);
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
		if (stream) {
			http2->in.stage = HTTP2_FRAME;
			http2->unread_requests = 1;
			http2->unread_fields = 1;
			http2->last_stream = stream;
		}
		connection->turn &= ~TURN_BODY;
		connection->last_ns = 0;
		connection->streams = 0;
		connection->opened_ns = 0;
		connection->protocol = PROTOCOL_HTTP2;
	}
	bpf_spin_unlock(&http2->lock);
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

	if (!http2_begin(skb, connection, in, out, 0))
		return 0;
	http2 = http2_of(skb);
	if (!http2)
		return 0;
	http2->last_stream = http2->in.stream = 1;
	http2_open(connection, http2, 1, opened);
	return 1;
}

/*
 * The stream of an answer that begins with a status of HPACK's static table; 0: it is none. 36 bits are given, and TLS and HTTP/1 differ in
 * the first.
 */
static __always_inline __u32 http2_answered(const struct opening *opening)
{
	struct http2_header header = frame_header(opening->bytes);
	__u8 index = opening->bytes[HTTP2_HEADER] ^ HPACK_INDEXED;

	if (opening->have <= HTTP2_HEADER || header.type != FRAME_HEADERS || (header.flags & ~FLAG_END_STREAM) != FLAG_END_HEADERS)
		return 0;
	if (!header.length || header.length > HTTP2_LONGEST || opening->bytes[5] & 0x80 || !(header.stream & 1))
		return 0;
	return index >= HPACK_FIRST_STATUS && index <= HPACK_LAST_STATUS ? header.stream : 0;
}

/* SETTINGS, with which a server may begin before it has heard anything (3.4). */
static __always_inline int is_http2_settings(const struct opening *opening)
{
	const __u8 *b = opening->bytes;

	return opening->have >= HTTP2_HEADER && !b[0] && !b[1] && b[2] % 6 == 0 && b[3] == FRAME_SETTINGS && !b[4] && !b[5] && !b[6] &&
	       !b[7] && !b[8];
}

#endif
