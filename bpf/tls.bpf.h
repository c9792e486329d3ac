/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TLS by its record headers (RFC 5246, RFC 8446). A request is a client's application-data record after the handshake, its answer the
 * server's next one. TLS 1.3 sends the client's Finished, the server's session tickets and alerts as "application data" too, so
 * - tls_first.bpf.h tells tickets from the first answer;
 * - records too short for what they would have to be are passed over: the lengths show how long the plain text is.
 */
#ifndef AVIATOR_TLS_BPF_H
#define AVIATOR_TLS_BPF_H

#include "http1.bpf.h"

#define TLS_HEADER 5
#define TLS_CHANGE_CIPHER_SPEC 0x14
#define TLS_HANDSHAKE 0x16
#define TLS_APPLICATION_DATA 0x17
#define TLS_CLIENT_HELLO 1
#define TLS_SHORTEST_MESSAGE 23 /* an alert has 19 bytes, a key update 22 (TLS 1.3 adds 17 to each) */
#define TLS_SHORTEST_REQUEST 35 /* "GET / HTTP/1.0" and two line ends: 18 */
/* "HTTP/1.1 100 Continue" and two line ends have 25, and TLS 1.2 adds 24 at most (AES-GCM). The shortest answer of use has 38. */
#define TLS_SHORTEST_ANSWER 50

static __always_inline int is_tls_record(const struct opening *opening)
{
	const __u8 *b = opening->bytes;

	return opening->have > TLS_HEADER && b[0] >= TLS_CHANGE_CIPHER_SPEC && b[0] <= TLS_APPLICATION_DATA && b[1] == 3;
}

/* Of a record whose header is here: bytes behind the header. */
static __always_inline __u32 tls_length(const struct opening *opening)
{
	return opening->bytes[3] << 8 | opening->bytes[4];
}

/* Application data long enough to be a part of a request or an answer? */
static __always_inline int is_tls_data(const struct opening *opening)
{
	return is_tls_record(opening) && opening->bytes[0] == TLS_APPLICATION_DATA && tls_length(opening) >= TLS_SHORTEST_MESSAGE;
}

/*
 * The client's bytes after its ClientHello: which protocol state follows? *more: a request follows the handshake's end in
 * this very segment.
 */
static __always_inline enum protocol after_client_hello(const struct opening *opening, int *more)
{
	const __u8 *b = opening->bytes;

	*more = 0;
	switch (b[0]) {
	case TLS_HANDSHAKE: /* in the clear (ClientKeyExchange) or a 1.2 Finished; 1.3 has only a second ClientHello here */
		return b[5] == TLS_CLIENT_HELLO ? PROTOCOL_TLS_HELLO : PROTOCOL_TLS;
	case TLS_CHANGE_CIPHER_SPEC: /* one record of 6 bytes, then perhaps the next in the same segment */
		if (opening->have < OPENING_BYTES)
			return PROTOCOL_TLS_HELLO;
		if (b[6] == TLS_HANDSHAKE) /* 1.2 resumed, or a 1.3 client's second ClientHello */
			return b[11] == TLS_CLIENT_HELLO ? PROTOCOL_TLS_HELLO : PROTOCOL_TLS;
		if (b[6] != TLS_APPLICATION_DATA)
			return PROTOCOL_TLS_HELLO;
		*more = opening->length > (__u32)(6 + TLS_HEADER + (b[9] << 8 | b[10]));
		return PROTOCOL_TLS_FIRST;
	case TLS_APPLICATION_DATA:
		*more = opening->length > (__u32)(TLS_HEADER + (b[3] << 8 | b[4]));
		return PROTOCOL_TLS_FIRST;
	}
	return PROTOCOL_TLS_HELLO;
}

#endif
