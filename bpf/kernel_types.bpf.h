/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel types in use, with the few members in use. CO-RE relocates them when the object is loaded, so no
 * header of one machine's kernel is needed.
 */
#ifndef AVIATOR_KERNEL_TYPES_BPF_H
#define AVIATOR_KERNEL_TYPES_BPF_H

#include <linux/bpf.h>
#include <linux/in6.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct seq_file;

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	__u16 skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_err;
};

struct socket {
	struct sock *sk;
};

struct file;

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

/* A process has a number in each process namespace that it is in, the root's first. */
struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct tcp_sock {
	__u32 srtt_us;
	__u32 rcv_nxt;
	__u64 bytes_received;
};

struct sk_buff {
	unsigned int len;
	unsigned char *data;
};

struct iovec {
	void *iov_base;
	unsigned long iov_len;
};

/* Data to send is in user memory: one buffer (since 6.0) or several; the member's name changed in 6.4. */
struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	unsigned long count;
	const struct iovec *__iov;
	void *ubuf;
};

struct iov_iter___before_6_4 {
	const struct iovec *iov;
};

struct iov_iter___before_5_14 {
	unsigned int type;
};

enum iter_type {
	ITER_UBUF,
	ITER_IOVEC,
};

struct msghdr {
	struct iov_iter msg_iter;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

#pragma clang attribute pop

#endif
