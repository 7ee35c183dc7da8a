/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/errno.h>
#include "conntrack.h"
#include "counter.h"
#include "judgement.h"

/* stamp caches a ruling in the flow, as of the generations that were read before the table was asked. */
static __always_inline void stamp(struct flow *flow, const struct judgement *judgement,
				  enum verdict verdict)
{
	for (int i = 0; i < 2; i++) {
		flow->end[i].generation = judgement->standing[i].generation;
		flow->end[i].endpoint = judgement->endpoint[i];
		flow->end[i].node = judgement->node[i];
		flow->identity[i] = judgement->standing[i].identity;
	}
	flow->validated_jiffies = bpf_jiffies64();
	flow->validated_ns = bpf_ktime_get_coarse_ns();
	flow->revision = judgement->ruling.revision;
	flow->ruling = judgement->ruling.number;
	flow->denied = verdict;
}

/* begin_flow remembers an allowed first packet. 0: another CPU was first, and has counted the flow. */
static __always_inline int begin_flow(const struct judgement *judgement)
{
	struct flow flow = {
		.client = judgement->client & 1,
		.counter = judgement->packet.counter,
	};
	long failed;

	stamp(&flow, judgement, VERDICT_NEXT);
	flow.created_ns = flow.validated_ns;
	set_state(&flow, judgement->key.protocol, FLOW_UNANSWERED);
	failed = enter(&judgement->key, &flow, judgement->endpoint[consumer_of(judgement)]);
	if (failed)
		return failed == -EEXIST ? 0 : -1;
	count_flow(flow.counter);
	return 1;
}

/*
 * renew_flow stamps a flow anew, and says whether its verdict is another one, or was audited under another
 * policy. A denied one stays, so that the next packet is dropped by one lookup, too.
 */
static __always_inline int renew_flow(const struct judgement *judgement, enum verdict verdict)
{
	const struct ruling *ruling = &judgement->ruling;
	__u32 counter = judgement->packet.counter, before;
	struct flow *flow = judgement->table == TABLE_FLOWS ?
				    bpf_map_lookup_elem(&flows, &judgement->key) :
				    bpf_map_lookup_elem(&overflow, &judgement->key);
	int news;

	if (!flow)
		return 0; /* evicted meanwhile: the next packet finds out */
	news = flow->denied != verdict ||
	       ((ruling->number & RULING_AUDIT) && flow->revision != ruling->revision);
	/*
	 * It counts once for each ruling that it lives under, whichever CPU is the first to know. For a provider that nobody
	 * knew before it answered, it does no longer.
	 */
	before = __sync_lock_test_and_set(&flow->counter, counter);
	if (before != counter) {
		count_flow(counter);
		if (!flow->identity[provider_of(judgement)])
			uncount_flow(before);
	}
	stamp(flow, judgement, verdict);
	if (verdict == VERDICT_NEXT && !(judgement->packet.flags & PACKET_ICMP_ERROR))
		track(flow, judgement->packet.protocol, judgement->packet.side,
		      judgement->packet.tcp_flags);
	return news;
}

/*
 * remember keeps the verdict in the flow. A denied first packet leaves none. Not 0: it is news; negative: there
 * is no room for it.
 */
static __always_inline int remember(const struct judgement *judgement, enum verdict verdict)
{
	if (judgement->table != TABLE_NONE)
		return renew_flow(judgement, verdict);
	if (verdict == VERDICT_NEXT)
		return begin_flow(judgement);
	count_flow(judgement->packet.counter);
	return 1;
}
