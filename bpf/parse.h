/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "extension.h"
#include "fragment.h"
#include "ip.h"
#include "packet.h"
#include "protocol.h"
#include "transport.h"

/*
 * The headers that are read, and written, in place. A transport header that is not linear is copied, which costs much less than
 * to pull it: a TCP segment's payload is in pages, and a pull makes room for it by copying the head, packet by packet.
 */
#define LINEAR_BYTES (sizeof(struct ethhdr) + sizeof(struct ipv6hdr))

/* A transport header can not be split by a fragment that overlaps it (RFC 1858). */
static __always_inline int overlaps_transport(const struct packet *packet, __u16 offset)
{
	return packet->protocol == IPPROTO_TCP && offset * 8 < sizeof(struct tcphdr);
}

/* parse_transport_there is parse_transport for the rare packets: one copy of it is enough for them. */
static __noinline int parse_transport_there(struct __sk_buff *skb, struct packet *packet)
{
	return parse_transport(skb, packet);
}

/* recall_fragment tells of a later fragment what only the first one carried. */
static __noinline int recall_fragment(struct packet *packet)
{
	struct fragment_key key = {};
	struct fragment *fragment;

	fragment_key_of(packet, &key);
	fragment = bpf_map_lookup_elem(&fragments, &key);
	if (!fragment)
		return DROP_FRAGMENT_UNKNOWN;
	packet->source_port = fragment->source_port;
	packet->destination_port = fragment->destination_port;
	packet->icmp_type = fragment->icmp_type;
	return VERDICT_NEXT;
}

/* parse_fragment reads the transport header, or recalls what the first fragment's said. */
static __always_inline enum verdict parse_fragment(struct __sk_buff *skb, struct packet *packet,
						   __u16 offset, int more, __be32 id)
{
	packet->fragment_id = id;
	if (offset) {
		packet->flags |= PACKET_LATER_FRAGMENT;
		if (overlaps_transport(packet, offset))
			return DROP_BAD_HEADER;
		return recall_fragment(packet);
	}
	if (more)
		packet->flags |= PACKET_FIRST_FRAGMENT;
	return parse_transport_there(skb, packet);
}

static __always_inline enum verdict parse_ipv4(struct __sk_buff *skb, struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct iphdr *ip = data + sizeof(struct ethhdr);
	enum verdict verdict;
	__u16 fragment;

	if ((void *)(ip + 1) > end)
		return DROP_TRUNCATED;
	verdict = read_ipv4(skb, packet, ip);
	if (verdict != VERDICT_NEXT)
		return verdict;
	fragment = bpf_ntohs(ip->frag_off);
	if (fragment & (IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS))
		return parse_fragment(skb, packet, fragment & IPV4_FRAGMENT_OFFSET,
				      fragment & IPV4_MORE_FRAGMENTS, bpf_htonl(bpf_ntohs(ip->id)));
	return parse_transport(skb, packet);
}

static __always_inline enum verdict parse_ipv6(struct __sk_buff *skb, struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ipv6hdr *ip = data + sizeof(struct ethhdr);
	struct extensions extensions = {};
	enum verdict verdict;

	if ((void *)(ip + 1) > end)
		return DROP_TRUNCATED;
	verdict = read_ipv6(skb, packet, ip);
	if (verdict != VERDICT_NEXT)
		return verdict;
	if (!is_extension(packet->protocol))
		return parse_transport(skb, packet);

	verdict = skip_extensions(skb, packet, &extensions);
	if (verdict != VERDICT_NEXT)
		return verdict;
	if (extensions.fragmented)
		return parse_fragment(skb, packet, extensions.fragment_offset,
				      extensions.more_fragments, extensions.fragment_id);
	return parse_transport_there(skb, packet);
}

/*
 * parse fills packet from the headers and checks every bound. VERDICT_NEXT: packet is complete. ARP is
 * left to answer_arp(): protocol stays 0.
 */
VERIFIED_ONCE int parse(struct __sk_buff *skb, struct packet *packet)
{
	void *data, *end;
	struct ethhdr *ethernet;

	if (!packet)
		return DROP_INTERNAL;
	if (skb->data_end - skb->data < LINEAR_BYTES && skb->data_end - skb->data < skb->len)
		bpf_skb_pull_data(skb, skb->len < LINEAR_BYTES ? skb->len : LINEAR_BYTES);
	data = frame_start(skb);
	end = frame_end(skb);
	ethernet = data;
	if ((void *)(ethernet + 1) > end)
		return DROP_TRUNCATED;
	packet->ethertype = ethernet->h_proto;
	if (skb->vlan_present)
		return DROP_UNKNOWN_ETHERTYPE;
	if (packet->ethertype == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(skb, packet);
	if (packet->ethertype == bpf_htons(ETH_P_IP))
		return parse_ipv4(skb, packet);
	return packet->ethertype == bpf_htons(ETH_P_ARP) ? VERDICT_NEXT : DROP_UNKNOWN_ETHERTYPE;
}
