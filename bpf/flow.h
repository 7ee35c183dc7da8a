/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "conntrack.h"
#include "judge.h"

static __always_inline void stamp(struct flow *flow, const struct judgement *judgement,
				  __u32 counter, enum verdict verdict)
{
	for (int i = 0; i < 2; i++) {
		/* The judge's own stamp is that of the table it has just used, which may be older by now. */
		flow->generation[i] = judgement->endpoint[i] == config.endpoint ?
					      config.generation :
					      judgement->standing[i].generation;
		flow->identity[i] = judgement->standing[i].identity;
		flow->endpoint[i] = judgement->endpoint[i];
	}
	flow->validated_ns = bpf_ktime_get_coarse_ns();
	flow->counter = counter;
	flow->revision = config.revision;
	flow->denied = verdict != VERDICT_NEXT;
}

static __always_inline void count_flow(__u32 slot)
{
	struct pair_counter *pair = bpf_map_lookup_elem(&pairs, &slot);

	if (pair)
		pair->flows++;
}

/* begin_flow remembers an allowed first packet. */
static __always_inline enum verdict begin_flow(const struct judgement *judgement, __u32 counter)
{
	struct flow flow = { .client = judgement->client & 1 };

	stamp(&flow, judgement, counter, VERDICT_NEXT);
	flow.created_ns = flow.validated_ns;
	set_state(&flow, judgement->key.protocol, FLOW_UNANSWERED);
	if (bpf_map_update_elem(&unanswered, &judgement->key, &flow, BPF_ANY))
		return DROP_INTERNAL;
	count_flow(counter);
	return VERDICT_NEXT;
}

/* renew_flow stamps a flow anew. A denied one stays, so that the next packet is dropped by one lookup, too. */
static __always_inline void renew_flow(struct judgement *judgement, __u32 counter,
				       enum verdict verdict)
{
	struct flow *flow = judgement->table == TABLE_ESTABLISHED ?
				    bpf_map_lookup_elem(&established, &judgement->key) :
				    bpf_map_lookup_elem(&unanswered, &judgement->key);

	if (!flow)
		return; /* evicted meanwhile: the next packet finds out */
	judgement->changed =
		flow->denied != (verdict != VERDICT_NEXT) ||
		((judgement->packet.flags & PACKET_AUDIT) && flow->revision != config.revision);
	stamp(flow, judgement, counter, verdict);
	if (verdict == VERDICT_NEXT)
		track_tcp(flow, &judgement->packet);
}
