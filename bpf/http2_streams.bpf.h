/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls under way on one connection. Opened by the client's segments and ended by the server's, perhaps on two CPUs at once, so under
 * the connection's lock; while it is held no helper may be called. The connection's row carries what the agent reads: how many
 * there are, and when the oldest without an answer began.
 */
#ifndef AVIATOR_HTTP2_STREAMS_BPF_H
#define AVIATOR_HTTP2_STREAMS_BPF_H

#include "counting.bpf.h"
#include "http2.bpf.h"

/* How a call that ends without an answer's header counts. */
enum http2_sweep {
	HTTP2_NOWHERE,
	HTTP2_UNANSWERED,
	HTTP2_UNMEASURED,
};

/* The slot of a stream, or with 0 a free one for stream `wanted`; 0: none. */
static __always_inline __u32 http2_find(struct http2_connection *http2, __u32 wanted, __u32 id)
{
	__u32 found = 0;
	int i;

#pragma unroll
	for (i = HTTP2_REACH - 1; i >= 0; i--) {
		__u32 at = wanted / 2 + i * HTTP2_STRIDE;
		__u64 same;

		asm volatile("" : "+r"(at));
		at &= HTTP2_SLOTS - 1;
		same = ((__u64)(http2->streams[at].id ^ id) - 1) >> 63; /* without a branch: eight would be many paths to verify */

		asm volatile("" : "+r"(same));
		found += (at - found) * (__u32)same;
	}
	return found & (HTTP2_SLOTS - 1);
}

static __always_inline void http2_unlink(struct connection *connection, struct http2_connection *http2, struct http2_stream *stream)
{
	http2->streams[stream->older].younger = stream->younger;
	http2->streams[stream->younger].older = stream->older;
	connection->opened_ns = http2->streams[http2->streams[0].younger].opened_ns; /* the head's own is 0 */
}

/* False: there is no room. */
static __always_inline int http2_open(struct connection *connection, struct http2_connection *http2, __u32 id, __u64 now)
{
	struct http2_stream *stream;
	__u32 slot;

	bpf_spin_lock(&http2->lock);
	slot = http2_find(http2, id, 0);
	if (slot) {
		stream = &http2->streams[slot];
		stream->id = id;
		stream->opened_ns = now;
		stream->state = HTTP2_OPEN;
		stream->younger = 0;
		stream->older = http2->streams[0].older;
		http2->streams[stream->older].younger = slot;
		http2->streams[0].older = slot;
		connection->opened_ns = http2->streams[http2->streams[0].younger].opened_ns;
		connection->streams++;
	}
	bpf_spin_unlock(&http2->lock);
	return slot != 0;
}

/* Moves a stream on; states only grow. Returns what it was, HTTP2_FREE if there is nothing to move, and when it was opened. */
static __always_inline __u8 http2_move(struct connection *connection, struct http2_connection *http2, __u32 id, __u8 to, __u64 *opened)
{
	struct http2_stream *stream;
	__u8 was = HTTP2_FREE;
	__u32 slot;

	bpf_spin_lock(&http2->lock);
	slot = http2_find(http2, id, id);
	if (slot) {
		stream = &http2->streams[slot];
		if (stream->state < to) {
			was = stream->state;
			*opened = stream->opened_ns;
			stream->state = to;
			if (was == HTTP2_OPEN)
				http2_unlink(connection, http2, stream);
			if (to == HTTP2_ENDED) {
				stream->id = 0;
				if (connection->streams)
					connection->streams--;
			}
		}
	}
	bpf_spin_unlock(&http2->lock);
	return was;
}

/* Takes out the youngest call without an answer if its stream is later than this; returns when it was opened, 0: there is none. */
static __always_inline __u64 http2_take_youngest(struct connection *connection, struct http2_connection *http2, __u32 later_than)
{
	struct http2_stream *stream;
	__u64 opened = 0;

	bpf_spin_lock(&http2->lock);
	stream = &http2->streams[http2->streams[0].older];
	if (stream->opened_ns && stream->id > later_than) {
		opened = stream->opened_ns;
		stream->id = 0;
		stream->state = HTTP2_ENDED;
		http2_unlink(connection, http2, stream);
		if (connection->streams)
			connection->streams--;
	}
	bpf_spin_unlock(&http2->lock);
	return opened;
}

/*
 * Where the endpoint is of no interest any more and its row is another's by now, the connection counts in row 0 from here on, which nobody
 * reads. Once for each segment: the look-ups that follow come in loops, in which the verifier of 6.1 and older has no room to compare.
 */
static __always_inline void http2_leave_row_of_another(struct connection *connection)
{
	struct endpoint_counters *row = bpf_map_lookup_elem(&counters, &connection->counters);

	if (row && row->row && !is_of(row, &connection->endpoint))
		connection->counters = 0;
}

static __always_inline struct endpoint_counters *http2_counters(struct connection *connection)
{
	return bpf_map_lookup_elem(&counters, &connection->counters);
}

/* Not static: the verifier looks at it once by itself, not again in every turn of a loop. */
__noinline __u32 http2_bucket_of(__u64 nanoseconds)
{
	return bucket_of(nanoseconds);
}

/* A call that its client gave up at this age. */
static __always_inline void http2_add_abandoned(struct endpoint_counters *counters, __u64 opened, __u64 now)
{
	__u32 bucket = http2_bucket_of(now > opened ? now - opened : 0);

	if (bucket < BUCKET_COUNT)
		__sync_fetch_and_add(&counters->abandoned[bucket], 1);
}

static __always_inline void http2_add_sample(struct endpoint_counters *counters, __u64 opened, __u64 now)
{
	__u32 bucket = http2_bucket_of(now > opened ? now - opened : 0);

	if (bucket < BUCKET_COUNT)
		__sync_fetch_and_add(&counters->latency[bucket], 1);
}

/* Ends calls that will have no answer: which, and how they count, is in `sweep_after` and `sweep`. True: there may be more. */
static __always_inline int http2_end_calls(struct connection *connection, struct http2_connection *http2, __u64 now, int most)
{
	struct endpoint_counters *counters = http2_counters(connection);
	__u64 opened;
	int i;

	for (i = 0; counters && i < most; i++) {
		opened = http2_take_youngest(connection, http2, FORGET(http2->sweep_after));
		if (!opened)
			break;
		if (FORGET(http2->sweep) == HTTP2_UNMEASURED) {
			__sync_fetch_and_add(&counters->unmeasured, 1);
		} else if (FORGET(http2->sweep) == HTTP2_UNANSWERED && FORGET(connection->turn) & TURN_CLIENT_ENDED) {
			http2_add_abandoned(counters, opened, now);
		} else if (FORGET(http2->sweep) == HTTP2_UNANSWERED) {
			__sync_fetch_and_add(&counters->unanswered, 1);
			http2_add_sample(counters, opened, now);
		}
	}
	if (http2->sweep == HTTP2_UNANSWERED)
		connection->streams = 0; /* answers under way end too */
	return counters && i == most;
}

/* The connection carries nothing any more, or nothing that can be read. */
static __always_inline void http2_clear(struct connection *connection)
{
	connection->streams = 0;
	connection->opened_ns = 0;
	connection->protocol = PROTOCOL_OPAQUE;
}

static __always_inline void http2_count_unmeasured(struct connection *connection, __u32 calls)
{
	struct endpoint_counters *counters = http2_counters(connection);

	if (counters)
		__sync_fetch_and_add(&counters->unmeasured, calls);
}

#endif
