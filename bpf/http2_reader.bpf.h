/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads frames item by item: preface, frame header, header field. Where a reader goes on is a TCP sequence number, so that a segment that
 * came before changes nothing, and bytes that are passed over may arrive in any order.
 */
#ifndef AVIATOR_HTTP2_READER_BPF_H
#define AVIATOR_HTTP2_READER_BPF_H

#include "http2.bpf.h"
#include "payload_search.bpf.h"

#define HTTP2_HEADER 9          /* bytes of a frame's header */
#define HTTP2_LONGEST (1 << 14) /* bytes of a frame's payload, where the receiver allows no more (RFC 9113 section 6.5.2) */

/* Further from the last call's stream than this, a frame that looks like a call's beginning is taken for payload. */
#define HTTP2_NEAR (4 * HTTP2_SLOTS)

enum http2_frame {
	FRAME_DATA,
	FRAME_HEADERS,
	FRAME_PRIORITY,
	FRAME_RST_STREAM,
	FRAME_SETTINGS,
	FRAME_PUSH_PROMISE,
	FRAME_PING,
	FRAME_GOAWAY,
	FRAME_WINDOW_UPDATE,
	FRAME_CONTINUATION,
};

#define FLAG_END_STREAM 0x01
#define FLAG_END_HEADERS 0x04
#define FLAG_PADDED 0x08
#define FLAG_PRIORITY 0x20
#define PRIORITY_BYTES 5

/* How reading goes on. */
enum http2_step {
	STEP_NEXT,   /* with the next item */
	STEP_DONE,   /* with the next segment */
	STEP_GAP,    /* not: bytes before this segment were not seen */
	STEP_BROKEN, /* not: this is no HTTP/2, or more than can be followed */
	STEP_SWEEP,  /* after some calls have been ended */
};

struct http2_header {
	__u32 length;
	__u32 stream;
	__u8 type;
	__u8 flags;
};

static __always_inline struct http2_header frame_header(const __u8 *b)
{
	struct http2_header header = {
	    .length = b[0] << 16 | b[1] << 8 | b[2],
	    .type = b[3],
	    .flags = b[4],
	    .stream = (b[5] & 0x7fU) << 24 | b[6] << 16 | b[7] << 8 | b[8],
	};

	return header;
}

/* What every frame must hold to (RFC 9113 section 6): where the reader has lost its place, this will not. Types not known pass (5.5). */
__noinline __u32 http2_is_frame(__u32 type, __u32 stream, __u32 length)
{
	switch (type) {
	case FRAME_DATA:
	case FRAME_HEADERS:
	case FRAME_PUSH_PROMISE:
	case FRAME_CONTINUATION:
		return stream != 0;
	case FRAME_RST_STREAM:
		return stream && length == 4;
	case FRAME_PRIORITY:
		return stream && length == PRIORITY_BYTES;
	case FRAME_SETTINGS:
		return !stream;
	case FRAME_PING:
		return !stream && length == 8;
	case FRAME_GOAWAY:
		return !stream && length >= 8;
	case FRAME_WINDOW_UPDATE:
		return length == 4;
	}
	return 1;
}

/*
 * May a client send it? Two CPUs that read one connection at the same moment may lose their place, and what is then taken for a frame of
 * another type, a long one above all, would hide all that comes behind it. So what no client sends is refused: a frame on a stream that it
 * has not begun (5.1), a call far from the last one, a long frame of a type not known.
 */
__noinline __u32 http2_is_clients(__u32 type, __u32 stream, __u32 length, __u32 newest)
{
	if (type == FRAME_PUSH_PROMISE || !http2_is_frame(type, stream, length))
		return 0;
	if (type == FRAME_HEADERS && stream > newest)
		return (stream & 1) && stream - newest <= HTTP2_NEAR;
	if (type > FRAME_CONTINUATION)
		return length <= HTTP2_LONGEST;
	return type == FRAME_PRIORITY || stream <= newest || (!(stream & 1) && length == 4); /* of a pushed stream too */
}

/* Reads what the segment has of the next item into the window. */
static __always_inline enum http2_step http2_fill(struct __sk_buff *skb, const struct segment *segment, struct http2_reader *reader)
{
	__u32 at = reader->next - segment->seq, carried, have;

	if ((__s32)at < 0)
		return STEP_GAP;
	if (at >= segment->length)
		return STEP_DONE;
	have = segment->length - at;
	if (have > HTTP2_CHUNK)
		have = HTTP2_CHUNK;
	carried = reader->carried;
	asm volatile("" : "+r"(carried));
	carried &= HTTP2_CHUNK - 1;
	reader->have = carried + have;
	return read_short(skb, segment->payload + at, reader->window + carried, have, HTTP2_CHUNK) ? STEP_BROKEN : STEP_NEXT;
}

/* The item goes on in the next segment. */
static __always_inline enum http2_step http2_wait(struct http2_reader *reader)
{
	__u32 have = FORGET(reader->have);

	reader->next += have - reader->carried;
	reader->carried = have & (HTTP2_CHUNK - 1);
	return STEP_NEXT;
}

/* The item has so many bytes, and more behind it are of no interest. */
static __always_inline void http2_pass(struct http2_reader *reader, __u32 bytes)
{
	reader->next += bytes - reader->carried;
	reader->carried = 0;
}

/* One part of the client's preface (3.4). */
static __always_inline enum http2_step read_preface(struct http2_reader *reader)
{
	__u64 part = *(__u64 *)reader->window, expected;

	if (reader->have < 8)
		return http2_wait(reader);
	expected = EIGHT('P', 'R', 'I', ' ', '*', ' ', 'H', 'T');
	if (reader->stage == HTTP2_PREFACE_SECOND)
		expected = EIGHT('T', 'P', '/', '2', '.', '0', '\r', '\n');
	else if (reader->stage == HTTP2_PREFACE_THIRD)
		expected = EIGHT('\r', '\n', 'S', 'M', '\r', '\n', '\r', '\n');
	if (part != expected)
		return STEP_BROKEN;
	http2_pass(reader, 8);
	reader->stage++;
	return STEP_NEXT;
}

#endif
