/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AVIATOR_SOCKET_ADDRESSES_BPF_H
#define AVIATOR_SOCKET_ADDRESSES_BPF_H

#include "kernel_types.bpf.h"
#include "aviator.h"

/* Both ends of a socket, from the kernel's own struct. */
static __always_inline void socket_addresses(const struct sock *sk, struct address *local, struct address *remote)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(remote, sk, __sk_common.skc_v6_daddr);
		return;
	}
	local->words[2] = remote->words[2] = bpf_htonl(0xffff);
	local->words[3] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	remote->words[3] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
}

#endif
