/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who accepted a connection, by sockops: the one event that tells it, SYN_RECV to ESTABLISHED (with Fast Open: the SYN). */
#ifndef AVIATOR_ACCEPTING_BPF_H
#define AVIATOR_ACCEPTING_BPF_H

#include <linux/tcp.h>

#include "admission.bpf.h"
#include "exchange.bpf.h"
#include "live_connections.bpf.h"
#include "socket_state.bpf.h"

/* The verifier wants each context field read at its own constant offset: the asm keeps the compiler from merging two reads. */
#define READ_ADDRESS(ops, ip4, ip6, address)                                                                                               \
	do {                                                                                                                               \
		__u32 word = (ops)->ip4;                                                                                                   \
		asm volatile("" : "+r"(word));                                                                                             \
		(address)->words[2] = bpf_htonl(0xffff);                                                                                   \
		(address)->words[3] = word;                                                                                                \
		if ((ops)->family == AF_INET6) {                                                                                           \
			(address)->words[0] = (ops)->ip6[0];                                                                               \
			(address)->words[1] = (ops)->ip6[1];                                                                               \
			(address)->words[2] = (ops)->ip6[2];                                                                               \
			(address)->words[3] = (ops)->ip6[3];                                                                               \
		}                                                                                                                          \
	} while (0)

/* The segment that established the connection brought payload that no other hook sees (deferred accept, Fast Open, a lost ACK). */
static __always_inline void early_payload(struct connection *connection)
{
	/* From the node it may be the kubelet, whose mark is out of sight: leave the first exchange out, judge the next by its bytes. */
	if (connection->flags & SOCKET_FROM_NODE)
		connection->flags |= SOCKET_ADOPTED;
	if (connection->flags & SOCKET_ADOPTED || connection->protocol == PROTOCOL_OPAQUE)
		open_exchange(connection);
	else
		connection->opened_ns = bpf_ktime_get_ns(); /* the answer will tell what it was */
}

static __always_inline void accepted(struct bpf_sock_ops *ops)
{
	struct connection fresh = {}, *connection;
	struct address remote = {};
	struct bpf_sock *sk;
	struct tcphdr *tcp;

	READ_ADDRESS(ops, local_ip4, local_ip6, &fresh.endpoint.address);
	READ_ADDRESS(ops, remote_ip4, remote_ip6, &remote);
	fresh.endpoint.port = ops->local_port;
	fresh.srtt_us = ops->srtt_us >> 3;
	sk = ops->sk;
	if (!sk || !admit(&fresh, &remote, bpf_ntohl(ops->remote_port)))
		return;
	connection = bpf_sk_storage_get(&connections, sk, &fresh, BPF_SK_STORAGE_GET_F_CREATE);
	if (!connection) {
		count_health(HEALTH_NO_STATE);
		return;
	}
	/* A row is given back at the socket's end, so it goes to those whose end will be reported. */
	if (bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG))
		count_health(HEALTH_NO_ROW);
	else
		connection = take_row(connection);
	tcp = ops->skb_data;
	if ((void *)(tcp + 1) <= ops->skb_data_end && ops->skb_len > (__u32)tcp->doff * 4)
		early_payload(connection);
}

#endif
