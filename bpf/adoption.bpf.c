// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections that were accepted before their address became of interest (an agent that starts anew, a policy for pods at work). Nobody
 * tells who accepted them; but a socket whose port somebody listens on in its network namespace is the accepting side: the kernel gives no
 * client a port that is listened on. The agent walks all open sockets twice: for the listeners, then for their connections.
 */
#include "admission.bpf.h"
#include "live_connections.bpf.h"
#include "open_files.bpf.h"
#include "socket_addresses.bpf.h"
#include "socket_state.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	TCP_ESTABLISHED = 1,
	TCP_CLOSE_WAIT = 8,
	TCP_LISTEN = 10,
};

struct listener {
	__u32 network; /* number of the network namespace */
	__u16 port;
	__u16 pad;
};

/* Filled by the first walk; gone with this object. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct listener);
	__type(value, __u32);
} listeners SEC(".maps");

static __always_inline struct listener listener_of(struct sock *sk)
{
	struct listener listener = {
	    .network = sk->__sk_common.skc_net.net->ns.inum,
	    .port = sk->__sk_common.skc_num,
	};

	return listener;
}

SEC("iter/task_file")
int listener_walk(struct bpf_iter__task_file *context)
{
	struct sock *sk = sock_of(context);
	struct listener listener;
	__u32 there = 1;

	if (!sk || !speaks_tcp(sk) || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	listener = listener_of(sk);
	bpf_map_update_elem(&listeners, &listener, &there, BPF_ANY);
	return 0;
}

SEC("iter/task_file")
int adoption_walk(struct bpf_iter__task_file *context)
{
	struct sock *sk = tcp_of(context);
	struct connection fresh = {}, *known;
	struct address remote = {};
	struct listener listener;
	__u32 *interesting;
	int state;

	if (!sk)
		return 0;
	state = sk->__sk_common.skc_state;
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT)
		return 0;
	known = bpf_sk_storage_get(&connections, sk, 0, 0);
	if (known) {
		/* The interest in it went and came back; its endpoint's counters may be in another row now. */
		interesting = bpf_map_lookup_elem(&interest, &known->endpoint.address);
		if (interesting)
			state_of(known)->counters = find_row(&known->endpoint, *interesting);
		return 0;
	}
	listener = listener_of(sk);
	if (!bpf_map_lookup_elem(&listeners, &listener))
		return 0;
	socket_addresses(sk, &fresh.endpoint.address, &remote);
	fresh.endpoint.port = listener.port;
	if (!admit(&fresh, &remote, bpf_ntohs(sk->__sk_common.skc_dport)))
		return 0;
	fresh.flags |= SOCKET_ADOPTED;
	if (bpf_sk_storage_get(&connections, sk, &fresh, BPF_SK_STORAGE_GET_F_CREATE))
		count_health(HEALTH_ADOPTED);
	else
		count_health(HEALTH_NO_STATE);
	return 0;
}
