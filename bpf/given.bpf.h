/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a client's socket was given by its connect. */
#ifndef AVIATOR_GIVEN_BPF_H
#define AVIATOR_GIVEN_BPF_H

#include "kernel_types.bpf.h"
#include "service_connect.h"

/* Inserted by a connect that is given, deleted by the socket's next connect that is not, and with the socket. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct given);
} given SEC(".maps");

#endif
