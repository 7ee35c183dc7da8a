/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include "budget.h"
#include "checksum.h"
#include "config.h"
#include "endpoints.h"
#include "nodes.h"
#include "packet.h"
#include "protocol.h"
#include "to_node.h"

/* What an error says of the packet it is about: its IP header and this much more (RFC 792, RFC 4443). */
#define QUOTED_PAYLOAD 64

struct icmp4_error {
	struct iphdr ip;
	struct icmphdr icmp;
};

struct icmp6_error {
	struct ipv6hdr ip;
	struct icmp6hdr icmp;
};

#define QUOTE4_BYTES (sizeof(struct iphdr) + QUOTED_PAYLOAD)
#define QUOTE6_BYTES (sizeof(struct ipv6hdr) + QUOTED_PAYLOAD)

static __always_inline __u32 link_mtu(const struct packet *packet)
{
	__u32 id = packet->to;
	struct endpoint_info *to = bpf_map_lookup_elem(&endpoints, &id);
	const struct node *node = packet->to_node ? node_numbered(packet->to_node) : NULL;

	if (node)
		return mtu_towards(node, !(packet->flags & PACKET_IPV4));
	return to ? to->mtu : 1280;
}

/*
 * make_room cuts the packet down to what is quoted, and grows it at the front so that a whole new header
 * stack fits before the old IP header. A packet shorter than the quote is padded with zeros.
 */
static __always_inline int make_room(struct __sk_buff *skb, __u32 quote, __u32 headers)
{
	if (bpf_skb_change_tail(skb, sizeof(struct ethhdr) + quote, 0))
		return -1;
	return bpf_skb_change_head(skb, headers, 0);
}

/* put_in_front puts the new headers in front of the quote. Not 0: it failed. */
static __always_inline int put_in_front(struct __sk_buff *skb, const struct packet *packet,
					const struct ethhdr *received, void *headers, __u32 bytes)
{
	struct ethhdr ethernet = *received; /* between nodes, all go to the gateway */

	if (!packet->from_node)
		swap_macs(&ethernet, received);
	return bpf_skb_store_bytes(skb, 0, &ethernet, sizeof(ethernet), 0) ||
	       bpf_skb_store_bytes(skb, sizeof(ethernet), headers, bytes, 0);
}

static __always_inline int make_icmp4_error(struct __sk_buff *skb, const struct packet *packet,
					    enum verdict verdict, const struct ethhdr *received)
{
	struct icmp4_error error = {};
	__u8 quote[QUOTE4_BYTES];

	if (make_room(skb, sizeof(quote), sizeof(error)) ||
	    bpf_skb_load_bytes(skb, sizeof(*received) + sizeof(error), quote, sizeof(quote)))
		return -1;
	error.ip.version = 4;
	error.ip.ihl = 5;
	error.ip.tot_len = bpf_htons(sizeof(error) + sizeof(quote));
	error.ip.ttl = 64;
	error.ip.protocol = IPPROTO_ICMP;
	error.ip.saddr = config.gateway4.words[3];
	error.ip.daddr = packet->source.words[3];
	error.ip.check = fold(checksum_of(&error.ip, sizeof(error.ip), 0));
	if (verdict == DROP_TOO_BIG) {
		error.icmp.type = ICMP_DEST_UNREACH;
		error.icmp.code = ICMP_FRAG_NEEDED;
		error.icmp.un.frag.mtu = bpf_htons(link_mtu(packet));
	} else {
		error.icmp.type = ICMP_TIME_EXCEEDED;
	}
	error.icmp.checksum = fold(
		checksum_of(quote, sizeof(quote), checksum_of(&error.icmp, sizeof(error.icmp), 0)));
	return put_in_front(skb, packet, received, &error, sizeof(error));
}

static __always_inline int make_icmp6_error(struct __sk_buff *skb, const struct packet *packet,
					    enum verdict verdict, const struct ethhdr *received)
{
	union address gateway = load_address(&config.gateway6);
	struct icmp6_error error = {};
	__u8 quote[QUOTE6_BYTES];
	__u64 sum;

	if (make_room(skb, sizeof(quote), sizeof(error)) ||
	    bpf_skb_load_bytes(skb, sizeof(*received) + sizeof(error), quote, sizeof(quote)))
		return -1;
	error.ip.version = 6;
	error.ip.payload_len = bpf_htons(sizeof(error.icmp) + sizeof(quote));
	error.ip.nexthdr = IPPROTO_ICMPV6;
	error.ip.hop_limit = 64;
	__builtin_memcpy(&error.ip.saddr, &gateway, sizeof(gateway));
	__builtin_memcpy(&error.ip.daddr, &packet->source, sizeof(error.ip.daddr));
	if (verdict == DROP_TOO_BIG) {
		error.icmp.icmp6_type = ICMPV6_PKT_TOOBIG;
		error.icmp.icmp6_mtu = bpf_htonl(link_mtu(packet));
	} else {
		error.icmp.icmp6_type = ICMPV6_TIME_EXCEED;
	}
	sum = icmp6_pseudo_header(&error.ip.saddr, &error.ip.daddr,
				  sizeof(error.icmp) + sizeof(quote));
	sum = checksum_of(&error.icmp, sizeof(error.icmp), sum);
	error.icmp.icmp6_cksum = fold(checksum_of(quote, sizeof(quote), sum));
	return put_in_front(skb, packet, received, &error, sizeof(error));
}

/*
 * make_icmp_error makes of packet the error that its verdict stands for: time exceeded, or packet too big. Not 0: there
 * is none to be sent. Errors are never sent about errors, nor about later fragments (RFC 1122 3.2.2, RFC 4443 2.4).
 */
VERIFIED_ONCE int make_icmp_error(struct __sk_buff *skb, const struct packet *packet,
				  enum verdict verdict)
{
	struct ethhdr received;
	__u32 refused;

	if (!packet)
		return -1;
	if ((packet->flags & (PACKET_ICMP_ERROR | PACKET_LATER_FRAGMENT)) ||
	    !take_budget(packet->from, BUDGET_ICMP_ERRORS, &refused) ||
	    bpf_skb_load_bytes(skb, 0, &received, sizeof(received)))
		return -1;
	if (packet->flags & PACKET_IPV4)
		return make_icmp4_error(skb, packet, verdict, &received);
	return make_icmp6_error(skb, packet, verdict, &received);
}

/*
 * send_back sends an error to where the packet came from: to another node as from the one that the packet was for. It is
 * apart from make_icmp_error() because of the stack, of which all callers together have 512 bytes.
 */
VERIFIED_ONCE int send_back(struct __sk_buff *skb, const struct packet *packet)
{
	const struct node *node;
	int action = -1;

	if (!packet)
		return TC_ACT_SHOT;
	if (!packet->from_node)
		return bpf_redirect(skb->ifindex, 0);
	node = node_numbered(packet->from_node);
	if (node)
		action = answer_node(skb, packet->destination_identity, node);
	return action < 0 ? TC_ACT_SHOT : action;
}
