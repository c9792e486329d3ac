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
};

#define FOUR(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

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

/* "HTTP/1.x NNN": what kind of answer begins here? A fragment too short to hold the status is taken for a good one. */
static __always_inline enum answer http1_answer(const struct opening *opening)
{
	const __u8 *b = opening->bytes;

	if (opening->have < 12)
		return opening->have && b[0] == 'H' ? ANSWER_FINAL : ANSWER_NONE;
	if (first_four(opening) != FOUR('H', 'T', 'T', 'P') || b[4] != '/' || b[5] != '1' || b[6] != '.')
		return ANSWER_NONE;
	if (b[9] == '5')
		return ANSWER_ERROR;
	if (b[9] != '1')
		return ANSWER_FINAL;
	return b[10] == '0' && b[11] == '1' ? ANSWER_UPGRADE : ANSWER_INTERIM;
}

#endif
