/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/pkt_cls.h>

#include "conntrack.h"
#include "forward.h"
#include "plain.h"

/* established_flow is the one that sender may go on with by its cached verdict; NULL: none, or not without looking twice. */
static __always_inline struct flow *established_flow(struct packet *packet)
{
	struct flow_key key = {};
	struct flow *flow;

	packet->side = flow_key_of(packet, &key);
	flow = bpf_map_lookup_elem(&established, &key);
	if (!flow || flow->endpoint[packet->side & 1] != packet->from || flow->denied ||
	    !is_fresh(flow, bpf_ktime_get_coarse_ns()))
		return NULL;
	return flow;
}

/*
 * fast_path forwards a plain packet of an established flow. TC_ACT_UNSPEC: it is something else, or there is something
 * to say about it. What it is forwarded by is what the slow path would do with it.
 */
static __always_inline int fast_path(struct __sk_buff *skb, __u16 sender)
{
	struct packet packet = { .from = sender };
	const struct endpoint_info *from, *to;
	struct flow *flow;
	__u8 side;

	if (!parse_plain(skb, &packet) || (packet.tcp_flags & TCP_SYN) || packet.hop_limit <= 1)
		return TC_ACT_UNSPEC;
	flow = established_flow(&packet);
	if (!flow)
		return TC_ACT_UNSPEC;
	side = packet.side & 1;
	from = stamped(flow, side);
	to = stamped(flow, !side);
	if (!from || !to || ((from->flags | to->flags) & ENDPOINT_TRACE) || !to->ifindex ||
	    too_big(skb, &packet, to->mtu))
		return TC_ACT_UNSPEC;
	packet.to = flow->endpoint[!side];
	packet.counter = flow->counter;
	if (side != flow->client)
		packet.flags |= PACKET_REPLY;
	track_tcp(flow, &packet);
	return forward(skb, &packet, to);
}
