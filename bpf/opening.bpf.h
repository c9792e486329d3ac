/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first bytes of a segment's payload, which say what begins there. */
#ifndef AVIATOR_OPENING_BPF_H
#define AVIATOR_OPENING_BPF_H

#include "http1.bpf.h"
#include "segment.bpf.h"

/* Reads the first bytes of the payload from `skip` on. */
static __always_inline int read_opening(struct __sk_buff *skb, const struct segment *segment, __u32 skip, struct opening *opening)
{
	__u32 length = segment->length - skip;

	opening->length = length;
	if (length >= OPENING_BYTES) {
		opening->have = OPENING_BYTES;
		return bpf_skb_load_bytes(skb, segment->payload + skip, opening->bytes, OPENING_BYTES) == 0;
	}
	if (!length)
		return 0;
	opening->have = length;
	return read_short(skb, segment->payload + skip, opening->bytes, length, OPENING_BYTES) == 0;
}

#endif
