/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "forward.h"
#include "nodes.h"
#include "tunnel.h"

/*
 * address_to_node: the gateway's MAC address is that of the overlay's devices, and so a frame for the gateway is one for any
 * of them. They refuse what seems to be their own, as what the host's stack sends does.
 */
static __always_inline int address_to_node(struct frame frame, __u32 from)
{
	struct ethhdr *ethernet = frame.start;

	if ((void *)(ethernet + 1) > frame.end)
		return -1;
	if (!from) {
		copy_mac(ethernet->h_source, ethernet->h_dest);
		ethernet->h_source[ETH_ALEN - 1] ^= 1;
	}
	return 0;
}

/*
 * deliver_to_node gives a packet of an endpoint, or of the host (0), to the overlay's device. That wraps it up, and asks the
 * host's routes for the way. Negative: it could not be made ready.
 */
static __always_inline int deliver_to_node(struct __sk_buff *skb, __u32 from, __u32 identity,
					   const struct node *node)
{
	struct frame frame = frame_of(skb);

	if (address_to_node(frame, from) || (from && count_hop(frame)) ||
	    encapsulate(skb, node, identity))
		return -1;
	return bpf_redirect(node->ifindex, 0);
}
