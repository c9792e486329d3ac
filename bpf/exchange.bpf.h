/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests and answers of one connection, by payload alone: whichever hook saw the bytes. A request is open from its first
 * byte to the first byte of its answer. While it is open, further bytes of the client belong to it. Of pipelined requests
 * the first is measured; the others' answers count as unmeasured.
 */
#ifndef AVIATOR_EXCHANGE_BPF_H
#define AVIATOR_EXCHANGE_BPF_H

#include "counting.bpf.h"
#include "tls.bpf.h"

/* Counts an exchange that is not measured, once until the server speaks. */
static __always_inline void open_exchange(struct connection *connection)
{
	if (connection->flags & SOCKET_EXCHANGE)
		return;
	connection->flags |= SOCKET_EXCHANGE;
	if (connection->flags & (SOCKET_OWN_PROBE | SOCKET_NODE_PROBE))
		count_probe(connection);
	else
		count_unmeasured(connection);
}

/* The connection speaks what cannot be measured; an open request is no longer one. */
static __always_inline void turn_opaque(struct connection *connection)
{
	connection->opened_ns = 0;
	connection->protocol = PROTOCOL_OPAQUE;
}

/* Nothing is open and the client's next bytes are these: does a request that can be measured begin? */
static __always_inline int begins_request(struct connection *connection, const struct opening *opening)
{
	int more;

	switch (connection->protocol) {
	case PROTOCOL_NEW:
		if (is_http1_request(opening)) {
			connection->protocol = PROTOCOL_HTTP1;
			return 1;
		}
		if (is_tls_record(opening) && opening->bytes[0] == TLS_HANDSHAKE && !(connection->flags & SOCKET_ADOPTED)) {
			connection->protocol = PROTOCOL_TLS_HELLO;
			return 0;
		}
		/* The middle of an upload tells nothing; of the middle of TLS it is not known whether it carries HTTP/2. */
		if (!(connection->flags & SOCKET_ADOPTED) || is_tls_record(opening))
			connection->protocol = PROTOCOL_OPAQUE;
		break;
	case PROTOCOL_HTTP1:
		return is_http1_request(opening);
	case PROTOCOL_TLS_HELLO:
		if (is_tls_record(opening)) {
			connection->protocol = after_client_hello(opening, &more);
			if (more)
				open_exchange(connection);
		}
		return 0;
	case PROTOCOL_TLS_FIRST:
		if (is_tls_data(opening))
			open_exchange(connection);
		return 0;
	case PROTOCOL_TLS:
		return is_tls_data(opening);
	}
	if (!is_tls_record(opening) || is_tls_data(opening))
		open_exchange(connection);
	return 0;
}

/* The server's bytes while nothing is open. */
static __always_inline void unasked_answer(struct connection *connection, const struct opening *opening)
{
	switch (connection->protocol) {
	case PROTOCOL_NEW:
		if (connection->flags & SOCKET_ADOPTED) /* the answer of a request that was open already */
			connection->flags &= ~SOCKET_EXCHANGE;
		else /* it speaks first */
			connection->protocol = PROTOCOL_OPAQUE;
		break;
	case PROTOCOL_HTTP1:
		if (opening->have == OPENING_BYTES && http1_answer(opening) != ANSWER_NONE) {
			count_health(HEALTH_UNMATCHED);
			count_unmeasured(connection);
		}
		break;
	case PROTOCOL_TLS_FIRST:
		if (is_tls_data(opening)) {
			connection->flags &= ~SOCKET_EXCHANGE;
			connection->protocol = PROTOCOL_TLS;
		}
		break;
	default:
		connection->flags &= ~SOCKET_EXCHANGE;
	}
}

/* The server's bytes while a request is open. ANSWER_INTERIM: the caller may look whether the answer proper follows in the segment. */
static __always_inline enum answer answer_bytes(struct connection *connection, const struct opening *opening, __u64 now)
{
	enum answer answer;

	if (connection->protocol == PROTOCOL_TLS) {
		answer = is_tls_data(opening) ? ANSWER_FINAL : ANSWER_NONE;
	} else {
		answer = http1_answer(opening);
		if (answer == ANSWER_NONE && !(connection->flags & SOCKET_CONFIRMED)) {
			count_unmeasured(connection);
			turn_opaque(connection);
		}
	}
	if (answer == ANSWER_NONE || answer == ANSWER_INTERIM)
		return answer;
	if (connection->protocol == PROTOCOL_NEW)
		connection->protocol = PROTOCOL_HTTP1;
	connection->flags |= SOCKET_CONFIRMED;
	count_answer(connection, now, answer == ANSWER_ERROR);
	if (answer == ANSWER_UPGRADE)
		connection->protocol = PROTOCOL_OPAQUE;
	return answer;
}

#endif
