/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AVIATOR_TLS_HELLO_BPF_H
#define AVIATOR_TLS_HELLO_BPF_H

#include "opening.bpf.h"
#include "tls.bpf.h"

#define HELLO_SESSION_ID 43 /* record 5, handshake 4, version 2, random 32 */
#define HELLO_EXTENSIONS 24
#define ALPN 16
#define ALPN_NAMES 8

/* What a ClientHello tells; CONTINUES and more: by this much more its extensions go on behind the segment's end. */
enum hello {
	HELLO_OTHER,
	HELLO_HTTP2,
	HELLO_CONTINUES,
};

/*
 * Do the extensions from `at` up to `end` offer HTTP/2 (RFC 7301)? Offsets from the payload's beginning. One extension that is cut in two
 * where it matters counts as such an offer.
 */
__noinline int read_extensions(struct __sk_buff *skb, __u32 payload, __u32 length, __u32 at, __u32 end)
{
	__u32 i;
	__u8 b[4];

	for (i = 0; i < HELLO_EXTENSIONS; i++) {
		if (at + 4 > end)
			return HELLO_OTHER;
		if (at >= length)
			return HELLO_CONTINUES + (at - length);
		if (bpf_skb_load_bytes(skb, payload + at, b, 4))
			return HELLO_HTTP2;
		at += 4;
		if ((b[0] << 8 | b[1]) == ALPN)
			break;
		at += b[2] << 8 | b[3];
	}
	if (i == HELLO_EXTENSIONS)
		return HELLO_HTTP2;
	end = at + (b[2] << 8 | b[3]);
	at += 2; /* the list's own length */
	for (i = 0; i < ALPN_NAMES && at + 3 <= end; i++) {
		if (bpf_skb_load_bytes(skb, payload + at, b, 3))
			return HELLO_HTTP2;
		if (b[0] == 2 && b[1] == 'h' && b[2] == '2')
			return HELLO_HTTP2;
		at += 1 + b[0];
	}
	return at + 3 <= end ? HELLO_HTTP2 : HELLO_OTHER; /* more names than were read */
}

/* Where the extensions of a ClientHello begin (RFC 8446 4.1.2); 0: that is not in this segment. */
__noinline __u32 extensions_at(struct __sk_buff *skb, __u32 payload)
{
	__u32 at = HELLO_SESSION_ID;
	__u8 b[2];

	if (bpf_skb_load_bytes(skb, payload + at, b, 1))
		return 0;
	at += 1 + b[0];
	if (bpf_skb_load_bytes(skb, payload + at, b, 2)) /* cipher suites */
		return 0;
	at += 2 + (b[0] << 8 | b[1]);
	if (bpf_skb_load_bytes(skb, payload + at, b, 1)) /* compression methods */
		return 0;
	return at + 1 + b[0];
}

/*
 * A segment of the ClientHello. The server's choice is encrypted in TLS 1.3, and HTTP/2's own frames would be taken for answers, so an
 * offer counts as HTTP/2: the connection turns opaque. Post-quantum keys make it too long for one segment.
 */
static __always_inline void read_hello(struct __sk_buff *skb, struct connection *connection, __u32 payload, __u32 length)
{
	__u32 at, end;
	__u8 b[2];
	int hello = HELLO_HTTP2;

	if (connection->held_have) {
		at = connection->held;
		end = connection->held_ns;
		hello = read_extensions(skb, payload, length, at, end);
	} else {
		at = extensions_at(skb, payload);
		end = 0;
		if (at && at == length) {
			hello = HELLO_OTHER; /* no extensions at all */
		} else if (at && !bpf_skb_load_bytes(skb, payload + at, b, 2)) {
			at += 2;
			end = at + (b[0] << 8 | b[1]);
			hello = read_extensions(skb, payload, length, at, end);
		}
	}
	connection->held_have = 0;
	connection->held_ns = 0;
	if (hello == HELLO_HTTP2)
		connection->protocol = PROTOCOL_OPAQUE;
	if (hello < HELLO_CONTINUES)
		return;
	connection->held_have = 1;
	connection->held = hello - HELLO_CONTINUES;
	connection->held_ns = end - length;
}

#endif
