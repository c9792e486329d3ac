/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP/2 as the client sends it: HEADERS open calls, RST_STREAM gives them up. What its header fields say is of no interest. */
#ifndef AVIATOR_HTTP2_REQUESTS_BPF_H
#define AVIATOR_HTTP2_REQUESTS_BPF_H

#include "http2_reader.bpf.h"
#include "http2_streams.bpf.h"

/* On a new stream; those on an older one are trailers (8.1). */
static __always_inline void call_begins(struct connection *connection, struct http2_connection *http2, __u32 stream)
{
	if (stream > http2->last_stream)
		http2->last_stream = stream;
	if (!http2->now)
		http2->now = bpf_ktime_get_ns();
	if (!http2_open(connection, http2, stream, http2->now))
		http2_count_unmeasured(connection, 1);
}

/* A call that its client gave up before an answer is no failure of the server's; it would have taken at least so long. */
static __always_inline void call_given_up(struct connection *connection, struct http2_connection *http2, __u32 stream)
{
	struct endpoint_counters *counters;
	__u64 opened = 0;

	if (http2_move(connection, http2, stream, HTTP2_ENDED, &opened) != HTTP2_OPEN)
		return;
	counters = http2_counters(connection);
	if (counters)
		http2_add_abandoned(counters, opened, bpf_ktime_get_ns());
}

static __always_inline enum http2_step read_request_item(struct __sk_buff *skb, const struct segment *segment,
                                                         struct connection *connection, struct http2_connection *http2,
                                                         struct http2_reader *reader)
{
	struct http2_header header;
	enum http2_step step = http2_fill(skb, segment, reader);

	if (step != STEP_NEXT)
		return step;
	if (reader->stage < HTTP2_FRAME)
		return read_preface(reader);
	if (FORGET(reader->have) < HTTP2_HEADER)
		return http2_wait(reader);
	header = frame_header(reader->window);
	if (!http2_is_clients(header.type, header.stream, header.length, reader->stream))
		return STEP_BROKEN;
	http2_pass(reader, HTTP2_HEADER + header.length);
	if (header.type == FRAME_HEADERS && header.stream > reader->stream) {
		reader->stream = header.stream;
		call_begins(connection, http2, header.stream);
	} else if (header.type == FRAME_RST_STREAM) {
		call_given_up(connection, http2, header.stream);
	}
	return STEP_NEXT;
}

/* Does the segment begin with the header of one of the very next calls? 46 of its 72 bits are given. */
static __always_inline int begins_call(struct __sk_buff *skb, const struct segment *segment, __u32 last_stream, __u32 *stream)
{
	struct http2_header header;
	__u8 bytes[HTTP2_HEADER];

	if (segment->length < HTTP2_HEADER || bpf_skb_load_bytes(skb, segment->payload, bytes, HTTP2_HEADER))
		return 0;
	header = frame_header(bytes);
	*stream = header.stream;
	return header.type == FRAME_HEADERS && header.length <= HTTP2_LONGEST && !(bytes[5] & 0x80) && header.stream & 1 &&
	       !(header.flags & ~(FLAG_END_STREAM | FLAG_END_HEADERS | FLAG_PADDED | FLAG_PRIORITY)) && header.stream > last_stream &&
	       header.stream - last_stream <= HTTP2_NEAR;
}

/*
 * Where frames begin is not known any more. The place is found again where a segment that the server can read at once begins with a call;
 * those before it were not seen.
 */
static __always_inline int find_requests(struct __sk_buff *skb, const struct segment *segment, struct connection *connection,
                                         struct http2_connection *http2)
{
	__u32 stream;

	if (!begins_call(skb, segment, http2->last_stream, &stream))
		return 0;
	http2_count_unmeasured(connection, (stream - http2->last_stream) / 2 - 1);
	http2->last_stream = http2->in.stream = stream - 2;
	http2->in.next = segment->seq;
	http2->in.carried = 0;
	http2->in.stage = HTTP2_FRAME;
	http2->unread_requests = 0;
	return 1;
}

/*
 * A segment came before an earlier one: two CPUs sent them, or the earlier one was lost. If it begins with a call it can be read now, and
 * the missing one when it comes, perhaps at the same moment as further ones: by a reader of its own. One hole at a time.
 */
static __always_inline int open_hole(struct __sk_buff *skb, const struct segment *segment, struct http2_connection *http2)
{
	__u32 stream;

	if (http2->hole_end || http2->in.carried || http2->in.stage != HTTP2_FRAME ||
	    !begins_call(skb, segment, http2->last_stream, &stream))
		return 0;
	http2->missing.next = http2->in.next;
	http2->missing.stream = http2->in.stream;
	http2->missing.stage = HTTP2_FRAME;
	http2->missing.carried = 0;
	http2->hole_end = segment->seq;
	http2->in.next = segment->seq;
	return 1;
}

/* A part of the hole has been read: frames must end where it ends. */
static __always_inline int closes_hole(struct http2_connection *http2)
{
	__u32 left = http2->hole_end - http2->missing.next;

	if (http2->missing.carried || (__s32)left < 0)
		return 0;
	if (!left)
		http2->hole_end = 0;
	return 1;
}

#endif
