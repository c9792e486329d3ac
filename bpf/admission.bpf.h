/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which accepted connections are measured; asked once per connection. */
#ifndef AVIATOR_ADMISSION_BPF_H
#define AVIATOR_ADMISSION_BPF_H

#include "counting.bpf.h"

static __always_inline int same_address(const struct address *a, const struct address *b)
{
	return a->words[3] == b->words[3] && a->words[2] == b->words[2] && a->words[1] == b->words[1] && a->words[0] == b->words[0];
}

/* Is the connection to be measured? Fills in its first state. */
static __always_inline int admit(struct connection *fresh, const struct address *remote, __u16 remote_port)
{
	__u32 *interesting = bpf_map_lookup_elem(&interest, &fresh->endpoint.address);

	if (!interesting)
		return 0;
	if (!(*interesting & INTEREST_LOOPBACK) && same_address(remote, &fresh->endpoint.address))
		return 0;
	fresh->counters = find_row(&fresh->endpoint, *interesting);
	if (!fresh->counters) {
		if (*interesting & INTEREST_LISTED)
			return 0; /* a port of a pod that no policy asks for */
		count_health(HEALTH_ACCEPTED);
		count_health(HEALTH_NO_ENDPOINT);
		return 0;
	}
	count_health(HEALTH_ACCEPTED);
	if (bpf_map_lookup_elem(&node_addresses, remote)) {
		fresh->flags = SOCKET_FROM_NODE;
		if (remote_port >= knobs.probe_port_first && remote_port <= knobs.probe_port_last) {
			fresh->flags |= SOCKET_OWN_PROBE;
			fresh->protocol = PROTOCOL_OPAQUE;
		}
	}
	return 1;
}

#endif
