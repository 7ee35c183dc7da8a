/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "counter.h"
#include "endpoints.h"
#include "fragment.h"
#include "packet.h"
#include "verdict_counter.h"

/* Forwarding into an endpoint: a new MAC, and one hop less if an endpoint sent it. */
static __always_inline int write_headers(struct __sk_buff *skb, const struct packet *packet,
					 const struct endpoint_info *to)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *ethernet = data;

	if (data + sizeof(*ethernet) + sizeof(struct iphdr) > end)
		return -1;
	/* All gateways of a node have one MAC: what the sender aimed at is what the receiver shall see. */
	if (packet->from)
		__builtin_memcpy(ethernet->h_source, ethernet->h_dest, ETH_ALEN);
	__builtin_memcpy(ethernet->h_dest, to->mac, ETH_ALEN);
	if (!packet->from || !packet->to)
		return 0; /* the host's stack is the router then, and counts the hop */
	if (packet->flags & PACKET_IPV4) {
		struct iphdr *ip = data + sizeof(*ethernet);
		__u32 check = (__u32)ip->check + bpf_htons(0x0100); /* RFC 1141 */

		ip->check = check + (check >= 0xffff);
		ip->ttl--;
	} else {
		struct ipv6hdr *ip = data + sizeof(*ethernet);

		if ((void *)(ip + 1) > end)
			return -1;
		ip->hop_limit--;
	}
	return 0;
}

static __always_inline int too_big(const struct __sk_buff *skb, const struct packet *packet,
				   __u32 mtu)
{
	__u32 bytes = skb->len;

	if (bytes <= mtu + sizeof(struct ethhdr))
		return 0;
	if (skb->gso_size)
		bytes = packet->transport_offset + packet->transport_length + skb->gso_size;
	return bytes > mtu + sizeof(struct ethhdr) && (packet->flags & PACKET_DONT_FRAGMENT);
}

static __always_inline int forward(struct __sk_buff *skb, const struct packet *packet,
				   const struct endpoint_info *to)
{
	__u32 bytes = skb->len;

	if (write_headers(skb, packet, to)) {
		count_verdict(DROP_INTERNAL, bytes);
		return TC_ACT_SHOT;
	}
	/* An error's fragments are nobody's: what says which flow it is about is in the first one only. */
	if ((packet->flags & PACKET_FIRST_FRAGMENT) && !(packet->flags & PACKET_ICMP_ERROR))
		remember_fragment(packet);
	count_packet(packet->counter, packet->flags & PACKET_REPLY, bytes);
	if (packet->to)
		return bpf_redirect_peer(to->ifindex, 0);
	return bpf_redirect(to->ifindex, BPF_F_INGRESS);
}
