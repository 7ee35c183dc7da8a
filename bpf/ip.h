/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"
#include "verdict.h"

#define IPV4_WITHOUT_OPTIONS 0x45 /* version, and length in words */
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV4_FRAGMENT_OFFSET 0x1fff /* in units of 8 bytes */

/* The IP length says more than there is, unless the kernel has merged segments into a jumbo packet. */
static __always_inline int shorter_than(const struct __sk_buff *skb, __u32 bytes)
{
	return sizeof(struct ethhdr) + bytes > skb->len;
}

/* read_ipv4 takes all but the fragment's place from the fixed header. */
static __always_inline enum verdict read_ipv4(const struct __sk_buff *skb, struct packet *packet,
					      const struct iphdr *ip)
{
	__u16 total = bpf_ntohs(ip->tot_len);

	if (ip->version != 4 || ip->ihl < 5)
		return DROP_BAD_HEADER;
	if (total < ip->ihl * 4 && !(total == 0 && skb->gso_size))
		return DROP_BAD_HEADER;
	if (shorter_than(skb, total) || shorter_than(skb, ip->ihl * 4))
		return DROP_TRUNCATED;

	packet->flags |= PACKET_IPV4;
	packet->protocol = ip->protocol;
	packet->hop_limit = ip->ttl;
	packet->transport_offset = sizeof(struct ethhdr) + ip->ihl * 4;
	packet->payload_end = total ? sizeof(struct ethhdr) + total : skb->len;
	map_ipv4(&packet->source, ip->saddr);
	map_ipv4(&packet->destination, ip->daddr);
	if (ip->frag_off & bpf_htons(IPV4_DONT_FRAGMENT))
		packet->flags |= PACKET_DONT_FRAGMENT;
	return VERDICT_NEXT;
}

static __always_inline enum verdict read_ipv6(const struct __sk_buff *skb, struct packet *packet,
					      const struct ipv6hdr *ip)
{
	__u16 payload = bpf_ntohs(ip->payload_len);

	if (ip->version != 6)
		return DROP_BAD_HEADER;
	if (shorter_than(skb, sizeof(*ip) + payload))
		return DROP_TRUNCATED;

	packet->protocol = ip->nexthdr;
	packet->hop_limit = ip->hop_limit;
	packet->flags |= PACKET_DONT_FRAGMENT;
	packet->transport_offset = sizeof(struct ethhdr) + sizeof(*ip);
	packet->payload_end =
		payload || !skb->gso_size ? packet->transport_offset + payload : skb->len;
	__builtin_memcpy(&packet->source, &ip->saddr, sizeof(packet->source));
	__builtin_memcpy(&packet->destination, &ip->daddr, sizeof(packet->destination));
	if (is_mapped(&packet->source) || is_mapped(&packet->destination))
		return DROP_BAD_HEADER; /* stands for IPv4 here; on the wire for nobody */
	return VERDICT_NEXT;
}
