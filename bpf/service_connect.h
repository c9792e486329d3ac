/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout that the connect hooks and the agent share, and that pinned maps keep when an agent is replaced: a change of any struct or
 * of what a member means needs another CONNECT_LAYOUT. Aviator.Agent/Steering/ConnectLayout.cs is the other side; a test compares both.
 */
#ifndef AVIATOR_SERVICE_CONNECT_H
#define AVIATOR_SERVICE_CONNECT_H

#include "aviator.h"

#define CONNECT_LAYOUT 3

/* In place of an age: the self-test's entry needs no order. */
#define CONNECT_ALWAYS (~0ULL)

/* The word that publishes a Service's endpoints: first slot (24 bits), number of slots (16), generation (24), from the low end. */
#define TABLE_FIRST_BITS 24
#define TABLE_LENGTH_BITS 16
#define TABLE_GENERATION_BITS 24

/* One address and port of a Service. A cache line. */
struct connect_service {
	__u64 table;              /* written in one piece; 0: nobody to choose */
	__u64 fail_open_after_ns; /* from this age of the order on, connects pass */
	__u64 steered;            /* connects given to an endpoint; only grows */
	__u64 passed;             /* connects that passed untouched; only grows */
	__u64 pad[4];
};

/*
 * An endpoint, and a column of two alias tables (Walker, Vose): one of all endpoints of its Service, and one of its peers, which are
 * those of its version, itself among them. Peers are neighbours. A cache line.
 */
struct connect_slot {
	struct endpoint_key endpoint;
	__u32 generation;  /* that of the Service's word */
	__u32 own;         /* of 2^32 draws of this column, those that stay here; the others go to the alias */
	__u32 alias;       /* a slot of the same table, counted from its first */
	__u32 weight;      /* in 65,536ths, at least 1 */
	__s32 beside;      /* what is in flight beside the cell's count, below 0 where not all that is open is; the agent sets it */
	__u32 cell;        /* of the endpoint, whatever table it is in */
	__u32 peers_first; /* the first of its peers, counted as the alias is */
	__u32 peers;       /* how many they are, at least 1 */
	__u32 peer_own;    /* as own and alias, in the table of its peers */
	__u32 peer_alias;
	__u32 pad;
};

/*
 * What this node's clients have open to an endpoint. It stays when tables change, so that what was given by one is taken off by whatever
 * follows. Only hooks add and take off, but for what failed: the agent moves that, with the next order.
 */
struct connect_cell {
	__s32 open;
	__u32 failed;     /* of them, those that were refused or reset, and have ended */
	__u32 generation; /* changes when another endpoint gets the cell */
	__u32 pad;
};

struct connect_control {
	__u64 ordered_ns; /* CLOCK_BOOTTIME at which the order in force was given; 0: there is none */
	__u32 layout;     /* CONNECT_LAYOUT */
	__u32 pad;
};

/* What a socket's connect was given. */
struct given {
	struct endpoint_key service; /* as the client asked for it */
	struct endpoint_key endpoint;
	__u64 given_ns; /* CLOCK_BOOTTIME */
	__u32 cell;     /* that it counts in, while that has this generation */
	__u32 generation;
};

#endif
