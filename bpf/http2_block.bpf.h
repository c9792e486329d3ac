/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A header block of the server's, item by item. */
#ifndef AVIATOR_HTTP2_BLOCK_BPF_H
#define AVIATOR_HTTP2_BLOCK_BPF_H

#include "http2_fields.bpf.h"
#include "http2_reader.bpf.h"

static __always_inline void field_read(struct http2_reader *reader, struct http2_event *event, __u8 field)
{
	if (is_status(field))
		reader->has_status = field != FIELD_STATUS;
	if (field >= FIELD_SUCCESS && field <= FIELD_ERROR) {
		event->answered = 2 + field - FIELD_SUCCESS;
		event->to = field == FIELD_ERROR ? HTTP2_FAILED : HTTP2_ANSWERED;
	} else if (field == FIELD_GRPC_ERROR) {
		event->to = HTTP2_FAILED;
	}
	event->failed = event->to == HTTP2_FAILED;
}

/* Between two items of a header block: is it over? */
static __always_inline enum http2_step after_item(struct http2_reader *reader, __u32 bytes, __u32 behind)
{
	if (bytes > reader->left || behind > reader->left - bytes) {
		if (reader->flags & FLAG_END_HEADERS)
			return STEP_BROKEN;
		/* It goes on in a CONTINUATION: of the fields no more than these are read. */
		bytes = reader->left;
		behind = 0;
		reader->stage = HTTP2_FIELD;
	}
	reader->left -= bytes + behind;
	http2_pass(reader, bytes);
	reader->next += behind;
	if (reader->left)
		return STEP_NEXT;
	if (reader->stage != HTTP2_FIELD && reader->flags & FLAG_END_HEADERS)
		return STEP_BROKEN;
	reader->stage = HTTP2_BLOCK_END;
	reader->next += reader->padding;
	return STEP_NEXT;
}

/* Its number and kind. */
static __always_inline enum http2_step field_begins(struct http2_connection *http2, struct http2_event *event, __u32 index)
{
	struct http2_reader *reader = &http2->out;
	__u8 first = reader->window[0];

	reader->field = field_at(http2, index);
	if (first & 0x80) {
		if (!index)
			return STEP_BROKEN;
		field_read(reader, event, FORGET(reader->field));
	} else if ((first & 0xe0) != 0x20) { /* which would be a new size of the table */
		reader->inserts = first & 0x40;
		reader->field = field_by_name(FORGET(reader->field));
		reader->stage = index ? HTTP2_VALUE : HTTP2_NAME;
	}
	return STEP_NEXT;
}

/* A part of a field: number and kind, name, or value. */
static __always_inline enum http2_step read_field(struct http2_connection *http2, struct http2_event *event)
{
	struct http2_reader *reader = &http2->out;
	__u8 *w = reader->window;
	__u32 integer = http2_integer(*(__u32 *)w, reader->stage == HTTP2_FIELD);
	__u32 size = integer >> 28, value = integer & HPACK_TOO_LONG, need = size;

	if (reader->stage != HTTP2_FIELD)
		need += value < 11 ? value : 11; /* as much of a string as is looked at */
	/* What is behind the block's end belongs to the next frame. */
	if (FORGET(reader->have) < need && FORGET(reader->have) < reader->left)
		return http2_wait(reader);
	if (value == HPACK_TOO_LONG)
		return STEP_BROKEN;
	switch (FORGET(reader->stage)) {
	case HTTP2_FIELD:
		if (field_begins(http2, event, value) != STEP_NEXT)
			return STEP_BROKEN;
		value = 0;
		break;
	case HTTP2_NAME:
		reader->field = http2_named(*(__u64 *)w >> 8 | (__u64)w[8] << 56, *(__u32 *)(w + 8) >> 8, value, w[0] & 0x80);
		reader->stage = HTTP2_VALUE;
		break;
	default:
		reader->field = http2_valued(reader->field, *(__u32 *)w >> 8, value, w[0] & 0x80);
		if (reader->inserts)
			insert_field(http2, reader->field);
		field_read(reader, event, FORGET(reader->field));
		reader->stage = HTTP2_FIELD;
	}
	return after_item(reader, size, value);
}

static __always_inline enum http2_step block_ends(struct http2_reader *reader, struct http2_event *event)
{
	reader->stage = HTTP2_FRAME;
	if (reader->flags & FLAG_END_STREAM)
		event->to = HTTP2_ENDED;
	else if (!reader->has_status)
		event->to = HTTP2_ANSWERED; /* if it is an answer, its status is out of sight */
	return STEP_NEXT;
}

#endif
