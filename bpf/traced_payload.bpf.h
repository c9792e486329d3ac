/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tracing hooks can read of the bytes on their way. */
#ifndef AVIATOR_TRACED_PAYLOAD_BPF_H
#define AVIATOR_TRACED_PAYLOAD_BPF_H

#include <linux/tcp.h>

#include "http1.bpf.h"

/* Before 5.14 the iterator's type was a bit set, with 4 for user memory. */
#define OLD_ITER_IOVEC 4

/*
 * Payload that brings the receiver on: not a duplicate, and no segment before it is missing. Its bytes are mostly out of reach here:
 * in page fragments.
 */
static __always_inline int brings_payload(struct sock *sk, const struct sk_buff *skb)
{
	__u32 next = BPF_CORE_READ((struct tcp_sock *)sk, rcv_nxt), length, seen;
	struct tcphdr tcp;

	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), BPF_CORE_READ(skb, data)))
		return 0;
	length = BPF_CORE_READ(skb, len) - tcp.doff * 4;
	seen = next - bpf_ntohl(tcp.seq);
	return (__s32)length > 0 && (__s32)seen >= 0 && seen < length;
}

/* Where the bytes to send begin in user memory; 0: elsewhere (sendfile, splice, a kernel buffer). */
static __always_inline const void *user_bytes(const struct iov_iter *from, unsigned long *length)
{
	const struct iov_iter___before_5_14 *bits = (const void *)from;
	const struct iov_iter___before_6_4 *old = (const void *)from;
	const struct iovec *vector;

	*length = BPF_CORE_READ(from, count);
	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    BPF_CORE_READ(from, iter_type) == bpf_core_enum_value(enum iter_type, ITER_UBUF))
		return BPF_CORE_READ(from, ubuf) + BPF_CORE_READ(from, iov_offset);
	if (bpf_core_field_exists(from->iter_type)) {
		if (BPF_CORE_READ(from, iter_type) != bpf_core_enum_value(enum iter_type, ITER_IOVEC))
			return 0;
	} else if (!(BPF_CORE_READ(bits, type) & OLD_ITER_IOVEC)) {
		return 0;
	}
	vector = bpf_core_field_exists(old->iov) ? BPF_CORE_READ(old, iov) : BPF_CORE_READ(from, __iov);
	*length = BPF_CORE_READ(vector, iov_len);
	return BPF_CORE_READ(vector, iov_base) + BPF_CORE_READ(from, iov_offset);
}

/* The first bytes to send. With `have` 0 they could not be read. */
static __always_inline void read_message(const struct msghdr *message, struct opening *opening)
{
	unsigned long length;
	const void *bytes = user_bytes(&message->msg_iter, &length);

	if (!bytes)
		return;
	opening->length = length;
	opening->have = length < OPENING_BYTES ? length : OPENING_BYTES;
	/* Near the end of a page the bytes behind a short message may be missing: then even those that are there are left unread. */
	if (bpf_probe_read_user(opening->bytes, OPENING_BYTES, bytes))
		opening->have = 0;
}

#endif
