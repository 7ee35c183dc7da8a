/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "ip.h"
#include "packet.h"
#include "transport.h"

/*
 * A plain packet has an IP header without options, extension headers or fragments, and TCP, UDP or SCTP right behind
 * it, all of that linear. It is read by what parse() reads it by; what is wrong with one that does not pass, parse() says.
 */

/* Not even the shortest frame has all bytes that a union transport has. */
static __always_inline int parse_plain_transport(struct packet *packet, const void *header,
						 const void *end)
{
	const union transport *transport = header;

	switch (packet->protocol) {
	case IPPROTO_TCP:
		return header + sizeof(transport->tcp) <= end &&
		       parse_tcp(packet, &transport->tcp) == VERDICT_NEXT;
	case IPPROTO_UDP:
		return header + sizeof(transport->udp) <= end &&
		       parse_udp(packet, &transport->udp) == VERDICT_NEXT;
	case IPPROTO_SCTP:
		return header + sizeof(transport->sctp) <= end &&
		       parse_sctp(packet, transport) == VERDICT_NEXT;
	}
	return 0;
}

static __always_inline int parse_plain_ipv4(const struct __sk_buff *skb, struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct iphdr *ip = data + sizeof(struct ethhdr);

	if ((void *)(ip + 1) > end || *(__u8 *)ip != IPV4_WITHOUT_OPTIONS ||
	    (ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS)))
		return 0;
	return read_ipv4(skb, packet, ip) == VERDICT_NEXT &&
	       parse_plain_transport(packet, ip + 1, end);
}

static __always_inline int parse_plain_ipv6(const struct __sk_buff *skb, struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ipv6hdr *ip = data + sizeof(struct ethhdr);

	if ((void *)(ip + 1) > end)
		return 0;
	return read_ipv6(skb, packet, ip) == VERDICT_NEXT &&
	       parse_plain_transport(packet, ip + 1, end);
}

/* parse_plain fills packet, and says whether it is a plain one. */
static __always_inline int parse_plain(const struct __sk_buff *skb, struct packet *packet)
{
	void *data = frame_start(skb), *end = frame_end(skb);
	struct ethhdr *ethernet = data;

	if ((void *)(ethernet + 1) > end || skb->vlan_present)
		return 0;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP))
		return parse_plain_ipv4(skb, packet);
	if (ethernet->h_proto == bpf_htons(ETH_P_IPV6))
		return parse_plain_ipv6(skb, packet);
	return 0;
}
