/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "identity.h"
#include "packet.h"

#define ENDPOINTS_MAX 65536

enum endpoint_flags {
	ENDPOINT_TRACE = 1 << 0, /* an event for each of its packets */
};

/*
 * The state of a local endpoint that other programs need: index is its ID, 0 is the outside (the router
 * device). generation and identity share one aligned word and change together. A generation is never used
 * twice on a node, so a stamp can not match by accident.
 */
struct endpoint_info {
	__u32 generation; /* 0: no such endpoint */
	__u32 identity;
	__u32 ifindex; /* host side of its veth */
	__u16 mtu; /* bytes of an IP packet */
	__u8 mac[6]; /* of the container side */
	__u32 flags; /* enum endpoint_flags */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, struct endpoint_info);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} endpoints SEC(".maps");

/* standing_of reads both in one load: a relabelled endpoint's new identity never has the old stamp. */
static __always_inline struct standing standing_of(__u32 id)
{
	volatile struct endpoint_info *info = bpf_map_lookup_elem(&endpoints, &id);
	union {
		__u64 word;
		struct standing standing;
	} both = {};

	if (info)
		both.word = *(volatile __u64 *)info;
	return both.standing;
}

/* Which endpoint has an address. Packets whose verdict is cached do not ask. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * ENDPOINTS_MAX);
	__type(key, union address);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} addresses SEC(".maps");

static __always_inline __u32 endpoint_of_address(const union address *address)
{
	__u32 *id = bpf_map_lookup_elem(&addresses, address);

	return id ? *id & 0xffff : 0;
}

static __always_inline int owns(__u32 endpoint, const union address *address)
{
	return endpoint_of_address(address) == endpoint;
}
