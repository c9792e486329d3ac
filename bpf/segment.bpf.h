/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A TCP segment as the cgroup hooks see it: the data begins at the IP header. */
#ifndef AVIATOR_SEGMENT_BPF_H
#define AVIATOR_SEGMENT_BPF_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "kernel_types.bpf.h"

struct segment {
	__u32 seq;     /* of the payload's first byte */
	__u32 payload; /* offset of the payload from the IP header */
	__u32 length;  /* of the payload */
	__u32 ack;     /* what its sender has received */
	int ends;      /* FIN or RST */
};

/* Hop-by-hop options (RFC 8200 4.3). Linux puts them before TCP in segments of over 64 KiB (BIG TCP). */
#define NEXT_HOP_BY_HOP 0

struct hop_by_hop {
	__u8 next;
	__u8 eights; /* length in 8 bytes, without the first 8 */
};

/* Reads the headers; false for what is no TCP segment or cut short. */
static __always_inline int read_segment(struct __sk_buff *skb, struct segment *segment)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data;
	struct tcphdr *tcp;
	__u32 offset;

	if ((void *)(ip + 1) > end)
		return 0;
	if (ip->version == 4) {
		offset = ip->ihl * 4;
	} else {
		struct ipv6hdr *ip6 = data;

		if ((void *)(ip6 + 1) > end)
			return 0;
		offset = sizeof(*ip6);
		if (ip6->nexthdr == NEXT_HOP_BY_HOP) {
			struct hop_by_hop *options = (void *)(ip6 + 1);

			if ((void *)(options + 1) > end || options->next != IPPROTO_TCP)
				return 0;
			offset += 8 + options->eights * 8;
		} else if (ip6->nexthdr != IPPROTO_TCP) {
			return 0;
		}
	}
	tcp = data + offset;
	if ((void *)(tcp + 1) > end)
		return 0;
	segment->seq = bpf_ntohl(tcp->seq);
	segment->payload = offset + tcp->doff * 4;
	segment->length = skb->len > segment->payload ? skb->len - segment->payload : 0;
	segment->ack = bpf_ntohl(tcp->ack_seq);
	segment->ends = tcp->fin || tcp->rst;
	return 1;
}

/*
 * Reads 1 to `room` bytes, `room` a power of two. The verifier of 6.1 and older learns nothing from "if (!length)" and refuses what
 * might be an empty read, so the lower bound is made by arithmetic; the asm keeps the compiler from undoing it.
 */
static __always_inline int read_short(struct __sk_buff *skb, __u32 offset, __u8 *bytes, __u64 length, __u32 room)
{
	length -= 1;
	asm volatile("" : "+r"(length));
	length &= room - 1;
	return bpf_skb_load_bytes(skb, offset, bytes, length + 1);
}

#endif
