/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout that the kernel programs and the agent share. Every struct pads itself: a hole that two compilers fill
 * differently once turned 5 ms into 248 days. Aviator.Agent/Bpf/Layout.cs is the other side; a test compares both by BTF.
 */
#ifndef AVIATOR_H
#define AVIATOR_H

/* The histogram of Aviator.Core.Measurement.HistogramLayout: log-linear, 16 buckets an octave, from 2^10 ns up to 2^36 ns. */
#define SUB_BUCKET_BITS 4
#define FIRST_EXPONENT 10
#define END_EXPONENT 36
#define BUCKET_COUNT (((END_EXPONENT - FIRST_EXPONENT) << SUB_BUCKET_BITS) + 2)

/* An IPv6 address in network order; an IPv4 address is v4-mapped (::ffff:a.b.c.d), whatever family its socket has. */
struct address {
	__u32 words[4];
};

/* An endpoint as the sockets that accepted see it. */
struct endpoint_key {
	struct address address;
	__u16 port; /* host order */
	__u16 pad;
};

/* Counters of one endpoint; they only grow. The first cache line is all that an answer touches beside its bucket. */
struct endpoint_counters {
	struct endpoint_key endpoint; /* whose they are */
	__u32 row;                    /* its own number, 1 and up; 0: it is nobody's */
	__u64 server_errors;          /* answers with an HTTP status of 500 to 599; in latency as well */
	__u64 success;                /* answers by the class of their HTTP status, in latency as well: 200 to 299 */
	__u64 redirects;              /* 300 to 399 */
	__u64 client_errors;          /* 400 to 499 without 429 */
	__u64 throttled;              /* 429 */
	__u64 unanswered;             /* requests whose connection ended first; in latency at their age */
	__u64 unmeasured;             /* exchanges that cannot be measured; nowhere else */
	__u64 node_probes;            /* requests of the kubelet's probes; nowhere else */
	__u64 own_probes;             /* requests of the agent's own probes; nowhere else */
	__u64 latency[BUCKET_COUNT];
	__u64 abandoned[BUCKET_COUNT]; /* requests that their client gave up, at their age; nowhere else */
};

/* What a connection speaks, by its first bytes. */
enum protocol {
	PROTOCOL_NEW,       /* nothing read yet; an open request waits for the answer's bytes to tell */
	PROTOCOL_HTTP1,     /* measured */
	PROTOCOL_TLS_HELLO, /* the handshake is under way */
	PROTOCOL_TLS_FIRST, /* TLS 1.3: the first exchange after the handshake, which session tickets disguise */
	PROTOCOL_TLS,       /* measured, by application-data records */
	PROTOCOL_OPAQUE,    /* not measured: server speaks first, upgraded, unknown */
	PROTOCOL_HTTP2,     /* measured, call by call: state in http2_connections */
};

enum socket_flag {
	SOCKET_CONFIRMED = 1,   /* an answer has borne out what the request's bytes promised */
	SOCKET_EXCHANGE = 2,    /* an unmeasured exchange is open: its answer has not begun */
	SOCKET_FROM_NODE = 4,   /* the client's address is one of the node's own */
	SOCKET_OWN_PROBE = 8,   /* the client is the agent itself */
	SOCKET_NODE_PROBE = 16, /* the client is the kubelet */
	SOCKET_ADOPTED = 32,    /* its beginning was not seen: the first bytes that are may be the middle of something */
};

/* Where a connection stands between requests and answers. */
enum turn_flag {
	TURN_CLIENT_ENDED = 1, /* the client ended its side: what stays unanswered from here on is no failure of the endpoint */
	TURN_SERVER_ENDED = 2, /* the server ended its side: what comes crossed its end and cannot be answered */
	TURN_BODY = 4,         /* the open request may have a body: its clock starts at the last byte before the answer */
};

/* One accepted connection of an endpoint of interest. */
struct connection {
	__u64 opened_ns; /* CLOCK_MONOTONIC at the open request's first byte, of several the oldest's; 0: none is open */
	struct endpoint_key endpoint;
	__u8 protocol; /* enum protocol */
	__u8 flags;    /* enum socket_flag */
	__u16 row;     /* its row in live_connections, 1 and up; 0: it has none, or the row is free */
	__u32 srtt_us; /* TCP's smoothed round-trip time as of the last answer; 0: unknown */
	__u8 turn;     /* enum turn_flag */
	__u8 held_have;
	union {
		__u16 held;
		__u16 streams; /* HTTP/2: calls under way, those whose answer has begun and not ended included */
	};
	/*
	 * CLOCK_MONOTONIC at the open request's last byte so far, if it went on with a body. While none is open, at the last bytes of an answer
	 * that came in several segments, until its end is seen. Else 0.
	 */
	__u64 last_ns;
	/*
	 * What an undecided answer leaves to remember.
	 * HTTP/1: a status line that is not whole: when its first byte left, its status as far as it is known, how many bytes of it left.
	 * HTTP/1 and TLS, while no request is open: when the last answer began.
	 * TLS_FIRST: the first request's time (0: none is open), the length of the server's first record, how many of this length came.
	 * TLS_HELLO: how many bytes of the hello's extensions are still to come, and at which byte of the next segment they go on.
	 */
	__u64 held_ns;
	__u32 counters; /* the row of its endpoint's counters */
	__u32 pad;      /* to a cache line: connections that are served on different CPUs share none */
};

/* One live connection as a walk tells it. */
struct connection_row {
	struct connection connection;
	__u64 socket; /* from a walk over files: the socket's address, by which repeats are found; else 0 */
};

/* What the agent sets before it loads the programs. */
struct knobs {
	__u16 probe_port_first; /* the agent's own probes come from these ports, host order, both included */
	__u16 probe_port_last;
};

/* One accepted connection, where tracing hooks measure and sockets have no storage of their own. */
struct traced_connection {
	struct connection_row row;
	__u64 accepted_ns;
};

/* Bits of an interest entry. */
enum interest_flag {
	INTEREST_LOOPBACK = 1, /* count connections from the address to itself too (the self-test, tests) */
	INTEREST_LISTED = 2,   /* of its ports, only those that the agent gave counters; else each that accepts */
};

/* Indexes of the health counters, one 64-bit number per CPU. */
enum health {
	HEALTH_ACCEPTED,    /* connections of endpoints of interest */
	HEALTH_NO_STATE,    /* of these, connections that found no room for their state: not measured */
	HEALTH_NO_ENDPOINT, /* of these, connections whose endpoint found no room in the counters' map: not measured */
	HEALTH_UNMATCHED,   /* answers without a request: pipelined ones, or an event was lost */
	HEALTH_NO_ROW,      /* measured connections that found no row in live_connections: a walk must show what they have in flight */
	HEALTH_ADOPTED,     /* connections taken up while they lived: they have no row either, since their end may go unseen */
	HEALTH_COUNT,
};

#endif
