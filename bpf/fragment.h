/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "packet.h"
#include "verdict.h"

/*
 * What only the first fragment of a datagram carries. It is remembered when that has passed, so that a spoofed
 * one says nothing about anybody's later fragments.
 */
struct fragment_key {
	union address source;
	union address destination;
	__be32 id;
	__u8 protocol;
	__u8 pad[3];
};

struct fragment {
	__be16 source_port;
	__be16 destination_port;
	__u8 icmp_type;
	__u8 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct fragment_key);
	__type(value, struct fragment);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} fragments SEC(".maps");

static __always_inline void fragment_key_of(const struct packet *packet, struct fragment_key *key)
{
	key->source = packet->source;
	key->destination = packet->destination;
	key->id = packet->fragment_id;
	key->protocol = packet->protocol;
}

static __always_inline void remember_fragment(const struct packet *packet)
{
	struct fragment_key key = {};
	struct fragment fragment = {
		.source_port = packet->source_port,
		.destination_port = packet->destination_port,
		.icmp_type = packet->icmp_type,
	};

	fragment_key_of(packet, &key);
	bpf_map_update_elem(&fragments, &key, &fragment, BPF_ANY);
}
