/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef AVIATOR_MAPS_BPF_H
#define AVIATOR_MAPS_BPF_H

#include "kernel_types.bpf.h"
#include "aviator.h"

/* Set before load; alone in its section, so that its place is known. */
const volatile struct knobs knobs SEC(".rodata.knobs") = {.probe_port_first = 61000, .probe_port_last = 61999};

/* Addresses whose connections are measured. The agent inserts and deletes; value: enum interest_flag. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct address);
	__type(value, __u32);
} interest SEC(".maps");

/* The node's own addresses: where the kubelet's probes come from. The agent inserts and deletes; the value means nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct address);
	__type(value, __u32);
} node_addresses SEC(".maps");

/*
 * Which endpoints are measured, and the row of each in `counters`. The agent inserts the endpoints that it lists, and deletes those that
 * are of no interest any more; of an address without a list (the self-test's) the kernel inserts at an endpoint's first connection.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct endpoint_key);
	__type(value, __u32);
} endpoints SEC(".maps");

/*
 * The counters. The agent sets the size and maps the array into its memory; row 0 is nobody's. A connection knows its row, so that an
 * answer needs no look-up by its endpoint.
 * Shared by all CPUs with atomic adds: as fast here as one copy per CPU, which would take 51 MiB on 128 CPUs.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct endpoint_counters);
} counters SEC(".maps");

/* Rows of `counters` for endpoints that the kernel inserts; nothing is counted in them. The agent sets the size, fills it and takes back. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} spare_counters SEC(".maps");

/* enum health; only grows. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HEALTH_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} health SEC(".maps");

static __always_inline void count_health(enum health what)
{
	__u32 index = what;
	__u64 *count = bpf_map_lookup_elem(&health, &index);

	if (count)
		*count += 1;
}

#endif
