/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of a connection that speaks HTTP/2 in the clear (RFC 9113). Other connections have none. */
#ifndef AVIATOR_HTTP2_BPF_H
#define AVIATOR_HTTP2_BPF_H

#include "maps.bpf.h"

/*
 * Calls of one connection, and slot 0, which is the list's head; a power of two, so that the verifier sees the bound. A stream stands in one
 * of HTTP2_REACH slots, HTTP2_STRIDE apart from its number's on. Streams have numbers in a row: side by side, those that last would soon
 * fill all that later ones could have. Of 100 calls at once, in a simulation with durations of several kinds, 1 in 20,000 finds no slot, of
 * 150 at once 1 in 200, of 200 at once 1 in 20; it is unmeasured.
 */
#define HTTP2_SLOTS 256
#define HTTP2_REACH 8
#define HTTP2_STRIDE 91

/* Numbers of the newest fields in the server's HPACK table: all that fit into its default size (4,096 bytes, at least 32 a field). */
#define HTTP2_FIELDS 128

/* What is read at once, and no item needs more. */
#define HTTP2_CHUNK 16

enum http2_state {
	HTTP2_FREE,
	HTTP2_OPEN,     /* waits for its answer */
	HTTP2_ANSWERED, /* the answer is on its way */
	HTTP2_FAILED,   /* the same, and the call counts as failed already */
	HTTP2_ENDED,
};

struct http2_stream {
	__u64 opened_ns;
	__u32 id; /* 0: free */
	/* Neighbours in the list of calls without an answer, which stands in the order of their beginning; slot 0 closes the ring. */
	__u8 older;
	__u8 younger;
	__u8 state; /* enum http2_state */
	__u8 pad;
};

/* What stands where a reader goes on. */
enum http2_stage {
	HTTP2_PREFACE, /* three parts of eight bytes */
	HTTP2_PREFACE_SECOND,
	HTTP2_PREFACE_THIRD,
	HTTP2_FRAME,
	HTTP2_PADDING, /* the length of a block's padding */
	HTTP2_CODE,    /* of RST_STREAM */
	HTTP2_LAST,    /* of GOAWAY */
	HTTP2_FIELD,
	HTTP2_NAME,
	HTTP2_VALUE,
	HTTP2_BLOCK_END, /* no byte of its own */
};

/* Reads one direction's bytes, item by item; what the payload of frames brings is passed over. */
struct http2_reader {
	__u8 window[2 * HTTP2_CHUNK] __attribute__((aligned(8))); /* the beginning of the item, of which `carried` bytes came before */
	__u32 next;                                               /* TCP sequence number of the first byte not read yet */
	__u32 left;                                               /* bytes of the frame's header block behind the window's beginning */
	__u32 stream; /* of the frame; of a client's reader, of the newest call that it has seen begin */
	__u32 padding;
	__u8 stage; /* enum http2_stage */
	__u8 carried;
	__u8 flags;      /* of the frame */
	__u8 field;      /* enum http2_field, by the field's name */
	__u8 inserts;    /* the field goes into the table */
	__u8 has_status; /* the block holds a :status */
	__u8 have;       /* bytes in the window */
	__u8 step;       /* enum http2_step: what came of the item read last */
};

/* What an item means for the call of its frame's stream. */
struct http2_event {
	__u8 to;       /* enum http2_state; HTTP2_FREE: nothing */
	__u8 answered; /* by a status, so it is a sample if it was open: the first digit */
	__u8 failed;
	__u8 reset; /* it is unanswered if it was open */
};

struct http2_connection {
	struct bpf_spin_lock lock; /* of `streams` and of the counts in struct connection: both directions change them, on any CPU */
	__u32 last_stream;         /* the newest call's */
	__u64 now;                 /* when the segment came; 0: not read yet */
	__u32 inserted;            /* fields that the server has put into its HPACK table so far */
	__u8 started;
	__u8 unread_requests; /* bytes of the client were lost to sight: wait for a frame that only its next call can begin with */
	__u8 unread_fields;   /* header fields of the server were: what stands in its table is unknown from then on */
	__u8 sweep;           /* enum http2_sweep */
	__u32 sweep_after;    /* of the calls on later streams than this */
	struct http2_event event;
	__u32 hole_end; /* 0: nothing is missing */
	struct http2_reader in, out;
	struct http2_reader missing; /* of a segment of the client's that has not come, while those behind it have been read */
	__u8 fields[HTTP2_FIELDS];   /* enum http2_field of those inserted, by number */
	struct http2_stream streams[HTTP2_SLOTS];
};

/* Goes away with its socket. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct http2_connection);
} http2_connections SEC(".maps");

/*
 * The programs that go on with a segment of such a connection: a segment can hold more frames than one program may read. The agent fills
 * both; the kernel ends a chain after 33 calls.
 */
enum http2_program {
	HTTP2_READ,
	HTTP2_SWEEP,
	HTTP2_MISSING,
	HTTP2_PROGRAMS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HTTP2_PROGRAMS);
	__type(key, __u32);
	__type(value, __u32);
} http2_ingress SEC(".maps"), http2_egress SEC(".maps");

/*
 * Reads a member back from memory. The verifier follows every path with what it knows of each value; of what comes from a map it knows
 * nothing, so that paths which differ in such a value alone are one.
 */
#define FORGET(member) (*(volatile typeof(member) *)&(member))

#endif
