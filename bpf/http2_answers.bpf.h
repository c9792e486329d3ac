/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 as the server sends it. The first final HEADERS of a stream answer its call; END_STREAM ends it, and so do RST_STREAM and
 * GOAWAY. A call has failed whose status is 500 to 599, whose grpc-status is the server's fault, or which the server resets.
 */
#ifndef AVIATOR_HTTP2_ANSWERS_BPF_H
#define AVIATOR_HTTP2_ANSWERS_BPF_H

#include "http2_block.bpf.h"
#include "http2_streams.bpf.h"

#define CODE_NO_ERROR 0
#define CODE_CANCEL 8

static __always_inline enum http2_step block_begins(struct connection *connection, struct http2_connection *http2,
                                                    struct http2_header *header)
{
	struct http2_reader *reader = &http2->out;

	http2_pass(reader, HTTP2_HEADER);
	reader->left = header->length;
	reader->padding = 0;
	reader->has_status = 0;
	reader->stage = HTTP2_FIELD;
	if (!(header->flags & FLAG_END_HEADERS))
		http2->unread_fields = 1;
	/* Its beginning was not seen. Clients number their calls without gaps. */
	if (header->stream & 1 && header->stream > http2->last_stream) {
		http2_count_unmeasured(connection, (header->stream - http2->last_stream) / 2);
		http2->last_stream = header->stream;
	}
	if (header->flags & FLAG_PADDED) {
		reader->stage = HTTP2_PADDING;
		return header->length ? STEP_NEXT : STEP_BROKEN;
	}
	if (header->flags & FLAG_PRIORITY) {
		if (header->length < PRIORITY_BYTES)
			return STEP_BROKEN;
		reader->left -= PRIORITY_BYTES;
		reader->next += PRIORITY_BYTES;
	}
	if (!reader->left)
		reader->stage = HTTP2_BLOCK_END;
	return STEP_NEXT;
}

static __always_inline enum http2_step read_padding(struct http2_reader *reader)
{
	__u32 padding = reader->window[0], priority = reader->flags & FLAG_PRIORITY ? PRIORITY_BYTES : 0;

	if (1 + padding + priority > reader->left)
		return STEP_BROKEN;
	reader->left -= 1 + padding + priority;
	reader->padding = padding;
	reader->stage = reader->left ? HTTP2_FIELD : HTTP2_BLOCK_END;
	http2_pass(reader, 1);
	reader->next += priority + (reader->left ? 0 : padding);
	return STEP_NEXT;
}

static __always_inline enum http2_step frame_begins(struct connection *connection, struct http2_connection *http2,
                                                    struct http2_event *event)
{
	struct http2_reader *reader = &http2->out;
	struct http2_header header = frame_header(reader->window);

	if (!http2_is_frame(header.type, header.stream, header.length))
		return STEP_BROKEN;
	reader->flags = header.flags;
	reader->stream = header.stream;
	switch (header.type) {
	case FRAME_HEADERS:
		return block_begins(connection, http2, &header);
	case FRAME_DATA:
		if (header.flags & FLAG_END_STREAM)
			event->to = HTTP2_ENDED;
		break;
	case FRAME_RST_STREAM:
	case FRAME_GOAWAY:
		reader->stage = header.type == FRAME_RST_STREAM ? HTTP2_CODE : HTTP2_LAST;
		reader->left = header.length;
		http2_pass(reader, HTTP2_HEADER);
		return STEP_NEXT;
	case FRAME_PUSH_PROMISE:
	case FRAME_CONTINUATION:
		http2->unread_fields = 1;
	}
	http2_pass(reader, HTTP2_HEADER + header.length);
	return STEP_NEXT;
}

/* RST_STREAM's code, or the last stream that GOAWAY leaves to be answered. */
static __always_inline enum http2_step read_number(struct http2_connection *http2, struct http2_event *event)
{
	struct http2_reader *reader = &http2->out;
	__u32 number = bpf_ntohl(*(__u32 *)reader->window);
	int resets = reader->stage == HTTP2_CODE;

	reader->stage = HTTP2_FRAME;
	http2_pass(reader, reader->left);
	if (resets) {
		event->to = HTTP2_ENDED;
		event->reset = 1;
		event->failed = number != CODE_NO_ERROR && number != CODE_CANCEL;
		return STEP_NEXT;
	}
	http2->sweep_after = number & 0x7fffffff;
	http2->sweep = HTTP2_UNMEASURED; /* the server did not take them: the client may call elsewhere */
	return STEP_SWEEP;
}

static __always_inline enum http2_step read_answer_item(struct __sk_buff *skb, const struct segment *segment, struct connection *connection,
                                                        struct http2_connection *http2, struct http2_event *event)
{
	struct http2_reader *reader = &http2->out;
	enum http2_step step;
	__u32 need;

	if (reader->stage == HTTP2_BLOCK_END)
		return block_ends(reader, event);
	step = http2_fill(skb, segment, reader);
	if (step != STEP_NEXT)
		return step;
	if (FORGET(reader->stage) >= HTTP2_FIELD)
		return read_field(http2, event);
	need = reader->stage == HTTP2_FRAME ? HTTP2_HEADER : reader->stage == HTTP2_PADDING ? 1 : 4;
	if (FORGET(reader->have) < need)
		return http2_wait(reader);
	if (FORGET(reader->stage) == HTTP2_FRAME)
		return frame_begins(connection, http2, event);
	if (FORGET(reader->stage) == HTTP2_PADDING)
		return read_padding(reader);
	return read_number(http2, event);
}

/* Moves the call on and counts it, once. */
static __always_inline void call_moves(struct connection *connection, struct http2_connection *http2, __u64 now)
{
	struct http2_event *event = &http2->event;
	struct endpoint_counters *counters;
	__u64 opened = 0;
	__u8 was = http2_move(connection, http2, http2->out.stream, FORGET(event->to), &opened);

	if (was == HTTP2_FREE || was == HTTP2_FAILED || (was == HTTP2_ANSWERED && !FORGET(event->failed)))
		return;
	counters = http2_counters(connection);
	if (!counters)
		return;
	if (was == HTTP2_ANSWERED) {
		__sync_fetch_and_add(&counters->server_errors, 1);
		return;
	}
	if (!FORGET(event->answered) && !FORGET(event->reset)) {
		__sync_fetch_and_add(&counters->unmeasured, 1);
		return;
	}
	if (FORGET(event->reset))
		__sync_fetch_and_add(&counters->unanswered, 1);
	else if (FORGET(event->failed))
		__sync_fetch_and_add(&counters->server_errors, 1);
	else /* success, redirects, client_errors: one behind the other */
		__sync_fetch_and_add(&counters->success + ((FORGET(event->answered) - 2) & 3), 1);
	http2_add_sample(counters, opened, now);
}

#endif
