/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks deeper into a segment than its first bytes; on rare paths only (a few hundred nanoseconds). */
#ifndef AVIATOR_PAYLOAD_SEARCH_BPF_H
#define AVIATOR_PAYLOAD_SEARCH_BPF_H

#include "segment.bpf.h"

#define SEARCH_CHUNK 64
#define SEARCH_CHUNKS 4

#define EIGHT(a, b, c, d, e, f, g, h) ((__u64)FOUR(e, f, g, h) << 32 | FOUR(a, b, c, d))

/*
 * The kubelet's HTTP probes say "User-Agent: kube-probe/1.36". Found by the header's end and the name's beginning, and then the rest of the
 * name: a Host of kube-prometheus and a User-Agent of kube-state-metrics are no probes.
 */
#define KUBELET_AGENT EIGHT('n', 't', ':', ' ', 'k', 'u', 'b', 'e')
#define KUBELET_PROBE EIGHT('-', 'p', 'r', 'o', 'b', 'e', '/', '1')
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

/* Do the eight bytes stand at this offset of the payload? */
static __always_inline int is_eight(struct __sk_buff *skb, __u32 payload, __u32 at, __u64 pattern)
{
	__u64 bytes = 0;

	return !bpf_skb_load_bytes(skb, payload + at, &bytes, sizeof(bytes)) && bytes == pattern;
}

/* Is the request that begins here the kubelet's probe? */
static __always_inline int is_kubelet_probe(struct __sk_buff *skb, __u32 payload, __u32 length)
{
	__u32 name = find_eight(skb, payload, length, KUBELET_AGENT);

	return name && is_eight(skb, payload, name, KUBELET_PROBE);
}

#endif
