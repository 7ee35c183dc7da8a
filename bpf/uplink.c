//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The program of an interface to other nodes: what they send to endpoints of this one as it is. All else is the host's. */
#include <linux/if_packet.h>

#include "arrival.h"
#include "event.h"
#include "fast.h"
#include "nodes.h"
#include "stages.h"

/* refuse drops what comes from a prefix of the cluster that no node has. */
static __always_inline int refuse(struct __sk_buff *skb)
{
	struct frame frame = frame_of(skb);
	const struct ipv6hdr *ip = frame.start + sizeof(struct ethhdr);
	struct packet packet = {};

	if ((void *)(ip + 1) <= frame.end) {
		__builtin_memcpy(&packet.source, &ip->saddr, sizeof(packet.source));
		__builtin_memcpy(&packet.destination, &ip->daddr, sizeof(packet.destination));
	}
	count_verdict(DROP_NODE_UNKNOWN, skb->len);
	emit(skb, &packet, EVENT_DROP, DROP_NODE_UNKNOWN);
	return TC_ACT_SHOT;
}

/* from_uplink: tcx ingress, beside whatever else is there. */
SEC("tc")
int from_uplink(struct __sk_buff *skb)
{
	struct sender sender = {};
	int action;

	sender.place = place_of(0, arrived_from(skb));
	if (!sender.place)
		return TC_ACT_UNSPEC;
	sender.carried = admit(skb);
	action = fast_path(skb, frame_of(skb), sender);
	if (action != TC_ACT_UNSPEC)
		return action;
	if (!node_numbered(node_at(sender.place)))
		return refuse(skb);
	call_slow_path(skb, sender);
	count_verdict(DROP_INTERNAL, skb->len);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
