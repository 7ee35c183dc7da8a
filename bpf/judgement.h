/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "identity.h"
#include "packet.h"
#include "row.h"
#include "ruling.h"
#include "stages.h"

enum flow_table {
	TABLE_NONE = 0, /* a new flow */
	TABLE_FLOWS,
	TABLE_OVERFLOW,
};

/*
 * What is handed from stage to stage while a flow is judged: the question is put, an identity's judge adds what its
 * table says, and settle makes a ruling of that, and the flow's fate. Arrays are in the key's order.
 */
struct judgement {
	struct packet packet;
	struct flow_key key;
	struct standing standing[2]; /* of both sides */

	/* What the table is asked about, and what it says. */
	__u32 peer; /* identity that it has rows about: its subject is the other end */
	__u32 service; /* see service_of() */
	__u32 class; /* of the service, with its mark */
	struct row row; /* the peer's, for the class */

	struct ruling ruling;
	__u16 endpoint[2];
	__u16 node[2]; /* other nodes that the sides are at */
	__u8 client; /* index of the side that opened the flow, or does now */
	__u8 table; /* enum flow_table: where the flow is */
	__u8 leaving; /* the provider is no local endpoint: the consumer's table rules */
	__u8 pad;
};

/*
 * One a CPU: a tail call does not keep the stack. Programs at these hooks run with bottom halves off, and
 * nothing comes between the tail calls and its use.
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

/* The indexes of both ends. Masked, for the verifier: client comes from a map. */
static __always_inline __u32 consumer_of(const struct judgement *judgement)
{
	return judgement->client & 1;
}

static __always_inline __u32 provider_of(const struct judgement *judgement)
{
	return !(judgement->client & 1);
}

/* peer_of is the one that the table has rows about: its subject is the other end. */
static __always_inline __u32 peer_of(const struct judgement *judgement)
{
	__u32 side = judgement->leaving ? provider_of(judgement) : consumer_of(judgement);

	return judgement->standing[side & 1].identity;
}
