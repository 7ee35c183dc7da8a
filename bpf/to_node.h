/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "forward.h"
#include "native.h"
#include "nodes.h"
#include "tunnel.h"

static __always_inline int is_ipv6(const struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IPV6);
}

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

/* wrap gives a packet to the overlay's device. That wraps it up, and asks the host's routes for the way. */
static __always_inline int wrap(struct __sk_buff *skb, __u32 identity, const struct node *node)
{
	return encapsulate(skb, node, identity) ? -1 : bpf_redirect(node->ifindex, 0);
}

/* wrap_up is wrap for a packet of an endpoint, or of the host (0). */
static __always_inline int wrap_up(struct __sk_buff *skb, __u32 from, __u32 identity,
				   const struct node *node)
{
	struct frame frame = frame_of(skb);

	if (address_to_node(frame, from) || (from && count_hop(frame)))
		return -1;
	return wrap(skb, identity, node);
}

/*
 * deliver_to_node sends a packet of an endpoint, or of the host (0), as the node takes it. Negative: it could not be made
 * ready; -ENETUNREACH: there is no route, and nothing has changed.
 */
static __always_inline int deliver_to_node(struct __sk_buff *skb, __u32 from, __u32 identity,
					   const struct node *node)
{
	if (takes_as_is(node, is_ipv6(skb)))
		return send_as_is(skb, from, identity, node);
	return wrap_up(skb, from, identity, node);
}

/* answer_node sends what the programs themselves say to a node. The frame is for the gateway already. */
static __always_inline int answer_node(struct __sk_buff *skb, __u32 identity,
				       const struct node *node)
{
	if (takes_as_is(node, is_ipv6(skb)))
		return send_as_is(skb, 0, identity, node);
	return wrap(skb, identity, node);
}
