// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gives a client's connect to a Service to one of its endpoints: the address is replaced before the connection exists, so nothing is
 * translated later. Whatever is not certain passes untouched, and kube-proxy does as always; no connect is ever refused here.
 */
#include "connect_choice.bpf.h"

#define PASS 1
#define SOCK_STREAM 1

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline struct connect_service *service_of(const struct endpoint_key *key)
{
	__u32 *row = bpf_map_lookup_elem(&services, key);

	return row ? bpf_map_lookup_elem(&service_rows, row) : 0;
}

/* An order of the future is none; the age of one from before the machine slept includes the sleep, by CLOCK_BOOTTIME. */
static __always_inline int is_in_force(const struct connect_service *service, __u64 now)
{
	__u32 zero = 0;
	struct connect_control *control = bpf_map_lookup_elem(&connect_control, &zero);

	if (service->fail_open_after_ns == CONNECT_ALWAYS)
		return 1;
	return control && control->ordered_ns && now - control->ordered_ns < service->fail_open_after_ns;
}

static __always_inline int is_excluded(struct bpf_sock_addr *context)
{
	__u64 cookie = bpf_get_netns_cookie(context);

	return bpf_map_lookup_elem(&excluded_networks, &cookie) != 0;
}

/* Remembers on the socket what it is given. Without room for that it is given nothing: getpeername would tell the pod's address. */
static __always_inline int remember(struct bpf_sock *socket, const struct endpoint_key *service, const struct connect_slot *slot, __u64 now)
{
	struct connect_cell *cell = cell_of(slot);
	struct given *mark = bpf_sk_storage_get(&given, socket, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (!mark || !cell)
		return 0;
	mark->service = *service;
	mark->endpoint = slot->endpoint;
	mark->given_ns = now;
	mark->cell = slot->cell;
	mark->generation = cell->generation;
	__sync_fetch_and_add(&cell->open, 1);
	return 1;
}

/* The endpoint to connect to instead of the Service, or NULL: the connect passes. */
static __always_inline struct connect_slot *give(struct bpf_sock_addr *context, const struct endpoint_key *key)
{
	struct connect_service *service = service_of(key);
	struct bpf_sock *socket = context->sk;
	struct connect_slot *slot = 0;
	struct table table;
	__u64 now;

	if (service) {
		now = bpf_ktime_get_boot_ns();
		table = read_table(service);
		if (is_in_force(service, now) && !is_excluded(context))
			slot = choose(&table);
		if (slot && socket && remember(socket, key, slot, now)) {
			__sync_fetch_and_add(&service->steered, 1);
			return slot;
		}
		__sync_fetch_and_add(&service->passed, 1);
	}
	if (socket)
		bpf_sk_storage_delete(&given, socket);
	return 0;
}

static __always_inline int is_tcp(const struct bpf_sock_addr *context)
{
	return context->type == SOCK_STREAM && context->protocol == IPPROTO_TCP;
}

static __always_inline struct endpoint_key key4(const struct bpf_sock_addr *context)
{
	struct endpoint_key key = {.port = bpf_ntohs(context->user_port)};

	key.address.words[2] = bpf_htonl(0xffff);
	key.address.words[3] = context->user_ip4;
	return key;
}

static __always_inline struct endpoint_key key6(const struct bpf_sock_addr *context)
{
	struct endpoint_key key = {.port = bpf_ntohs(context->user_port)};

	key.address.words[0] = context->user_ip6[0];
	key.address.words[1] = context->user_ip6[1];
	key.address.words[2] = context->user_ip6[2];
	key.address.words[3] = context->user_ip6[3];
	return key;
}

static __always_inline void set4(struct bpf_sock_addr *context, const struct endpoint_key *key)
{
	context->user_ip4 = key->address.words[3];
	context->user_port = bpf_htons(key->port);
}

static __always_inline void set6(struct bpf_sock_addr *context, const struct endpoint_key *key)
{
	context->user_ip6[0] = key->address.words[0];
	context->user_ip6[1] = key->address.words[1];
	context->user_ip6[2] = key->address.words[2];
	context->user_ip6[3] = key->address.words[3];
	context->user_port = bpf_htons(key->port);
}

/* The Service that the socket asked for, if the peer is the endpoint that it was given; a mark of anything else is ignored. */
static __always_inline const struct endpoint_key *asked_for(struct bpf_sock_addr *context, const struct endpoint_key *peer)
{
	struct bpf_sock *socket = context->sk;
	struct given *mark = socket ? bpf_sk_storage_get(&given, socket, 0, 0) : 0;

	if (!mark || mark->endpoint.port != peer->port || mark->endpoint.address.words[0] != peer->address.words[0] ||
	    mark->endpoint.address.words[1] != peer->address.words[1] || mark->endpoint.address.words[2] != peer->address.words[2] ||
	    mark->endpoint.address.words[3] != peer->address.words[3])
		return 0;
	return &mark->service;
}

SEC("cgroup/connect4")
int aviator_conn4(struct bpf_sock_addr *context)
{
	struct endpoint_key key;
	struct connect_slot *slot;

	if (!is_tcp(context))
		return PASS;
	key = key4(context);
	slot = give(context, &key);
	if (slot)
		set4(context, &slot->endpoint);
	return PASS;
}

/* Also IPv4 from a socket of IPv6, as Go's and Java's are: the key is the same v4-mapped address. */
SEC("cgroup/connect6")
int aviator_conn6(struct bpf_sock_addr *context)
{
	struct endpoint_key key;
	struct connect_slot *slot;

	if (!is_tcp(context))
		return PASS;
	key = key6(context);
	slot = give(context, &key);
	if (slot)
		set6(context, &slot->endpoint);
	return PASS;
}

/*
 * The client closed its socket: that is in flight no more. A connection that was refused or reset counts until the next order: an
 * endpoint that fails at once would look idle, and draw what the others answer.
 */
SEC("cgroup/sock_release")
int aviator_release(struct bpf_sock *socket)
{
	struct given *mark = bpf_sk_storage_get(&given, socket, 0, 0);
	struct connect_cell *cell;
	__u32 index;

	if (!mark)
		return PASS;
	index = mark->cell;
	cell = bpf_map_lookup_elem(&cells, &index);
	if (!cell || cell->generation != mark->generation)
		return PASS;
	if (socket->state == BPF_TCP_CLOSE)
		__sync_fetch_and_add(&cell->failed, 1);
	else
		__sync_fetch_and_add(&cell->open, -1);
	return PASS;
}

SEC("cgroup/getpeername4")
int aviator_peer4(struct bpf_sock_addr *context)
{
	struct endpoint_key peer = key4(context);
	const struct endpoint_key *service = asked_for(context, &peer);

	if (service)
		set4(context, service);
	return PASS;
}

SEC("cgroup/getpeername6")
int aviator_peer6(struct bpf_sock_addr *context)
{
	struct endpoint_key peer = key6(context);
	const struct endpoint_key *service = asked_for(context, &peer);

	if (service)
		set6(context, service);
	return PASS;
}

/* Never attached but by the test of the hooks' cost: what the kernel's accounting reads for nothing. */
SEC("cgroup/connect4")
int nothing(struct bpf_sock_addr *context)
{
	return PASS;
}
