/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is added to an endpoint's counters. */
#ifndef AVIATOR_COUNTING_BPF_H
#define AVIATOR_COUNTING_BPF_H

#include "maps.bpf.h"

/* 3 KiB of zeros would not fit on the stack. */
static const struct endpoint_counters no_counters;

/* The bucket of Aviator.Core.Measurement.HistogramLayout.IndexOf, by shifts alone: BPF has no instruction for log2. */
static __always_inline __u32 bucket_of(__u64 nanoseconds)
{
	__u32 high, exponent = 0;

	if (nanoseconds < 1ULL << FIRST_EXPONENT)
		return 0;
	if (nanoseconds >= 1ULL << END_EXPONENT)
		return BUCKET_COUNT - 1;
	high = nanoseconds >> FIRST_EXPONENT;
	if (high >> 16)
		exponent += 16, high >>= 16;
	if (high >> 8)
		exponent += 8, high >>= 8;
	if (high >> 4)
		exponent += 4, high >>= 4;
	if (high >> 2)
		exponent += 2, high >>= 2;
	if (high >> 1)
		exponent += 1;
	return 1 + (exponent << SUB_BUCKET_BITS) +
	       ((nanoseconds >> (exponent + FIRST_EXPONENT - SUB_BUCKET_BITS)) & ((1 << SUB_BUCKET_BITS) - 1));
}

/* Makes sure that the endpoint has counters; false when it is not listed, or their map is full. */
static __always_inline int ensure_counters(const struct endpoint_key *endpoint, __u32 interest_flags)
{
	if (bpf_map_lookup_elem(&endpoints, endpoint))
		return 1;
	if (interest_flags & INTEREST_LISTED)
		return 0;
	bpf_map_update_elem(&endpoints, endpoint, &no_counters, BPF_NOEXIST);
	return bpf_map_lookup_elem(&endpoints, endpoint) != 0;
}

static __always_inline void add_sample(struct endpoint_counters *counters, __u64 nanoseconds)
{
	__u32 bucket = bucket_of(nanoseconds);

	if (bucket < BUCKET_COUNT)
		__sync_fetch_and_add(&counters->latency[bucket], 1);
}

/* The open request was answered at `now`. */
static __always_inline void count_answer(struct connection *connection, __u64 now, int server_error)
{
	__u64 opened = connection->opened_ns;
	struct endpoint_counters *counters;

	connection->opened_ns = 0;
	counters = bpf_map_lookup_elem(&endpoints, &connection->endpoint);
	if (!counters)
		return; /* no longer of interest */
	if (server_error)
		__sync_fetch_and_add(&counters->server_errors, 1);
	add_sample(counters, now > opened ? now - opened : 0);
}

/* The connection ended with its request open. */
static __always_inline void count_unanswered(struct connection *connection, __u64 now)
{
	__u64 opened = connection->opened_ns;
	struct endpoint_counters *counters;

	connection->opened_ns = 0;
	counters = bpf_map_lookup_elem(&endpoints, &connection->endpoint);
	if (!counters)
		return;
	__sync_fetch_and_add(&counters->unanswered, 1);
	add_sample(counters, now > opened ? now - opened : 0);
}

static __always_inline void count_unmeasured(struct connection *connection)
{
	struct endpoint_counters *counters = bpf_map_lookup_elem(&endpoints, &connection->endpoint);

	if (counters)
		__sync_fetch_and_add(&counters->unmeasured, 1);
}

static __always_inline void count_probe(struct connection *connection)
{
	struct endpoint_counters *counters = bpf_map_lookup_elem(&endpoints, &connection->endpoint);

	if (!counters)
		return;
	if (connection->flags & SOCKET_OWN_PROBE)
		__sync_fetch_and_add(&counters->own_probes, 1);
	else
		__sync_fetch_and_add(&counters->node_probes, 1);
}

#endif
