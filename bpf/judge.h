/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "conntrack.h"
#include "event.h"
#include "packet.h"

/* What an attach point hands to the program that judges a flow. */
struct judgement {
	struct packet packet;
	struct flow_key key;
	struct standing standing[2]; /* of both sides, in the key's order */
	__u16 endpoint[2];
	__u8 client; /* index of the side that opened the flow, or does now */
	__u8 table; /* enum flow_table: where the flow is */
	__u8 changed; /* there was no verdict, or another one */
	__u8 pad;
};

enum flow_table {
	TABLE_NONE = 0, /* a new flow */
	TABLE_UNANSWERED,
	TABLE_ESTABLISHED,
};

/*
 * One a CPU: a tail call does not keep the stack. Programs at these hooks run with bottom halves off, and
 * nothing comes between the tail call and its use.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct judgement);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} judgements SEC(".maps");

static __always_inline struct judgement *scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&judgements, &zero);
}

static __always_inline __u32 endpoint_of_address(const union address *address)
{
	__u32 *id = bpf_map_lookup_elem(&addresses, address);

	return id ? *id & 0xffff : 0;
}

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

/*
 * call_judge leaves this program for the one whose table decides: the provider's if it is a local endpoint,
 * else the consumer's, for what leaves the cluster. It comes back only if there is no such program. Only an
 * entry program may call it: from a function, a tail call comes back to the function's caller.
 */
static __always_inline enum verdict call_judge(struct __sk_buff *skb)
{
	const struct judgement *judgement = scratch();
	__u32 client, server;

	if (!judgement)
		return DROP_INTERNAL;
	client = judgement->endpoint[judgement->client & 1];
	server = judgement->endpoint[!(judgement->client & 1)];
	bpf_tail_call(skb, &judges, server ? 2 * server + JUDGE_DELIVER : 2 * client + JUDGE_LEAVE);
	return DROP_ENDPOINT_NOT_READY;
}
