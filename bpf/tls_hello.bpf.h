/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AVIATOR_TLS_HELLO_BPF_H
#define AVIATOR_TLS_HELLO_BPF_H

#include "segment.bpf.h"
#include "tls.bpf.h"

#define HELLO_SESSION_ID 43 /* record 5, handshake 4, version 2, random 32 */
#define HELLO_EXTENSIONS 24
#define ALPN 16
#define ALPN_NAMES 8

/*
 * Does the ClientHello offer HTTP/2 (RFC 7301, RFC 8446 4.1.2)? The server's choice is encrypted in TLS 1.3, and HTTP/2's own
 * frames would be taken for answers, so an offer counts as HTTP/2, and so does a ClientHello that goes on in another segment.
 */
static __noinline int offers_http2(struct __sk_buff *skb, __u32 payload, __u32 length)
{
	__u32 at = HELLO_SESSION_ID, end, i;
	__u8 b[4];

	if (bpf_skb_load_bytes(skb, payload + at, b, 1))
		return 1;
	at += 1 + b[0];
	if (bpf_skb_load_bytes(skb, payload + at, b, 2)) /* cipher suites */
		return 1;
	at += 2 + (b[0] << 8 | b[1]);
	if (bpf_skb_load_bytes(skb, payload + at, b, 1)) /* compression methods */
		return 1;
	at += 1 + b[0];
	if (at >= length)
		return at > length; /* no extensions at all */
	if (bpf_skb_load_bytes(skb, payload + at, b, 2))
		return 1;
	at += 2;
	end = at + (b[0] << 8 | b[1]);
	for (i = 0; i < HELLO_EXTENSIONS; i++) {
		if (at + 4 > end)
			return 0;
		if (bpf_skb_load_bytes(skb, payload + at, b, 4))
			return 1;
		at += 4;
		if ((b[0] << 8 | b[1]) == ALPN)
			break;
		at += b[2] << 8 | b[3];
	}
	if (i == HELLO_EXTENSIONS)
		return 1;
	end = at + (b[2] << 8 | b[3]);
	at += 2; /* the list's own length */
	for (i = 0; i < ALPN_NAMES && at + 3 <= end; i++) {
		if (bpf_skb_load_bytes(skb, payload + at, b, 3))
			return 1;
		if (b[0] == 2 && b[1] == 'h' && b[2] == '2')
			return 1;
		at += 1 + b[0];
	}
	return at + 3 <= end; /* more names than were read */
}

#endif
