/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "endpoints.h"
#include "identity.h"
#include "packet.h"

/* Packed, because the kernel counts a prefix's bits from the byte after the length: padding would be part of it. */
struct prefix_key {
	__u32 length; /* bits; IPv4 prefixes are mapped: 96 + length */
	union address address;
} __attribute__((packed, aligned(4)));

struct outsider {
	__u32 identity;
	__u32 node; /* another one, whose endpoints have the addresses, and it alone knows who they are; or its host has */
};

/*
 * Who is behind an address that no local endpoint has: the host's own addresses, those of other nodes' hosts, the cluster's
 * prefixes (IDENTITY_UNKNOWN: nobody there, or whoever another node has there), and the CIDRs that rules name. No match: world.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct prefix_key);
	__type(value, struct outsider);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} outside SEC(".maps");

/* outsider_at says who has an address that no local endpoint has. */
static __always_inline struct outsider outsider_at(const union address *address)
{
	struct prefix_key key = { .length = 128, .address = *address };
	struct outsider *found = bpf_map_lookup_elem(&outside, &key);
	struct outsider world = { .identity = IDENTITY_WORLD };

	return found ? *found : world;
}

/*
 * standing_at says who is at an address: a local endpoint, or 0 and whoever is outside there. node gets the other node
 * that the address is at, 0 if none.
 */
static __always_inline struct standing standing_at(__u32 endpoint, const union address *address,
						   __u16 *node)
{
	struct standing standing = standing_of(endpoint);
	struct outsider outsider = {};

	if (!endpoint) {
		outsider = outsider_at(address);
		standing.identity = outsider.identity;
	}
	*node = outsider.node;
	return standing;
}
