//go:build ignore
/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The program of the overlay's device: what other nodes send to endpoints of this one. */
#include <linux/if_packet.h>

#include "event.h"
#include "fast.h"
#include "stages.h"
#include "tunnel.h"

/* refuse drops what no node has sent. Who did is all that is to be believed of it. */
static __always_inline int refuse(struct __sk_buff *skb, const struct wrapping *wrapping)
{
	struct packet packet = {
		.source = wrapping->from,
		.destination = wrapping->to,
		.flags = is_mapped(&wrapping->from) ? PACKET_IPV4 : 0,
	};

	count_verdict(DROP_NODE_UNKNOWN, skb->len);
	emit(skb, &packet, EVENT_DROP, DROP_NODE_UNKNOWN);
	return TC_ACT_SHOT;
}

/*
 * from_overlay: tcx ingress of the overlay's device. A frame that is not for the gateway's MAC address, which the device
 * has, is for nobody here, and would be for nobody in a container.
 */
SEC("tc")
int from_overlay(struct __sk_buff *skb)
{
	struct wrapping wrapping = {};
	struct sender sender;
	int action = TC_ACT_UNSPEC;

	if (unwrap(skb, &wrapping))
		return refuse(skb, &wrapping);
	sender.place = place_of(0, node_behind(&wrapping.from));
	sender.carried = wrapping.vni;
	if (!sender.place)
		return refuse(skb, &wrapping);
	if (skb->pkt_type == PACKET_HOST)
		action = fast_path(skb, frame_of(skb), sender);
	if (action != TC_ACT_UNSPEC)
		return action;
	call_slow_path(skb, sender);
	count_verdict(DROP_INTERNAL, skb->len);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
