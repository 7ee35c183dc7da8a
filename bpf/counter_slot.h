/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counter.h"
#include "judgement.h"

/* What a counter is about. */
struct counter_key {
	__u32 consumer; /* identities */
	__u32 provider;
	__u32 ruling; /* number, without flags */
	__u16 from; /* endpoint of the consumer; 0: it is not local */
	__u16 to; /* of the provider */
};

/* Slots in use. The agent reads here whose a counter is, and takes slots back. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct counter_key);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} counter_slots SEC(".maps");

/* Slots that are zero and free. The agent offers them, in chunks that are there. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 2 * COUNTERS_A_CHUNK);
	__uint(key_size, 0);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} free_counters SEC(".maps");

/* new_slot takes a free one. Of two CPUs that do so for one key, the second gives its own back. */
static __always_inline __u32 new_slot(const struct counter_key *key)
{
	__u32 slot, *known;

	if (bpf_map_pop_elem(&free_counters, &slot))
		return COUNTER_TOGETHER;
	if (!bpf_map_update_elem(&counter_slots, key, &slot, BPF_NOEXIST))
		return slot;
	bpf_map_push_elem(&free_counters, &slot, BPF_ANY);
	known = bpf_map_lookup_elem(&counter_slots, key);
	return known ? *known : COUNTER_TOGETHER;
}

/* slot_of is where a judged flow's packets count. */
static __always_inline __u32 slot_of(const struct judgement *judgement)
{
	__u32 consumer = consumer_of(judgement), provider = provider_of(judgement);
	struct counter_key key = {
		.consumer = judgement->standing[consumer].identity,
		.provider = judgement->standing[provider].identity,
		.ruling = judgement->ruling.number & ~RULING_AUDIT,
		.from = judgement->endpoint[consumer],
		.to = judgement->endpoint[provider],
	};
	__u32 *slot = bpf_map_lookup_elem(&counter_slots, &key);

	return slot ? *slot : new_slot(&key);
}
