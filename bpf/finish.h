/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "counter.h"
#include "event.h"
#include "forward.h"
#include "fragment.h"
#include "icmp_error.h"
#include "packet.h"

static __always_inline int forward(struct __sk_buff *skb, const struct packet *packet,
				   const struct endpoint_info *to)
{
	__u32 bytes = skb->len;
	int action = deliver(frame_of(skb), packet->from, packet->to, to);

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

	if ((to->flags & ENDPOINT_TRACE) || (from && (from->flags & ENDPOINT_TRACE)))
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
	if (verdict == DROP_HOP_LIMIT || verdict == DROP_TOO_BIG)
		return send_icmp_error(skb, packet, verdict);
	return TC_ACT_SHOT;
}

/* finish alone counts, reports and acts. */
VERIFIED_ONCE int finish(struct __sk_buff *skb, const struct packet *packet, enum verdict verdict)
{
	if (!packet)
		return TC_ACT_SHOT;

	if (verdict == FORWARD_ENDPOINT || verdict == FORWARD_HOST) {
		__u32 id = packet->to;
		struct endpoint_info *to = bpf_map_lookup_elem(&endpoints, &id);

		if (!to || !to->ifindex)
			return drop(skb, packet, DROP_ENDPOINT_NOT_READY);
		if (packet->from && packet->to && packet->hop_limit <= 1)
			return drop(skb, packet, DROP_HOP_LIMIT);
		if ((packet->flags & PACKET_DONT_FRAGMENT) &&
		    too_big(skb, packet->transport_offset + packet->transport_length, to->mtu))
			return drop(skb, packet, DROP_TOO_BIG);
		trace(skb, packet, to, verdict);
		return forward(skb, packet, to);
	}
	if (verdict >= VERDICT_FIRST_DROP)
		return drop(skb, packet, verdict);
	count_verdict(verdict, skb->len);
	return verdict == ANSWERED ? bpf_redirect(skb->ifindex, 0) : TC_ACT_SHOT;
}
