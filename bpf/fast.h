/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/pkt_cls.h>

#include "conntrack.h"
#include "counter.h"
#include "forward.h"
#include "handover.h"
#include "plain.h"
#include "tailored.h"

/*
 * receiver_of is who gets a packet of a flow by the flow's verdict: at another node, whoever is there.
 * NULL: the verdict does not hold, or not without asking.
 */
static __always_inline const struct endpoint_info *receiver_of(const struct flow *flow, __u32 side,
							       struct sender sender)
{
	const struct endpoint_info *from, *to;

	if (!may_send(flow, side, sender.place) || flow->denied ||
	    !same_sender(flow, side, node_at(sender.place), sender.carried) ||
	    !is_fresh(flow, TAILORED(CONSTANT_SECOND)))
		return NULL;
	from = stamped(&flow->end[side]);
	to = stamped(&flow->end[side ^ 1]);
	if (!from || !to || ((from->flags | to->flags) & ENDPOINT_TRACE) || !to->ifindex)
		return NULL;
	return to;
}

/* flow_of finds a plain packet's flow. In overflow it is one that goes on without an answer; all else there is for the slow path. */
static __always_inline struct flow *flow_of(const struct plain *plain)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &plain->key);

	if (flow)
		return flow;
	flow = find_overflow(&plain->key);
	return flow && flow->client == plain->side && flow->state == FLOW_UNANSWERED ? flow : NULL;
}

/*
 * fast_path forwards a plain packet of a known flow, as the slow path would. TC_ACT_UNSPEC: it is something
 * else, or there is something to say about it.
 */
static __always_inline int fast_path(struct __sk_buff *skb, struct frame frame,
				     struct sender sender)
{
	const struct endpoint_info *to;
	__u32 side, there, bytes = skb->len;
	struct plain plain;
	struct flow *flow;

	if (!read_plain(skb, frame, &plain))
		return TC_ACT_UNSPEC;
	flow = flow_of(&plain);
	if (!flow)
		return TC_ACT_UNSPEC;
	side = plain.side & 1; /* for the verifier: it was on the stack */
	if (may_advance(flow, side) || (plain.closes && flow->state < FLOW_ESTABLISHED))
		return TC_ACT_UNSPEC;
	to = receiver_of(flow, side, sender);
	if (!to || too_big(skb, plain.headers, to->mtu))
		return TC_ACT_UNSPEC;
	there = end_place(&flow->end[side ^ 1]);
	if (plain.closes)
		close_side(flow, side, plain.closes);
	if (node_at(there)) {
		call_to_node(skb, sender.place, flow, side, plain.headers);
		return TC_ACT_UNSPEC;
	}
	count_packet(flow->counter, side != flow->client, bytes);
	return deliver(frame, sender.place, there, to);
}
