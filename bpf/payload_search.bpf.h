/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks deeper into a segment than its first bytes; on rare paths only (a few hundred nanoseconds). */
#ifndef AVIATOR_PAYLOAD_SEARCH_BPF_H
#define AVIATOR_PAYLOAD_SEARCH_BPF_H

#include "opening.bpf.h"

#define SEARCH_CHUNK 64
#define SEARCH_CHUNKS 32
#define SEARCH_BYTES (SEARCH_CHUNK * SEARCH_CHUNKS)

/*
 * The kubelet's HTTP probes say "User-Agent: kube-probe/1.36"; in the first bytes, for all traffic from the node pays for the search. Found
 * by the header's end and the name's beginning, and then the rest of the name: a Host of kube-prometheus and a User-Agent of
 * kube-state-metrics are no probes.
 */
#define KUBELET_AGENT EIGHT('n', 't', ':', ' ', 'k', 'u', 'b', 'e')
#define KUBELET_PROBE EIGHT('-', 'p', 'r', 'o', 'b', 'e', '/', '1')
#define KUBELET_BYTES 256

/* "HTTP/1.0" or "HTTP/1.1": they differ in the lowest bit of the last byte. */
#define ANSWER_BEGIN EIGHT('H', 'T', 'T', 'P', '/', '1', '.', '1')
#define EITHER_VERSION EIGHT(0, 0, 0, 0, 0, 0, 0, 1)

/* What the compiler knows of a number ends here, or it makes branches of the arithmetic again. */
#define HIDE(number) asm volatile("" : "+r"(number))

/*
 * Offset just behind the first occurrence of the eight bytes in the first SEARCH_BYTES of the payload; 0: none. Bits in `either` may
 * be unset in the payload. Without a branch for each byte, or the verifier would follow as many paths as there are places to find it;
 * and not static, so that it is verified once and not anew for each call.
 */
__noinline __u32 find_eight(struct __sk_buff *skb, __u32 payload, __u32 length, __u64 pattern, __u64 either)
{
	__u64 window = 0;
	__u32 chunk, i;

	for (chunk = 0; chunk < SEARCH_CHUNKS; chunk++) {
		__u8 bytes[SEARCH_CHUNK] = {};
		__u32 start = chunk * SEARCH_CHUNK;
		__u64 found = 0, first = 1;

		if (start >= length)
			return 0;
		if (length - start >= SEARCH_CHUNK) {
			if (bpf_skb_load_bytes(skb, payload + start, bytes, SEARCH_CHUNK))
				return 0;
		} else if (read_short(skb, payload + start, bytes, length - start, SEARCH_CHUNK)) {
			return 0;
		}
#pragma clang loop unroll(disable)
		for (i = 0; i < SEARCH_CHUNK; i++) {
			__u64 differs, sign;

			window = window >> 8 | (__u64)bytes[i] << 56;
			differs = (window | either) ^ pattern;
			sign = -differs;
			HIDE(sign);
			differs |= sign;
			differs >>= 63; /* 1 if any bit does */
			HIDE(differs);
			found += (i + 1) * (1 - differs) * first;
			first *= differs;
		}
		if (found)
			return start + found;
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
	__u32 name = find_eight(skb, payload, length < KUBELET_BYTES ? length : KUBELET_BYTES, KUBELET_AGENT, 0);

	return name && is_eight(skb, payload, name, KUBELET_PROBE);
}

#endif
