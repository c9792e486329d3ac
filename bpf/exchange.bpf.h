/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests and answers of one connection, by payload alone: whichever hook saw the bytes. A request is open from its first
 * byte to the first byte of its answer. While it is open, further bytes of the client belong to it. Of pipelined requests
 * the first is measured; the others' answers count as unmeasured.
 */
#ifndef AVIATOR_EXCHANGE_BPF_H
#define AVIATOR_EXCHANGE_BPF_H

#include "counting.bpf.h"
#include "tls_first.bpf.h"

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

/* A request begins. */
static __always_inline int start_turn(struct connection *connection, int body)
{
	connection->last_ns = 0;
	connection->held_have = 0;
	if (body)
		connection->turn |= TURN_BODY;
	else
		connection->turn &= ~TURN_BODY;
	return 1;
}

/* Nothing is open and the client's next bytes are these: does a request that can be measured begin? */
static __always_inline int begins_request(struct connection *connection, const struct opening *opening)
{
	int more;

	switch (connection->protocol) {
	case PROTOCOL_NEW:
		if (is_http1_request(opening)) {
			connection->protocol = PROTOCOL_HTTP1;
			return start_turn(connection, may_have_body(opening));
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
		return is_http1_request(opening) && start_turn(connection, may_have_body(opening));
	case PROTOCOL_TLS_HELLO:
		if (!is_tls_record(opening))
			return 0;
		connection->protocol = after_client_hello(opening, &more);
		return more && start_turn(connection, 1);
	case PROTOCOL_TLS_FIRST:
		return is_tls_data(opening) && start_first_turn(connection);
	case PROTOCOL_TLS:
		if (!is_tls_data(opening))
			return 0;
		if (tls_length(opening) >= TLS_SHORTEST_REQUEST)
			return start_turn(connection, 1);
		/* Too short for any request: after an upgrade, a message of a WebSocket's. */
		connection->protocol = PROTOCOL_OPAQUE;
		break;
	}
	if (!is_tls_record(opening) || is_tls_data(opening))
		open_exchange(connection);
	return 0;
}

/* An answer has begun; whether it goes on is told by the segments that follow (answer_goes_on). */
static __always_inline void answer_begins(struct connection *connection, __u64 now)
{
	connection->held_ns = now;
	connection->last_ns = 0;
}

/* The server's bytes while nothing is open. */
static __always_inline void unasked_answer(struct connection *connection, const struct opening *opening)
{
	enum answer answer;
	__u32 status;

	switch (connection->protocol) {
	case PROTOCOL_NEW:
		if (connection->flags & SOCKET_ADOPTED) /* the answer of a request that was open already */
			connection->flags &= ~SOCKET_EXCHANGE;
		else /* it speaks first */
			connection->protocol = PROTOCOL_OPAQUE;
		break;
	case PROTOCOL_HTTP1:
		answer = opening->have == OPENING_BYTES ? http1_answer(opening, &status) : ANSWER_NONE;
		if (answer != ANSWER_NONE && answer != ANSWER_INTERIM) {
			count_health(HEALTH_UNMATCHED);
			count_unmeasured(connection);
		}
		break;
	default:
		connection->flags &= ~SOCKET_EXCHANGE;
	}
}

/*
 * The server's bytes while a request is open, HTTP/1 as it seems. ANSWER_INTERIM, ANSWER_NONE: the caller may look whether the answer
 * proper begins further on in the segment.
 */
static __always_inline enum answer answer_bytes(struct connection *connection, const struct opening *opening, __u64 now)
{
	__u32 status = 0;
	enum answer answer = connection->held_have ? ANSWER_PARTIAL : http1_answer(opening, &status);

	if (answer == ANSWER_PARTIAL) {
		if (!connection->held_have) {
			connection->held_ns = now;
			connection->held = 0;
		}
		answer = status_piece(connection, opening, &status);
		now = connection->held_ns;
	}
	if (answer == ANSWER_NONE && !(connection->flags & SOCKET_CONFIRMED)) {
		count_unmeasured(connection);
		turn_opaque(connection);
	}
	if (answer == ANSWER_NONE || answer == ANSWER_PARTIAL)
		return answer;
	if (connection->protocol == PROTOCOL_NEW)
		connection->protocol = PROTOCOL_HTTP1;
	connection->flags |= SOCKET_CONFIRMED;
	if (answer == ANSWER_INTERIM)
		return answer;
	count_answer(connection, now, status);
	answer_begins(connection, now);
	if (answer == ANSWER_UPGRADE)
		connection->protocol = PROTOCOL_OPAQUE;
	return answer;
}

/* The connection is over, or the server's side of it is: nothing will be answered any more. */
static __always_inline void end_turn(struct connection *connection)
{
	if (connection->opened_ns)
		count_unanswered(connection, bpf_ktime_get_ns());
	else
		forget_first_turn(connection);
	connection->last_ns = 0; /* an answer under way ends here as well, and an upload must not look like one */
}

#endif
