/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include "checksum.h"
#include "config.h"
#include "endpoints.h"
#include "packet.h"
#include "protocol.h"
#include "verdict.h"

/*
 * The container's link has two ends, and only the gateway's answers. Whatever address the container asks
 * for, the gateway has it; about its own address it hears nothing.
 */

struct arp {
	struct ethhdr ethernet;
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_bytes;
	__u8 protocol_bytes;
	__be16 operation;
	__u8 sender_mac[ETH_ALEN];
	__be32 sender;
	__u8 target_mac[ETH_ALEN];
	__be32 target;
} __attribute__((packed));

static __always_inline int valid_arp(const struct arp *arp)
{
	return arp->hardware == bpf_htons(ARPHRD_ETHER) && arp->protocol == bpf_htons(ETH_P_IP) &&
	       arp->hardware_bytes == ETH_ALEN && arp->protocol_bytes == sizeof(__be32);
}

static __always_inline int owns_ipv4(__u32 endpoint, __be32 ipv4)
{
	union address mapped;

	map_ipv4(&mapped, ipv4);
	return owns(endpoint, &mapped);
}

/* answer_arp turns a request into its reply, in place. */
static __noinline int answer_arp(struct __sk_buff *skb, const struct packet *packet)
{
	struct arp arp;
	__be32 target;

	if (bpf_skb_load_bytes(skb, 0, &arp, sizeof(arp)))
		return DROP_TRUNCATED;
	if (!valid_arp(&arp))
		return DROP_BAD_HEADER;
	if (!same_mac(arp.sender_mac, arp.ethernet.h_source) ||
	    (arp.sender && !owns_ipv4(packet->from, arp.sender)))
		return DROP_NEIGHBOUR_SPOOFED;
	if (arp.operation != bpf_htons(ARPOP_REQUEST) || !arp.sender ||
	    owns_ipv4(packet->from, arp.target))
		return IGNORED;

	target = arp.target;
	arp.operation = bpf_htons(ARPOP_REPLY);
	__builtin_memcpy(arp.ethernet.h_dest, arp.ethernet.h_source, ETH_ALEN);
	load_mac(arp.ethernet.h_source, config.gateway_mac);
	__builtin_memcpy(arp.target_mac, arp.sender_mac, ETH_ALEN);
	load_mac(arp.sender_mac, config.gateway_mac);
	arp.target = arp.sender;
	arp.sender = target;
	return bpf_skb_store_bytes(skb, 0, &arp, sizeof(arp), 0) ? DROP_INTERNAL : ANSWERED;
}

struct advertisement {
	struct ipv6hdr ip;
	struct icmp6hdr icmp;
	union address target;
	__u8 option;
	__u8 option_length; /* in units of 8 bytes */
	__u8 mac[ETH_ALEN];
};

#define TARGET_OFFSET (sizeof(struct ethhdr) + sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr))
#define OPTION_TARGET_MAC 2
#define ADVERTISEMENT_BYTES (sizeof(struct icmp6hdr) + sizeof(union address) + 8)

