/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first exchange of a TLS 1.3 connection. After the client's Finished the server sends session tickets, in records that look like
 * its answer, often after the request came: with the client's acknowledgement, microseconds later, wherever Nagle's algorithm held one back.
 * What tells them apart: the tickets of a handshake have one length, or lengths that differ by a block of their cipher, since each holds
 * a random number written in as few bytes as it needs. So the server's first record counts as a ticket, and so do those of about its
 * length that follow; the first of another length is the answer. A server without tickets, or one whose answer is one record of about a
 * ticket's length, has its first exchange unmeasured.
 */
#ifndef AVIATOR_TLS_FIRST_BPF_H
#define AVIATOR_TLS_FIRST_BPF_H

#include "counting.bpf.h"
#include "tls.bpf.h"

/* Most tickets of one handshake: servers send none, one or two. After that many the next record is an answer, whatever its length. */
#define TLS_TICKETS 4

/* Bytes by which they differ at most: a block of AES, in which OpenSSL encrypts them. */
#define TLS_TICKET_SPREAD 16

/* The time of a request that a ticket or an answer followed; it was neither measured nor counted yet. */
static __always_inline void forget_first_turn(struct connection *connection)
{
	if (connection->protocol != PROTOCOL_TLS_FIRST || !connection->held_ns)
		return;
	connection->held_ns = 0;
	count_unmeasured(connection);
}

/* The client's data before an answer was recognised. If something came before, what followed that was an answer after all. */
static __always_inline int start_first_turn(struct connection *connection)
{
	forget_first_turn(connection);
	connection->last_ns = 0;
	connection->turn |= TURN_BODY;
	return 1;
}

/* May a record of this length be another ticket of the handshake whose first one is held? */
static __always_inline int is_like_ticket(const struct connection *connection, __u32 length)
{
	__u32 first = connection->held;

	return length + TLS_TICKET_SPREAD >= first && length <= first + TLS_TICKET_SPREAD;
}

/* The server sent a record of application data. */
static __always_inline void first_record(struct connection *connection, __u32 length, __u64 now)
{
	__u64 since = connection->last_ns > connection->opened_ns ? connection->last_ns : connection->opened_ns;

	if (!connection->held_have || (is_like_ticket(connection, length) && connection->held_have < TLS_TICKETS)) {
		connection->held = length;
		connection->held_have++;
		/* Perhaps it is answered: it must not look as if it waited for as long as the connection is idle. */
		if (connection->opened_ns)
			connection->held_ns = since;
		connection->opened_ns = 0;
		return;
	}
	connection->protocol = PROTOCOL_TLS;
	connection->held_have = 0;
	if (!connection->opened_ns) {
		connection->opened_ns = connection->held_ns;
		connection->last_ns = 0;
	}
	connection->held_ns = 0;
	if (connection->opened_ns)
		count_answer(connection, now, 0);
}

#endif
