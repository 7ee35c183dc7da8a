/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "config.h"
#include "endpoints.h"
#include "icmp.h"
#include "neighbour.h"
#include "parse.h"

static __always_inline int is_multicast(const struct packet *packet)
{
	if (packet->flags & PACKET_IPV4)
		return packet->destination.bytes[12] >= 224 || packet->destination.bytes[12] == 0;
	return packet->destination.bytes[0] == 0xff;
}

/* Addresses that mean something on one link or host only: ::, ::1 and 127.0.0.0/8, and fe80::/10. */
static __always_inline int is_never_routed(const struct packet *packet)
{
	const union address *to = &packet->destination;

	if (packet->flags & PACKET_IPV4)
		return to->bytes[12] == 127;
	return is_link_local(to) ||
	       (!to->halves[0] && !to->words[2] && bpf_ntohl(to->words[3]) <= 1);
}

/* check_link is what can be said before the packet is understood: who sent the frame. */
static __always_inline enum verdict check_link(struct __sk_buff *skb, const struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *ethernet = data;
	__u32 id = packet->from;
	struct endpoint_info *from = bpf_map_lookup_elem(&endpoints, &id);

	if ((void *)(ethernet + 1) > end)
		return DROP_TRUNCATED;
	if (!from || !from->generation)
		return DROP_ENDPOINT_NOT_READY;
	return same_mac(ethernet->h_source, from->mac) ? VERDICT_NEXT : DROP_SOURCE_MAC;
}

/* check_routed: what leaves the link was sent to the gateway, and to one receiver. */
static __always_inline enum verdict check_routed(struct __sk_buff *skb, const struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *ethernet = data;

	if (is_multicast(packet))
		return DROP_MULTICAST;
	if (is_never_routed(packet))
		return DROP_DESTINATION_UNKNOWN;
	if ((void *)(ethernet + 1) > end)
		return DROP_TRUNCATED;
	return same_mac(ethernet->h_dest, config.gateway_mac) ? VERDICT_NEXT : DROP_DESTINATION_MAC;
}

/* receive_from_endpoint deals with all that stays on the container's link. */
static __always_inline enum verdict receive_from_endpoint(struct __sk_buff *skb,
							  struct packet *packet)
{
	enum verdict verdict = check_link(skb, packet);

	if (verdict != VERDICT_NEXT)
		return verdict;
	if (packet->ethertype == bpf_htons(ETH_P_ARP))
		return answer_arp(skb, packet);
	if (packet->protocol == IPPROTO_ICMPV6) {
		verdict = answer_discovery(skb, packet);
		if (verdict != VERDICT_NEXT)
			return verdict;
	}
	return check_routed(skb, packet);
}

/* receive_from_host: the device has neither ARP nor neighbours; the host's own chatter ends here. */
static __always_inline enum verdict receive_from_host(const struct packet *packet)
{
	int chatter = packet->ethertype == bpf_htons(ETH_P_ARP) || is_multicast(packet);

	return chatter ? IGNORED : VERDICT_NEXT;
}

/* receive_from_node: nodes send each other nothing but packets of endpoints, and say whose they are. */
static __always_inline enum verdict receive_from_node(struct __sk_buff *skb,
						      const struct packet *packet)
{
	if (packet->ethertype == bpf_htons(ETH_P_ARP))
		return DROP_UNKNOWN_ETHERTYPE;
	return is_carried(packet->carried) ? check_routed(skb, packet) : DROP_IDENTITY_UNKNOWN;
}

/* receive_from is what comes before the packet's flow, by where it came from. */
static __always_inline enum verdict receive_from(struct __sk_buff *skb, struct packet *packet)
{
	if (packet->from)
		return receive_from_endpoint(skb, packet);
	if (packet->from_node)
		return receive_from_node(skb, packet);
	return receive_from_host(packet);
}

/* receive parses a packet, and deals with it if it is not one of a flow. */
static __always_inline enum verdict receive(struct __sk_buff *skb, struct packet *packet)
{
	enum verdict verdict = parse(skb, packet);

	if (verdict != VERDICT_NEXT)
		return verdict;
	verdict = receive_from(skb, packet);
	if (verdict == VERDICT_NEXT && is_icmp(packet))
		verdict = handle_icmp(skb, packet);
	return verdict;
}
