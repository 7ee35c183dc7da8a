/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "checksum.h"
#include "config.h"
#include "endpoints.h"
#include "outside.h"
#include "packet.h"
#include "transport.h"
#include "verdict.h"

static __always_inline int is_icmp(const struct packet *packet)
{
	return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
}

static __always_inline int is_icmp_error(const struct packet *packet)
{
	if (packet->flags & PACKET_IPV4)
		return packet->icmp_type == ICMP_DEST_UNREACH ||
		       packet->icmp_type == ICMP_TIME_EXCEEDED ||
		       packet->icmp_type == ICMP_PARAMETERPROB;
	return packet->icmp_type >= ICMPV6_DEST_UNREACH && packet->icmp_type <= ICMPV6_PARAMPROB;
}

/* The quoted packet's ports, the other way round as the error travels the other way. */
static __always_inline enum verdict quoted_ports(struct __sk_buff *skb, struct packet *packet,
						 __u32 offset)
{
	__be16 words[4];

	if (bpf_skb_load_bytes(skb, offset, words, sizeof(words)))
		return DROP_TRUNCATED;
	if (is_icmp(packet)) {
		__u8 type = *(const __u8 *)words;

		if (!is_echo_request(packet->protocol, type) &&
		    !is_echo_reply(packet->protocol, type))
			return DROP_ICMP_UNRELATED;
		packet->source_port = is_echo_reply(packet->protocol, type) ? words[2] : 0;
		packet->destination_port = is_echo_request(packet->protocol, type) ? words[2] : 0;
		return VERDICT_NEXT;
	}
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP &&
	    packet->protocol != IPPROTO_SCTP)
		return DROP_ICMP_UNRELATED;
	packet->source_port = words[1];
	packet->destination_port = words[0];
	return VERDICT_NEXT;
}

static __always_inline enum verdict quoted_ipv4(struct __sk_buff *skb, struct packet *packet,
						__u32 offset)
{
	union address source, destination;
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)))
		return DROP_TRUNCATED;
	if (ip.version != 4 || ip.ihl < 5 || (bpf_ntohs(ip.frag_off) & 0x1fff))
		return DROP_ICMP_UNRELATED;
	map_ipv4(&source, ip.saddr);
	map_ipv4(&destination, ip.daddr);
	if (!same_address(&source, &packet->destination))
		return DROP_ICMP_UNRELATED;
	packet->source = destination;
	packet->protocol = ip.protocol;
	return quoted_ports(skb, packet, offset + ip.ihl * 4);
}

static __always_inline enum verdict quoted_ipv6(struct __sk_buff *skb, struct packet *packet,
						__u32 offset)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)))
		return DROP_TRUNCATED;
	if (ip.version != 6 ||
	    !same_address((const union address *)&ip.saddr, &packet->destination))
		return DROP_ICMP_UNRELATED;
	__builtin_memcpy(&packet->source, &ip.daddr, sizeof(packet->source));
	packet->protocol = ip.nexthdr;
	return quoted_ports(skb, packet, offset + sizeof(ip));
}

/*
 * resolve_icmp_error makes packet one of the flow that the error is about: from the quoted packet's
 * destination to its source, who must be the one that gets the error. Routers in between may send it,
 * so the outer source address is not kept.
 */
static __noinline int resolve_icmp_error(struct __sk_buff *skb, struct packet *packet)
{
	__u32 quoted = packet->transport_offset + sizeof(struct icmphdr);

	packet->flags |= PACKET_ICMP_ERROR;
	if (packet->flags & PACKET_IPV4)
		return quoted_ipv4(skb, packet, quoted);
	return quoted_ipv6(skb, packet, quoted);
}

/* answer_echo turns a request to the gateway into its reply, in place: nothing but the type changes the sum. */
static __noinline int answer_echo(struct __sk_buff *skb, const struct packet *packet)
{
	__u32 check = packet->transport_offset + offsetof(struct icmphdr, checksum);
	int ipv4 = packet->flags & PACKET_IPV4;
	__u32 addresses = ipv4 ? offsetof(struct iphdr, saddr) : offsetof(struct ipv6hdr, saddr);
	__u8 type = ipv4 ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY;
	struct ethhdr received, answer = {};
	int failed;

	if (bpf_skb_load_bytes(skb, 0, &received, sizeof(received)))
		return DROP_TRUNCATED;
	swap_macs(&answer, &received);
	addresses += sizeof(struct ethhdr);
	failed = bpf_skb_store_bytes(skb, 0, &answer, sizeof(answer), 0) ||
		 bpf_skb_store_bytes(skb, packet->transport_offset, &type, sizeof(type), 0) ||
		 bpf_l4_csum_replace(skb, check, bpf_htons(packet->icmp_type << 8),
				     bpf_htons(type << 8), 2);
	if (ipv4)
		failed = failed ||
			 bpf_skb_store_bytes(skb, addresses, &packet->destination.words[3], 4, 0) ||
			 bpf_skb_store_bytes(skb, addresses + 4, &packet->source.words[3], 4, 0);
	else
		failed = failed ||
			 bpf_skb_store_bytes(skb, addresses, &packet->destination, 16, 0) ||
			 bpf_skb_store_bytes(skb, addresses + 16, &packet->source, 16, 0);
	return failed ? DROP_INTERNAL : ANSWERED;
}

/* may_report_error: endpoints and nodes speak for themselves, outside there are routers. */
static __always_inline int may_report_error(const struct packet *packet)
{
	if (packet->from)
		return owns(packet->from, &packet->source);
	return !packet->from_node || outsider_at(&packet->source).node == packet->from_node;
}

/* handle_icmp takes care of all that is neither a flow's own nor an error about one. */
static __always_inline enum verdict handle_icmp(struct __sk_buff *skb, struct packet *packet)
{
	if (packet->flags & PACKET_LATER_FRAGMENT)
		return VERDICT_NEXT;
	if (is_icmp_error(packet) && !may_report_error(packet))
		return DROP_SOURCE_ADDRESS;
	if (is_icmp_error(packet))
		return resolve_icmp_error(skb, packet);
	if (is_echo_reply(packet->protocol, packet->icmp_type))
		return VERDICT_NEXT;
	if (!is_echo_request(packet->protocol, packet->icmp_type))
		return DROP_ICMP_TYPE;
	if (packet->from && !(packet->flags & PACKET_FIRST_FRAGMENT) &&
	    is_gateway(&packet->destination))
		return owns(packet->from, &packet->source) ? answer_echo(skb, packet) :
							     DROP_SOURCE_ADDRESS;
	return VERDICT_NEXT;
}
