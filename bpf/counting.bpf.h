/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is added to an endpoint's counters. */
#ifndef AVIATOR_COUNTING_BPF_H
#define AVIATOR_COUNTING_BPF_H

#include "maps.bpf.h"

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

/* Gives a spare row to an endpoint that nobody listed; 0: there is none. */
static __always_inline __u32 insert_endpoint(const struct endpoint_key *endpoint)
{
	struct endpoint_counters *fresh;
	__u32 number = 0, *other;

	if (bpf_map_pop_elem(&spare_counters, &number))
		return 0;
	fresh = bpf_map_lookup_elem(&counters, &number);
	if (!fresh)
		return 0;
	fresh->endpoint = *endpoint;
	fresh->row = number;
	if (!bpf_map_update_elem(&endpoints, endpoint, &number, BPF_NOEXIST))
		return number;
	/* Another CPU was first, or the map is full. */
	fresh->row = 0;
	bpf_map_push_elem(&spare_counters, &number, 0);
	other = bpf_map_lookup_elem(&endpoints, endpoint);
	return other ? *other : 0;
}

/* The row of the endpoint's counters. 0: it is not listed, or there is no room. */
static __always_inline __u32 find_row(const struct endpoint_key *endpoint, __u32 interest_flags)
{
	__u32 *row = bpf_map_lookup_elem(&endpoints, endpoint);

	if (row)
		return *row;
	return interest_flags & INTEREST_LISTED ? 0 : insert_endpoint(endpoint);
}

static __always_inline int is_of(const struct endpoint_counters *row, const struct endpoint_key *endpoint)
{
	const struct address *a = &row->endpoint.address, *b = &endpoint->address;

	return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) | (a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3]) |
	         (row->endpoint.port ^ endpoint->port));
}

/* The counters of a connection's endpoint; 0: it is of no interest any more, and its row may be another's by now. */
static __always_inline struct endpoint_counters *counters_of(const struct connection *connection)
{
	struct endpoint_counters *row = bpf_map_lookup_elem(&counters, &connection->counters);

	return row && is_of(row, &connection->endpoint) ? row : 0;
}

static __always_inline void add_sample(struct endpoint_counters *counters, __u64 nanoseconds)
{
	__u32 bucket = bucket_of(nanoseconds);

	if (bucket < BUCKET_COUNT)
		__sync_fetch_and_add(&counters->latency[bucket], 1);
}

/* A request that its client gave up at this age. */
static __always_inline void add_abandoned(struct endpoint_counters *counters, __u64 nanoseconds)
{
	__u32 bucket = bucket_of(nanoseconds);

	if (bucket < BUCKET_COUNT)
		__sync_fetch_and_add(&counters->abandoned[bucket], 1);
}

/* The answer's status, by its class. 0, and what is none of them: in no class. */
static __always_inline void count_status(struct endpoint_counters *counters, __u32 status)
{
	if (status >= 200 && status < 300)
		__sync_fetch_and_add(&counters->success, 1);
	else if (status >= 500 && status < 600)
		__sync_fetch_and_add(&counters->server_errors, 1);
	else if (status == 429)
		__sync_fetch_and_add(&counters->throttled, 1);
	else if (status >= 400 && status < 500)
		__sync_fetch_and_add(&counters->client_errors, 1);
	else if (status >= 300 && status < 400)
		__sync_fetch_and_add(&counters->redirects, 1);
}

/* How long the open request has waited at `now`. The seconds that an upload takes are its client's and the network's. */
static __always_inline __u64 waited(const struct connection *connection, __u64 now)
{
	__u64 since = connection->last_ns > connection->opened_ns ? connection->last_ns : connection->opened_ns;

	return now > since ? now - since : 0;
}

/* The open request was answered at `now`. Status 0: it is out of sight. */
static __always_inline void count_answer(struct connection *connection, __u64 now, __u32 status)
{
	__u64 took = waited(connection, now);
	struct endpoint_counters *counters;

	connection->opened_ns = 0;
	counters = counters_of(connection);
	if (!counters)
		return; /* no longer of interest */
	count_status(counters, status);
	add_sample(counters, took);
}

/* The connection ended with its request open. Who ended it tells whose fault that is. */
static __always_inline void count_unanswered(struct connection *connection, __u64 now)
{
	__u64 age = waited(connection, now);
	struct endpoint_counters *counters;

	connection->opened_ns = 0;
	counters = counters_of(connection);
	if (!counters)
		return;
	if (connection->turn & TURN_CLIENT_ENDED) {
		add_abandoned(counters, age);
		return;
	}
	__sync_fetch_and_add(&counters->unanswered, 1);
	add_sample(counters, age);
}

/* A request came after the server had ended its side: it was on its way already, and its client will ask elsewhere. */
static __always_inline void count_crossed(struct connection *connection)
{
	struct endpoint_counters *counters = counters_of(connection);

	if (counters)
		__sync_fetch_and_add(&counters->abandoned[0], 1);
}

static __always_inline void count_unmeasured(struct connection *connection)
{
	struct endpoint_counters *counters = counters_of(connection);

	if (counters)
		__sync_fetch_and_add(&counters->unmeasured, 1);
}

static __always_inline void count_probe(struct connection *connection)
{
	struct endpoint_counters *counters = counters_of(connection);

	if (!counters)
		return;
	if (connection->flags & SOCKET_OWN_PROBE)
		__sync_fetch_and_add(&counters->own_probes, 1);
	else
		__sync_fetch_and_add(&counters->node_probes, 1);
}

#endif
