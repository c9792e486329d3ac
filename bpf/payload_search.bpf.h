/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks deeper into a segment than its first bytes; on rare paths only (a few hundred nanoseconds). */
#ifndef AVIATOR_PAYLOAD_SEARCH_BPF_H
#define AVIATOR_PAYLOAD_SEARCH_BPF_H

#include "segment.bpf.h"

#define SEARCH_CHUNK 64
#define SEARCH_CHUNKS 4

#define EIGHT(a, b, c, d, e, f, g, h) ((__u64)FOUR(e, f, g, h) << 32 | FOUR(a, b, c, d))

/* The kubelet's HTTP probes say "User-Agent: kube-probe/1.36". */
#define KUBELET_AGENT EIGHT('k', 'u', 'b', 'e', '-', 'p', 'r', 'o')
#define NEXT_ANSWER EIGHT('\n', 'H', 'T', 'T', 'P', '/', '1', '.')

/* Offset just behind the first occurrence of the eight bytes in the payload's first 256; 0: none. */
static __noinline __u32 find_eight(struct __sk_buff *skb, __u32 payload, __u32 length, __u64 pattern)
{
	__u64 window = 0;
	__u32 chunk, i;

	for (chunk = 0; chunk < SEARCH_CHUNKS; chunk++) {
		__u8 bytes[SEARCH_CHUNK] = {};
		__u32 start = chunk * SEARCH_CHUNK;

		if (start >= length)
			return 0;
		if (length - start >= SEARCH_CHUNK) {
			if (bpf_skb_load_bytes(skb, payload + start, bytes, SEARCH_CHUNK))
				return 0;
		} else if (read_short(skb, payload + start, bytes, length - start, SEARCH_CHUNK)) {
			return 0;
		}
#pragma unroll
		for (i = 0; i < SEARCH_CHUNK; i++) {
			window = window >> 8 | (__u64)bytes[i] << 56;
			if (window == pattern)
				return start + i + 1;
		}
	}
	return 0;
}

#endif
