/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets as a walk over all open files meets them: once per file, so the same one may come several times. Needs 5.11. */
#ifndef AVIATOR_OPEN_FILES_BPF_H
#define AVIATOR_OPEN_FILES_BPF_H

#include "kernel_types.bpf.h"

/* The TCP socket behind an open file; null: there is none. */
static __always_inline struct sock *tcp_of(struct bpf_iter__task_file *context)
{
	struct file *file = context->file;
	struct socket *socket;
	struct sock *sk;

	if (!file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || !bpf_skc_to_tcp_sock(sk))
		return 0;
	return sk;
}

#endif
