/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets as a walk over all open files meets them: once per file, so the same one may come several times. Needs 5.11. */
#ifndef AVIATOR_OPEN_FILES_BPF_H
#define AVIATOR_OPEN_FILES_BPF_H

#include "kernel_types.bpf.h"

#define IPPROTO_MULTIPATH 262 /* IPPROTO_MPTCP */

/* The socket behind an open file; null: there is none. */
static __always_inline struct sock *sock_of(struct bpf_iter__task_file *context)
{
	struct file *file = context->file;
	struct socket *socket;

	if (!file)
		return 0;
	socket = bpf_sock_from_file(file);
	return socket ? socket->sk : 0;
}

/* The TCP socket behind an open file; null: there is none. */
static __always_inline struct sock *tcp_of(struct bpf_iter__task_file *context)
{
	struct sock *sk = sock_of(context);

	return sk && bpf_skc_to_tcp_sock(sk) ? sk : 0;
}

/* Does it speak TCP, or Multipath TCP, which listens for both? Of a client without it, such a listener accepts a plain TCP socket. */
static __always_inline int speaks_tcp(struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_MULTIPATH || bpf_skc_to_tcp_sock(sk);
}

#endif
