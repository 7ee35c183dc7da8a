/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "endpoints.h"
#include "judgement.h"
#include "service.h"
#include "verdict.h"

/*
 * The judge of each endpoint, by ID: the program of its identity's tables, which endpoints with one identity
 * share. One update here is one policy change.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, ENDPOINTS_MAX);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} judges SEC(".maps");

/*
 * is_judged_here: tables of this node are about who reaches its endpoints, and about what leaves the cluster from them, to
 * another node's host too. What two nodes exchange otherwise is judged at the other one, or has been.
 */
static __always_inline int is_judged_here(const struct judgement *judgement)
{
	__u32 consumer = consumer_of(judgement), provider = provider_of(judgement);

	if (judgement->node[provider])
		return judgement->endpoint[consumer] &&
		       judgement->standing[provider].identity == IDENTITY_REMOTE_NODE;
	return judgement->endpoint[consumer] || judgement->endpoint[provider];
}

/* leave_to_node is what a table would say that allows all, by a ruling that says so. */
static __always_inline void leave_to_node(struct judgement *judgement)
{
	judgement->leaving = 0;
	judgement->peer = peer_of(judgement);
	judgement->class = 0;
	judgement->row = (struct row){ .allowed = ~0ULL, .allow = RULING_ELSEWHERE };
	judgement->ruling = (struct ruling){};
}

/*
 * call_judge leaves this program for the one whose table decides: the provider's if it is a local endpoint,
 * else the consumer's, for what leaves the cluster. It comes back only if there is no such program. Only an
 * entry program may call it: from a function, a tail call comes back to the function's caller.
 */
static __always_inline enum verdict call_judge(struct __sk_buff *skb)
{
	struct judgement *judgement = scratch();
	__u32 consumer, provider;

	if (!judgement)
		return DROP_INTERNAL;
	if (!is_judged_here(judgement)) {
		leave_to_node(judgement);
		bpf_tail_call(skb, &stages, STAGE_SETTLE);
		return DROP_INTERNAL;
	}
	consumer = judgement->endpoint[consumer_of(judgement)];
	provider = judgement->endpoint[provider_of(judgement)];
	judgement->leaving = !provider;
	judgement->peer = peer_of(judgement);
	judgement->service = service_of(judgement);
	bpf_tail_call(skb, &judges, provider ? provider : consumer);
	return DROP_ENDPOINT_NOT_READY;
}
