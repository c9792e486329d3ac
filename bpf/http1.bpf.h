/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP/1 by the first bytes of a segment. */
#ifndef AVIATOR_HTTP1_BPF_H
#define AVIATOR_HTTP1_BPF_H

#include "maps.bpf.h"

#define OPENING_BYTES 16

/* The first bytes of a segment's payload. */
struct opening {
	__u8 bytes[OPENING_BYTES];
	__u32 have;   /* how many of the bytes are there */
	__u32 length; /* of the whole payload */
};

enum answer {
	ANSWER_NONE,    /* not the beginning of an answer */
	ANSWER_INTERIM, /* 1xx: the answer proper is still to come */
	ANSWER_FINAL,
	ANSWER_ERROR,   /* 500 to 599 */
	ANSWER_UPGRADE, /* 101: what follows is another protocol */
	ANSWER_PARTIAL, /* begins like an answer, and the segment ends before its status does */
};

#define FOUR(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)
#define EIGHT(a, b, c, d, e, f, g, h) ((__u64)FOUR(e, f, g, h) << 32 | FOUR(a, b, c, d))

static __always_inline __u32 first_four(const struct opening *opening)
{
	const __u8 *b = opening->bytes;

	return FOUR(b[0], b[1], b[2], b[3]);
}

/* Does a request begin here? Known methods only: the rest of an upload that was answered early must not look like one. */
static __always_inline int is_http1_request(const struct opening *opening)
{
	if (opening->have < 4) /* a client that sends byte by byte: the answer will tell */
		return opening->have && opening->bytes[0] >= 'A' && opening->bytes[0] <= 'Z';
	switch (first_four(opening)) {
	case FOUR('G', 'E', 'T', ' '):
	case FOUR('P', 'O', 'S', 'T'):
	case FOUR('H', 'E', 'A', 'D'):
	case FOUR('P', 'U', 'T', ' '):
	case FOUR('D', 'E', 'L', 'E'): /* DELETE */
	case FOUR('P', 'A', 'T', 'C'): /* PATCH */
	case FOUR('O', 'P', 'T', 'I'): /* OPTIONS */
	case FOUR('C', 'O', 'N', 'N'): /* CONNECT */
	case FOUR('T', 'R', 'A', 'C'): /* TRACE */
	case FOUR('P', 'R', 'O', 'P'): /* PROPFIND, PROPPATCH (RFC 4918) */
	case FOUR('M', 'K', 'C', 'O'): /* MKCOL */
	case FOUR('C', 'O', 'P', 'Y'):
	case FOUR('M', 'O', 'V', 'E'):
	case FOUR('L', 'O', 'C', 'K'):
	case FOUR('U', 'N', 'L', 'O'): /* UNLOCK */
	case FOUR('R', 'E', 'P', 'O'): /* REPORT (RFC 3253) */
	case FOUR('S', 'E', 'A', 'R'): /* SEARCH (RFC 5323) */
	case FOUR('Q', 'U', 'E', 'R'): /* QUERY */
	case FOUR('P', 'U', 'R', 'G'): /* PURGE, of caches */
		return 1;
	}
	return 0;
}

#define STATUS_LINE 12 /* bytes of "HTTP/1.x NNN" */

/* May a request with this method have a body? */
static __always_inline int may_have_body(const struct opening *opening)
{
	switch (opening->bytes[0]) {
	case 'G': /* GET */
	case 'H': /* HEAD */
	case 'O': /* OPTIONS */
	case 'T': /* TRACE */
		return 0;
	}
	return 1;
}

static __always_inline enum answer answer_of(__u32 status)
{
	if (status >= 500)
		return ANSWER_ERROR;
	if (status >= 200)
		return ANSWER_FINAL;
	return status == 101 ? ANSWER_UPGRADE : ANSWER_INTERIM;
}

/* "HTTP/1.x NNN": what kind of answer begins here, and with which status? */
static __always_inline enum answer http1_answer(const struct opening *opening, __u32 *status)
{
	const __u8 *b = opening->bytes;

	if (opening->have < STATUS_LINE)
		return opening->have && b[0] == 'H' ? ANSWER_PARTIAL : ANSWER_NONE;
	if (first_four(opening) != FOUR('H', 'T', 'T', 'P') || b[4] != '/' || b[5] != '1' || b[6] != '.' || b[8] != ' ')
		return ANSWER_NONE;
	*status = (b[9] - '0') * 100 + (b[10] - '0') * 10 + (b[11] - '0');
	return answer_of(*status);
}

/*
 * The next bytes of a status line that comes in pieces. PARTIAL: it is not whole yet. NONE: it is no status line after all.
 * A server that writes byte by byte is rare, so this may cost more than the usual way.
 */
static __always_inline enum answer status_piece(struct connection *connection, const struct opening *opening, __u32 *status)
{
	const __u64 begin = EIGHT('H', 'T', 'T', 'P', '/', '1', '.', 0);
	__u32 at = connection->held_have, code = connection->held, i;

	for (i = 0; i < STATUS_LINE; i++) {
		__u8 byte = opening->bytes[i];

		if (i >= opening->have || at >= STATUS_LINE)
			break;
		if (at < 7 ? byte != (__u8)(begin >> (at & 7) * 8) : at >= 9 && (byte < '0' || byte > '9')) {
			connection->held_have = 0;
			return ANSWER_NONE;
		}
		if (at >= 9)
			code = code * 10 + byte - '0';
		at++;
	}
	connection->held = code;
	if (at < STATUS_LINE) {
		connection->held_have = at;
		return ANSWER_PARTIAL;
	}
	connection->held_have = 0;
	*status = code;
	return answer_of(code);
}

#endif
