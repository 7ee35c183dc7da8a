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

/*
 * Who is behind an address that no local endpoint has: the host's own addresses, the cluster's prefixes
 * (IDENTITY_UNKNOWN: nobody there), and the CIDRs that rules name. No match: world.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct prefix_key);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} outside SEC(".maps");

/* identity_outside says who has an address that no local endpoint has. */
static __always_inline __u32 identity_outside(const union address *address)
{
	struct prefix_key key = { .length = 128, .address = *address };
	__u32 *identity = bpf_map_lookup_elem(&outside, &key);

	return identity ? *identity : IDENTITY_WORLD;
}

/* standing_at says who is at an address: a local endpoint, or 0 and whoever is outside there. */
static __always_inline struct standing standing_at(__u32 endpoint, const union address *address)
{
	struct standing standing = standing_of(endpoint);

	if (!endpoint)
		standing.identity = identity_outside(address);
	return standing;
}