static __always_inline int is_link_local(const union address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

static __always_inline int is_unspecified(const union address *address)
{
	return !address->halves[0] && !address->halves[1];
}

/* advertise overwrites a solicitation with the gateway's answer (RFC 4861 4.4). */
static __always_inline enum verdict advertise(struct __sk_buff *skb, const struct packet *packet,
					      const union address *target)
{
	struct ethhdr ethernet = { .h_proto = bpf_htons(ETH_P_IPV6) };
	struct advertisement answer = {};
	__u64 sum;

	if (bpf_skb_change_tail(skb, sizeof(ethernet) + sizeof(answer), 0) ||
	    bpf_skb_load_bytes(skb, ETH_ALEN, ethernet.h_dest, ETH_ALEN))
		return DROP_INTERNAL;
	load_mac(ethernet.h_source, config.gateway_mac);
	answer.ip.version = 6;
	answer.ip.payload_len = bpf_htons(ADVERTISEMENT_BYTES);
	answer.ip.nexthdr = IPPROTO_ICMPV6;
	answer.ip.hop_limit = 255;
	__builtin_memcpy(&answer.ip.saddr, target, sizeof(*target));
	__builtin_memcpy(&answer.ip.daddr, &packet->source, sizeof(packet->source));
	answer.icmp.icmp6_type = NDISC_NEIGHBOUR_ADVERTISEMENT;
	answer.icmp.icmp6_router = 1;
	answer.icmp.icmp6_solicited = 1;
	answer.icmp.icmp6_override = 1;
	answer.target = *target;
	answer.option = OPTION_TARGET_MAC;
	answer.option_length = 1;
	load_mac(answer.mac, config.gateway_mac);
	sum = icmp6_pseudo_header(&answer.ip.saddr, &answer.ip.daddr, ADVERTISEMENT_BYTES);
	answer.icmp.icmp6_cksum = fold(checksum_of(&answer.icmp, ADVERTISEMENT_BYTES, sum));
	if (bpf_skb_store_bytes(skb, 0, &ethernet, sizeof(ethernet), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(ethernet), &answer, sizeof(answer), 0))
		return DROP_INTERNAL;
	return ANSWERED;
}

static __always_inline enum verdict answer_solicitation(struct __sk_buff *skb,
							const struct packet *packet)
{
	union address target;

	if (is_unspecified(&packet->source))
		return IGNORED; /* duplicate address detection: the link has no other host */
	if (bpf_skb_load_bytes(skb, TARGET_OFFSET, &target, sizeof(target)))
		return DROP_TRUNCATED;
	if (is_link_local(&target) || owns(packet->from, &target))
		return IGNORED;
	return advertise(skb, packet, &target);
}

/* check_discovery: a message of this link, with its target where it always is (RFC 4861 7.1, RFC 6980). */
static __always_inline enum verdict check_discovery(const struct packet *packet)
{
	if (packet->hop_limit != 255)
		return DROP_BAD_HEADER;
	if (packet->transport_offset + sizeof(struct icmp6hdr) != TARGET_OFFSET)
		return DROP_EXTENSION_HEADERS;
	if (packet->payload_end < TARGET_OFFSET + sizeof(union address))
		return DROP_TRUNCATED;
	return VERDICT_NEXT;
}

/* Nobody needs a container's advertisement; one about an address that is not its own is worth knowing. */
static __always_inline enum verdict check_advertisement(struct __sk_buff *skb,
							const struct packet *packet)
{
	union address target;

	if (bpf_skb_load_bytes(skb, TARGET_OFFSET, &target, sizeof(target)))
		return DROP_TRUNCATED;
	if (is_link_local(&target) || owns(packet->from, &target))
		return IGNORED;
	return DROP_NEIGHBOUR_SPOOFED;
}

/*
 * answer_discovery handles neighbour discovery and multicast listening, which stay on the link.
 * VERDICT_NEXT: it was something else.
 */
static __noinline int answer_discovery(struct __sk_buff *skb, const struct packet *packet)
{
	enum verdict verdict;

	switch (packet->icmp_type) {
	case NDISC_ROUTER_SOLICITATION:
	case ICMPV6_MGM_QUERY:
	case ICMPV6_MGM_REPORT:
	case ICMPV6_MGM_REDUCTION:
	case ICMPV6_MLD2_REPORT:
		return IGNORED;
	case NDISC_ROUTER_ADVERTISEMENT:
	case NDISC_REDIRECT:
		return DROP_NEIGHBOUR_SPOOFED;
	case NDISC_NEIGHBOUR_SOLICITATION:
	case NDISC_NEIGHBOUR_ADVERTISEMENT:
		break;
	default:
		return VERDICT_NEXT;
	}
	verdict = check_discovery(packet);
	if (verdict != VERDICT_NEXT)
		return verdict;
	if (!is_unspecified(&packet->source) && !is_link_local(&packet->source) &&
	    !owns(packet->from, &packet->source))
		return DROP_NEIGHBOUR_SPOOFED;
	if (packet->icmp_type == NDISC_NEIGHBOUR_ADVERTISEMENT)
		return check_advertisement(skb, packet);
	return answer_solicitation(skb, packet);
}
