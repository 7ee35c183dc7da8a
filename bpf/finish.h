/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "counter.h"
#include "event.h"
#include "forward.h"
#include "fragment.h"
#include "icmp_error.h"
#include "packet.h"
#include "to_node.h"
#include "way.h"

/* sent is what is left to do when a packet is on its way by action. Negative: it is not. */
static __always_inline int sent(const struct packet *packet, int action, __u32 bytes)
{
	if (action < 0) {
		count_verdict(DROP_INTERNAL, bytes);
		return TC_ACT_SHOT;
	}
	/* An error's fragments are nobody's: what says which flow it is about is in the first one only. */
	if ((packet->flags & PACKET_FIRST_FRAGMENT) && !(packet->flags & PACKET_ICMP_ERROR))
		remember_fragment(packet);
	count_packet(packet->counter, packet->flags & PACKET_REPLY, bytes);
	return action;
}

static __always_inline void trace(struct __sk_buff *skb, const struct packet *packet,
				  const struct endpoint_info *to, enum verdict verdict)
{
	__u32 id = packet->from;
	struct endpoint_info *from = bpf_map_lookup_elem(&endpoints, &id);

	if ((to && (to->flags & ENDPOINT_TRACE)) || (from && (from->flags & ENDPOINT_TRACE)))
		emit(skb, packet, EVENT_TRACE, verdict);
}

VERIFIED_ONCE int drop(struct __sk_buff *skb, const struct packet *packet, enum verdict verdict)
{
	if (!packet)
		return TC_ACT_SHOT;

	count_verdict(verdict, skb->len);
	if (verdict == DROP_POLICY_DENIED || verdict == DROP_IDENTITY_UNKNOWN)
		count_packet(packet->counter, packet->flags & PACKET_REPLY, skb->len);
	emit(skb, packet, EVENT_DROP, verdict);
	if (verdict != DROP_HOP_LIMIT && verdict != DROP_TOO_BIG)
		return TC_ACT_SHOT;
	return make_icmp_error(skb, packet, verdict) ? TC_ACT_SHOT : send_back(skb, packet);
}

/* check_way: what a router on the packet's way may refuse. */
static __always_inline enum verdict check_way(const struct __sk_buff *skb,
					      const struct packet *packet, __u32 mtu)
{
	if (takes_a_hop(packet) && packet->hop_limit <= 1)
		return DROP_HOP_LIMIT;
	if ((packet->flags & PACKET_DONT_FRAGMENT) &&
	    too_big(skb, packet->transport_offset + packet->transport_length, mtu))
		return DROP_TOO_BIG;
	return VERDICT_NEXT;
}

/* finish_here: into a local endpoint, or the host's stack. */
static __always_inline int finish_here(struct __sk_buff *skb, const struct packet *packet,
				       enum verdict verdict)
{
	__u32 id = packet->to, from = place_of(packet->from, packet->from_node), bytes = skb->len;
	struct endpoint_info *to = bpf_map_lookup_elem(&endpoints, &id);
	enum verdict refused;

	if (!to || !to->ifindex)
		return drop(skb, packet, DROP_ENDPOINT_NOT_READY);
	refused = check_way(skb, packet, to->mtu);
	if (refused != VERDICT_NEXT)
		return drop(skb, packet, refused);
	trace(skb, packet, to, verdict);
	return sent(packet, deliver(frame_of(skb), from, packet->to, to), bytes);
}

/* leave_for_node is apart because of the stack, see send_back(). */
static __noinline int leave_for_node(struct __sk_buff *skb, const struct packet *packet,
				     const struct node *node)
{
	return deliver_to_node(skb, packet->from, packet->source_identity, node);
}

/* finish_there: to another node. */
static __always_inline int finish_there(struct __sk_buff *skb, const struct packet *packet)
{
	const struct node *node = node_numbered(packet->to_node);
	__u32 bytes = skb->len;
	enum verdict refused;
	int action;

	if (!node)
		return drop(skb, packet, DROP_NODE_UNKNOWN);
	refused = check_way(skb, packet, mtu_towards(node, is_ipv6(skb)));
	if (refused != VERDICT_NEXT)
		return drop(skb, packet, refused);
	trace(skb, packet, NULL, FORWARD_NODE);
	action = leave_for_node(skb, packet, node);
	if (action == -ENETUNREACH)
		return drop(skb, packet, DROP_NO_ROUTE);
	return sent(packet, action, bytes);
}

/* finish alone counts, reports and acts. */
VERIFIED_ONCE int finish(struct __sk_buff *skb, const struct packet *packet, enum verdict verdict)
{
	if (!packet)
		return TC_ACT_SHOT;

	if (verdict == FORWARD_NODE)
		return finish_there(skb, packet);
	if (verdict == FORWARD_ENDPOINT || verdict == FORWARD_HOST)
		return finish_here(skb, packet, verdict);
	if (verdict >= VERDICT_FIRST_DROP)
		return drop(skb, packet, verdict);
	count_verdict(verdict, skb->len);
	return verdict == ANSWERED ? bpf_redirect(skb->ifindex, 0) : TC_ACT_SHOT;
}
