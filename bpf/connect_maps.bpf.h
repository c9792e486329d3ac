/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of the connect hooks. All but the last are pinned, and the agent sets their sizes. */
#ifndef AVIATOR_CONNECT_MAPS_BPF_H
#define AVIATOR_CONNECT_MAPS_BPF_H

#include "given.bpf.h"

/*
 * Row of each Service address and port. The agent inserts and deletes and never changes a value: the kernel takes the element of a
 * changed entry for the next insertion at once, while a hook may still read it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct endpoint_key);
	__type(value, __u32);
} services SEC(".maps");

/* The agent writes through its own mapping, so that a word changes in one piece and the counters beside it stay. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_service);
} service_rows SEC(".maps");

/* A Service's endpoints are a range. The agent fills a free range, then publishes it, then waits until no hook reads the old one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_slot);
} slots SEC(".maps");

/* As many as slots: each endpoint has one, however many slots name it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_cell);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_control);
} connect_control SEC(".maps");

/* Cookies of network namespaces whose connects pass: a mesh's proxy inside needs the Service's address. The value means nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} excluded_networks SEC(".maps");

/* Of no content: the kernel returns from an update of a map of maps when every hook that ran before it has ended. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
	    values, struct {
		    __uint(type, BPF_MAP_TYPE_ARRAY);
		    __uint(max_entries, 1);
		    __type(key, __u32);
		    __type(value, __u32);
	    });
} barrier SEC(".maps");

#endif
