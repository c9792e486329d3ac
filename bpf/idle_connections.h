/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout that idle_connections.bpf.c and the agent share. Nothing of it is pinned. Aviator.Agent/Steering/Closing/ClosingLayout.cs is
 * the other side; a test compares both.
 */
#ifndef AVIATOR_IDLE_CONNECTIONS_H
#define AVIATOR_IDLE_CONNECTIONS_H

#include "aviator.h"

/* Of each request and of each answer; a power of two. Of what has a longer head it is not known where it ends. */
#define HEAD_BYTES 1024

/*
 * The last exchange of a client's connection. Positions are numbers of bytes as TCP_INFO counts them, so that the agent can compare them
 * with those of the moment at which it looks.
 */
struct last_exchange {
	__u64 sent_before;     /* bytes that the server had acknowledged before the request */
	__u64 received_before; /* bytes received in order before the answer */
	__u64 tail;            /* the last eight bytes received, the latest in the highest; 0 for those of before a gap */
	__u32 answer_seq;      /* of the answer's first byte */
	__u32 tail_seq;        /* of the byte after the tail */
	__u16 request_have;    /* bytes of `request`; 0: no request was seen yet */
	__u16 answer_have;
	__u32 pad;
	__u8 request[HEAD_BYTES];
	__u8 answer[HEAD_BYTES];
};

/* An open file that is a client's connection to an endpoint that is followed. */
struct given_row {
	__u64 socket;                /* tells sockets apart that several files share */
	__u64 given_ns;              /* and from a later one in the same memory */
	struct endpoint_key service; /* as the client asked for it */
	struct endpoint_key endpoint;
	__u32 process;    /* in the agent's process namespace */
	__u32 descriptor; /* of that process */
};

#endif
