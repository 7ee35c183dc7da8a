/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "identity.h"
#include "label.h"
#include "packet.h"
#include "tailored.h"

#define CLUSTER_BITS \
	bpf_cpu_to_be64(0xffffffffffff0000ULL) /* of a /64; the others are the node's number */

/* linear_ipv6 is the header of an IPv6 packet without a tag; NULL: it is something else. */
static __always_inline const struct ipv6hdr *linear_ipv6(struct __sk_buff *skb)
{
	const __u32 bytes = sizeof(struct ethhdr) + sizeof(struct ipv6hdr);
	struct frame frame;

	if (skb->protocol != bpf_htons(ETH_P_IPV6) || skb->vlan_present)
		return NULL;
	frame = frame_of(skb);
	if (frame.start + bytes > frame.end) {
		if (bpf_skb_pull_data(skb, bytes))
			return NULL;
		frame = frame_of(skb);
	}
	return frame.start + bytes > frame.end ? NULL : frame.start + sizeof(struct ethhdr);
}

/*
 * arrived_from is the number of the other node that a packet for this one's prefix comes from, by its source address.
 * 0: it is not one between nodes, as most are not that an uplink gets.
 */
static __always_inline __u16 arrived_from(struct __sk_buff *skb)
{
	const struct ipv6hdr *ip = linear_ipv6(skb);
	__u64 here = TAILORED(CONSTANT_PREFIX6), source;

	if (!ip || ((const union address *)&ip->daddr)->halves[0] != here ||
	    skb->pkt_type != PACKET_HOST)
		return 0;
	source = ((const union address *)&ip->saddr)->halves[0];
	if (source == here || ((source ^ here) & CLUSTER_BITS))
		return 0;
	return bpf_be64_to_cpu(source);
}

/*
 * admit makes a frame for this host one for the gateway, as from an endpoint here, and returns the identity that was its
 * flow label. Nobody behind this sees that.
 */
static __always_inline __u32 admit(struct __sk_buff *skb)
{
	struct frame frame = frame_of(skb);
	__u64 gateway = TAILORED(CONSTANT_LINK_START);
	struct ethhdr *ethernet = frame.start;

	if ((void *)(ethernet + 1) > frame.end)
		return IDENTITY_UNKNOWN;
	copy_mac(ethernet->h_dest, &gateway);
	return take_label(skb, frame);
}
