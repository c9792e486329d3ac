// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Follows the clients' connections to endpoints of which some are to be closed, so that the agent can close those between two exchanges.
 * Loaded only while there are such endpoints. The hooks keep the beginning and the end of the last exchange; the agent, which
 * can read HTTP in peace, says whether it is over.
 */
#include "given.bpf.h"
#include "idle_connections.h"
#include "open_files.bpf.h"
#include "segment.bpf.h"

#define TAIL_BYTES 8

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Endpoints whose connections are followed: out of use, or crowded. The agent inserts and deletes; the value means nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct endpoint_key);
	__type(value, __u32);
} followed SEC(".maps");

/* Gone with the socket, or with this object. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct last_exchange);
} exchanges SEC(".maps");

static __always_inline struct bpf_sock *followed_socket(struct __sk_buff *skb)
{
	struct bpf_sock *socket = skb->sk ? bpf_sk_fullsock(skb->sk) : 0;
	struct given *mark = socket ? bpf_sk_storage_get(&given, socket, 0, 0) : 0;

	return mark && bpf_map_lookup_elem(&followed, &mark->endpoint) ? socket : 0;
}

/* Returns how many bytes were read, which are all of the segment or as many as there is room for. */
static __always_inline __u16 read_head(struct __sk_buff *skb, const struct segment *segment, __u8 *head)
{
	if (segment->length >= HEAD_BYTES)
		return bpf_skb_load_bytes(skb, segment->payload, head, HEAD_BYTES) ? 0 : HEAD_BYTES;
	return read_short(skb, segment->payload, head, segment->length, HEAD_BYTES) ? 0 : segment->length;
}

/* The client sends. After the server has said something, or at first, that is a new request. */
SEC("cgroup_skb/egress")
int follow_request(struct __sk_buff *skb)
{
	struct bpf_sock *socket = followed_socket(skb);
	struct last_exchange *exchange;
	struct bpf_tcp_sock *tcp;
	struct segment segment;

	if (!socket || !read_segment(skb, &segment) || !segment.length)
		return 1;
	tcp = bpf_tcp_sock(socket);
	exchange = bpf_sk_storage_get(&exchanges, socket, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!tcp || !exchange || (exchange->request_have && exchange->received_before == tcp->bytes_received))
		return 1;
	exchange->sent_before = tcp->bytes_acked + (segment.seq - tcp->snd_una);
	exchange->received_before = tcp->bytes_received;
	exchange->answer_seq = exchange->tail_seq = tcp->rcv_nxt;
	exchange->tail = 0;
	exchange->answer_have = 0;
	exchange->request_have = read_head(skb, &segment, exchange->request);
	return 1;
}

static __always_inline void follow_tail(struct __sk_buff *skb, const struct segment *segment, struct last_exchange *exchange)
{
	__u32 end = segment->seq + segment->length, at = segment->payload + segment->length;
	__u64 bytes = 0;

	if ((__s32)(end - exchange->tail_seq) <= 0)
		return; /* sent again */
	if (segment->length >= TAIL_BYTES) {
		if (bpf_skb_load_bytes(skb, at - TAIL_BYTES, &bytes, TAIL_BYTES))
			bytes = 0;
	} else if (!read_short(skb, segment->payload, (__u8 *)&bytes, segment->length, TAIL_BYTES)) {
		bytes <<= 8 * ((TAIL_BYTES - segment->length) & 7);
		if (exchange->tail_seq == segment->seq)
			bytes |= exchange->tail >> (8 * (segment->length & 7));
	}
	exchange->tail = bytes;
	exchange->tail_seq = end;
}

/* The server sends. What arrives out of order is kept as far as it goes: the agent compares with what TCP has in order. */
SEC("cgroup_skb/ingress")
int follow_answer(struct __sk_buff *skb)
{
	struct bpf_sock *socket = followed_socket(skb);
	struct last_exchange *exchange;
	struct segment segment;

	if (!socket || !read_segment(skb, &segment) || !segment.length)
		return 1;
	exchange = bpf_sk_storage_get(&exchanges, socket, 0, 0);
	if (!exchange || !exchange->request_have)
		return 1;
	if (segment.seq == exchange->answer_seq)
		exchange->answer_have = read_head(skb, &segment, exchange->answer);
	follow_tail(skb, &segment, exchange);
	return 1;
}

/* The number of a task's process in the process namespace of the agent, which is the one that reads the walk. */
static __always_inline __u32 process_of(struct task_struct *task)
{
	struct task_struct *reader = (void *)bpf_get_current_task();
	__u32 level = BPF_CORE_READ(reader, thread_pid, level);
	void *number = (void *)BPF_CORE_READ(task, group_leader, thread_pid) + bpf_core_field_offset(struct pid, numbers) +
	               level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr);
	__u32 process = 0;

	bpf_probe_read_kernel(&process, sizeof(process), number);
	return process;
}

/* Over all open files of the process namespace. */
SEC("iter/task_file")
int given_walk(struct bpf_iter__task_file *context)
{
	struct sock *sk = tcp_of(context);
	struct task_struct *task = context->task;
	struct given_row row = {};
	struct given *mark;

	if (!sk || !task)
		return 0;
	mark = bpf_sk_storage_get(&given, sk, 0, 0);
	if (!mark || !bpf_map_lookup_elem(&followed, &mark->endpoint))
		return 0;
	row.socket = (__u64)sk;
	row.given_ns = mark->given_ns;
	row.service = mark->service;
	row.endpoint = mark->endpoint;
	row.process = process_of(task);
	row.descriptor = context->fd;
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}
