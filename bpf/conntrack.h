/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "endpoints.h"
#include "flows.h"
#include "packet.h"
#include "place.h"
#include "transport.h"
#include "waiting.h"

/* Idle lifetimes in seconds, by protocol and state. */
static __always_inline __u16 lifetime_of(__u8 protocol, enum flow_state state)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return state == FLOW_ESTABLISHED ? 6 * 3600 :
		       state == FLOW_HALF_CLOSED ? 300 :
		       state == FLOW_CLOSING	 ? 10 :
						   60;
	case IPPROTO_SCTP:
		return state == FLOW_ESTABLISHED ? 3600 : 60;
	case IPPROTO_UDP:
		return state == FLOW_ESTABLISHED ? 180 : 30;
	}
	return 30; /* ICMP echo */
}

static __always_inline void set_state(struct flow *flow, __u8 protocol, enum flow_state state)
{
	flow->state = state;
	flow->lifetime_s = lifetime_of(protocol, state);
}

/*
 * advance follows the flow's beginning: a reply establishes it; with TCP, what the opener says after the reply. Who asks under
 * others' addresses never gets that far.
 */
static __always_inline void advance(struct flow *flow, __u8 protocol, __u32 side, __u8 tcp_flags)
{
	int tcp = protocol == IPPROTO_TCP, opener = side == flow->client;

	if (tcp && (tcp_flags & TCP_SYN)) {
		if (!opener && flow->state == FLOW_UNANSWERED)
			set_state(flow, protocol, FLOW_ANSWERED);
		return;
	}
	if (opener == tcp && flow->state == (tcp ? FLOW_ANSWERED : FLOW_UNANSWERED))
		set_state(flow, protocol, flow->fins ? FLOW_HALF_CLOSED : FLOW_ESTABLISHED);
}

/* may_advance: who opens a flow alone, and goes on without an answer, does not. */
static __always_inline int may_advance(const struct flow *flow, __u32 side)
{
	return flow->state < FLOW_ESTABLISHED &&
	       (side != flow->client || flow->state == FLOW_ANSWERED);
}

static __always_inline int expired(const struct flow *flow, __u64 now)
{
	return now - flow->validated_ns > flow->lifetime_s * SECOND_NS && now > flow->validated_ns;
}

static __always_inline int opens_tcp(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & TCP_SYN) &&
	       !(packet->tcp_flags & TCP_ACK);
}

static __always_inline int asks_echo(const struct packet *packet)
{
	return (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) &&
	       !(packet->flags & PACKET_ICMP_ERROR) &&
	       is_echo_request(packet->protocol, packet->icmp_type);
}

/* A packet that may begin a flow: everything else belongs to one, or to nothing. */
static __always_inline enum verdict opens_flow(const struct packet *packet)
{
	if (packet->flags & PACKET_ICMP_ERROR)
		return DROP_ICMP_UNRELATED;
	switch (packet->protocol) {
	case IPPROTO_TCP:
		return opens_tcp(packet) ? VERDICT_NEXT : DROP_NO_CONNECTION;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return asks_echo(packet) ? VERDICT_NEXT : DROP_ICMP_UNRELATED;
	}
	return VERDICT_NEXT;
}

/* close_side notes that a side has said, by FIN or RST, that it will send no more. */
static __always_inline void close_side(struct flow *flow, __u32 side, __u8 tcp_flags)
{
	flow->fins |= tcp_flags & TCP_RST ? 3 : 1 << side;
	if (flow->fins == 3)
		set_state(flow, IPPROTO_TCP, FLOW_CLOSING);
	else if (flow->state >= FLOW_ESTABLISHED)
		set_state(flow, IPPROTO_TCP, FLOW_HALF_CLOSED);
}

/* track follows a flow from its beginning to its end. One that its opener took back before it got an answer waits on. */
static __always_inline void track(struct flow *flow, __u8 protocol, __u32 side, __u8 tcp_flags)
{
	advance(flow, protocol, side, tcp_flags);
	if (protocol == IPPROTO_TCP && (tcp_flags & (TCP_FIN | TCP_RST)))
		close_side(flow, side, tcp_flags);
	if (flow->waits && flow->state >= FLOW_ESTABLISHED &&
	    (flow->state != FLOW_CLOSING || side != flow->client))
		wait_no_longer(flow);
}

/* stamped is who is at one end of a flow, if its stamp still holds. */
static __always_inline const struct endpoint_info *stamped(const struct flow_end *end)
{
	__u32 id = end->endpoint;
	const struct endpoint_info *info = bpf_map_lookup_elem(&endpoints, &id);

	return info && info->generation == end->generation ? info : NULL;
}

/* may_send: only who is at a side may go on with a flow. On the fast path this is the source check. */
static __always_inline int may_send(const struct flow *flow, __u32 side, __u32 place)
{
	return end_place(&flow->end[side & 1]) == place;
}

/* same_sender: what another node says of who sends is as it was. */
static __always_inline int same_sender(const struct flow *flow, __u32 side, __u16 from_node,
				       __u32 carried)
{
	return !from_node || flow->identity[side & 1] == carried;
}

/*
 * is_fresh: no cached verdict lives longer than a second, whatever went wrong with its stamps. Jiffies, because they are read by two
 * instructions, where a clock is a call; how many make a second is known when a program is loaded.
 */
static __always_inline int is_fresh(const struct flow *flow, __u32 second)
{
	return (__u32)bpf_jiffies64() - flow->validated_jiffies < second;
}

/* current says whether a cached verdict still holds. */
static __always_inline int current(const struct flow *flow, __u32 second)
{
	return stamped(&flow->end[0]) && stamped(&flow->end[1]) && is_fresh(flow, second);
}
