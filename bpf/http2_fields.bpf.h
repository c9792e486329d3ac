/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The server's header fields (HPACK, RFC 7541), for two of them: `:status` and `grpc-status`. A field that was sent once may come back
 * as a number of the connection's table, so every field is stepped over and what went into the table is kept, one byte a field.
 */
#ifndef AVIATOR_HTTP2_FIELDS_BPF_H
#define AVIATOR_HTTP2_FIELDS_BPF_H

#include "http2.bpf.h"
#include "payload_search.bpf.h"

#define HPACK_STATIC 61      /* entries of the static table */
#define HPACK_INDEXED 0x80   /* in a field's first byte: an entry of a table by its number (6.1) */
#define HPACK_FIRST_STATUS 8 /* ":status 200" to ":status 500" */
#define HPACK_LAST_STATUS 14
#define HPACK_TOO_LONG 0x0fffffffU

#define GRPC_STATUS EIGHT('g', 'r', 'p', 'c', '-', 's', 't', 'a') /* and "tus" */
#define GRPC_STATUS_CODED 0x8fda3412b2c8ca9aULL                   /* all of it, in Huffman's code */

enum http2_field {
	FIELD_OTHER,
	FIELD_STATUS, /* with a value that is not known */
	FIELD_INTERIM,
	FIELD_SUCCESS, /* 200 to 299; the classes stand in their order */
	FIELD_REDIRECT,
	FIELD_CLIENT_ERROR,
	FIELD_ERROR, /* 500 to 599 */
	FIELD_GRPC,  /* good, the caller's fault, or not known */
	FIELD_GRPC_ERROR,
};

static __always_inline int is_status(__u8 field)
{
	return field >= FIELD_STATUS && field <= FIELD_ERROR;
}

/*
 * The functions from here on that are not static take and give numbers alone, and the verifier looks at each once by itself: in a loop over
 * many items their branches would be too many paths.
 */

/*
 * The integer at the beginning of an item (RFC 7541 5.1): of a field its kind's, else a string's length. The upper four bits say how many
 * bytes it takes; if more than there are, it is cut off and the rest means nothing.
 */
__noinline __u32 http2_integer(__u32 bytes, __u32 is_field)
{
	__u32 mask = 0x7f, value;

	if (is_field && !(bytes & 0x80))
		mask = bytes & 0x40 ? 0x3f : bytes & 0x20 ? 0x1f : 0x0f;
	value = bytes & mask;
	if (value < mask)
		return 1U << 28 | value;
	value += bytes >> 8 & 127;
	if (!(bytes & 1U << 15))
		return 2U << 28 | value;
	value += (bytes >> 16 & 127) << 7;
	if (!(bytes & 1U << 23))
		return 3U << 28 | value;
	value += (bytes >> 24 & 127) << 14;
	return 4U << 28 | (bytes & 1U << 31 ? HPACK_TOO_LONG : value);
}

/* Of the static table (appendix A): 200, 204, 206, 304, 400, 404, 500. */
static __always_inline __u8 static_status(__u32 index)
{
	return index == HPACK_LAST_STATUS ? FIELD_ERROR : index > 11 ? FIELD_CLIENT_ERROR : index == 11 ? FIELD_REDIRECT : FIELD_SUCCESS;
}

/* What an entry of the tables is (2.3.3); of one whose value is not known FIELD_STATUS or FIELD_GRPC. */
static __always_inline __u8 field_at(const struct http2_connection *http2, __u32 index)
{
	__u32 age;

	if (index >= HPACK_FIRST_STATUS && index <= HPACK_LAST_STATUS)
		return static_status(index);
	if (index <= HPACK_STATIC || http2->unread_fields)
		return FIELD_OTHER;
	age = index - HPACK_STATIC - 1;
	if (age >= HTTP2_FIELDS || age >= http2->inserted)
		return FIELD_OTHER;
	return http2->fields[(http2->inserted - 1 - age) & (HTTP2_FIELDS - 1)];
}

static __always_inline __u8 field_by_name(__u8 field)
{
	return is_status(field) ? FIELD_STATUS : field == FIELD_OTHER ? FIELD_OTHER : FIELD_GRPC;
}

static __always_inline void insert_field(struct http2_connection *http2, __u8 field)
{
	http2->fields[http2->inserted & (HTTP2_FIELDS - 1)] = field;
	http2->inserted++;
}

/* Of a string's first eight and next three bytes: is it "grpc-status"? */
__noinline __u32 http2_named(__u64 bytes, __u32 more, __u32 length, __u32 huffman)
{
	if (huffman)
		return length == 8 && bytes == GRPC_STATUS_CODED ? FIELD_GRPC : FIELD_OTHER;
	return length == 11 && bytes == GRPC_STATUS && (more & 0xffffff) == FOUR('t', 'u', 's', 0) ? FIELD_GRPC : FIELD_OTHER;
}

/* :status by its first digit; in Huffman's code "1" and "2" have 5 bits and "3" to "5" have 6. */
static __always_inline __u32 status_valued(__u8 first, __u32 huffman)
{
	__u32 digit = huffman ? (first >> 3 <= 2 ? first >> 3 : (first >> 2) - 0x16) : first - '0';

	return digit == 1   ? FIELD_INTERIM
	       : digit == 2 ? FIELD_SUCCESS
	       : digit == 3 ? FIELD_REDIRECT
	       : digit == 4 ? FIELD_CLIENT_ERROR
	       : digit == 5 ? FIELD_ERROR
	                    : FIELD_STATUS;
}

/*
 * grpc-status: which codes are the server's fault, as OpenTelemetry's conventions for servers have it: UNKNOWN (2), DEADLINE_EXCEEDED (4),
 * UNIMPLEMENTED (12), INTERNAL (13), UNAVAILABLE (14), DATA_LOSS (15). Of "1x" in Huffman's code the first byte is 08 for 10, 11 and
 * 12 and 0b for 13 to 16; its second tells them apart.
 */
static __always_inline __u32 grpc_valued(__u8 first, __u8 second, __u32 length, __u32 huffman)
{
	int failed = 0;

	if (length == 1)
		failed = huffman ? first == 0x17 || first == 0x6b : first == '2' || first == '4';
	else if (length == 2 && huffman)
		failed = first == 0x08 ? second == 0xbf : first == 0x0b && second <= 0x7f;
	else if (length == 2)
		failed = first == '1' && second >= '2' && second <= '5';
	return failed ? FIELD_GRPC_ERROR : FIELD_GRPC;
}

/* A field by its name and the first two bytes of its value. */
__noinline __u32 http2_valued(__u32 field, __u32 bytes, __u32 length, __u32 huffman)
{
	if (field == FIELD_STATUS)
		return length && length <= 3 ? status_valued(bytes, huffman) : FIELD_STATUS;
	if (field == FIELD_GRPC)
		return grpc_valued(bytes, bytes >> 8, length, huffman);
	return FIELD_OTHER;
}

#endif
