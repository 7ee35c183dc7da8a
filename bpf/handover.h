/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "conntrack.h"
#include "stages.h"

#define HANDOVER_REPLY 1 /* lowest bit of the last word; headers are above it */

/* What the program that sends to other nodes is told of a packet that the fast path lets pass. */
struct handover {
	__u32 from; /* place */
	__u32 node;
	__u32 identity; /* of the sender */
	__u32 counter; /* slot */
	__u32 headers; /* bytes, from the Ethernet header's first to the payload's */
	int reply;
};

/*
 * call_to_node leaves for the program that sends to other nodes: what that needs is not in every endpoint's program. It
 * comes back only if there is no such program. Only an entry program may call it, see call_judge().
 */
static __always_inline void call_to_node(struct __sk_buff *skb, __u32 from, const struct flow *flow,
					 __u32 side, __u32 headers)
{
	skb->cb[0] = from;
	skb->cb[1] = flow->end[side ^ 1].node;
	skb->cb[2] = flow->identity[side];
	skb->cb[3] = flow->counter;
	skb->cb[4] = headers << 1 | (side != flow->client);
	bpf_tail_call(skb, &stages, STAGE_TO_NODE);
}

static __always_inline struct handover handed_over(const struct __sk_buff *skb)
{
	return (struct handover){
		.from = skb->cb[0],
		.node = skb->cb[1],
		.identity = skb->cb[2],
		.counter = skb->cb[3],
		.headers = skb->cb[4] >> 1,
		.reply = skb->cb[4] & HANDOVER_REPLY,
	};
}
