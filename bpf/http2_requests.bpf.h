/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP/2 as the client sends it: HEADERS open calls, RST_STREAM gives them up. What its header fields say is of no interest. */
#ifndef AVIATOR_HTTP2_REQUESTS_BPF_H
#define AVIATOR_HTTP2_REQUESTS_BPF_H

#include "http2_reader.bpf.h"
#include "http2_streams.bpf.h"

/* Further from the last call's stream than this, a frame that looks like a call's beginning is taken for payload. */
#define HTTP2_NEAR (4 * HTTP2_SLOTS)

/* On a new stream; those on an older one are trailers (8.1). */
static __always_inline void call_begins(struct connection *connection, struct http2_connection *http2, __u32 stream)
{
	http2->last_stream = stream;
	if (!http2->now)
		http2->now = bpf_ktime_get_ns();
	if (!http2_open(connection, http2, stream, http2->now))
		http2_count_unmeasured(connection, 1);
}

/* A call that its client gave up before an answer has no latency, and is no failure of the server's. */
static __always_inline void call_given_up(struct connection *connection, struct http2_connection *http2, __u32 stream)
{
	__u64 opened;

	if (http2_move(connection, http2, stream, HTTP2_ENDED, &opened) == HTTP2_OPEN)
		http2_count_unmeasured(connection, 1);
}

static __always_inline enum http2_step read_request_item(struct __sk_buff *skb, const struct segment *segment,
                                                         struct connection *connection, struct http2_connection *http2)
{
	struct http2_reader *reader = &http2->in;
	struct http2_header header;
	enum http2_step step = http2_fill(skb, segment, reader);

	if (step != STEP_NEXT)
		return step;
	if (reader->stage < HTTP2_FRAME)
		return read_preface(reader);
	if (FORGET(reader->have) < HTTP2_HEADER)
		return http2_wait(reader);
	header = frame_header(reader->window);
	if (!http2_is_frame(header.type, header.stream, header.length) || header.type == FRAME_PUSH_PROMISE)
		return STEP_BROKEN;
	http2_pass(reader, HTTP2_HEADER + header.length);
	if (header.type == FRAME_HEADERS && header.stream > http2->last_stream) {
		if (!(header.stream & 1))
			return STEP_BROKEN;
		call_begins(connection, http2, header.stream);
	} else if (header.type == FRAME_RST_STREAM) {
		call_given_up(connection, http2, header.stream);
	}
	return STEP_NEXT;
}

/*
 * A segment was lost or came late, so where frames begin is not known any more. The place is found again where a segment that the server can
 * read at once begins with the header of the very next calls' HEADERS: 46 of 72 bits are given.
 */
static __always_inline int find_requests(struct __sk_buff *skb, const struct segment *segment, struct connection *connection,
                                         struct http2_connection *http2)
{
	struct http2_reader *reader = &http2->in;
	struct http2_header header;

	if (segment->length < HTTP2_HEADER || bpf_skb_load_bytes(skb, segment->payload, reader->window, HTTP2_HEADER))
		return 0;
	header = frame_header(reader->window);
	if (header.type != FRAME_HEADERS || header.length > 1 << 14 || reader->window[5] & 0x80 || !(header.stream & 1) ||
	    header.flags & ~(FLAG_END_STREAM | FLAG_END_HEADERS | FLAG_PADDED | FLAG_PRIORITY))
		return 0;
	if (header.stream <= http2->last_stream || header.stream - http2->last_stream > HTTP2_NEAR)
		return 0;
	http2_count_unmeasured(connection, (header.stream - http2->last_stream) / 2 - 1);
	http2->last_stream = header.stream - 2;
	reader->next = segment->seq;
	reader->carried = 0;
	reader->stage = HTTP2_FRAME;
	http2->unread_requests = 0;
	return 1;
}

#endif
