/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "packet.h"
#include "verdict.h"

#define ENDPOINTS_MAX 65536
#define PAIRS_MAX 65536 /* slot 0 counts for whoever got none */

/* Identities with a meaning of their own; label sets begin at 256, node-local CIDRs at 2^24. */
enum identity {
	IDENTITY_UNKNOWN = 0,
	IDENTITY_HOST = 1,
	IDENTITY_WORLD = 2,
	IDENTITY_FIRST_LABEL_SET = 256,
	IDENTITY_FIRST_CIDR = 1 << 24,
};

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

/* Who an endpoint is, and which generation of its programs said so. */
struct standing {
	__u32 generation;
	__u32 identity;
};

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

/* Label-set identities that this node has heard of. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, __u32);
	__type(value, __u8);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} identities SEC(".maps");

enum judge {
	JUDGE_DELIVER = 0, /* the destination's table, for what goes to it */
	JUDGE_LEAVE = 1, /* the source's table, for what leaves the cluster */
};

/* The endpoints' own programs, index 2 * ID + enum judge. One update here is one policy change. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2 * ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} judges SEC(".maps");

/* What a consumer and a provider exchanged; index 0 of the arrays is consumer to provider. */
struct pair_counter {
	__u64 packets[2];
	__u64 bytes[2];
	__u64 flows;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PAIRS_MAX);
	__type(key, __u32);
	__type(value, struct pair_counter);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pairs SEC(".maps");

struct verdict_counter {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VERDICT_COUNT);
	__type(key, __u32);
	__type(value, struct verdict_counter);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} verdicts SEC(".maps");

/* Identities of the two ends of a flow: who opened it, and to whom. */
struct pair_key {
	__u32 consumer;
	__u32 provider;
};

/* Whose the counters in pairs are, by slot: kept for the agent, which may be restarted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PAIRS_MAX);
	__type(key, __u32);
	__type(value, struct pair_key);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pair_names SEC(".maps");

/* What policy denied, or could not judge because it has not heard of an identity. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct pair_key);
	__type(value, struct verdict_counter);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} denied SEC(".maps");
