/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AVIATOR_SOCKET_STATE_BPF_H
#define AVIATOR_SOCKET_STATE_BPF_H

#include "kernel_types.bpf.h"
#include "aviator.h"

/* State of each accepted connection of interest; goes away with its socket, so it cannot leak. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct connection);
} connections SEC(".maps");

#endif
