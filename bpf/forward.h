/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "endpoints.h"
#include "label.h"
#include "packet.h"
#include "place.h"

/*
 * count_hop takes one from the hop limit of what an endpoint sent to another, on whatever node that is. The host's
 * stack routes all else, and counts; what comes from another node was counted there.
 */
static __always_inline int count_hop(struct frame frame)
{
	struct iphdr *ipv4 = frame.start + sizeof(struct ethhdr);
	struct ipv6hdr *ipv6 = frame.start + sizeof(struct ethhdr);

	if ((void *)(ipv4 + 1) > frame.end)
		return -1;
	if (ethertype(frame.start) == bpf_htons(ETH_P_IP)) {
		__u32 check = (__u32)ipv4->check + bpf_htons(0x0100); /* RFC 1141 */

		ipv4->check = check + (check >= 0xffff);
		ipv4->ttl--;
	} else {
		ipv6->hop_limit--;
	}
	return 0;
}

/* address_frame gives a frame the MAC addresses that its receiver wants to see. */
static __always_inline int address_frame(struct frame frame, __u32 from,
					 const struct endpoint_info *receiver)
{
	struct ethhdr *ethernet = frame.start;

	if ((void *)(ethernet + 1) > frame.end)
		return -1;
	/* All gateways, on all nodes, have one MAC: what the sender aimed at is what the receiver shall see. */
	if (from)
		copy_mac(ethernet->h_source, ethernet->h_dest);
	copy_mac(ethernet->h_dest, receiver->mac);
	return 0;
}

/* too_big for a link: each segment is, of what is cut into segments later. */
static __always_inline int too_big(const struct __sk_buff *skb, __u32 headers, __u32 mtu)
{
	__u32 bytes = skb->len;

	if (bytes <= mtu + sizeof(struct ethhdr))
		return 0;
	if (skb->gso_size)
		bytes = headers + skb->gso_size;
	return bytes > mtu + sizeof(struct ethhdr);
}

/*
 * leave_label_behind: nodes believe the flow label of what has an address of this one's endpoints. What an endpoint has put
 * there itself does not leave by the host, whoever routes it to whom afterwards.
 */
static __always_inline int leave_label_behind(struct frame frame)
{
	return ethertype(frame.start) == bpf_htons(ETH_P_IPV6) && set_label(frame, 0);
}

/*
 * deliver changes a packet's headers to what they are behind this hop, and redirects it to an endpoint or to the host's
 * stack. from is a place. Negative: it is not linear enough.
 */
static __always_inline int deliver(struct frame frame, __u32 from, __u32 to,
				   const struct endpoint_info *receiver)
{
	if (address_frame(frame, from, receiver))
		return -1;
	if (to ? endpoint_at(from) && count_hop(frame) : leave_label_behind(frame))
		return -1;
	return to ? bpf_redirect_peer(receiver->ifindex, 0) :
		    bpf_redirect(receiver->ifindex, BPF_F_INGRESS);
}
