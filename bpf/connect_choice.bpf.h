/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two endpoints drawn by weight, each in constant time from an alias table, and of the two the one with less in flight per weight. The
 * second is drawn among the peers of the first: so a version gets just its weight, whatever is in flight at either.
 * Loads are compared without the connection at hand: with it, an endpoint on trial at a weight of 0.01 would wait for a hundred others.
 */
#ifndef AVIATOR_CONNECT_CHOICE_BPF_H
#define AVIATOR_CONNECT_CHOICE_BPF_H

#include "connect_maps.bpf.h"

#define LOW_BITS(word, bits) ((word) & ((1ULL << (bits)) - 1))

struct table {
	__u32 first;
	__u32 length;
	__u32 generation;
};

static __always_inline struct table read_table(const struct connect_service *service)
{
	__u64 word = *(const volatile __u64 *)&service->table;
	struct table table = {
	    .first = LOW_BITS(word, TABLE_FIRST_BITS),
	    .length = LOW_BITS(word >> TABLE_FIRST_BITS, TABLE_LENGTH_BITS),
	    .generation = word >> (TABLE_FIRST_BITS + TABLE_LENGTH_BITS),
	};

	return table;
}

/* NULL when the slot is of another generation: the table is not whole. */
static __always_inline struct connect_slot *slot_of(const struct table *table, __u32 column)
{
	__u32 index = table->first + column;
	struct connect_slot *slot = bpf_map_lookup_elem(&slots, &index);

	return slot && slot->generation == table->generation ? slot : 0;
}

/* One random number does for both: its product's high half is the column, the low half the place within the column. */
static __always_inline struct connect_slot *draw(const struct table *table)
{
	__u64 product = (__u64)bpf_get_prandom_u32() * table->length;
	struct connect_slot *slot = slot_of(table, product >> 32);

	if (!slot || (__u32)product < slot->own)
		return slot;
	return slot_of(table, slot->alias);
}

static __always_inline struct connect_slot *draw_peer(const struct table *table, const struct connect_slot *of)
{
	__u64 product = (__u64)bpf_get_prandom_u32() * of->peers;
	struct connect_slot *slot = slot_of(table, of->peers_first + (__u32)(product >> 32));

	if (!slot || (__u32)product < slot->peer_own)
		return slot;
	return slot_of(table, slot->peer_alias);
}

static __always_inline struct connect_cell *cell_of(const struct connect_slot *slot)
{
	__u32 index = slot->cell;

	return bpf_map_lookup_elem(&cells, &index);
}

static __always_inline __u64 in_flight(const struct connect_slot *slot)
{
	struct connect_cell *cell = cell_of(slot);
	__s64 sum = (__s64)slot->beside + (cell ? cell->open : 0);

	return sum > 0 ? sum : 0;
}

static __always_inline struct connect_slot *choose(const struct table *table)
{
	struct connect_slot *one, *other;

	if (!table->length)
		return 0;
	one = draw(table);
	other = one ? draw_peer(table, one) : 0;
	if (!other)
		return 0;
	return in_flight(other) * one->weight < in_flight(one) * other->weight ? other : one;
}

#endif
